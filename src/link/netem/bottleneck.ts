/**
 * A queue in front of a line of limited rate: drop-tail with a limit in packets and in octets, and
 * CoDel if wanted. Its clock is the packets' own: when each leaves is computed, however late it is
 * asked, so that the outcome depends on arrivals and on nothing else.
 */
import type { Medium } from '../link.ts';
import { Codel, type CodelQueue } from './codel.ts';
import type { NetemCounters } from './counters.ts';
import { markCongestion } from './ecn.ts';
import type { Carrier, Parcel } from './parcel.ts';
import type { Conditions } from './settings.ts';

export class Bottleneck<P extends Parcel> implements CodelQueue<P> {
  octets = 0;
  conditions: Conditions;
  readonly #medium: Medium;
  readonly #counters: NetemCounters;
  readonly #carrier: Carrier<P>;
  readonly #leaves: (at: number, parcel: P) => void;
  #packets: P[] = []; // from #head on
  #head = 0;
  #freeAt = -Infinity; // ms, when the line has sent what it is sending
  #codel: Codel<P> | undefined = undefined;

  /** `leaves` is called with each packet that is through, and when it was. */
  constructor(
    medium: Medium,
    conditions: Conditions,
    counters: NetemCounters,
    carrier: Carrier<P>,
    leaves: (at: number, parcel: P) => void,
  ) {
    this.#medium = medium;
    this.conditions = conditions;
    this.#counters = counters;
    this.#carrier = carrier;
    this.#leaves = leaves;
  }

  /** Packets that wait. */
  get length(): number {
    return this.#packets.length - this.#head;
  }

  /** When the next one begins to be sent; Infinity when none waits. */
  next(): number {
    return this.length > 0 ? this.#freeAt : Infinity;
  }

  /** A packet comes at time `now`, up to which the line has been advanced. */
  enqueue(now: number, parcel: P): void {
    const { queue, queueOctets, markAbove, rate } = this.conditions;
    const length = parcel.end - parcel.start;
    const { length: waiting } = this;
    if (waiting === 0) {
      if (rate === Infinity) {
        this.#leaves(Math.max(now, this.#freeAt), parcel);
        return;
      }
      if (this.#freeAt < now) this.#freeAt = now;
    }
    if (waiting >= queue || this.octets + length > queueOctets) {
      this.#counters.queueFull += 1;
      this.#carrier.discard(parcel);
      return;
    }
    if (waiting >= markAbove) this.#markIfCapable(parcel);
    parcel.enqueuedAt = now;
    this.octets += length;
    this.#packets.push(parcel);
    this.advance(now);
  }

  /** Sends what the line can have begun to send by `now`. */
  advance(now: number): void {
    while (this.#freeAt <= now && this.length > 0) {
      const at = this.#freeAt;
      const parcel = this.#dequeue(at);
      if (parcel === undefined) return; // CoDel has dropped all there was
      const bits = (parcel.end - parcel.start) * 8;
      this.#freeAt = at + (bits * 1000) / this.conditions.rate;
      this.#leaves(this.#freeAt, parcel);
    }
  }

  #dequeue(now: number): P | undefined {
    const { codel } = this.conditions;
    if (codel === undefined) {
      this.#codel = undefined;
      return this.shift();
    }
    this.#codel ??= new Codel(codel);
    this.#codel.settings = codel;
    return this.#codel.dequeue(now, this);
  }

  shift(): P | undefined {
    const parcel = this.#packets[this.#head];
    if (parcel === undefined) return undefined;
    this.#head += 1;
    this.octets -= parcel.end - parcel.start;
    if (this.#head >= SPENT && this.#head * 2 >= this.#packets.length) {
      this.#packets = this.#packets.slice(this.#head);
      this.#head = 0;
    }
    return parcel;
  }

  enqueuedAt(parcel: P): number {
    return parcel.enqueuedAt;
  }

  drop(parcel: P): void {
    this.#counters.codelDropped += 1;
    this.#carrier.discard(parcel);
  }

  mark(parcel: P): boolean {
    return this.conditions.ecn && this.#markIfCapable(parcel);
  }

  #markIfCapable({ view, start, end }: P): boolean {
    if (!markCongestion(this.#medium, view, start, end)) return false;
    this.#counters.marked += 1;
    return true;
  }
}

/** Places of packets that have left, before the array is cut; amortized, nothing is copied. */
const SPENT = 64;
