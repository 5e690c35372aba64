/** A clock that moves when it is told to. Milliseconds; it never goes back. */
export class VirtualClock {
  #now = 0;

  get now(): number {
    return this.#now;
  }

  advanceTo(at: number): void {
    if (at > this.#now) this.#now = at;
  }
}
