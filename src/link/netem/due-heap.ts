/** Parcels by the time they are due: a binary heap. Of two that are due together, the older first. */
import type { Parcel } from './parcel.ts';

export class DueHeap<P extends Parcel> {
  readonly #heap: P[] = [];
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** When the first is due, Infinity when there is none. */
  next(): number {
    return this.#heap[0]?.dueAt ?? Infinity;
  }

  push(parcel: P): void {
    const heap = this.#heap;
    parcel.order = this.#order++;
    let at = heap.length;
    heap.push(parcel);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const above = heap[up];
      if (above === undefined || !before(parcel, above)) break;
      heap[at] = above;
      at = up;
    }
    heap[at] = parcel;
  }

  /** Takes out the first if it is due at `now`. */
  take(now: number): P | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.dueAt > now) return undefined;
    const last = heap.pop();
    if (last !== undefined && last !== first) this.#sink(last);
    return first;
  }

  /** Puts `parcel` where the first was, and lets it sink to its place. */
  #sink(parcel: P): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      let below = heap[down];
      if (below === undefined) break;
      const right = heap[down + 1];
      if (right !== undefined && before(right, below)) {
        below = right;
        down += 1;
      }
      if (!before(below, parcel)) break;
      heap[at] = below;
      at = down;
    }
    heap[at] = parcel;
  }
}

const before = (a: Parcel, b: Parcel): boolean =>
  a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order);
