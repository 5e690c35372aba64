/**
 * How often answers to octets that anybody may have made up leave: a token bucket for each of a few
 * hundred groups of destinations, drawn by a keyed hash. A budget for all would be a side channel, by
 * which somebody off the path counts what others were sent (CVE-2020-25705); what remains of one, when
 * two destinations share a bucket, is blurred: an answer costs nothing, one token or two.
 */
import type { FourTuple } from './four-tuple.ts';
import type { SipHash } from './siphash.ts';

const BUCKETS = 256; // a power of two
const SECOND = 1000; // ms

export class ReplyLimit {
  readonly #key: SipHash;
  readonly #perSecond: number;
  readonly #words: Int32Array = new Int32Array(3);
  readonly #tokens: Float64Array;
  readonly #since: Float64Array = new Float64Array(BUCKETS); // ms, when the bucket was last filled
  #asked = 0;

  /** `perSecond` answers to one destination on average, and at most as many at once. */
  constructor(key: SipHash, perSecond: number) {
    this.#key = key;
    this.#perSecond = perSecond;
    this.#tokens = new Float64Array(BUCKETS).fill(perSecond);
  }

  /** May one more go to the remote end of `t`? */
  allows(now: number, t: FourTuple): boolean {
    const bucket = this.#bucket(t);
    const earned = ((now - this.#since[bucket]!) * this.#perSecond) / SECOND;
    const tokens = Math.min(this.#tokens[bucket]! + earned, this.#perSecond);
    this.#since[bucket] = now;
    this.#tokens[bucket] = tokens;
    if (tokens < 1) return false;
    this.#tokens[bucket] = tokens - this.#cost();
    return true;
  }

  /** A whole IPv6 site is one destination: it has as many addresses as it likes. */
  #bucket({ family, remote0, remote1, remote3 }: FourTuple): number {
    const words = this.#words;
    words[0] = family === 6 ? remote0 : remote3;
    words[1] = family === 6 ? remote1 : 0;
    words[2] = family;
    return this.#key.hash(words, 12) & (BUCKETS - 1);
  }

  /** 0, 1 or 2, and 1 on average; nobody can tell which (Linux does the same). */
  #cost(): number {
    const words = this.#words;
    words[0] = this.#asked = (this.#asked + 1) | 0;
    words[1] = 0;
    words[2] = 0;
    return (this.#key.hash(words, 12) >>> 0) % 3;
  }
}
