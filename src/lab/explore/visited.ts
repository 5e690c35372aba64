/** A set of 53-bit hashes: open addressing in one array, 11 to 22 octets each. */

const LEAST = 2 ** 12;
const FULL = 0.7;

export class Visited {
  #slots = new Float64Array(LEAST); // 0: free
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(hash: number): boolean {
    return this.#slots[this.#find(this.#slots, hash)] !== 0;
  }

  /** False when it was there. */
  add(hash: number): boolean {
    const at = this.#find(this.#slots, hash);
    if (this.#slots[at] !== 0) return false;
    this.#slots[at] = hash;
    if (++this.#size > FULL * this.#slots.length) this.#grow();
    return true;
  }

  #find(slots: Float64Array, hash: number): number {
    const mask = slots.length - 1;
    let at = (hash | 0) & mask; // its lowest 32 bits
    while (slots[at] !== 0 && slots[at] !== hash) at = (at + 1) & mask;
    return at;
  }

  #grow(): void {
    const larger = new Float64Array(2 * this.#slots.length);
    for (const hash of this.#slots) if (hash !== 0) larger[this.#find(larger, hash)] = hash;
    this.#slots = larger;
  }
}
