/**
 * A network that can be directed: every datagram in it is a flight that can be held, delivered,
 * lost, duplicated, delayed or overtaken. It knows no time of its own; the world gives it.
 */

/** What is to become of a datagram that was just sent. */
export type Direction =
  | { readonly kind: 'deliver'; readonly after: number } // ms
  | { readonly kind: 'hold' } //                            until somebody says so
  | { readonly kind: 'lose' };

export const HOLD: Direction = { kind: 'hold' };
export const LOSE: Direction = { kind: 'lose' };
export const deliverAfter = (ms: number): Direction => ({ kind: 'deliver', after: ms });

/** One datagram on its way. */
export interface Flight {
  readonly id: number; //                from 1, in the order of departure
  readonly from: string; //              the host that sent it, or is said to have
  readonly bytes: Uint8Array; //         the whole IP datagram, a copy
  readonly sentAt: number; //            ms
  /** When it arrives, Infinity while it is held. */
  dueAt: number;
  fate: 'travelling' | 'held' | 'arrived' | 'lost';
}

/** Decides about each datagram at departure. */
export type Director = (flight: Flight) => Direction;

export class Network {
  director: Director;
  readonly #flights: Flight[] = []; // those still in the network, in order of departure
  #departed = 0;

  constructor(director: Director = () => deliverAfter(0)) {
    this.director = director;
  }

  /** What is in the network, in order of departure. */
  get flights(): readonly Flight[] {
    return this.#flights;
  }

  /** `bytes[start..end)` leaves host `from`. */
  send(now: number, from: string, bytes: Uint8Array, start: number, end: number): Flight {
    const flight: Flight = {
      id: ++this.#departed,
      from,
      bytes: bytes.slice(start, end),
      sentAt: now,
      dueAt: Infinity,
      fate: 'held',
    };
    const direction = this.director(flight);
    if (direction.kind === 'lose') {
      flight.fate = 'lost';
      return flight;
    }
    this.#flights.push(flight);
    if (direction.kind === 'deliver') this.deliver(flight, now + direction.after);
    return flight;
  }

  /** It is to arrive at time `at`: an earlier one than others have makes it overtake them. */
  deliver(flight: Flight, at: number): void {
    flight.fate = 'travelling';
    flight.dueAt = at;
  }

  /** It stays in the network until it is delivered or lost. */
  hold(flight: Flight): void {
    flight.fate = 'held';
    flight.dueAt = Infinity;
  }

  lose(flight: Flight): void {
    flight.fate = 'lost';
    this.#remove(flight);
  }

  /** A second copy, held, that has its own fate from now on. */
  duplicate(flight: Flight): Flight {
    const copy: Flight = {
      ...flight,
      id: ++this.#departed,
      bytes: flight.bytes.slice(),
      dueAt: Infinity,
      fate: 'held',
    };
    this.#flights.push(copy);
    return copy;
  }

  /** When the next one arrives, Infinity when none is travelling. */
  nextArrival(): number {
    let next = Infinity;
    for (const flight of this.#flights) if (flight.dueAt < next) next = flight.dueAt;
    return next;
  }

  /** Takes out the one that arrives first, not later than `now`; of two, the one sent first. */
  takeArrival(now: number): Flight | undefined {
    let first: Flight | undefined;
    for (const flight of this.#flights) {
      if (flight.dueAt <= now && (first === undefined || flight.dueAt < first.dueAt))
        first = flight;
    }
    if (first === undefined) return undefined;
    first.fate = 'arrived';
    this.#remove(first);
    return first;
  }

  #remove(flight: Flight): void {
    const index = this.#flights.indexOf(flight);
    if (index >= 0) this.#flights.splice(index, 1);
  }
}
