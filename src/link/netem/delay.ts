/**
 * How long a packet travels: delay and jitter, distributed as tc-netem has it. `jitter` is half the
 * width of the uniform distribution, and the standard deviation of the others.
 */
import type { Random } from './random.ts';

export type Distribution = 'uniform' | 'normal' | 'pareto' | 'paretonormal';

export const DISTRIBUTIONS: readonly Distribution[] = [
  'uniform',
  'normal',
  'pareto',
  'paretonormal',
];

export class Delay {
  readonly #random: Random;
  #last = 0; // the deviation of the packet before, in jitters

  constructor(random: Random) {
    this.#random = random;
  }

  /** Milliseconds, not below 0. In a share `correlation` of cases it deviates as the one before. */
  next(delay: number, jitter: number, distribution: Distribution, correlation: number): number {
    if (jitter === 0) return delay;
    const repeats = this.#random.uniform() < correlation;
    const deviation = this.#deviation(distribution);
    if (!repeats) this.#last = deviation;
    return Math.max(delay + this.#last * jitter, 0);
  }

  #deviation(distribution: Distribution): number {
    switch (distribution) {
      case 'uniform':
        return 2 * this.#random.uniform() - 1;
      case 'normal':
        return bounded(this.#random.normal());
      case 'pareto':
        return bounded(this.#pareto());
      case 'paretonormal':
        return bounded(0.25 * this.#random.normal() + 0.75 * this.#pareto());
    }
  }

  /** Shape 3, mean 0, standard deviation 1: long delays are rare and very long. */
  #pareto(): number {
    const u = (this.#random.uint32() + 1) / 2 ** 32; // not 0
    return (u ** (-1 / SHAPE) - PARETO_MEAN) / PARETO_DEVIATION;
  }
}

const SHAPE = 3; // iproute2, netem/pareto.c
const PARETO_MEAN = SHAPE / (SHAPE - 1);
const PARETO_DEVIATION: number = Math.sqrt(SHAPE / ((SHAPE - 1) ** 2 * (SHAPE - 2)));

const MOST = 4; // deviations; tc-netem's tables end there (int16, 8192 to a deviation)
const bounded = (deviation: number): number => Math.min(Math.max(deviation, -MOST), MOST);
