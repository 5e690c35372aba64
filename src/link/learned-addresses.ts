/**
 * Where addresses were last seen, as a switch learns them (IEEE 802.1Q §8.7): a table of fixed size,
 * four places for each hash. What is not seen for a while, or is the oldest where a new one wants a
 * place, is forgotten, so that any number of forged addresses costs nothing but a flood.
 */

const WAYS = 4;
const WORDS = 4; // of an address: a MAC address has two

export class LearnedAddresses {
  readonly #mask: number; // of the set
  readonly #words: Int32Array;
  readonly #ports: Int32Array; // -1: free
  readonly #seenAt: Float64Array; // ms
  readonly #ageing: number;

  /** Room for `size` addresses, rounded up to a power of two; forgotten after `ageing` ms. */
  constructor(size: number, ageing: number) {
    const sets = 2 ** Math.ceil(Math.log2(Math.max(size / WAYS, 1)));
    this.#mask = sets - 1;
    this.#words = new Int32Array(sets * WAYS * WORDS);
    this.#ports = new Int32Array(sets * WAYS).fill(-1);
    this.#seenAt = new Float64Array(sets * WAYS);
    this.#ageing = ageing;
  }

  /** The address was seen as a source at `port`, 0 or more. */
  learn(now: number, port: number, w0: number, w1: number, w2: number, w3: number): void {
    const first = this.#firstOf(w0, w1, w2, w3);
    let place = first;
    for (let i = first; i < first + WAYS; i += 1) {
      if (this.#holds(i, w0, w1, w2, w3)) {
        place = i;
        break;
      }
      if (this.#worth(i) < this.#worth(place)) place = i;
    }
    this.#words[place * WORDS] = w0;
    this.#words[place * WORDS + 1] = w1;
    this.#words[place * WORDS + 2] = w2;
    this.#words[place * WORDS + 3] = w3;
    this.#ports[place] = port;
    this.#seenAt[place] = now;
  }

  /** Where it was seen last, -1 when it is not known. */
  lookUp(now: number, w0: number, w1: number, w2: number, w3: number): number {
    const first = this.#firstOf(w0, w1, w2, w3);
    for (let i = first; i < first + WAYS; i += 1) {
      if (!this.#holds(i, w0, w1, w2, w3)) continue;
      return now - (this.#seenAt[i] ?? 0) <= this.#ageing ? (this.#ports[i] ?? -1) : -1;
    }
    return -1;
  }

  /** The port is gone, and so is what was behind it. */
  forget(port: number): void {
    for (let i = 0; i < this.#ports.length; i += 1) {
      if (this.#ports[i] === port) this.#ports[i] = -1;
    }
  }

  #firstOf(w0: number, w1: number, w2: number, w3: number): number {
    let hash = Math.imul(w0 ^ Math.imul(w1, 31), 0x9e3779b1) ^ Math.imul(w2, 0x85ebca6b) ^ w3;
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return ((hash ^ (hash >>> 13)) & this.#mask) * WAYS;
  }

  #holds(place: number, w0: number, w1: number, w2: number, w3: number): boolean {
    const at = place * WORDS;
    const words = this.#words;
    return (
      words[at + 3] === w3 &&
      words[at + 2] === w2 &&
      words[at + 1] === w1 &&
      words[at] === w0 &&
      this.#ports[place] !== -1
    );
  }

  /** A free place is worth less than any other, an old address less than a new one. */
  #worth(place: number): number {
    return this.#ports[place] === -1 ? -Infinity : (this.#seenAt[place] ?? 0);
  }
}
