/**
 * Connections in TIME-WAIT as records of 80 octets in typed arrays, so that many of them cost neither
 * memory nor a scan (RFC 9293 §3.6.1; tcp/time-wait.ts says what is in one). As all of one lifetime
 * expire in the order they began, expiry is a list per lifetime; mostly there is one.
 */
import { IpAddress } from '../wire/address.ts';
import { seq, toI32, type Seq } from '../wire/seq.ts';
import type { TcpOptions } from '../tcp/options.ts';
import { TimeWaitRecord } from '../tcp/time-wait.ts';
import { FourTuple } from './four-tuple.ts';
import type { TcpSocket } from './tcp-socket.ts';

/** Records at most, 6 MiB; the oldest is given up for a new one. Twice the ephemeral ports. */
export const MOST_RECORDS = 65_536;

const FIRST_CAPACITY = 256; // records
const MOST_STEPS = 32; // back from the end of a list, to where a late one belongs
const NONE = -1;

const STRIDE = 16; // int32s of one record: 64 octets, a cache line
const at = {
  remote0: 0,
  remote1: 1,
  remote2: 2,
  remote3: 3,
  ports: 4, //   local << 16 | remote
  sndNxt: 5,
  rcvNxt: 6,
  rcvWnd: 7,
  maxWnd: 8,
  tsOffset: 9,
  tsRecent: 10,
  small: 11, //  the small ones, below
  hash: 12,
  serial: 13, // 0 when the slot is free
  next: 14, //   in its list, or of the free slots
  previous: 15,
} as const;

/** Bits of the small ones: shift, were there timestamps, challenge ACKs, tos << 8 | hops. */
const SHIFT_BITS = 4;
const TIMESTAMPS_BIT = 4;
const CHALLENGES_AT = 5;
const MOST_CHALLENGES = 0x7ff; // with a larger limit a record counts no further
const FIELD_AT = 16;

/** What a record keeps of a socket. */
export interface Kept {
  readonly localPort: number;
  readonly remotePort: number;
  /** Type of Service << 8 | Time to Live. */
  readonly field: number;
  readonly hash: number;
  readonly options: TcpOptions;
}

/** All that a record says, outside of the table. */
export class Suspended implements Kept {
  readonly localPort: number;
  readonly remotePort: number;
  readonly field: number;
  readonly hash: number;
  readonly options: TcpOptions;
  readonly local: IpAddress;
  readonly remote: IpAddress;
  readonly record: TimeWaitRecord = new TimeWaitRecord();

  constructor(records: TimeWaitTable, slot: number) {
    const t = new FourTuple();
    records.tuple(slot, t);
    this.localPort = t.localPort;
    this.remotePort = t.remotePort;
    this.field = records.field(slot);
    this.hash = records.hash(slot);
    this.options = records.options(slot);
    this.local = new IpAddress(t.family, t.local0, t.local1, t.local2, t.local3);
    this.remote = new IpAddress(t.family, t.remote0, t.remote1, t.remote2, t.remote3);
    records.load(slot, this.record);
  }
}

/** Records of one lifetime, the first to expire first. */
interface Lifetime {
  lasts: number; // ms
  head: number;
  tail: number;
}

export class TimeWaitTable {
  count = 0;
  #ints: Int32Array = new Int32Array(0); // made when the first record comes
  #times: Float64Array = new Float64Array(0); // expiry and challengeSince, two for each record
  readonly #locals: (IpAddress | undefined)[] = [];
  readonly #options: (TcpOptions | undefined)[] = [];
  readonly #holders: (TcpSocket | undefined)[] = []; // who wants to hear of its end
  readonly #lifetimes: Lifetime[] = []; // one for each length there is, empty ones to be used again
  #free = NONE;
  #used = 0; // slots that were ever taken
  #serial = 0;

  get full(): boolean {
    return this.count >= MOST_RECORDS;
  }

  /** The slot of a new record for `socket`; -1 when it comes too late to have its place in order. */
  add(socket: Kept, local: IpAddress, remote: IpAddress, record: TimeWaitRecord): number {
    const list = this.#lifetime(2 * socket.options.msl);
    const after = this.#placeIn(list, record.expiry);
    if (after === undefined) return NONE;
    const slot = this.#take();
    const base = slot * STRIDE;
    const ints = this.#ints;
    ints[base + at.remote0] = remote.w0;
    ints[base + at.remote1] = remote.w1;
    ints[base + at.remote2] = remote.w2;
    ints[base + at.remote3] = remote.w3;
    ints[base + at.ports] = (socket.localPort << 16) | socket.remotePort;
    ints[base + at.small] = socket.field << FIELD_AT;
    ints[base + at.hash] = socket.hash;
    this.#serial = (this.#serial % 0x7fffffff) + 1;
    ints[base + at.serial] = this.#serial;
    this.#locals[slot] = local;
    this.#options[slot] = socket.options;
    this.#holders[slot] = undefined;
    this.#save(slot, record);
    this.#times[2 * slot] = record.expiry;
    this.#link(slot, list, after);
    this.count++;
    return slot;
  }

