/**
 * One direction of an impaired network: loss, duplication and corruption, then the bottleneck, then
 * the delay. It has no clock and no randomness but its seed: the same packets at the same times have
 * the same fates. Packets lie wherever their carrier keeps them.
 */
import type { Medium } from '../link.ts';
import { Bottleneck } from './bottleneck.ts';
import { Chance } from './chance.ts';
import { NetemCounters } from './counters.ts';
import { Delay } from './delay.ts';
import { DueHeap } from './due-heap.ts';
import { markCongestion } from './ecn.ts';
import { Loss } from './loss.ts';
import type { Carrier, Parcel } from './parcel.ts';
import { Random } from './random.ts';
import { conditionsOf, type Conditions, type NetemSettings } from './settings.ts';

export interface ImpairmentOptions {
  readonly medium: Medium;
  /** An integer; with `direction` it decides every fate. */
  readonly seed: number;
  /** Tells the directions of one seed apart. */
  readonly direction: number;
  readonly settings: NetemSettings;
}

export class Impairment<P extends Parcel> {
  readonly counters: NetemCounters = new NetemCounters();
  readonly #medium: Medium;
  readonly #carrier: Carrier<P>;
  readonly #travelling: DueHeap<P> = new DueHeap();
  readonly #bottleneck: Bottleneck<P>;
  readonly #loss: Loss;
  readonly #duplicate: Chance;
  readonly #corrupt: Chance;
  readonly #reorder: Chance;
  readonly #delay: Delay;
  readonly #bits: Random; // which bit to turn over
  #settings: NetemSettings;
  #conditions: Conditions;
  #partitioned = false;
  #sinceGap = 0; // packets since one might overtake
  #lastDue = -Infinity;

  /** @throws RangeError when a setting is out of range. */
  constructor(carrier: Carrier<P>, options: ImpairmentOptions) {
    const { medium, seed, direction, settings } = options;
    const stream = (impairment: number): Random => new Random(seed, direction * 16 + impairment);
    this.#medium = medium;
    this.#carrier = carrier;
    this.#settings = settings;
    this.#conditions = conditionsOf(settings);
    this.#loss = new Loss(stream(1));
    this.#duplicate = new Chance(stream(2));
    this.#corrupt = new Chance(stream(3));
    this.#reorder = new Chance(stream(4));
    this.#delay = new Delay(stream(5));
    this.#bits = stream(6);
    this.#bottleneck = new Bottleneck(medium, this.#conditions, this.counters, carrier, (at, p) =>
      this.#travel(at, p),
    );
  }

  get settings(): NetemSettings {
    return this.#settings;
  }

  /** True between partition() and heal(). */
  get partitioned(): boolean {
    return this.#partitioned;
  }

  /** Packets that have come and not yet left. */
  get underWay(): number {
    return this.#travelling.size + this.#bottleneck.length;
  }

  /**
   * From now on these settings hold, and those not named stay as they are (`undefined` turns one
   * off). What is under way keeps its delay.
   * @throws RangeError when a setting is out of range; then nothing has changed.
   */
  change(settings: NetemSettings): void {
    const merged = { ...this.#settings, ...settings };
    this.#conditions = conditionsOf(merged);
    this.#settings = merged;
    this.#bottleneck.conditions = this.#conditions;
  }

  /** Nothing gets in any more; what is under way arrives. */
  partition(): void {
    this.#partitioned = true;
  }

  heal(): void {
    this.#partitioned = false;
  }

  /** A packet comes, at a `now` that does not decrease. Call timeout() next: it may be due at once. */
  accept(now: number, parcel: P): void {
    const c = this.#conditions;
    const { counters } = this;
    this.#bottleneck.advance(now);
    counters.arrived += 1;
    // Every packet draws all its fates, so that the n-th packet has the n-th fate, come what may.
    const lost = this.#loss.happens(c.loss, c.lossCorrelation);
    const duplicated = this.#duplicate.happens(c.duplicate, c.duplicateCorrelation);
    const corrupted = this.#corrupt.happens(c.corrupt, c.corruptCorrelation);
    const ahead = this.#goesAhead(c);
    const travelTime = this.#delay.next(c.delay, c.jitter, c.distribution, c.delayCorrelation);
    const bit = this.#bits.uint32();
    if (this.#partitioned) {
      counters.partitioned += 1;
      this.#carrier.discard(parcel);
      return;
    }
    const copy = duplicated ? this.#carrier.copy(parcel) : undefined;
    if (lost && !(c.ecn && this.#mark(parcel))) {
      counters.lost += 1;
      this.#carrier.discard(parcel);
    } else {
      if (corrupted) this.#turnOver(parcel, bit);
      if (ahead) counters.reordered += 1;
      parcel.travelTime = ahead ? 0 : travelTime;
      this.#bottleneck.enqueue(now, parcel);
    }
    if (copy === undefined) return;
    counters.duplicated += 1;
    copy.travelTime = travelTime;
    this.#bottleneck.enqueue(now, copy);
  }

  /** When timeout() wants to be called, Infinity when not at all. */
  nextTimeout(): number {
    return Math.min(this.#bottleneck.next(), this.#travelling.next());
  }

  /** Delivers all that is due by `now`, in the order in which it is due. */
  timeout(now: number): void {
    this.#bottleneck.advance(now);
    for (;;) {
      const parcel = this.#travelling.take(now);
      if (parcel === undefined) return;
      this.counters.delivered += 1;
      this.counters.octets += parcel.end - parcel.start;
      this.#carrier.deliver(parcel);
    }
  }

  #goesAhead({ reorder, reorderCorrelation, reorderGap }: Conditions): boolean {
    this.#sinceGap = (this.#sinceGap + 1) % reorderGap;
    return this.#reorder.happens(reorder, reorderCorrelation) && this.#sinceGap === 0;
  }

  /** It is through the bottleneck at time `at`. */
  #travel(at: number, parcel: P): void {
    const due = at + parcel.travelTime;
    parcel.dueAt = this.#conditions.inOrder ? Math.max(due, this.#lastDue) : due;
    this.#lastDue = parcel.dueAt;
    this.#travelling.push(parcel);
  }

  #mark({ view, start, end }: P): boolean {
    if (!markCongestion(this.#medium, view, start, end)) return false;
    this.counters.marked += 1;
    return true;
  }

  #turnOver({ bytes, start, end }: P, bit: number): void {
    const octets = end - start;
    if (octets === 0) return;
    const at = start + ((bit >>> 3) % octets);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
    this.counters.corrupted += 1;
  }
}
