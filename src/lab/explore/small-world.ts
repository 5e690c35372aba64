/**
 * A small world: two ends, the segments between them, and what may happen next. The same actions from
 * the start lead to the same state, so a state is the list of actions that lead there.
 */
import type { ProfileName } from '../../tcp/options.ts';
import { Flights, isReset, type End, type Flight } from './flights.ts';
import type { Journal } from './journal.ts';
import { Party } from './party.ts';
import type { Plan, UserCall } from './plan.ts';
import { Watch } from './watch.ts';

/** What can happen. */
export const Kind = {
  call: 0, //      the user makes its next call
  mishap: 1, //    … aborts or crashes instead
  read: 2, //      … takes an octet
  timer: 3, //     the next timer of this end fires
  deliver: 4, //   a segment arrives
  duplicate: 5, // a segment arrives, and is still in the network
  lose: 6, //      a segment is lost
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** Kind, end and segment in one number. */
export type Action = number;

export const actionOf = (kind: Kind, end: End, id = 0): Action => kind | (end << 3) | (id << 4);
export const kindOf = (action: Action): number => action & 7;
export const endOf = (action: Action): End => ((action >> 3) & 1 ? 1 : 0);
export const flightOf = (action: Action): number => action >> 4;

/** With so many segments in the network no timer fires and nothing is duplicated. */
const MOST_IN_FLIGHT = 6;
const MOST_AT_ONCE = 8; // segments that one event may let out

export class SmallWorld {
  readonly plan: Plan;
  readonly parties: readonly [Party, Party];
  readonly flights: Flights = new Flights();
  /** Written to while it is there. */
  journal: Journal | undefined = undefined;
  /** What was violated, if anything was. */
  violation: string | undefined = undefined;
  readonly #watch: Watch;
  #again = false; // what happens now has happened before, and nothing was violated

  constructor(plan: Plan, profile: ProfileName) {
    this.plan = plan;
    this.parties = [new Party(0, plan.A, profile), new Party(1, plan.B, profile)];
    this.#watch = new Watch(this);
    this.reset();
  }

  /** Back to the start, where the first calls are made already. */
  reset(): void {
    this.flights.clear();
    this.violation = undefined;
    for (const party of this.parties) party.reset();
    this.#watch.reset();
    for (const party of this.parties) {
      for (const call of party.conduct.first) this.#call(party, call);
    }
  }

  /** From the start the actions that lead to a state where nothing is violated, the last one first. */
  replay(reversed: readonly Action[]): void {
    this.#again = true;
    this.reset();
    for (let i = reversed.length - 1; i >= 0; i--) this.apply(reversed[i]!);
    this.#again = false;
    this.#watch.broken(); // it compares the next state with this one
  }

  /** Was there nothing yet that ends connections early? */
  get peaceful(): boolean {
    return this.#watch.peaceful;
  }

  /** What may happen now, appended to `into`. */
  actions(into: Action[]): void {
    for (const party of this.parties) this.#actionsOf(party, into);
    const { all } = this.flights;
    const room = all.length < MOST_IN_FLIGHT;
    for (let i = 0; i < all.length; i++) {
      if (this.flights.repeated(i)) continue;
      const { id, from } = all[i]!;
      const to: End = from === 0 ? 1 : 0;
      into.push(actionOf(Kind.deliver, to, id));
      if (room) into.push(actionOf(Kind.duplicate, to, id));
      into.push(actionOf(Kind.lose, to, id));
    }
  }

  #actionsOf(party: Party, into: Action[]): void {
    const { end, conduct, connection } = party;
    if (party.made < party.calls.length) into.push(actionOf(Kind.call, end));
    if (conduct.mishap !== undefined && !party.mishapDone && connection.state !== 'CLOSED') {
      into.push(actionOf(Kind.mishap, end));
    }
    if (conduct.reads === 'later' && connection.unread > 0) into.push(actionOf(Kind.read, end));
    const room = this.flights.all.length < MOST_IN_FLIGHT;
    if (room && connection.nextTimeout() !== Infinity) into.push(actionOf(Kind.timer, end));
  }

  /**
   * Is it a loss, a duplicate, an arrival out of order, a timer that fires before the peer's or although
   * something is still on its way, or a mishap?
   */
  isFault(action: Action): boolean {
    switch (kindOf(action)) {
      case Kind.call:
      case Kind.read:
        return false;
      case Kind.deliver:
        return !this.flights.isOldest(flightOf(action));
      case Kind.timer:
        return this.flights.all.length > 0 || !this.#isNext(endOf(action));
      default:
        return true;
    }
  }

  #isNext(end: End): boolean {
    const mine = this.parties[end];
    const other = this.parties[end === 0 ? 1 : 0];
    return (
      mine.connection.nextTimeout() - mine.clock <= other.connection.nextTimeout() - other.clock
    );
  }

  /** Lets it happen. False: it cannot happen here, and nothing was changed. */
  apply(action: Action): boolean {
    try {
      return this.#happens(action);
    } catch (error) {
      this.#violated(String(error)); // a connection threw: whatever happened, that is wrong
      return true;
    }
  }

  #happens(action: Action): boolean {
    const party = this.parties[endOf(action)];
    switch (kindOf(action)) {
      case Kind.call:
        return this.callNext(party);
      case Kind.mishap:
        return this.#mishap(party);
      case Kind.read:
        return this.#readOne(party);
      case Kind.timer:
        return this.#timer(party);
      default:
        return this.#segment(party, kindOf(action), flightOf(action));
    }
  }

  /** The user makes its next call. */
  callNext(party: Party): boolean {
    const call = party.calls[party.made];
    if (call === undefined) return false;
    party.made++;
    this.#call(party, call);
    return true;
  }

  /** A call beyond those of the plan. */
  callExtra(party: Party, call: UserCall): void {
    this.#call(party, call);
  }

  #mishap(party: Party): boolean {
    const { mishap } = party.conduct;
    if (mishap === undefined || party.mishapDone) return false;
    party.mishapDone = true;
    this.#call(party, mishap);
    return true;
  }

  #call(party: Party, call: UserCall): void {
    this.journal?.calls(party, call);
    this.#watch.calls(party, call);
    party.call(call);
    this.#settle(party);
  }

  #readOne(party: Party): boolean {
    if (party.connection.unread === 0) return false;
    this.#read(party, 1);
    this.#settle(party);
    return true;
  }

  #timer(party: Party): boolean {
    const at = party.connection.nextTimeout();
    if (at === Infinity) return false;
    const after = Math.max(0, at - party.clock);
    const peer = this.parties[party.end === 0 ? 1 : 0];
    party.clock += after;
    // Time passes there as well, but no timer fires: what is due fires when the search says so.
    peer.clock = Math.max(peer.clock, Math.min(peer.clock + after, peer.connection.nextTimeout()));
    this.timerDue(party);
    return true;
  }

  /** Time has passed for this end. */
  timerDue(party: Party): void {
    this.journal?.timer(party);
    party.connection.timeout(party.clock);
    this.#settle(party);
  }

  #segment(party: Party, kind: number, id: number): boolean {
    const flight = this.flights.find(id);
    if (flight === undefined || flight.from === party.end) return false;
    if (kind === Kind.lose) {
      this.journal?.lost(flight);
      this.flights.take(flight);
      this.flights.giveBack(flight);
    } else if (kind === Kind.deliver) this.deliver(party, flight);
    else this.#arrives(party, this.flights.copy(flight), true);
    return true;
  }

  deliver(party: Party, flight: Flight): void {
    this.flights.take(flight);
    this.#arrives(party, flight, false);
  }

  #arrives(party: Party, flight: Flight, again: boolean): void {
    const { seg } = flight;
    const reset = isReset(seg);
    const before = party.connection.state;
    const iss = party.nextIss;
    this.journal?.arrives(party, flight, again);
    this.#watch.arrives(party);
    party.connection.segmentArrives(party.clock, seg, iss);
    this.flights.giveBack(flight);
    if (before === 'LISTEN' && party.connection.state === 'SYN-RECEIVED') party.issTaken();
    this.#watch.answersReset = reset ? before : undefined;
    this.#settle(party);
    this.#watch.answersReset = undefined;
  }

  /** Everything due leaves, text is taken, and all must hold that always does. */
  #settle(party: Party): void {
    this.#poll(party);
    this.#signals(party);
    if (party.conduct.reads === 'at once' && party.connection.unread > 0) this.#read(party, 64);
    this.#poll(party);
    // What SEND took in SYN-RECEIVED is flushed with all the rest (§3.10.7.4 second).
    if (party.connection.state === 'LISTEN') party.stream.given = 0;
    this.journal?.settled(party);
    if (!this.#again) this.violation ??= this.#watch.broken();
  }

  #poll(party: Party): void {
    const { connection, clock, end } = party;
    for (let sent = 0; ; sent++) {
      const flight = this.flights.blank();
      if (!connection.poll(clock, flight.seg)) {
        this.flights.giveBack(flight);
        return;
      }
      if (sent >= MOST_AT_ONCE) {
        this.#violated(`one event lets out more than ${MOST_AT_ONCE} segments`);
        this.flights.giveBack(flight);
        return;
      }
      this.flights.depart(flight, end);
      this.journal?.departs(party, flight);
      this.violation ??= this.#watch.departs(party, flight);
    }
  }

  #signals(party: Party): void {
    for (
      let s = party.connection.nextSignal();
      s !== undefined;
      s = party.connection.nextSignal()
    ) {
      if (s === 'end') party.toldEnd = true;
    }
  }

  #read(party: Party, most: number): void {
    const peer = this.parties[party.end === 0 ? 1 : 0];
    const { irs } = party.tcb.rcv;
    const read = party.read(most, (octet, position) => {
      if (octet === peer.octetOf(irs, position)) return;
      this.#violated(`octet ${position} of the text is not the one that was sent`);
    });
    this.journal?.reads(party, read);
  }

  #violated(what: string): void {
    this.violation ??= what;
  }
}
