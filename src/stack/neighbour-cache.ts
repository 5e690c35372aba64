/**
 * Neighbour unreachability detection: RFC 4861 §7.2 and §7.3, for IPv6 and, with ARP in the place of
 * solicitations (RFC 1122 §2.3.2), for IPv4. It decides; who writes packets is given. Nothing here is
 * sent during a call of IP's: deadlines of "now" are met by timeout().
 */
import type { Family } from '../wire/address.ts';
import type { Counters } from './counters.ts';
import { Deadlines } from './deadlines.ts';
import type { KeyedRandom } from './keyed-random.ts';
import type { Neighbour } from './neighbour.ts';
import { NeighbourTable } from './neighbour-table.ts';

/** RFC 4861 §10. */
const MAX_MULTICAST_SOLICIT = 3;
const MAX_UNICAST_SOLICIT = 3;
const DELAY_FIRST_PROBE_TIME = 5000; // ms
const REACHABLE_TIME = 30_000; // ms
const RETRANS_TIMER = 1000; // ms
const MIN_RANDOM_FACTOR = 0.5;
const MAX_RANDOM_FACTOR = 1.5;

/** What a router may make of the two times above, ms: §6.2.1 has the first limit, the rest is sense. */
const MAX_REACHABLE_TIME = 3_600_000;
const MIN_REACHABLE_TIME = 1000;
const MAX_RETRANS_TIMER = 60_000;
const MIN_RETRANS_TIMER = 100;

const MOST_WAITING_EACH = 3; // packets of one neighbour, Linux's unres_qlen of old; §7.2.2 wants one
const MOST_WAITING = 256; // packets in all
const MOST_WAITING_OCTETS = 1_048_576; // in all

/** Who writes what the cache decides. */
export interface NeighbourUser {
  /** "Who has this address?", to all or to the neighbour alone. */
  solicit(now: number, neighbour: Neighbour, unicast: boolean): void;
  /** A packet that waited can go: `headroom` octets in front are free. */
  release(neighbour: Neighbour, packet: Uint8Array): void;
  /** It does not answer, and is forgotten. */
  lost(now: number, neighbour: Neighbour): void;
  /** The datagram after `headroom` octets goes nowhere. */
  undeliverable(now: number, packet: Uint8Array): void;
}

export class NeighbourCache {
  /** How long one is taken to be reachable, before it is spread; ms. */
  baseReachableTime: number = REACHABLE_TIME;
  /** ms. */
  retransTimer: number = RETRANS_TIMER;
  readonly #table: NeighbourTable;
  readonly #deadlines: Deadlines<Neighbour> = new Deadlines<Neighbour>();
  readonly #headroom: number;
  readonly #random: KeyedRandom;
  readonly #counters: Counters;
  readonly #user: NeighbourUser;
  #last: Neighbour | undefined = undefined; // the one used last
  #waiting = 0; //       packets
  #waitingOctets = 0;

  constructor(headroom: number, random: KeyedRandom, counters: Counters, user: NeighbourUser) {
    this.#table = new NeighbourTable(random);
    this.#headroom = headroom;
    this.#random = random;
    this.#counters = counters;
    this.#user = user;
  }

  get list(): readonly Neighbour[] {
    return this.#table.list;
  }

  /** Packets that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  find(family: number, w0: number, w1: number, w2: number, w3: number): Neighbour | undefined {
    const last = this.#last;
    if (last?.is(family, w0, w1, w2, w3) === true) return last;
    return this.#table.find(family, w0, w1, w2, w3);
  }

  /** The neighbour that was used last, if it is this one and a packet to it changes nothing. */
  ready(
    now: number,
    family: number,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
  ): Neighbour | undefined {
    const n = this.#last;
    if (n === undefined || !n.is(family, w0, w1, w2, w3)) return undefined;
    if (n.state === 'INCOMPLETE' || n.state === 'STALE') return undefined;
    n.usedAt = now;
    return n;
  }

  /** For a packet to be sent: the neighbour, asked for when it is not known yet. */
  use(now: number, family: Family, w0: number, w1: number, w2: number, w3: number): Neighbour {
    let n = this.find(family, w0, w1, w2, w3);
    if (n === undefined) {
      n = this.#create(now, true, family, w0, w1, w2, w3);
      this.#until(n, now);
    }
    this.#last = n;
    n.usedAt = now;
    if (n.state === 'STALE') {
      n.state = 'DELAY';
      this.#until(n, now + DELAY_FIRST_PROBE_TIME);
    }
    return n;
  }

