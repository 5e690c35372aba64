/**
 * Initial sequence numbers: RFC 6528 §3, RFC 9293 §3.4.1 (MUST-8, SHLD-1).
 * ISN = M + F(localip, localport, remoteip, remoteport, secretkey).
 * And where the clock of a connection's timestamps begins: RFC 7323 §5.4 and §7.1.
 */
import { seq, type Seq } from '../wire/seq.ts';
import { packTuple, type FourTuple } from './four-tuple.ts';
import type { SipHash } from './siphash.ts';

const TICKS = 250; // per millisecond: M is a clock of 4 microseconds
const OF_TIMESTAMPS = 0x5453; // what F is asked besides, so that one answer says nothing of the other

/** What a connection's numbers begin with. */
export interface FirstNumbers {
  /** The ISS of a connection that begins at `now`, milliseconds. */
  next(now: number, tuple: FourTuple): Seq;
  /** An int32, what the clock of its timestamps is off. */
  timestampOffset(tuple: FourTuple): number;
}

export class InitialSequence implements FirstNumbers {
  readonly #f: SipHash;
  readonly #words: Int32Array = new Int32Array(10);

  constructor(key: SipHash) {
    this.#f = key;
  }

  next(now: number, tuple: FourTuple): Seq {
    const octets = packTuple(this.#words, tuple, true);
    return seq(Math.floor(now * TICKS) + this.#f.hash(this.#words, octets));
  }

  /**
   * Keyed, so that no peer learns how long this host runs, or that two addresses are one host; the same
   * for the same pair of sockets, so that a new connection's TSvals are later than the old one's (RFC
   * 6191 §2).
   */
  timestampOffset(tuple: FourTuple): number {
    const octets = packTuple(this.#words, tuple, true);
    this.#words[octets >> 2] = OF_TIMESTAMPS;
    return this.#f.hash(this.#words, octets + 4);
  }
}

/** Those of `own`, but for what the options of a host replace. */
export function firstNumbers(
  own: FirstNumbers,
  options: { nextIss?: (now: number) => Seq; timestampOffset?: number },
): FirstNumbers {
  const { nextIss, timestampOffset } = options;
  return {
    next: nextIss === undefined ? (now, tuple) => own.next(now, tuple) : (now) => nextIss(now),
    timestampOffset: (tuple) => timestampOffset ?? own.timestampOffset(tuple),
  };
}