  remove(slot: number): void {
    this.#unlink(slot, this.#lifetime(2 * this.options(slot).msl));
    const base = slot * STRIDE;
    this.#ints[base + at.serial] = 0;
    this.#ints[base + at.next] = this.#free;
    this.#free = slot;
    this.#holders[slot] = undefined;
    this.#options[slot] = undefined;
    this.#locals[slot] = undefined;
    this.count--;
  }

  load(slot: number, record: TimeWaitRecord): void {
    const base = slot * STRIDE;
    const ints = this.#ints;
    record.sndNxt = seq(ints[base + at.sndNxt]!);
    record.rcvNxt = seq(ints[base + at.rcvNxt]!);
    record.rcvWnd = ints[base + at.rcvWnd]!;
    record.maxWnd = ints[base + at.maxWnd]!;
    record.tsOffset = ints[base + at.tsOffset]!;
    record.tsRecent = ints[base + at.tsRecent]!;
    const small = ints[base + at.small]!;
    record.rcvShift = small & ((1 << SHIFT_BITS) - 1);
    record.timestamps = ((small >> TIMESTAMPS_BIT) & 1) === 1;
    record.challengeAcks = (small >> CHALLENGES_AT) & MOST_CHALLENGES;
    record.expiry = this.#times[2 * slot]!;
    record.challengeSince = this.#times[2 * slot + 1]!;
  }

