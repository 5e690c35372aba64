/**
 * How much cwnd grows in slow start: RFC 5681 §3.1 with appropriate byte counting (RFC 3465 §2.2,
 * §2.3), which makes splitting acknowledgments worthless (S14), and HyStart++ (RFC 9406). What Reno
 * and CUBIC have in common.
 */
import type { AckSample } from './control.ts';
import { HyStart } from './hystart.ts';

const HYSTART_L = 8; // segments, RFC 9406 §4.3; infinite when paced

export interface SlowStartOptions {
  /** L of RFC 3465: segments by which one ACK may let cwnd grow; 1 or 2. */
  readonly ackLimit: 1 | 2;
  readonly hystart: boolean;
  /** Departures are spread over the round trip: one large ACK makes no burst. */
  readonly paced: boolean;
}

export class SlowStart {
  readonly #limit: number; // segments
  #hystart: HyStart | undefined;
  #afterTimeout = false;
  #fraction = 0; // of an octet

  constructor({ ackLimit, hystart, paced }: SlowStartOptions) {
    this.#hystart = hystart ? new HyStart() : undefined;
    this.#limit = hystart ? (paced ? Infinity : HYSTART_L) : ackLimit;
  }

  /** HyStart++ says that it is time for congestion avoidance. */
  get over(): boolean {
    return this.#hystart !== undefined && this.#hystart.over;
  }

  get conservative(): boolean {
    return this.#hystart !== undefined && this.#hystart.inCss;
  }

  /** Octets by which cwnd grows, whole ones. */
  growth(sample: AckSample, smss: number): number {
    if (this.#afterTimeout) return Math.min(sample.acked, smss); // RFC 3465 §2.3: L = 1
    const limited = Math.min(sample.acked, this.#limit * smss);
    if (this.#hystart === undefined) return limited;
    const grown = this.#hystart.acknowledged(sample, limited) + this.#fraction;
    this.#fraction = grown % 1;
    return Math.floor(grown);
  }

  /** Congestion: HyStart++ is for the first slow start only (RFC 9406 §4.2). */
  congested(): void {
    this.#hystart = undefined;
  }

  timedOut(): void {
    this.#hystart = undefined;
    this.#afterTimeout = true;
  }

  /** Slow start is over, by whatever: a later one does not follow that timeout. */
  left(): void {
    this.#hystart = undefined;
    this.#afterTimeout = false;
  }
}
