/**
 * Initial sequence numbers: RFC 6528 §3, RFC 9293 §3.4.1 (MUST-8, SHLD-1).
 * ISN = M + F(localip, localport, remoteip, remoteport, secretkey).
 * And where the clock of a connection's timestamps begins: RFC 7323 §5.4 and §7.1.
 */
import { seq, type Seq } from '../wire/seq.ts';
import { packTuple, type FourTuple } from './four-tuple.ts';
import type { SipHash } from './siphash.ts';

const TICKS = 250; // per millisecond: M is a clock of 4 microseconds

/** What a connection's numbers begin with. */
export interface FirstNumbers {
  /** The ISS of a connection that begins at `now`, milliseconds. */
  next(now: number, tuple: FourTuple): Seq;
  /** An int32, what the clock of its timestamps is off. */
  timestampOffset(tuple: FourTuple): number;
}

export class InitialSequence implements FirstNumbers {
  readonly #f: SipHash;
  readonly #words: Int32Array = new Int32Array(9);
  // The last answer of F, and to what: a connection asks for both of its numbers.
  readonly #asked: Int32Array = new Int32Array(9);
  #octets = 0;
  #low = 0;
  #high = 0;

  constructor(key: SipHash) {
    this.#f = key;
  }

  next(now: number, tuple: FourTuple): Seq {
    this.#ask(tuple);
    return seq(Math.floor(now * TICKS) + this.#low);
  }

  /**
   * Keyed, so that no peer learns how long this host runs, or that two addresses are one host; the same
   * for the same pair of sockets, so that a new connection's TSvals are later than the old one's (RFC
   * 6191 §2). The other half of F's 64 bits: one says nothing of the other.
   */
  timestampOffset(tuple: FourTuple): number {
    this.#ask(tuple);
    return this.#high;
  }

  #ask(tuple: FourTuple): void {
    const octets = packTuple(this.#words, tuple, true);
    let same = octets === this.#octets;
    for (let i = 0; i < octets >> 2; i++) {
      if (this.#asked[i] === this.#words[i]) continue;
      this.#asked[i] = this.#words[i]!;
      same = false;
    }
    if (same) return;
    this.#octets = octets;
    this.#low = this.#f.hash(this.#words, octets);
    this.#high = this.#f.high;
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
