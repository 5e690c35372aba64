/**
 * Text that is not stored: blocks of octets that look random, each with its number in front. No other
 * place of the text has the same octets, so what arrives can be compared as it comes.
 */
import { Random } from '../worlds/random.ts';

const BLOCK = 65_521; // octets, a prime: no segment size fits it

export class Text {
  readonly #block: Buffer = Buffer.alloc(BLOCK);
  #at = 0;

  constructor() {
    const random = new Random(1);
    for (let i = 4; i < BLOCK; i++) this.#block[i] = random.next() >>> 8;
  }

  /** Octets that were gone over. */
  get position(): number {
    return this.#at;
  }

  /** What comes next, up to `most` octets, up to the end of the block. Valid until past(). */
  next(most: number): Buffer {
    const from = this.#at % BLOCK;
    if (from === 0) this.#block.writeUInt32BE(this.#at / BLOCK);
    return this.#block.subarray(from, Math.min(from + most, BLOCK));
  }

  past(octets: number): void {
    const before = this.#at % BLOCK;
    this.#at += octets;
    const first = this.#at - (this.#at % BLOCK);
    if (before + octets > BLOCK) this.#block.writeUInt32BE(first / BLOCK);
  }

  /** Goes over `octets`, if they are the ones that come next; otherwise says where they are not. */
  compare(octets: Uint8Array): number | undefined {
    for (let at = 0; at < octets.length;) {
      const expected = this.next(octets.length - at);
      const piece = octets.subarray(at, at + expected.length);
      if (expected.compare(piece) !== 0) {
        return this.#at + expected.findIndex((octet, i) => octet !== piece[i]);
      }
      this.past(expected.length);
      at += expected.length;
    }
    return undefined;
  }
}
