/**
 * The memory that fragments wait in: a fixed number of blocks of 2 KiB, made when first needed and
 * used again. Nobody's fragments can make it larger (FragmentSmack, CVE-2018-5391).
 */

export const BLOCK_SHIFT = 11;
export const BLOCK: number = 1 << BLOCK_SHIFT; // octets: one Ethernet frame's fragment lies in one or two
export const BLOCKS_OF_A_DATAGRAM: number = 65_536 / BLOCK;
export const MOST_BLOCKS = 512; // 1 MiB: sixteen of the largest datagrams at once

const CHUNK_BLOCKS = 32; // taken from the heap at once

export class FragmentBlocks {
  readonly #chunks: Uint8Array[] = [];
  readonly #free: number[] = [];

  /** Octets of the heap that it holds, never more than MOST_BLOCKS * BLOCK. */
  get octets(): number {
    return this.#chunks.length * CHUNK_BLOCKS * BLOCK;
  }

  /** How many blocks can still be taken. */
  get free(): number {
    return this.#free.length + MOST_BLOCKS - this.#chunks.length * CHUNK_BLOCKS;
  }

  /** The number of a block; -1 when all are taken. */
  take(): number {
    const block = this.#free.pop();
    if (block !== undefined) return block;
    const first = this.#chunks.length * CHUNK_BLOCKS;
    if (first === MOST_BLOCKS) return -1;
    this.#chunks.push(new Uint8Array(CHUNK_BLOCKS * BLOCK));
    for (let i = first + CHUNK_BLOCKS - 1; i > first; i--) this.#free.push(i);
    return first;
  }

  giveBack(block: number): void {
    this.#free.push(block);
  }

  /** Copies bytes[start..end) to `at` of a block, which they do not leave. */
  write(block: number, at: number, bytes: Uint8Array, start: number, end: number): void {
    const base = offsetOf(block) + at;
    const chunk = this.#chunkOf(block);
    for (let i = start, to = base; i < end; i++, to++) chunk[to] = bytes[i]!;
  }

  /** Copies `length` octets from the start of a block to into[at..). */
  read(block: number, into: Uint8Array, at: number, length: number): void {
    const base = offsetOf(block);
    into.set(this.#chunkOf(block).subarray(base, base + length), at);
  }

  /** Are the octets from `at` of a block the same as bytes[start..end)? */
  same(block: number, at: number, bytes: Uint8Array, start: number, end: number): boolean {
    const base = offsetOf(block) + at;
    const chunk = this.#chunkOf(block);
    for (let i = start, there = base; i < end; i++, there++) {
      if (chunk[there] !== bytes[i]) return false;
    }
    return true;
  }

  #chunkOf(block: number): Uint8Array {
    return this.#chunks[Math.floor(block / CHUNK_BLOCKS)]!;
  }
}

const offsetOf = (block: number): number => (block % CHUNK_BLOCKS) * BLOCK;
