/** An event loop in virtual time: nothing runs until run() or advance(). */
import type { LinkLoop } from '../../src/link/event-loop.ts';

interface Entry {
  readonly at: number;
  readonly call: () => void;
}

export class VirtualLoop implements LinkLoop {
  #now = 0;
  #entries: Entry[] = [];

  now(): number {
    return this.#now;
  }

  soon(call: () => void): void {
    this.later(call, 0);
  }

  later(call: () => void, ms: number): Entry {
    const entry = { at: this.#now + ms, call };
    this.#entries.push(entry);
    return entry;
  }

  cancel(timer: unknown): void {
    this.#entries = this.#entries.filter((entry) => entry !== timer);
  }

  /** Calls that wait. */
  get pending(): number {
    return this.#entries.length;
  }

  /** Lets `ms` pass, and all happen that is due. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      let next: Entry | undefined;
      for (const entry of this.#entries) {
        if (entry.at <= until && (next === undefined || entry.at < next.at)) next = entry;
      }
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.at);
      this.cancel(next);
      next.call();
    }
    this.#now = until;
  }
}
