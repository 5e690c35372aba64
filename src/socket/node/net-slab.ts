/**
 * Where text goes on its way to a reader: chunks of a few octets are cut from Node's own pool, larger
 * ones from slabs of 64 KiB, so that a chunk costs a view and no allocation (bench/echo.ts).
 */
import { Buffer } from 'node:buffer';

const SLAB = 65_536; // octets: also the largest chunk, as libuv has it
const SMALL = 4096; //  octets: a chunk that somebody keeps holds its whole slab

export class ReadSlab {
  #slab: Buffer = Buffer.alloc(0);
  #used = 0;

  /** Room for `length` octets, at most 64 KiB of them. */
  room(length: number): Buffer {
    if (length < SMALL) return Buffer.allocUnsafe(length);
    const size = Math.min(length, SLAB);
    if (this.#used + size > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used = (start + size + 7) & ~7;
    return this.#slab.subarray(start, start + size);
  }
}
