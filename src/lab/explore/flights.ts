/**
 * The network: a multiset of segments. Any of them may arrive next, get lost, or arrive and stay for
 * another time. Segments are used again, since a search makes millions of them.
 */
import { RST, Segment, textLength } from '../../wire/segment.ts';
import { toI32 } from '../../wire/seq.ts';
import { Mix } from './mix.ts';

export type End = 0 | 1;

const ROOM = 64; // octets of text in a segment; small worlds send a few

export class Flight {
  readonly seg: Segment = new Segment();
  /** From 0, in the order of departure. */
  id = 0;
  from: End = 0;
  /** Of all that is in the segment but timestamps, which depend on clocks; 0: not computed yet. */
  hash = 0;
  readonly #bytes: Uint8Array = new Uint8Array(ROOM);

  /** Empty, with room for text. */
  clear(): void {
    this.seg.clear();
    this.seg.bytes = this.#bytes;
  }
}

export class Flights {
  /** In the order of departure. */
  readonly all: Flight[] = [];
  #departed = 0;
  readonly #free: Flight[] = [];
  readonly #mix = new Mix();

  clear(): void {
    for (const flight of this.all) this.#free.push(flight);
    this.all.length = 0;
    this.#departed = 0;
  }

  /** To be filled in; `depart` or `giveBack` follows. */
  blank(): Flight {
    const flight = this.#free.pop() ?? new Flight();
    flight.clear();
    return flight;
  }

  giveBack(flight: Flight): void {
    this.#free.push(flight);
  }

  depart(flight: Flight, from: End): void {
    flight.id = this.#departed++;
    flight.from = from;
    flight.hash = 0;
    this.all.push(flight);
  }

  find(id: number): Flight | undefined {
    return this.all.find((flight) => flight.id === id);
  }

  /** Did it leave before all others of its direction? */
  isOldest(id: number): boolean {
    const flight = this.find(id);
    return flight !== undefined && this.all.find(({ from }) => from === flight.from) === flight;
  }

  /** Out of the network; `giveBack` follows. */
  take(flight: Flight): void {
    const index = this.all.indexOf(flight);
    if (index >= 0) this.all.splice(index, 1);
  }

  /** Another one that is equal. */
  copy(flight: Flight): Flight {
    const copy = this.blank();
    copySegment(flight.seg, copy.seg);
    copy.id = flight.id;
    copy.from = flight.from;
    return copy;
  }

  hashOf(flight: Flight): number {
    if (flight.hash === 0) flight.hash = hashOf(this.#mix, flight);
    return flight.hash;
  }

  /** Is there an equal one before it? Then what can become of it is known. */
  repeated(index: number): boolean {
    const flight = this.all[index]!;
    for (let i = 0; i < index; i++) {
      const other = this.all[i]!;
      if (this.hashOf(other) === this.hashOf(flight) && sameClocks(other, flight)) return true;
    }
    return false;
  }
}

const sameClocks = (a: Flight, b: Flight): boolean =>
  a.seg.tsval === b.seg.tsval && a.seg.tsecr === b.seg.tsecr;

export const isReset = (seg: Segment): boolean => (seg.ctl & RST) !== 0;

function hashOf(mix: Mix, { seg, from }: Flight): number {
  mix.begin();
  mix.add(from);
  mix.add(toI32(seg.seq));
  mix.add(toI32(seg.ack));
  mix.add(seg.ctl);
  mix.add(seg.wnd);
  mix.add(seg.up);
  mix.add(textLength(seg));
  for (let i = seg.textStart; i < seg.textEnd; i++) mix.add(seg.bytes[i]!);
  mix.add(seg.mss);
  mix.add(seg.wscale);
  mix.add((seg.sackPermitted ? 1 : 0) + (seg.timestamps ? 2 : 0) + seg.ecn * 4);
  for (let i = 0; i < 2 * seg.sackCount; i++) mix.add(seg.sack[i]!);
  return mix.end();
}

function copySegment(from: Segment, to: Segment): void {
  to.bytes.set(from.bytes.subarray(0, ROOM));
  to.seq = from.seq;
  to.ack = from.ack;
  to.ctl = from.ctl;
  to.wnd = from.wnd;
  to.up = from.up;
  to.textStart = from.textStart;
  to.textEnd = from.textEnd;
  to.mss = from.mss;
  to.wscale = from.wscale;
  to.sackPermitted = from.sackPermitted;
  to.timestamps = from.timestamps;
  to.tsval = from.tsval;
  to.tsecr = from.tsecr;
  to.sackCount = from.sackCount;
  to.freebsdOrder = from.freebsdOrder;
  to.sack.set(from.sack);
  to.ecn = from.ecn;
  to.userTimeout = from.userTimeout;
}