  /** Keeps a copy of the datagram `bytes[start..end)` until the neighbour is known, the oldest goes. */
  hold(n: Neighbour, bytes: Uint8Array, start: number, end: number): void {
    const octets = end - start + this.#headroom;
    const waiting = (n.waiting ??= []);
    const full =
      this.#waiting >= MOST_WAITING || this.#waitingOctets + octets > MOST_WAITING_OCTETS;
    if (waiting.length > 0 && (full || waiting.length >= MOST_WAITING_EACH)) {
      this.#counters['neighbour-queue-full']++;
      this.#took(waiting.shift()!);
    } else if (full) {
      this.#counters['neighbour-queue-full']++;
      return;
    }
    const packet = new Uint8Array(octets);
    packet.set(bytes.subarray(start, end), this.#headroom);
    waiting.push(packet);
    this.#waiting++;
    this.#waitingOctets += octets;
  }

  /**
   * It said its Ethernet address without being asked, in a message that is for us: a solicitation or
   * a router's advertisement (§7.2.3, §6.3.4), an ARP request. Makes an entry.
   */
  heard(
    now: number,
    family: Family,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    high: number,
    low: number,
  ): Neighbour {
    let n = this.find(family, w0, w1, w2, w3);
    if (n === undefined) n = this.#create(now, false, family, w0, w1, w2, w3);
    else if (n.state !== 'INCOMPLETE' && n.high === high && n.low === low) return n;
    n.high = high;
    n.low = low;
    this.#stale(now, n);
    return n;
  }

  /**
   * An advertisement or an ARP reply of a neighbour that is in the cache: §7.2.5. `known` says
   * whether it came with an Ethernet address.
   */
  advertised(
    now: number,
    n: Neighbour,
    known: boolean,
    high: number,
    low: number,
    solicited: boolean,
    override: boolean,
  ): void {
    const differs = known && (n.high !== high || n.low !== low);
    if (n.state === 'INCOMPLETE') {
      if (!known) return;
    } else if (differs && !override) {
      if (n.state === 'REACHABLE') this.#stale(now, n);
      return;
    }
    const incomplete = n.state === 'INCOMPLETE';
    if (differs) {
      n.high = high;
      n.low = low;
    }
    if (solicited) this.#reachable(now, n);
    else if (incomplete || differs) this.#stale(now, n);
  }

  /** Something that it must have received was answered: §7.3.1. */
  confirm(now: number, family: number, w0: number, w1: number, w2: number, w3: number): void {
    const n = this.find(family, w0, w1, w2, w3);
    if (n === undefined || n.state === 'INCOMPLETE') return;
    // Half of the shortest reachable time: a busy connection costs a comparison.
    const recent = now - n.confirmedAt < (this.baseReachableTime * MIN_RANDOM_FACTOR) / 2;
    if (n.state !== 'REACHABLE' || !recent) this.#reachable(now, n);
  }

  /** What a router says of the times, ms; 0 for what it leaves alone (§6.3.4). */
  routerTimes(reachableTime: number, retransTimer: number): void {
    if (reachableTime > 0 && reachableTime <= MAX_REACHABLE_TIME) {
      this.baseReachableTime = Math.max(reachableTime, MIN_REACHABLE_TIME);
    }
    if (retransTimer > 0 && retransTimer <= MAX_RETRANS_TIMER) {
      this.retransTimer = Math.max(retransTimer, MIN_RETRANS_TIMER);
    }
  }

  /** Forgets one, and drops what waits for it. */
  forget(n: Neighbour): void {
    this.#deadlines.remove(n);
    this.#table.remove(n);
    if (this.#last === n) this.#last = undefined;
    for (const packet of n.waiting ?? []) this.#took(packet);
    n.waiting = undefined;
  }

  nextTimeout(): number {
    return this.#deadlines.next();
  }

  timeout(now: number): void {
    for (let n = this.#deadlines.due(now); n !== undefined; n = this.#deadlines.due(now)) {
      n.deadline = Infinity;
      this.#expired(now, n);
    }
  }

  #expired(now: number, n: Neighbour): void {
    switch (n.state) {
      case 'REACHABLE':
        n.state = 'STALE';
        return;
      case 'DELAY':
        n.state = 'PROBE';
        n.solicitations = 0;
        this.#ask(now, n, true, MAX_UNICAST_SOLICIT);
        return;
      case 'PROBE':
        this.#ask(now, n, true, MAX_UNICAST_SOLICIT);
        return;
      case 'INCOMPLETE':
        this.#ask(now, n, false, MAX_MULTICAST_SOLICIT);
        return;
      case 'STALE':
    }
  }

  #ask(now: number, n: Neighbour, unicast: boolean, most: number): void {
    if (n.solicitations < most) {
      n.solicitations++;
      n.deadline = now + this.retransTimer;
      this.#user.solicit(now, n, unicast);
      return;
    }
    const waiting = n.waiting ?? [];
    n.waiting = undefined;
    this.forget(n);
    this.#user.lost(now, n);
    for (const packet of waiting) {
      this.#took(packet);
      this.#counters['neighbour-unreachable']++;
      this.#user.undeliverable(now, packet);
    }
  }

  #create(
    now: number,
    incomplete: boolean,
    family: Family,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
  ): Neighbour {
    const victim = this.#table.victim(incomplete);
    if (victim !== undefined) {
      this.#counters['neighbours-evicted']++;
      this.forget(victim);
    }
    const n = this.#table.add(family, w0, w1, w2, w3);
    n.usedAt = now;
    return n;
  }

  #reachable(now: number, n: Neighbour): void {
    n.state = 'REACHABLE';
    n.solicitations = 0;
    n.confirmedAt = now;
    const factor = this.#random.between(MIN_RANDOM_FACTOR, MAX_RANDOM_FACTOR);
    this.#until(n, now + this.baseReachableTime * factor);
    this.#release(n);
  }

  /** What waited goes out at once, and that is use enough to have it checked soon. */
  #stale(now: number, n: Neighbour): void {
    const wanted = n.waiting !== undefined;
    n.state = wanted ? 'DELAY' : 'STALE';
    n.solicitations = 0;
    this.#until(n, wanted ? now + DELAY_FIRST_PROBE_TIME : Infinity);
    this.#release(n);
  }

  #release(n: Neighbour): void {
    const { waiting } = n;
    if (waiting === undefined) return;
    n.waiting = undefined;
    for (const packet of waiting) {
      this.#took(packet);
      this.#user.release(n, packet);
    }
  }

  #took(packet: Uint8Array): void {
    this.#waiting--;
    this.#waitingOctets -= packet.length;
  }

  #until(n: Neighbour, deadline: number): void {
    n.deadline = deadline;
    this.#deadlines.note(n, deadline);
  }
}
