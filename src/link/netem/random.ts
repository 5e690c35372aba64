/**
 * The only randomness of netem: xoshiro128** (Blackman and Vigna, "Scrambled linear pseudorandom
 * number generators", 2021), seeded by SplitMix32. Not for secrets. Each impairment has a stream of
 * its own, so that a change of one setting leaves the fates that others decide as they were.
 */
export class Random {
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  /** `seed` and `stream` are integers; what differs in either shares nothing. */
  constructor(seed: number, stream: number) {
    // Both halves of a seed beyond 32 bits count.
    let state = (seed ^ Math.imul(Math.floor(seed / 2 ** 32), 0x9e3779b1)) | 0;
    const next = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let z = state ^ (state >>> 16);
      z = Math.imul(z, 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return z ^ (z >>> 15);
    };
    const first = next();
    state = (first ^ Math.imul(stream, 0x85ebca6b)) | 0;
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#d = next() | 1; // never all zero
  }

  /** An integer of 32 bits, 0 or more. */
  uint32(): number {
    const scrambled = Math.imul(this.#b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9);
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result >>> 0;
  }

  /** 0 or more, less than 1. */
  uniform(): number {
    return this.uint32() / 2 ** 32;
  }

  /** An integer, 0 or more, less than `n`, which is at most 2^32. */
  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** Mean 0, standard deviation 1: Box and Muller. */
  normal(): number {
    const u = (this.uint32() + 1) / 2 ** 32; // not 0
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * this.uniform());
  }
}
