/** So many in a second and no more: what answers octets that anybody may have made up. */

const SECOND = 1000; // ms

export class RateLimit {
  readonly #perSecond: number;
  #since = -Infinity;
  #used = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** May one more go at `now`? */
  allows(now: number): boolean {
    if (now - this.#since >= SECOND) {
      this.#since = now;
      this.#used = 0;
    }
    if (this.#used >= this.#perSecond) return false;
    this.#used++;
    return true;
  }
}
