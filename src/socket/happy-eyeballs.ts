/**
 * In which order and when the addresses of a name are tried: RFC 8305. No clock and no connections
 * here: the caller opens what it is told to, says what failed, and takes the first that succeeds.
 */
import type { IpAddress } from '../wire/address.ts';

/** RFC 8305 §8: the recommended Connection Attempt Delay. */
export const ATTEMPT_DELAY = 250; // ms

/** The families take turns, beginning with that of the first address: RFC 8305 §4. */
export function interleaved(addresses: readonly IpAddress[]): readonly IpAddress[] {
  const first = addresses.filter(({ family }) => family === addresses[0]?.family);
  const second = addresses.filter(({ family }) => family !== addresses[0]?.family);
  const most = Math.max(first.length, second.length);
  return Array.from({ length: most }, (_, i) => [first[i], second[i]])
    .flat()
    .filter((address) => address !== undefined);
}

export class HappyEyeballs {
  readonly #addresses: readonly IpAddress[];
  readonly #delay: number;
  #tried = 0;
  #nextAt = -Infinity; // when the next attempt may begin

  /** `delay` in ms, between attempts of which nothing has been heard. */
  constructor(addresses: readonly IpAddress[], delay: number = ATTEMPT_DELAY) {
    this.#addresses = interleaved(addresses);
    this.#delay = delay;
  }

  /** All have been tried. */
  get exhausted(): boolean {
    return this.#tried === this.#addresses.length;
  }

  /** The address to try now; undefined: not yet, or no more. */
  next(now: number): IpAddress | undefined {
    if (now < this.#nextAt) return undefined;
    const address = this.#addresses[this.#tried];
    if (address === undefined) return undefined;
    this.#tried += 1;
    this.#nextAt = now + this.#delay;
    return address;
  }

  /** An attempt has failed: the next need not wait (§5). */
  failed(): void {
    this.#nextAt = -Infinity;
  }

  /** When to ask again; Infinity for never. */
  nextTimeout(): number {
    return this.exhausted ? Infinity : this.#nextAt;
  }
}
