/**
 * The impairments of netem in a world: the directed network delays, loses, doubles, damages and
 * queues by itself, in virtual time. One seed, one world, one course of events.
 */
import type { NetemCounters } from '../link/netem/counters.ts';
import { Impairment } from '../link/netem/impairment.ts';
import { Parcel } from '../link/netem/parcel.ts';
import type { NetemSettings } from '../link/netem/settings.ts';
import { HOLD, LOSE, type Direction, type Flight } from './network.ts';
import type { World } from './world.ts';

export interface WorldNetemOptions {
  /** What happens to what a host sends; by its name, or the same for all. */
  readonly settings: NetemSettings | ((from: string) => NetemSettings);
  /** An integer. Default 1. */
  readonly seed?: number;
}

/** The network of a world, impaired. */
export class WorldNetem {
  readonly #world: World;
  readonly #options: WorldNetemOptions;
  readonly #directions = new Map<string, Impairment<FlightParcel>>();
  #partitioned = false;
  #leaving: FlightParcel | undefined = undefined; // the flight that the director decides about

  /** Takes over the world's director. */
  constructor(world: World, options: WorldNetemOptions) {
    this.#world = world;
    this.#options = options;
    world.network.director = (flight) => this.#direct(flight);
    world.attend(this);
  }

  /** What became of what `from` sent. */
  counters(from: string): Readonly<NetemCounters> {
    return this.direction(from).counters;
  }

  /** The way of what `from` sends: its settings can be changed, it can be cut and healed. */
  direction(from: string): Impairment<FlightParcel> {
    const known = this.#directions.get(from);
    if (known !== undefined) return known;
    const { settings, seed = 1 } = this.#options;
    const made = new Impairment<FlightParcel>(
      {
        copy: (parcel) => new FlightParcel(this.#world.network.duplicate(parcel.flight)),
        deliver: (parcel) => this.#world.network.deliver(parcel.flight, parcel.dueAt),
        discard: (parcel) => this.#discard(parcel),
      },
      {
        medium: 'ip',
        seed,
        direction: this.#directions.size,
        settings: typeof settings === 'function' ? settings(from) : settings,
      },
    );
    if (this.#partitioned) made.partition();
    this.#directions.set(from, made);
    return made;
  }

  /** Nothing that departs from now on arrives. */
  partition(): void {
    this.#partitioned = true;
    for (const direction of this.#directions.values()) direction.partition();
  }

  heal(): void {
    this.#partitioned = false;
    for (const direction of this.#directions.values()) direction.heal();
  }

  nextTimeout(): number {
    let next = Infinity;
    for (const direction of this.#directions.values()) {
      next = Math.min(next, direction.nextTimeout());
    }
    return next;
  }

  timeout(now: number): void {
    for (const direction of this.#directions.values()) direction.timeout(now);
  }

  #direct(flight: Flight): Direction {
    const { now } = this.#world;
    const parcel = new FlightParcel(flight);
    this.#leaving = parcel;
    const direction = this.direction(flight.from);
    direction.accept(now, parcel);
    this.#leaving = undefined;
    return parcel.discarded ? LOSE : HOLD; // until timeout() lets it arrive, at once perhaps
  }

  #discard(parcel: FlightParcel): void {
    parcel.discarded = true;
    if (parcel !== this.#leaving) this.#world.network.lose(parcel.flight);
  }
}

/** A flight, as netem sees it. */
export class FlightParcel extends Parcel {
  readonly flight: Flight;
  discarded = false;

  constructor(flight: Flight) {
    const { bytes } = flight;
    super(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
    this.flight = flight;
  }
}
