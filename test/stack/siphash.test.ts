import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { Keys } from '../../src/stack/keys.ts';
import { SipHash } from '../../src/stack/siphash.ts';

function packed(bytes: readonly number[]): Int32Array {
  const words = new Int32Array(Math.ceil(bytes.length / 4));
  bytes.forEach((octet, i) => (words[i >> 2]! |= octet << ((i & 3) * 8)));
  return words;
}

function hex(sip: SipHash, bytes: readonly number[]): string {
  const low = sip.hash(packed(bytes), bytes.length) >>> 0;
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, low, true);
  view.setUint32(4, sip.high >>> 0, true);
  return Buffer.from(view.buffer).toString('hex');
}

const reference = packed(Array.from({ length: 16 }, (_, i) => i)); // 00 01 02 ... 0f

/** SipHash-2-4 as its authors write it, on 64-bit integers. */
function plain(key: Int32Array, bytes: readonly number[]): string {
  const u64 = (low: number, high: number): bigint =>
    BigInt(low >>> 0) | (BigInt(high >>> 0) << 32n);
  const wrap = (x: bigint): bigint => BigInt.asUintN(64, x);
  const rotl = (x: bigint, by: bigint): bigint => wrap((x << by) | (x >> (64n - by)));
  const k0 = u64(key[0]!, key[1]!);
  const k1 = u64(key[2]!, key[3]!);
  let v0 = k0 ^ 0x736f6d6570736575n;
  let v1 = k1 ^ 0x646f72616e646f6dn;
  let v2 = k0 ^ 0x6c7967656e657261n;
  let v3 = k1 ^ 0x7465646279746573n;
  const round = (): void => {
    v0 = wrap(v0 + v1);
    v1 = rotl(v1, 13n) ^ v0;
    v0 = rotl(v0, 32n);
    v2 = wrap(v2 + v3);
    v3 = rotl(v3, 16n) ^ v2;
    v0 = wrap(v0 + v3);
    v3 = rotl(v3, 21n) ^ v0;
    v2 = wrap(v2 + v1);
    v1 = rotl(v1, 17n) ^ v2;
    v2 = rotl(v2, 32n);
  };
  const blocks = bytes.length >> 3;
  for (let b = 0; b <= blocks; b++) {
    let m = b === blocks ? BigInt(bytes.length & 0xff) << 56n : 0n;
    bytes.slice(8 * b, 8 * b + 8).forEach((octet, i) => (m |= BigInt(octet) << BigInt(8 * i)));
    v3 ^= m;
    round();
    round();
    v0 ^= m;
  }
  v2 ^= 0xffn;
  for (let i = 0; i < 4; i++) round();
  const out = Buffer.alloc(8);
  out.writeBigUInt64LE(v0 ^ v1 ^ v2 ^ v3);
  return out.toString('hex');
}

describe('SipHash-2-4', () => {
  test.each([
    [0, '310e0edd47db6f72'],
    [1, 'fd67dc93c539f874'],
    [2, '5a4fa9d909806c0d'],
    [3, '2d7efbd796666785'],
    [4, 'b7877127e09427cf'],
    [5, '8da699cd64557618'],
    [6, 'cee3fe586e46c9cb'],
    [7, '37d1018bf50002ab'],
    [8, '6224939a79f5f593'],
    [15, 'e545be4961ca29a1'], // appendix A of the paper
  ])('gives the reference output for %i octets', (length, expected) => {
    const sip = new SipHash(reference[0]!, reference[1]!, reference[2]!, reference[3]!);
    const bytes = Array.from({ length }, (_, i) => i);
    expect(hex(sip, bytes)).toBe(expected);
  });

  test('is the function its authors define, for any key and octets', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const octets = fc.array(octet, { maxLength: 70 });
    const key = fc.array(octet, { minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(key, octets, (k, bytes) => {
        const words = packed(k);
        const sip = new SipHash(words[0]!, words[1]!, words[2]!, words[3]!);
        expect(hex(sip, bytes)).toBe(plain(words, bytes));
      }),
    );
  });
});

describe('keys', () => {
  test('depend on every octet of the secret, and differ from each other', () => {
    const secret = Uint8Array.from({ length: 40 }, (_, i) => i);
    const words = new Set<number>();
    for (let i = -1; i < secret.length; i++) {
      const other = secret.slice();
      if (i >= 0) other[i]! ^= 1;
      const keys = new Keys(other);
      for (let k = 0; k < 12; k++) words.add(keys.word());
    }
    expect(words.size).toBe(41 * 12);
  });

  test('are the same for the same secret', () => {
    const secret = new Uint8Array(16).fill(9);
    expect(new Keys(secret).word()).toBe(new Keys(secret).word());
  });

  test('need 16 octets', () => {
    expect(() => new Keys(new Uint8Array(15))).toThrow(RangeError);
  });
});
