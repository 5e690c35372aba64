/**
 * The cookies a server of TCP Fast Open gives away: RFC 7413 §4.1.2 and §6. A keyed hash of both
 * addresses and of a generation, so nothing is kept, and nobody else's cookie is of use. The generation
 * is another one every day, and when the host is asked to; cookies of the one before are still good.
 */
import type { Segment } from '../wire/segment.ts';
import type { FourTuple } from './four-tuple.ts';
import { Keys } from './keys.ts';
import type { SipHash } from './siphash.ts';

const OCTETS = 8; // all that the hash has
const WORDS = 10; // that are hashed
const GENERATION = 24 * 60 * 60 * 1000; // ms

/** Of a family of its own: the same host makes the same cookies, whatever else it draws. */
export function fastOpenKey(secret: Uint8Array): SipHash {
  return new Keys(Uint8Array.of(...secret, 34)).sipHash();
}

export type CookieAge = 'present' | 'previous';

export class FastOpenCookies {
  readonly #sip: SipHash;
  readonly #words: Int32Array = new Int32Array(WORDS);
  #rotated = 0;

  constructor(key: SipHash) {
    this.#sip = key;
  }

  /** Cookies made from now on are others; those of two generations ago are worth nothing. */
  rotate(): void {
    this.#rotated++;
  }

  /** For the client at the remote end of `t`. */
  make(now: number, t: FourTuple): Uint8Array {
    const cookie = new Uint8Array(OCTETS);
    this.#write(cookie, this.#generation(now), t);
    return cookie;
  }

  /** When the cookie of `syn` was made; undefined: we did not make it, or not for this client. */
  check(now: number, t: FourTuple, syn: Segment): CookieAge | undefined {
    if (syn.cookieLength !== OCTETS) return undefined;
    const generation = this.#generation(now);
    if (this.#same(syn.cookie, generation, t)) return 'present';
    return this.#same(syn.cookie, generation - 1, t) ? 'previous' : undefined;
  }

  #generation(now: number): number {
    return this.#rotated + Math.floor(now / GENERATION);
  }

  #same(cookie: Uint8Array, generation: number, t: FourTuple): boolean {
    const low = this.#hash(generation, t);
    const { high } = this.#sip;
    let different = 0;
    for (let i = 0; i < 4; i++) {
      different |= cookie[i]! ^ ((low >>> (8 * i)) & 0xff);
      different |= cookie[4 + i]! ^ ((high >>> (8 * i)) & 0xff);
    }
    return different === 0;
  }

  #write(cookie: Uint8Array, generation: number, t: FourTuple): void {
    const low = this.#hash(generation, t);
    const { high } = this.#sip;
    for (let i = 0; i < 4; i++) {
      cookie[i] = low >>> (8 * i);
      cookie[4 + i] = high >>> (8 * i);
    }
  }

  #hash(generation: number, t: FourTuple): number {
    const words = this.#words;
    words[0] = t.local0;
    words[1] = t.local1;
    words[2] = t.local2;
    words[3] = t.local3;
    words[4] = t.remote0;
    words[5] = t.remote1;
    words[6] = t.remote2;
    words[7] = t.remote3;
    words[8] = t.family;
    words[9] = generation;
    return this.#sip.hash(words, WORDS * 4);
  }
}
