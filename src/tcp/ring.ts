/**
 * A run of octets that grows at its end and shrinks at its front. The send and the receive buffer are
 * one each: by inheritance, which saves an idle connection two objects. Memory is taken when the first
 * octet comes and given back when the last goes: a block that doubles up to 64 KiB, used as a ring; then
 * as many of 64 KiB as octets lie in, so growing copies nothing twice and a gap costs nothing.
 */
import { LARGEST_BLOCK, LARGEST_BLOCK_BITS, type BlockPool } from './block-pool.ts';

const NO_BLOCK = new Uint8Array(0);
const IN_BLOCK = LARGEST_BLOCK - 1;

/** One of many, and its buffer: a view of that costs less than a subarray (bench/micro.ts). */
class Block {
  readonly bytes: Uint8Array;
  readonly buffer: ArrayBufferLike;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.buffer = bytes.buffer;
  }
}

export class Ring {
  #block: Uint8Array = NO_BLOCK; // the only one, while it suffices
  #blocks: (Block | undefined)[] | undefined = undefined; // undefined: nothing lies there yet
  #head = 0; // where the front is: in the block, or in the first of all blocks
  readonly #pool: BlockPool;

  constructor(pool: BlockPool) {
    this.#pool = pool;
  }

  /** Octets of memory held. */
  get held(): number {
    if (this.#blocks === undefined) return this.#block.length;
    return LARGEST_BLOCK * this.#blocks.filter((block) => block !== undefined).length;
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
    if (this.#blocks === undefined && offset + length > this.#block.length) {
      this.#grow(offset + length, used);
    }
    if (this.#blocks !== undefined) {
      this.#writeBlocks(this.#blocks, this.#head + offset, from, start, end);
      return;
    }
    const block = this.#block;
    const at = (this.#head + offset) & (block.length - 1);
    const first = Math.min(length, block.length - at);
    block.set(view(from, start, start + first), at);
    if (first < length) block.set(view(from, start + first, end), 0);
  }

  /** Copies `length` octets that begin at `offset` from the front to `into[at..]`. */
  protected read(offset: number, length: number, into: Uint8Array, at: number): void {
    if (this.#blocks !== undefined) {
      this.#readBlocks(this.#blocks, this.#head + offset, length, into, at);
      return;
    }
    const block = this.#block;
    const from = (this.#head + offset) & (block.length - 1);
    const first = Math.min(length, block.length - from);
    into.set(view(block, from, from + first), at);
    if (first < length) into.set(view(block, 0, length - first), at + first);
  }

  /** Lets `length` octets at the front go. */
  protected discard(length: number): void {
    const blocks = this.#blocks;
    if (blocks === undefined) {
      if (this.#block.length > 0) this.#head = (this.#head + length) & (this.#block.length - 1);
      return;
    }
    this.#head += length;
    while (this.#head >= LARGEST_BLOCK) {
      const block = blocks.shift();
      if (block !== undefined) this.#pool.give(block.bytes);
      this.#head -= LARGEST_BLOCK;
    }
  }

  /** Gives all memory back. */
  protected release(): void {
    if (this.#blocks !== undefined) {
      for (const block of this.#blocks) if (block !== undefined) this.#pool.give(block.bytes);
      this.#blocks = undefined;
    } else if (this.#block.length > 0) this.#pool.give(this.#block);
    this.#block = NO_BLOCK;
    this.#head = 0;
  }

  #writeBlocks(
    blocks: (Block | undefined)[],
    position: number,
    from: Uint8Array,
    start: number,
    end: number,
  ): void {
    const only = blocks[position >>> LARGEST_BLOCK_BITS];
    if (only !== undefined && (position & IN_BLOCK) + end - start <= LARGEST_BLOCK) {
      only.bytes.set(view(from, start, end), position & IN_BLOCK);
      return;
    }
    let at = position;
    for (let next = start; next < end;) {
      const i = at >>> LARGEST_BLOCK_BITS;
      while (blocks.length <= i) blocks.push(undefined);
      let block = blocks[i];
      if (block === undefined) blocks[i] = block = new Block(this.#pool.take(LARGEST_BLOCK));
      const length = Math.min(end - next, LARGEST_BLOCK - (at & IN_BLOCK));
      block.bytes.set(view(from, next, next + length), at & IN_BLOCK);
      next += length;
      at += length;
    }
  }

  #readBlocks(
    blocks: (Block | undefined)[],
    position: number,
    length: number,
    into: Uint8Array,
    start: number,
  ): void {
    const only = blocks[position >>> LARGEST_BLOCK_BITS];
    const within = position & IN_BLOCK;
    if (only !== undefined && within + length <= LARGEST_BLOCK) {
      into.set(new Uint8Array(only.buffer, within, length), start);
      return;
    }
    let at = position;
    const end = position + length;
    while (at < end) {
      const part = Math.min(end - at, LARGEST_BLOCK - (at & IN_BLOCK));
      const block = blocks[at >>> LARGEST_BLOCK_BITS]?.bytes ?? NO_BLOCK;
      into.set(view(block, at & IN_BLOCK, (at & IN_BLOCK) + part), start + at - position);
      at += part;
    }
  }

  #grow(size: number, used: number): void {
    const block = this.#block;
    if (block.length < LARGEST_BLOCK) {
      const larger = this.#pool.take(Math.min(size, LARGEST_BLOCK));
      if (used > 0) this.read(0, used, larger, 0);
      if (block.length > 0) this.#pool.give(block);
      this.#block = larger;
      this.#head = 0;
    }
    if (size > LARGEST_BLOCK) this.#toBlocks(used);
  }

  /** The ring becomes the first of many blocks; what goes round its end, the beginning of the second. */
  #toBlocks(used: number): void {
    const first = this.#block;
    this.#blocks = [new Block(first)];
    this.#block = NO_BLOCK;
    const round = this.#head + used - LARGEST_BLOCK;
    if (round > 0) this.#writeBlocks(this.#blocks, LARGEST_BLOCK, first, 0, round);
  }
}

// A whole array needs no view: 38 ns instead of 120 for 1,460 octets (bench/micro.ts).
function view(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end);
}
