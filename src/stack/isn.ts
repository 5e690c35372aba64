/**
 * Initial sequence numbers: RFC 6528 §3, RFC 9293 §3.4.1 (MUST-8, SHLD-1).
 * ISN = M + F(localip, localport, remoteip, remoteport, secretkey).
 */
import { seq, type Seq } from '../wire/seq.ts';
import { packTuple, type FourTuple } from './four-tuple.ts';
import type { SipHash } from './siphash.ts';

const TICKS = 250; // per millisecond: M is a clock of 4 microseconds

export class InitialSequence {
  readonly #f: SipHash;
  readonly #words: Int32Array = new Int32Array(9);

  constructor(key: SipHash) {
    this.#f = key;
  }

  /** The ISS of a connection that begins at `now`, milliseconds. */
  next(now: number, tuple: FourTuple): Seq {
    const octets = packTuple(this.#words, tuple, true);
    return seq(Math.floor(now * TICKS) + this.#f.hash(this.#words, octets));
  }
}
