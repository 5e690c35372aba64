/**
 * The largest value of a sliding window, by Kathleen Nichols' algorithm: the best, and the best since
 * it, and the best since that. draft-ietf-ccwg-bbr §5.5.3 names it.
 */
export class WindowedMax {
  #v0 = 0;
  #t0 = 0;
  #v1 = 0;
  #t1 = 0;
  #v2 = 0;
  #t2 = 0;

  /** `value` at `time`, which never goes back; the largest of the last `length` of it. */
  update(value: number, time: number, length: number): number {
    if (value >= this.#v0 || time - this.#t2 > length) return this.#begin(value, time);
    if (value >= this.#v1) {
      this.#v1 = this.#v2 = value;
      this.#t1 = this.#t2 = time;
    } else if (value >= this.#v2) {
      this.#v2 = value;
      this.#t2 = time;
    }
    this.#age(value, time, length);
    return this.#v0;
  }

  #begin(value: number, time: number): number {
    this.#v0 = this.#v1 = this.#v2 = value;
    this.#t0 = this.#t1 = this.#t2 = time;
    return value;
  }

  #age(value: number, time: number, length: number): void {
    const age = time - this.#t0;
    if (age > length) {
      this.#shift(value, time);
      if (time - this.#t0 > length) this.#shift(value, time);
    } else if (this.#t1 === this.#t0 && age > length / 4) {
      this.#v1 = this.#v2 = value; // a quarter passed without a second best
      this.#t1 = this.#t2 = time;
    } else if (this.#t2 === this.#t1 && age > length / 2) {
      this.#v2 = value;
      this.#t2 = time;
    }
  }

  #shift(value: number, time: number): void {
    this.#v0 = this.#v1;
    this.#t0 = this.#t1;
    this.#v1 = this.#v2;
    this.#t1 = this.#t2;
    this.#v2 = value;
    this.#t2 = time;
  }
}
