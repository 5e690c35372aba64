/**
 * What a congestion controller is asked and told: RFC 5681 §3. Windows and counts are octets. A
 * controller sees no TCB and no clock but the `now` it is given, so that later ones plug in here.
 */

/**
 * "Arbitrarily high" (RFC 5681 §3.1), as Linux has it: an Infinity would be a double, in a box of 16
 * octets for each connection.
 */
export const INFINITE_SSTHRESH: number = 0x7fffffff; // octets

export interface CongestionControl {
  /** The name a user chooses it by. */
  readonly name: string;
  /** Congestion window, octets. */
  readonly cwnd: number;
  /** Slow start threshold, octets; INFINITE_SSTHRESH before the first loss. */
  readonly ssthresh: number;
  /** Both SYNs are acknowledged. `synLost`: the SYN or SYN,ACK had to be sent again. */
  established(smss: number, synLost: boolean): void;
  /** The effective send MSS changed. */
  smssChanged(smss: number): void;
  /** New text was acknowledged outside of recovery. */
  acknowledged(octets: number, now: number): void;
  /** Fast retransmit: three duplicate acknowledgments (RFC 5681 §3.2, step 2 and 3). */
  recoveryStarted(flightSize: number, now: number): void;
  /** Another duplicate acknowledgment in recovery (§3.2, step 4). */
  inflated(): void;
  /** A partial acknowledgment in recovery (RFC 6582 §3.2, step 3). */
  deflated(octets: number): void;
  /** Recovery is over (RFC 6582 §3.2, step 3, full acknowledgment). */
  recoveryEnded(flightSize: number): void;
  /** The retransmission timer expired (RFC 5681 §3.1, equation 4). */
  timedOut(flightSize: number, firstTime: boolean, now: number): void;
  /** Nothing was sent for longer than one RTO (RFC 5681 §4.1). */
  restartedAfterIdle(): void;
}
