/**
 * The retransmission timeout: RFC 6298, with Karn's algorithm left to the caller, who gives only
 * measurements of segments that were sent once (RFC 6298 §3, MUST-18). Milliseconds throughout.
 */

const ALPHA = 1 / 8; // RFC 6298 §2.3
const BETA = 1 / 4;
const K = 4;
const CLOCK_GRANULARITY = 1; // ms; G of RFC 6298 §2

export interface RtoBounds {
  readonly initialRto: number;
  readonly minRto: number;
  readonly maxRto: number;
}

export class RetransmissionTimeout {
  /** SRTT, ms; -1 before the first measurement. */
  srtt = -1;
  rttvar = 0;
  /** The timeout in force, backed off where it was. */
  rto: number;
  /** Expirations in a row since the last acknowledged text. */
  backoffs = 0;
  readonly #bounds: RtoBounds;

  constructor(bounds: RtoBounds) {
    this.#bounds = bounds;
    this.rto = bounds.initialRto;
  }

  /** Forgets all it measured. */
  restart(): void {
    this.srtt = -1;
    this.rttvar = 0;
    this.rto = this.#bounds.initialRto;
    this.backoffs = 0;
  }

  /** A round trip of `rtt` ms was measured: RFC 6298 §2.2, §2.3. */
  measure(rtt: number): void {
    if (this.srtt < 0) {
      this.srtt = rtt;
      this.rttvar = rtt / 2;
    } else {
      this.rttvar = (1 - BETA) * this.rttvar + BETA * Math.abs(this.srtt - rtt);
      this.srtt = (1 - ALPHA) * this.srtt + ALPHA * rtt;
    }
    this.rto = this.#bounded(this.srtt + Math.max(CLOCK_GRANULARITY, K * this.rttvar));
  }

  /** The timer expired: RFC 6298 §5.5. */
  backOff(): void {
    this.backoffs++;
    this.rto = Math.min(this.rto * 2, this.#bounds.maxRto);
  }

  /** Text was acknowledged. The value stays backed off until a new measurement (RFC 6298 §5). */
  progress(): void {
    this.backoffs = 0;
  }

  /** RFC 6298 §5.7: the SYN had to be repeated, so text begins with at least 3 s. */
  synRetransmitted(): void {
    this.rto = this.#bounded(Math.max(3 * 1000, this.#bounds.initialRto));
  }

  /** The timeout as it would be without backing off: the first interval of the persist timer. */
  base(): number {
    if (this.srtt < 0) return this.#bounds.initialRto;
    return this.#bounded(this.srtt + Math.max(CLOCK_GRANULARITY, K * this.rttvar));
  }

  #bounded(rto: number): number {
    return Math.min(Math.max(rto, this.#bounds.minRto), this.#bounds.maxRto);
  }
}
