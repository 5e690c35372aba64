/**
 * Where send and receive buffers get their octets: blocks of powers of two, returned when a buffer
 * runs empty, so that an idle connection holds none (docs/performance.md, octets per idle
 * connection). One pool serves all connections of a host.
 */

const SMALLEST = 12; // log2: 4 KiB, a page
/** log2 of the octets of the largest block; who needs more takes several. */
export const LARGEST_BLOCK_BITS = 16;
export const LARGEST_BLOCK: number = 2 ** LARGEST_BLOCK_BITS;
const KEPT_OCTETS = 4 * 1024 * 1024; // of each size; beyond that blocks go to the collector
const KEPT_LARGEST = 16 * 1024 * 1024; // of the largest: two windows of 6 MiB, as Linux has them

export class BlockPool {
  readonly #free: Uint8Array[][] = Array.from({ length: LARGEST_BLOCK_BITS + 1 }, () => []);

  /** A block of at least `size` octets, its length a power of two; the content is arbitrary. */
  take(size: number): Uint8Array {
    const order = orderOf(size);
    return this.#free[order]?.pop() ?? new Uint8Array(2 ** order);
  }

  give(block: Uint8Array): void {
    const list = this.#free[orderOf(block.length)];
    const most = block.length === LARGEST_BLOCK ? KEPT_LARGEST : KEPT_OCTETS;
    if (list !== undefined && (list.length + 1) * block.length <= most) list.push(block);
  }
}

function orderOf(size: number): number {
  return Math.max(SMALLEST, 32 - Math.clz32(Math.max(size, 1) - 1));
}
