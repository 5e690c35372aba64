/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012), the keyed hash behind initial sequence numbers
 * (RFC 6528 §3) and ephemeral ports (RFC 6056 §3.3): short inputs, a secret key, no BigInt. Each
 * 64-bit word is two int32 halves.
 */

const C_ROUNDS = 2;
const D_ROUNDS = 4;

/** A key of 128 bits as four little-endian int32 words, and where a hash leaves its high half. */
export class SipHash {
  /** Bits 32 to 63 of the last hash, an int32. */
  high = 0;
  readonly #k0: number;
  readonly #k1: number;
  readonly #k2: number;
  readonly #k3: number;

  constructor(k0: number, k1: number, k2: number, k3: number) {
    this.#k0 = k0 | 0;
    this.#k1 = k1 | 0;
    this.#k2 = k2 | 0;
    this.#k3 = k3 | 0;
  }

  /**
   * Bits 0 to 31 of the hash, an int32, of the first `octets` octets in `words`, which are packed
   * little-endian; what is left of the last word is zero.
   */
  hash(words: Int32Array, octets: number): number {
    let v0l = this.#k0 ^ 0x70736575;
    let v0h = this.#k1 ^ 0x736f6d65;
    let v1l = this.#k2 ^ 0x6e646f6d;
    let v1h = this.#k3 ^ 0x646f7261;
    let v2l = this.#k0 ^ 0x6e657261;
    let v2h = this.#k1 ^ 0x6c796765;
    let v3l = this.#k2 ^ 0x79746573;
    let v3h = this.#k3 ^ 0x74656462;
    const whole = octets >> 3;
    for (let block = 0; block <= whole + 1; block++) {
      let ml = 0;
      let mh = 0;
      let rounds = C_ROUNDS;
      if (block < whole) {
        ml = words[2 * block]!;
        mh = words[2 * block + 1]!;
      } else if (block === whole) {
        const rest = octets & 7;
        if (rest > 0) ml = words[2 * block]!;
        mh = (rest > 4 ? words[2 * block + 1]! : 0) | (octets << 24);
      } else {
        v2l ^= 0xff;
        rounds = D_ROUNDS;
      }
      v3l ^= ml;
      v3h ^= mh;
      for (let round = 0; round < rounds; round++) {
        // v0 += v1, v1 <<<= 13, v1 ^= v0, v0 <<<= 32
        let sum = (v0l + v1l) | 0;
        let high = (v0h + v1h + carry(v0l, v1l, sum)) | 0;
        let turned = (v1l << 13) | (v1h >>> 19);
        v1h = ((v1h << 13) | (v1l >>> 19)) ^ high;
        v1l = turned ^ sum;
        v0l = high;
        v0h = sum;
        // v2 += v3, v3 <<<= 16, v3 ^= v2
        sum = (v2l + v3l) | 0;
        v2h = (v2h + v3h + carry(v2l, v3l, sum)) | 0;
        v2l = sum;
        turned = (v3l << 16) | (v3h >>> 16);
        v3h = ((v3h << 16) | (v3l >>> 16)) ^ v2h;
        v3l = turned ^ v2l;
        // v0 += v3, v3 <<<= 21, v3 ^= v0
        sum = (v0l + v3l) | 0;
        v0h = (v0h + v3h + carry(v0l, v3l, sum)) | 0;
        v0l = sum;
        turned = (v3l << 21) | (v3h >>> 11);
        v3h = ((v3h << 21) | (v3l >>> 11)) ^ v0h;
        v3l = turned ^ v0l;
        // v2 += v1, v1 <<<= 17, v1 ^= v2, v2 <<<= 32
        sum = (v2l + v1l) | 0;
        high = (v2h + v1h + carry(v2l, v1l, sum)) | 0;
        turned = (v1l << 17) | (v1h >>> 15);
        v1h = ((v1h << 17) | (v1l >>> 15)) ^ high;
        v1l = turned ^ sum;
        v2l = high;
        v2h = sum;
      }
      v0l ^= ml;
      v0h ^= mh;
    }
    this.high = v0h ^ v1h ^ v2h ^ v3h;
    return v0l ^ v1l ^ v2l ^ v3l;
  }
}

/** The carry out of bit 31 of `a + b = sum`. */
function carry(a: number, b: number, sum: number): number {
  return ((a & b) | ((a | b) & ~sum)) >>> 31;
}
