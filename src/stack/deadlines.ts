/**
 * One deadline per connection in one binary heap, moved lazily: a deadline that moves to later leaves
 * the heap alone, and is looked at again when its old time comes (RFC 9293 §3.8 has a timer
 * restarted with nearly every segment).
 */

/** What can have a deadline. */
export interface Timed {
  /** Its place in the heap, -1 when it has none. The heap's own. */
  heapIndex: number;
  /** When it wants its timeout really, Infinity for never. */
  nextTimeout(): number;
}

export class Deadlines<T extends Timed> {
  readonly #at: number[] = []; // never later than what nextTimeout() says
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** `item` wants its timeout at `at`: to be called whenever that may have become earlier. */
  note(item: T, at: number): void {
    const index = item.heapIndex;
    if (index >= 0) {
      if (at < this.#at[index]!) this.#up(index, at, item);
      return;
    }
    if (at === Infinity) return;
    this.#at.push(at);
    this.#items.push(item);
    this.#up(this.#items.length - 1, at, item);
  }

  remove(item: T): void {
    const index = item.heapIndex;
    if (index < 0) return;
    item.heapIndex = -1;
    const lastAt = this.#at.pop();
    const last = this.#items.pop();
    if (last === undefined || lastAt === undefined || last === item) return;
    this.#moved(index, lastAt, last);
  }

  /** The earliest deadline there really is. */
  next(): number {
    for (;;) {
      const item = this.#items[0];
      if (item === undefined) return Infinity;
      const at = item.nextTimeout();
      if (at === this.#at[0]) return at;
      this.#again(item, at);
    }
  }

  /** The item whose deadline has come by `now`; undefined when there is none. */
  due(now: number): T | undefined {
    return this.next() <= now ? this.#items[0] : undefined;
  }

  #again(item: T, at: number): void {
    if (at === Infinity) this.remove(item);
    else this.#moved(item.heapIndex, at, item);
  }

  #moved(index: number, at: number, item: T): void {
    if (index > 0 && at < this.#at[(index - 1) >> 1]!) this.#up(index, at, item);
    else this.#down(index, at, item);
  }

  #up(from: number, at: number, item: T): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#at[parent]! <= at) break;
      this.#put(index, this.#at[parent]!, this.#items[parent]!);
      index = parent;
    }
    this.#put(index, at, item);
  }

  #down(from: number, at: number, item: T): void {
    const size = this.#items.length;
    let index = from;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#at[child + 1]! < this.#at[child]!) child++;
      if (this.#at[child]! >= at) break;
      this.#put(index, this.#at[child]!, this.#items[child]!);
      index = child;
    }
    this.#put(index, at, item);
  }

  #put(index: number, at: number, item: T): void {
    this.#at[index] = at;
    this.#items[index] = item;
    item.heapIndex = index;
  }
}
