/**
 * A run of octets that grows at its end and shrinks at its front, kept in one block whose size is
 * a power of two. The send and the receive buffer are one each: by inheritance, which saves an idle
 * connection two objects. The block is taken when the first octet comes, given back when the last goes.
 */
import type { BlockPool } from './block-pool.ts';

const NO_BLOCK = new Uint8Array(0);

export class Ring {
  #block: Uint8Array = NO_BLOCK;
  #head = 0;
  readonly #pool: BlockPool;

  constructor(pool: BlockPool) {
    this.#pool = pool;
  }

  /** Octets of memory held. */
  get held(): number {
    return this.#block.length;
  }

  /** Writes `from[start..end)` at `offset` from the front; `used` octets from the front matter. */
  protected write(
    offset: number,
    from: Uint8Array,
    start: number,
    end: number,
    used: number,
  ): void {
    const length = end - start;
    if (offset + length > this.#block.length) this.#grow(offset + length, used);
    const block = this.#block;
    const at = (this.#head + offset) & (block.length - 1);
    const first = Math.min(length, block.length - at);
    block.set(view(from, start, start + first), at);
    if (first < length) block.set(view(from, start + first, end), 0);
  }

  /** Copies `length` octets that begin at `offset` from the front to `into[at..]`. */
  protected read(offset: number, length: number, into: Uint8Array, at: number): void {
    const block = this.#block;
    const from = (this.#head + offset) & (block.length - 1);
    const first = Math.min(length, block.length - from);
    into.set(view(block, from, from + first), at);
    if (first < length) into.set(view(block, 0, length - first), at + first);
  }

  /** Lets `length` octets at the front go. */
  protected discard(length: number): void {
    if (this.#block.length > 0) this.#head = (this.#head + length) & (this.#block.length - 1);
  }

  /** Gives the block back. */
  protected release(): void {
    if (this.#block.length === 0) return;
    this.#pool.give(this.#block);
    this.#block = NO_BLOCK;
    this.#head = 0;
  }

  #grow(size: number, used: number): void {
    const larger = this.#pool.take(size);
    if (used > 0) this.read(0, used, larger, 0);
    if (this.#block.length > 0) this.#pool.give(this.#block);
    this.#block = larger;
    this.#head = 0;
  }
}

// A whole array needs no view: 38 ns instead of 120 for 1,460 octets (bench/micro.ts).
function view(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end);
}
