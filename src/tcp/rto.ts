/**
 * The retransmission timeout: RFC 6298, with Karn's algorithm left to the caller, who gives only
 * measurements of segments that were sent once (RFC 6298 §3, MUST-18). Milliseconds throughout. The
 * bounds are the caller's: they are the same for many connections, and a field less in each.
 */

import type { ProfileName } from './options.ts';

const ALPHA = 1 / 8; // RFC 6298 §2.3
const BETA = 1 / 4;
const K = 4;
const CLOCK_GRANULARITY = 1; // ms; G of RFC 6298 §2
const RFC_MINIMUM = 1000; //    ms; RFC 6298 §2.4

export interface RtoBounds {
  readonly profile?: ProfileName;
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

  constructor(initialRto: number) {
    this.rto = initialRto;
  }

  /** Forgets all it measured. */
  restart({ initialRto }: RtoBounds): void {
    this.srtt = -1;
    this.rttvar = 0;
    this.rto = initialRto;
    this.backoffs = 0;
  }

  /**
   * A round trip of `rtt` ms was measured: RFC 6298 §2.2, §2.3. `expectedSamples`: so many are measured
   * in a round trip, and weigh no more than one (RFC 7323 Appendix G).
   */
  measure(rtt: number, bounds: RtoBounds, expectedSamples = 1): void {
    if (this.srtt < 0) {
      this.srtt = rtt;
      this.rttvar = rtt / 2;
    } else {
      const alpha = ALPHA / expectedSamples;
      const beta = BETA / expectedSamples;
      this.rttvar = (1 - beta) * this.rttvar + beta * Math.abs(this.srtt - rtt);
      this.srtt = (1 - alpha) * this.srtt + alpha * rtt;
    }
    this.rto = this.#measured(bounds);
  }

  /** The timer expired: RFC 6298 §5.5. */
  backOff({ maxRto }: RtoBounds): void {
    this.backoffs++;
    this.rto = Math.min(this.rto * 2, maxRto);
  }

  /** Text was acknowledged. The value stays backed off until a new measurement (RFC 6298 §5). */
  progress(): void {
    this.backoffs = 0;
  }

  /** RFC 6298 §5.7: the SYN had to be repeated, so text begins with at least 3 s. */
  synRetransmitted(bounds: RtoBounds): void {
    this.rto = bounded(Math.max(3 * 1000, bounds.initialRto), bounds);
  }

  /** The timeout as it would be without backing off: the first interval of the persist timer. */
  base(bounds: RtoBounds): number {
    return this.srtt < 0 ? bounds.initialRto : this.#measured(bounds);
  }

  /**
   * RFC 6298 §2.3, §2.4. The second it asks for is more than an ACK is ever late. Less than a second is
   * that only beyond SRTT, as in Linux: where the path takes as long as the least RTO, and its RTTVAR is
   * near zero, each loss would be a timeout. FreeBSD adds it to what RFC 6298 has.
   */
  #measured(bounds: RtoBounds): number {
    const { minRto, profile } = bounds;
    if (profile === 'freebsd' && minRto < RFC_MINIMUM) {
      return bounded(this.srtt + K * this.rttvar + minRto, bounds);
    }
    const least = minRto < RFC_MINIMUM ? Math.max(CLOCK_GRANULARITY, minRto) : CLOCK_GRANULARITY;
    return bounded(this.srtt + Math.max(least, K * this.rttvar), bounds);
  }
}

function bounded(rto: number, { minRto, maxRto }: RtoBounds): number {
  return Math.min(Math.max(rto, minRto), maxRto);
}
