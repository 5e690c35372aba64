/**
 * What a congestion controller is told and asked: RFC 5681 §3, RFC 9937 §5. Windows and counts are
 * octets, times ms. A controller sees no TCB and no clock but the `now` it is given; what it needs to
 * know of an acknowledgment comes in one AckSample.
 */
import { ZERO, type Seq } from '../../wire/seq.ts';
import type { DeliveryRate, RateSample } from '../delivery-rate.ts';
import type { ControllerName } from '../options.ts';

/**
 * "Arbitrarily high" (RFC 5681 §3.1), as Linux has it: an Infinity would be a double, in a box of 16
 * octets for each connection.
 */
export const INFINITE_SSTHRESH: number = 0x7fffffff; // octets

/** What an acknowledgment said. One object, reused: valid during the call. */
export class AckSample {
  now = 0; //              ms
  acked = 0; //            octets newly acknowledged or newly SACKed: DeliveredData of RFC 9937
  cumulative = 0; //       of them by SEG.ACK
  lost = 0; //             octets newly held for lost
  inFlight = 0; //         pipe (RFC 6675 §4) after it
  priorInFlight = 0; //    pipe before it
  rtt = -1; //             ms, measured by this ACK; -1: none
  cwndLimited = false; //  cwnd was what held text back when this flight was sent
  inRecovery = false;
  ceOctets = 0; //         octets newly reported CE (AccECN), or by ECE
  una: Seq = ZERO; //      SND.UNA after it
  nxt: Seq = ZERO; //      SND.NXT: rounds are counted by these
  rate: RateSample | undefined = undefined; // only when the controller has a `deliveryRate`
}

export interface CongestionControl {
  readonly name: ControllerName;
  /** Congestion window, octets; PRR and NewReno's inflation write it in recovery. */
  cwnd: number;
  /** Slow start threshold, octets; INFINITE_SSTHRESH before the first loss. */
  ssthresh: number;
  /** Octets per ms; 0: no opinion, pacer.ts then derives it from cwnd and SRTT if pacing is on. */
  readonly pacingRate: number;
  /** What measures for it how fast text is delivered; undefined: it does not ask. */
  readonly deliveryRate: DeliveryRate | undefined;
  /** Why cwnd, ssthresh or a phase changed last, for traces. */
  readonly why: string;
  /** Sets cwnd in recovery itself: PRR stays out. */
  readonly ownsRecovery: boolean;
  /** The first text is about to leave. `initialWindow`: octets, 1 SMSS after a lost SYN. */
  established(smss: number, initialWindow: number, now: number): void;
  /** The effective send MSS changed. */
  smssChanged(smss: number): void;
  /** An ACK acknowledged something; loss-based ones grow only if !inRecovery and cwndLimited. */
  acknowledged(sample: AckSample): void;
  /** Once per window: remembers for `undo`, sets ssthresh; not cwnd, PRR does. */
  congestionDetected(cause: 'loss' | 'ece', flightSize: number, now: number): void;
  /** cwnd is what PRR left, ssthresh. */
  recoveryEnded(now: number): void;
  /** The retransmission timer expired: ssthresh, and cwnd = the loss window (RFC 5681 §3.1). */
  timedOut(flightSize: number, firstTime: boolean, now: number): void;
  /** It was spurious: cwnd and ssthresh as before. */
  undo(now: number): void;
  /** Nothing was sent for `idle` ms: after-idle.ts decides when (RFC 5681 §4.1). */
  restartedAfterIdle(idle: number, rto: number, now: number): void;
}
