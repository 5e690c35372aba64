/** A hash of numbers, 53 bits: two multiply-and-rotate hashes of 32 bits, finished as MurmurHash3 is. */

export class Mix {
  #a = 0;
  #b = 0;

  begin(): void {
    this.#a = 0x243f6a88;
    this.#b = 0x13198a2e;
  }

  /** An integer, of which the lowest 32 bits count. */
  add(n: number): void {
    const a = Math.imul(this.#a ^ n, 0xcc9e2d51);
    this.#a = (Math.imul((a << 15) | (a >>> 17), 5) + 0x1b873593) | 0;
    const b = Math.imul(this.#b ^ (n + 0x3c6ef372), 0x85ebca6b);
    this.#b = (Math.imul((b << 13) | (b >>> 19), 9) + 0x38495ab5) | 0;
  }

  /** A flag. */
  is(yes: boolean): void {
    this.add(yes ? 1 : 0);
  }

  /** From 1 to 2^53 - 1. */
  end(): number {
    const high = finished(this.#a);
    const low = finished(this.#b ^ this.#a);
    return high * 2 ** 21 + (low >>> 11) || 1;
  }
}

function finished(n: number): number {
  let h = n;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
