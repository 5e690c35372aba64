/**
 * Numbers that nobody outside can foresee and that come out the same in every run with the same
 * secret: a keyed hash of a counter. For delays and identifiers that a protocol wants to be random.
 */
import type { SipHash } from './siphash.ts';

const OCTETS = 8; // of what is hashed

export class KeyedRandom {
  readonly #key: SipHash;
  readonly #words: Int32Array = new Int32Array(2);

  constructor(key: SipHash) {
    this.#key = key;
  }

  /** An int32, any. */
  word(): number {
    const words = this.#words;
    words[0] = (words[0]! + 1) | 0;
    if (words[0] === 0) words[1] = (words[1]! + 1) | 0;
    return this.#key.hash(words, OCTETS);
  }

  /** From `low` up to but not including `high`, evenly spread. */
  between(low: number, high: number): number {
    return low + ((this.word() >>> 0) / 2 ** 32) * (high - low);
  }
}
