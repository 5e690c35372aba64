/**
 * Which octets beyond RCV.NXT have arrived: RFC 9293 §3.10.7.4, SHLD-31. Disjoint ranges in ascending
 * order, as offsets from RCV.NXT. Their number is bounded: text that would need one more range is
 * not kept, and its sender retransmits it.
 */

/** Ranges held at most. A window of 64 KiB has 45 full-sized segments, so 22 gaps. */
const MAX_RANGES = 64;

export class Reassembly {
  // start, end, start, end, ...; empty most of the time
  #edges: number[] = [];

  get empty(): boolean {
    return this.#edges.length === 0;
  }

  /** Number of ranges. */
  get count(): number {
    return this.#edges.length >> 1;
  }

  /** One past the last octet held, 0 when empty. */
  get end(): number {
    return this.#edges.length === 0 ? 0 : this.#edges[this.#edges.length - 1]!;
  }

  /** May [start, end) be inserted within the bound? */
  hasRoom(start: number, end: number): boolean {
    return this.count < MAX_RANGES || this.#touching(start, end) > 0;
  }

  /** One past the last octet of the range that holds `offset`, or `offset` when none does. */
  coveredUntil(offset: number): number {
    const edges = this.#edges;
    for (let i = 0; i < edges.length && edges[i]! <= offset; i += 2) {
      if (offset < edges[i + 1]!) return edges[i + 1]!;
    }
    return offset;
  }

  /** Where the first range after `offset` starts, Infinity when there is none. */
  nextStart(offset: number): number {
    const edges = this.#edges;
    for (let i = 0; i < edges.length; i += 2) if (edges[i]! > offset) return edges[i]!;
    return Infinity;
  }

  insert(start: number, end: number): void {
    const edges = this.#edges;
    let first = 0;
    while (first < edges.length && edges[first + 1]! < start) first += 2;
    let last = first;
    while (last < edges.length && edges[last]! <= end) last += 2;
    const merges = last > first;
    const newStart = merges ? Math.min(start, edges[first]!) : start;
    const newEnd = merges ? Math.max(end, edges[last - 1]!) : end;
    edges.splice(first, last - first, newStart, newEnd);
  }

  /** Takes the range that begins at RCV.NXT, says its length, and moves the others to the left. */
  takeFront(): number {
    const edges = this.#edges;
    if (edges.length === 0 || edges[0]! > 0) return 0;
    const length = edges[1]!;
    edges.splice(0, 2);
    for (let i = 0; i < edges.length; i++) edges[i]! -= length;
    return length;
  }

  #touching(start: number, end: number): number {
    const edges = this.#edges;
    let count = 0;
    for (let i = 0; i < edges.length; i += 2) {
      if (edges[i]! <= end && edges[i + 1]! >= start) count++;
    }
    return count;
  }
}
