/**
 * HyStart++: leaves slow start when round trips grow, before the queue overflows. RFC 9406 §4.2,
 * §4.3, under its names. A round ends when what was SND.NXT at its beginning is acknowledged.
 */
import { ge, ZERO, type Seq } from '../../wire/seq.ts';
import type { AckSample } from './control.ts';

const MIN_RTT_THRESH = 4; //       ms, §4.3
const MAX_RTT_THRESH = 16; //      ms
const MIN_RTT_DIVISOR = 8;
const N_RTT_SAMPLE = 8;
const CSS_GROWTH_DIVISOR = 4;
const CSS_ROUNDS = 5;

export class HyStart {
  /** In Conservative Slow Start. */
  inCss = false;
  /** Both of its phases are over: congestion avoidance begins. */
  over = false;
  #begun = false;
  #windowEnd: Seq = ZERO;
  #lastRoundMinRtt = Infinity;
  #currentRoundMinRtt = Infinity;
  #rttSampleCount = 0;
  #cssBaselineMinRtt = Infinity;
  #cssRounds = 0;

  /** An ACK in slow start: by how much of `growth` octets cwnd grows. */
  acknowledged(sample: AckSample, growth: number): number {
    if (!this.#begun) {
      this.#begun = true;
      this.#windowEnd = sample.nxt;
    } else if (ge(sample.una, this.#windowEnd)) {
      this.#nextRound(sample.nxt);
    }
    if (sample.rtt >= 0) {
      this.#currentRoundMinRtt = Math.min(this.#currentRoundMinRtt, sample.rtt);
      this.#rttSampleCount++;
    }
    if (this.over) return 0;
    const grown = this.inCss ? growth / CSS_GROWTH_DIVISOR : growth;
    if (this.inCss) this.#mayResume();
    else this.#mayEnterCss();
    return grown;
  }

  #nextRound(nxt: Seq): void {
    this.#lastRoundMinRtt = this.#currentRoundMinRtt;
    this.#currentRoundMinRtt = Infinity;
    this.#rttSampleCount = 0;
    this.#windowEnd = nxt;
    // "If the transition into CSS happens in the middle of a round, that partial round counts"
    if (this.inCss && ++this.#cssRounds >= CSS_ROUNDS) this.over = true;
  }

  #mayEnterCss(): void {
    const { MAX_VALUE } = Number;
    if (this.#rttSampleCount < N_RTT_SAMPLE) return;
    if (this.#currentRoundMinRtt > MAX_VALUE || this.#lastRoundMinRtt > MAX_VALUE) return;
    const rttThresh = Math.max(
      MIN_RTT_THRESH,
      Math.min(this.#lastRoundMinRtt / MIN_RTT_DIVISOR, MAX_RTT_THRESH),
    );
    if (this.#currentRoundMinRtt < this.#lastRoundMinRtt + rttThresh) return;
    this.#cssBaselineMinRtt = this.#currentRoundMinRtt;
    this.inCss = true;
    this.#cssRounds = 0;
  }

  /** The growth of the round trip did not last: slow start goes on. */
  #mayResume(): void {
    if (this.#rttSampleCount < N_RTT_SAMPLE) return;
    if (this.#currentRoundMinRtt >= this.#cssBaselineMinRtt) return;
    this.#cssBaselineMinRtt = Infinity;
    this.inCss = false;
  }
}
