/**
 * One secret, many purposes: each use of a keyed hash gets a key of its own, so that what one gives
 * away says nothing about another. The secret is the driver's; there is no randomness here.
 */
import { SipHash } from './siphash.ts';

const LEAST_SECRET = 16; // octets, the key of SipHash

/** Words of 32 bits each that depend on all of `secret`. @throws RangeError when it is too short. */
export class Keys {
  readonly #words: Int32Array;
  readonly #octets: number;
  readonly #root: SipHash;
  #drawn = 0;

  constructor(secret: Uint8Array) {
    if (secret.length < LEAST_SECRET) {
      throw new RangeError(
        `the secret has ${secret.length} octets, it must have ${LEAST_SECRET} or more`,
      );
    }
    const words = packed(secret);
    this.#words = words;
    this.#octets = secret.length + 4;
    this.#root = new SipHash(words[0]!, words[1]!, words[2]!, words[3]!);
  }

  /** The next word, an int32. Keys are drawn in a fixed order, so they are the same every time. */
  word(): number {
    this.#words[this.#words.length - 1] = ++this.#drawn;
    return this.#root.hash(this.#words, this.#octets);
  }

  sipHash(): SipHash {
    return new SipHash(this.word(), this.word(), this.word(), this.word());
  }
}

/** The octets as little-endian words, and one more that counts. */
function packed(secret: Uint8Array): Int32Array {
  const words = new Int32Array(Math.ceil(secret.length / 4) + 1);
  for (let i = 0; i < secret.length; i++) words[i >> 2]! |= secret[i]! << ((i & 3) * 8);
  return words;
}
