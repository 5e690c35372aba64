/**
 * SYN cookies: RFC 4987 §3.6. A full half-open queue answers with an ISS that says all that has to be
 * known again when its ACK comes: who asked, when, and which MSS. Bernstein's layout, as in Linux:
 * F(tuple) + SEG.SEQ + period * 2^24 + (G(tuple, SEG.SEQ, period) + index) mod 2^24, which advances
 * about as fast as RFC 6528 wants. Window scale, SACK and ECN travel in the low bits of our TSval, as
 * in Linux; without timestamps there is no room for them.
 */
import type { Family } from '../wire/address.ts';
import type { TcpOptions } from '../tcp/options.ts';
import { MAX_SHIFT } from '../tcp/syn-options.ts';
import { tsBefore } from '../tcp/timestamps.ts';
import { CWR, ECE, type Segment } from '../wire/segment.ts';
import { add, diff, toI32, type Seq } from '../wire/seq.ts';
import { packTuple, type FourTuple } from './four-tuple.ts';
import type { SipHash } from './siphash.ts';

/** When a listener answers with cookies: when its half-open queue is full, to every SYN, or not. */
export type SynCookiePolicy = 'overflow' | 'always' | 'never';

const PERIOD = 64_000; // ms, Linux's; a cookie is good in the period it was made in and in the next
const PERIOD_BITS = 24; // where the count of periods begins
const CHECKED = 0xff_ffff; // the bits below

/** The MSS comes back as the largest of these that is not larger: octets, RFC 4987 §3.6. */
const SIZES: Readonly<Record<Family, readonly number[]>> = {
  4: [48, 536, 1200, 1300, 1400, 1440, 1460, 8960],
  6: [48, 536, 1220, 1300, 1380, 1400, 1440, 8940],
};

export class SynCookies {
  readonly #f: SipHash;
  readonly #g: SipHash;
  readonly #words: Int32Array = new Int32Array(11);

  constructor(f: SipHash, g: SipHash) {
    this.#f = f;
    this.#g = g;
  }

  /** The ISS with which a SYN is answered; `mss` is what it asked for, octets. */
  make(now: number, t: FourTuple, syn: Segment, mss: number): Seq {
    const period = Math.floor(now / PERIOD);
    const low = (this.#ofSyn(t, syn.seq, period) + indexOf(t.family, mss)) & CHECKED;
    return add(add(syn.seq, this.#ofTuple(t)), (period << PERIOD_BITS) + low);
  }

  /** The MSS that the cookie acknowledged by `seg` was made for; undefined: there was none. */
  check(now: number, t: FourTuple, seg: Segment): number | undefined {
    const period = Math.floor(now / PERIOD);
    const value = diff(seg.ack, seg.seq) - this.#ofTuple(t); // both are one further than in the SYN
    const age = (period - (value >>> PERIOD_BITS)) & 0xff;
    if (age > 1) return undefined;
    const index = (value - this.#ofSyn(t, add(seg.seq, -1), period - age)) & CHECKED;
    return SIZES[t.family][index];
  }

  /** Until when a cookie made at `now` is good, ms. */
  validUntil(now: number): number {
    return (Math.floor(now / PERIOD) + 2) * PERIOD;
  }

  #ofTuple(t: FourTuple): number {
    return this.#f.hash(this.#words, packTuple(this.#words, t, true));
  }

  /** Were SEG.SEQ not in it, a SYN one later with the MSS one smaller would have the same cookie. */
  #ofSyn(t: FourTuple, irs: Seq, period: number): number {
    const octets = packTuple(this.#words, t, true);
    this.#words[octets >> 2] = period;
    this.#words[(octets >> 2) + 1] = toI32(irs);
    return this.#g.hash(this.#words, octets + 8);
  }
}

/** The low bits of a TSval: what the SYN offered and we accept. They cost 64 ms of its precision. */
const NO_SCALE = 15; // in the four lowest; else the peer's shift count
const SACK_BIT = 16;
const ECN_BIT = 32;
const IN_TSVAL = 63;

/** `tsval`, or a little before it, with what is to be known again of `syn`, which has timestamps. */
export function tsvalCookie(tsval: number, syn: Segment, options: TcpOptions): number {
  const scaled = options.windowScaling && syn.wscale >= 0;
  let bits = scaled ? Math.min(syn.wscale, MAX_SHIFT) : NO_SCALE;
  if (options.sack && syn.sackPermitted) bits |= SACK_BIT;
  if (options.ecn !== 'off' && (syn.ctl & (ECE | CWR)) === (ECE | CWR)) bits |= ECN_BIT;
  const value = (tsval & ~IN_TSVAL) | bits;
  return tsBefore(tsval, value) ? (value - IN_TSVAL - 1) | 0 : value;
}

/** What the SYN said, from what its sender echoes of our TSval, into `syn`. */
export function fromTsvalCookie(tsecr: number, syn: Segment): void {
  const shift = tsecr & NO_SCALE;
  if (shift !== NO_SCALE) syn.wscale = shift;
  syn.sackPermitted = (tsecr & SACK_BIT) !== 0;
  if (tsecr & ECN_BIT) syn.ctl |= ECE | CWR;
}

/** The options of the SYN,ACK that has `tsval` in it, besides MSS. */
export function answerTsvalCookie(
  reply: Segment,
  tsval: number,
  syn: Segment,
  shift: number,
): void {
  reply.timestamps = true;
  reply.tsval = tsval;
  reply.tsecr = syn.tsval;
  if ((tsval & NO_SCALE) !== NO_SCALE) reply.wscale = shift;
  reply.sackPermitted = (tsval & SACK_BIT) !== 0;
  if (tsval & ECN_BIT) reply.ctl |= ECE;
}

function indexOf(family: Family, mss: number): number {
  const sizes = SIZES[family];
  let index = sizes.length - 1;
  while (index > 0 && sizes[index]! > mss) index--;
  return index;
}
