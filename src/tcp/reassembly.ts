/**
 * Which octets beyond RCV.NXT have arrived: RFC 9293 §3.10.7.4, SHLD-31. Disjoint ranges in ascending
 * order, in chunks that are searched by halves: thousands of them cost a logarithm each, and those
 * that stay are not touched when RCV.NXT moves. Their number is bounded (S12): text that would need
 * one more range is not kept, and its sender retransmits it.
 */

/** Edges in a chunk, two for each range; a full one is cut in half. */
const CHUNK = 128;

/** Positions count from an arbitrary zero, which moves when they come near 2^31: they are int32. */
const FAR = 2 ** 30;

/** Ranges that a small buffer may have: 64 KiB hold 45 full-sized segments, so 22 gaps. */
const LEAST_RANGES = 64;

/** Octets of receive buffer for each range beyond those: less than the smallest usual segment. */
const OCTETS_PER_RANGE = 512;

/** The bound on ranges for a receive buffer of `capacity` octets: their memory is 1/16 of it at most. */
export const mostRanges = (capacity: number): number =>
  Math.max(LEAST_RANGES, Math.floor(capacity / OCTETS_PER_RANGE));

export class Reassembly {
  /** Edges compared or moved so far: what it all costs, for tests. */
  steps = 0;
  #count = 0;
  #base = 0; // the position of RCV.NXT
  // start, end, start, end, ... of positions; no chunk is empty
  readonly #chunks: number[][] = [];
  // Where #seek found something: a chunk, and the edge in it that starts a range
  #chunk = 0;
  #edge = 0;

  get empty(): boolean {
    return this.#count === 0;
  }

  /** Number of ranges. */
  get count(): number {
    return this.#count;
  }

  /** One past the last octet held, as an offset from RCV.NXT; 0 when empty. */
  get end(): number {
    const chunk = this.#chunks[this.#chunks.length - 1];
    return chunk === undefined ? 0 : chunk[chunk.length - 1]! - this.#base;
  }

  /** May [start, end) be inserted when there may be `most` ranges? */
  hasRoom(start: number, end: number, most: number): boolean {
    if (this.#count < most) return true;
    return this.#seek(this.#base + start) && this.#start <= this.#base + end;
  }

  /** The first octet of the range that holds `offset`, or `offset` when none does. */
  coveredFrom(offset: number): number {
    const at = this.#base + offset;
    return this.#seek(at + 1) && this.#start < at ? this.#start - this.#base : offset;
  }

  /** One past the last octet of the range that holds `offset`, or `offset` when none does. */
  coveredUntil(offset: number): number {
    const at = this.#base + offset;
    return this.#seek(at + 1) && this.#start <= at ? this.#end - this.#base : offset;
  }

  /** Where the first range after `offset` starts, Infinity when there is none. */
  nextStart(offset: number): number {
    const at = this.#base + offset;
    if (!this.#seek(at + 1)) return Infinity;
    if (this.#start <= at && !this.#next()) return Infinity;
    return this.#start - this.#base;
  }

  /** [start, end) has arrived; both are offsets from RCV.NXT. */
  insert(start: number, end: number): void {
    if (this.#base > FAR) this.#moveZero();
    const from = this.#base + start;
    const to = this.#base + end;
    if (!this.#seek(from) || this.#start > to) {
      this.#add(from, to);
      return;
    }
    // Touches the range found, and perhaps those after it
    const chunk = this.#chunks[this.#chunk]!;
    const edge = this.#edge;
    if (from < this.#start) chunk[edge] = from;
    if (to <= this.#end) return;
    let reach = to;
    while (this.#next() && this.#start <= to) {
      reach = Math.max(reach, this.#end);
      this.#remove();
    }
    chunk[edge + 1] = reach;
  }

  /** RCV.NXT moves by `length` octets and over what lies there. Says by how much in all. */
  advance(length: number): number {
    let next = this.#base + length;
    for (let first = this.#chunks[0]; first !== undefined; first = this.#chunks[0]) {
      let edge = 0;
      for (; edge < first.length && first[edge]! <= next; edge += 2) {
        if (first[edge + 1]! > next) next = first[edge + 1]!;
      }
      this.#count -= edge >> 1;
      if (edge < first.length) {
        if (edge > 0) first.splice(0, edge);
        this.steps += first.length;
        break;
      }
      this.#chunks.shift();
    }
    const moved = next - this.#base;
    this.#base = next;
    return moved;
  }

  get #start(): number {
    return this.#chunks[this.#chunk]![this.#edge]!;
  }

  get #end(): number {
    return this.#chunks[this.#chunk]![this.#edge + 1]!;
  }

  /** Finds the first range that ends at `position` or later. False: there is none. */
  #seek(position: number): boolean {
    const chunks = this.#chunks;
    let low = 0;
    let high = chunks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const chunk = chunks[middle]!;
      this.steps++;
      if (chunk[chunk.length - 1]! < position) low = middle + 1;
      else high = middle;
    }
    this.#chunk = low;
    this.#edge = 0;
    const chunk = chunks[low];
    if (chunk === undefined) return false;
    low = 0;
    high = chunk.length >> 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      this.steps++;
      if (chunk[2 * middle + 1]! < position) low = middle + 1;
      else high = middle;
    }
    this.#edge = 2 * low;
    return true;
  }

  /** To the range after the one found. */
  #next(): boolean {
    this.steps++;
    this.#edge += 2;
    if (this.#edge < this.#chunks[this.#chunk]!.length) return true;
    if (this.#chunk + 1 >= this.#chunks.length) return false;
    this.#chunk++;
    this.#edge = 0;
    return true;
  }

  /** A new range before the one found, or after the last. */
  #add(from: number, to: number): void {
    this.#count++;
    if (this.#chunk === this.#chunks.length) {
      const last = this.#chunks[this.#chunk - 1];
      if (last !== undefined && last.length < CHUNK) last.push(from, to);
      else this.#chunks.push([from, to]);
      return;
    }
    let chunk = this.#chunks[this.#chunk]!;
    if (chunk.length >= CHUNK) chunk = this.#halve(chunk);
    this.steps += chunk.length - this.#edge;
    chunk.splice(this.#edge, 0, from, to);
  }

  /** Cuts a full chunk in two and says in which the edge found lies now. */
  #halve(chunk: number[]): number[] {
    const upper = chunk.splice(CHUNK / 2);
    this.#chunks.splice(this.#chunk + 1, 0, upper);
    this.steps += CHUNK / 2 + this.#chunks.length - this.#chunk;
    if (this.#edge < CHUNK / 2) return chunk;
    this.#edge -= CHUNK / 2;
    this.#chunk++;
    return upper;
  }

  /** Takes out the range found; then the one before it is found, so that `#next` is the one after. */
  #remove(): void {
    const chunk = this.#chunks[this.#chunk]!;
    this.#count--;
    this.steps += chunk.length - this.#edge;
    chunk.splice(this.#edge, 2);
    if (chunk.length > 0) {
      this.#edge -= 2;
      return;
    }
    this.steps += this.#chunks.length - this.#chunk;
    this.#chunks.splice(this.#chunk, 1);
    this.#chunk--;
    this.#edge = CHUNK;
  }

  #moveZero(): void {
    const by = this.#base;
    for (const chunk of this.#chunks) for (let i = 0; i < chunk.length; i++) chunk[i]! -= by;
    this.#base = 0;
  }
}
