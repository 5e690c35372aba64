/**
 * Loss on the way: uniform, or in bursts by the model of Gilbert and Elliott, a Markov chain with a
 * good and a bad state, as tc-netem's `gemodel` has it. The chain moves first, then the packet's
 * fate is drawn in the state that it reached.
 */
import { Chance } from './chance.ts';
import type { Random } from './random.ts';

/** All are probabilities, from 0 to 1. A burst lasts 1 / r packets, and p / (p + r) are in one. */
export interface GilbertElliott {
  /** To get from the good state to the bad one: p. */
  readonly goodToBad: number;
  /** To get from the bad state to the good one: r. */
  readonly badToGood: number;
  /** To be lost in the bad state: 1 - h. Default 1, Gilbert's simple model. */
  readonly lossInBad?: number | undefined;
  /** To be lost in the good state: 1 - k. Default 0. */
  readonly lossInGood?: number | undefined;
}

export class Loss {
  readonly #random: Random;
  readonly #uniform: Chance;
  #bad = false;

  constructor(random: Random) {
    this.#random = random;
    this.#uniform = new Chance(random);
  }

  /** Is this packet lost? `correlation` counts for uniform loss only. */
  happens(loss: number | GilbertElliott, correlation: number): boolean {
    if (typeof loss === 'number') return this.#uniform.happens(loss, correlation);
    const moves = this.#random.uniform();
    const fate = this.#random.uniform();
    this.#bad = this.#bad ? moves >= loss.badToGood : moves < loss.goodToBad;
    return fate < (this.#bad ? (loss.lossInBad ?? 1) : (loss.lossInGood ?? 0));
  }
}