  /** Writes back what a segment changed; a new expiry puts the record at its list's end. */
  store(slot: number, record: TimeWaitRecord): void {
    this.#save(slot, record);
    if (record.expiry === this.#times[2 * slot]!) return;
    const list = this.#lifetime(2 * this.options(slot).msl);
    this.#unlink(slot, list);
    this.#times[2 * slot] = record.expiry;
    this.#link(slot, list, list.tail);
  }

  matches(slot: number, t: FourTuple): boolean {
    const base = slot * STRIDE;
    const ints = this.#ints;
    const local = this.#locals[slot]!;
    return (
      ints[base + at.ports] === ((t.localPort << 16) | t.remotePort) &&
      ints[base + at.remote3] === t.remote3 &&
      ints[base + at.remote2] === t.remote2 &&
      ints[base + at.remote1] === t.remote1 &&
      ints[base + at.remote0] === t.remote0 &&
      local.w3 === t.local3 &&
      local.w2 === t.local2 &&
      local.w1 === t.local1 &&
      local.w0 === t.local0 &&
      local.family === t.family
    );
  }

  /** Is the record in `slot` still the one it was? */
  lives(slot: number, serial: number): boolean {
    return slot >= 0 && slot < this.#used && this.#ints[slot * STRIDE + at.serial] === serial;
  }

  /** When its 2 MSL are over, ms. */
  expiry(slot: number): number {
    return this.#times[2 * slot]!;
  }

  hash(slot: number): number {
    return this.#ints[slot * STRIDE + at.hash]!;
  }

  serial(slot: number): number {
    return this.#ints[slot * STRIDE + at.serial]!;
  }

  /** Type of Service << 8 | Time to Live. */
  field(slot: number): number {
    return this.#ints[slot * STRIDE + at.small]! >>> FIELD_AT;
  }

  /** Had the connection timestamps? */
  timestamps(slot: number): boolean {
    return ((this.#ints[slot * STRIDE + at.small]! >> TIMESTAMPS_BIT) & 1) === 1;
  }

  /** What it sent last, one further. */
  sndNxt(slot: number): Seq {
    return seq(this.#ints[slot * STRIDE + at.sndNxt]!);
  }

  /** When TIME-WAIT began, or began again, ms. */
  since(slot: number): number {
    return this.expiry(slot) - 2 * this.options(slot).msl;
  }

  options(slot: number): TcpOptions {
    return this.#options[slot]!;
  }

  holder(slot: number): TcpSocket | undefined {
    return this.#holders[slot];
  }

  hold(slot: number, socket: TcpSocket): void {
    this.#holders[slot] = socket;
  }

  /** Fills `t` with the pair of sockets of a record. */
  tuple(slot: number, t: FourTuple): void {
    const base = slot * STRIDE;
    const ints = this.#ints;
    const local = this.#locals[slot]!;
    t.family = local.family;
    t.local0 = local.w0;
    t.local1 = local.w1;
    t.local2 = local.w2;
    t.local3 = local.w3;
    t.remote0 = ints[base + at.remote0]!;
    t.remote1 = ints[base + at.remote1]!;
    t.remote2 = ints[base + at.remote2]!;
    t.remote3 = ints[base + at.remote3]!;
    t.localPort = ints[base + at.ports]! >>> 16;
    t.remotePort = ints[base + at.ports]! & 0xffff;
  }

  /** When the next record expires, Infinity when there is none. */
  nextTimeout(): number {
    const first = this.first();
    return first === NONE ? Infinity : this.#times[2 * first]!;
  }

  /** The record that expires first, -1 when there is none. */
  first(): number {
    let first = NONE;
    for (let i = 0; i < this.#lifetimes.length; i++) {
      const head = this.#lifetimes[i]!.head;
      if (head === NONE) continue;
      if (first === NONE || this.#times[2 * head]! < this.#times[2 * first]!) first = head;
    }
    return first;
  }

  /** All slots with a record, in no particular order. */
  slots(): number[] {
    const slots: number[] = [];
    for (let i = 0; i < this.#used; i++) if (this.serial(i) !== 0) slots.push(i);
    return slots;
  }

  #save(slot: number, record: TimeWaitRecord): void {
    const base = slot * STRIDE;
    const ints = this.#ints;
    ints[base + at.sndNxt] = toI32(record.sndNxt);
    ints[base + at.rcvNxt] = toI32(record.rcvNxt);
    ints[base + at.rcvWnd] = record.rcvWnd;
    ints[base + at.maxWnd] = record.maxWnd;
    ints[base + at.tsOffset] = record.tsOffset;
    ints[base + at.tsRecent] = record.tsRecent;
    const challenges = Math.min(record.challengeAcks, MOST_CHALLENGES) << CHALLENGES_AT;
    const timestamps = record.timestamps ? 1 << TIMESTAMPS_BIT : 0;
    const field = ints[base + at.small]! & (-1 << FIELD_AT);
    ints[base + at.small] = field | challenges | timestamps | record.rcvShift;
    this.#times[2 * slot + 1] = record.challengeSince;
  }

  #take(): number {
    const slot = this.#free;
    if (slot !== NONE) {
      this.#free = this.#ints[slot * STRIDE + at.next]!;
      return slot;
    }
    if ((this.#used + 1) * STRIDE > this.#ints.length) this.#grow();
    return this.#used++;
  }

  #grow(): void {
    const ints = new Int32Array(Math.max(FIRST_CAPACITY * STRIDE, 2 * this.#ints.length));
    const times = new Float64Array((2 * ints.length) / STRIDE);
    ints.set(this.#ints);
    times.set(this.#times);
    this.#ints = ints;
    this.#times = times;
  }

  #lifetime(lasts: number): Lifetime {
    for (let i = 0; i < this.#lifetimes.length; i++) {
      if (this.#lifetimes[i]!.lasts === lasts) return this.#lifetimes[i]!;
    }
    let list = this.#lifetimes.find((other) => other.head === NONE);
    if (list === undefined) {
      list = { lasts, head: NONE, tail: NONE };
      this.#lifetimes.push(list);
    }
    list.lasts = lasts;
    return list;
  }

  /** The record after which one with this expiry belongs; undefined when that is too far back. */
  #placeIn(list: Lifetime, expiry: number): number | undefined {
    let after = list.tail;
    for (let steps = 0; after !== NONE && this.#times[2 * after]! > expiry; steps++) {
      if (steps >= MOST_STEPS) return undefined;
      after = this.#ints[after * STRIDE + at.previous]!;
    }
    return after;
  }

  #link(slot: number, list: Lifetime, after: number): void {
    const ints = this.#ints;
    const before = after === NONE ? list.head : ints[after * STRIDE + at.next]!;
    ints[slot * STRIDE + at.previous] = after;
    ints[slot * STRIDE + at.next] = before;
    if (after === NONE) list.head = slot;
    else ints[after * STRIDE + at.next] = slot;
    if (before === NONE) list.tail = slot;
    else ints[before * STRIDE + at.previous] = slot;
  }

  #unlink(slot: number, list: Lifetime): void {
    const ints = this.#ints;
    const next = ints[slot * STRIDE + at.next]!;
    const previous = ints[slot * STRIDE + at.previous]!;
    if (previous === NONE) list.head = next;
    else ints[previous * STRIDE + at.next] = next;
    if (next === NONE) list.tail = previous;
    else ints[next * STRIDE + at.previous] = previous;
  }
}
