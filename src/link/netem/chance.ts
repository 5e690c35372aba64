/**
 * A yes or no for each packet. With a correlation it repeats the last answer in that share of cases
 * and draws anew in the others: the probability stays what was asked for, and the correlation of
 * neighbours is what was given. (tc-netem blends the random numbers instead, which changes both.)
 */
import type { Random } from './random.ts';

export class Chance {
  readonly #random: Random;
  #last = false;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Each of `probability` and `correlation` is from 0 to 1. */
  happens(probability: number, correlation: number): boolean {
    // Two numbers for each packet, always: a change of a setting does not shift what follows.
    const repeats = this.#random.uniform() < correlation;
    const draw = this.#random.uniform() < probability;
    if (!repeats) this.#last = draw;
    return this.#last && probability > 0;
  }
}
