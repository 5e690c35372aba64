import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { finish, fromWords, sum } from '../../src/wire/checksum.ts';
import { viewOf } from './samples.ts';

/** RFC 1071 §1 word for word: 16-bit words in network order, carries added at the end. */
function reference(octets: readonly number[]): number {
  let total = 0n;
  for (let i = 0; i < octets.length; i += 2) {
    total += BigInt(octets[i]! * 256 + (octets[i + 1] ?? 0));
  }
  while (total > 0xffffn) total = (total & 0xffffn) + (total >> 16n);
  return Number(~total & 0xffffn);
}

const checksumOf = (octets: readonly number[]): number => {
  const bytes = Uint8Array.from(octets);
  return finish(sum(viewOf(bytes), 0, bytes.length, 0));
};

const hex = (text: string): number[] =>
  (text.replaceAll(' ', '').match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));

const octets = (maxLength: number): fc.Arbitrary<number[]> =>
  fc.array(fc.nat(255), { maxLength, size: 'max' });

describe('the Internet checksum', () => {
  test('RFC 1071 §3: 0001 f203 f4f5 f6f7 sums to ddf2', () => {
    expect(checksumOf(hex('0001f203f4f5f6f7'))).toBe(~0xddf2 & 0xffff);
  });

  test('RFC 1071 §3, by octets: an odd count is padded with zero', () => {
    expect(checksumOf(hex('0001f203f4f5f6'))).toBe(checksumOf(hex('0001f203f4f5f600')));
    expect(checksumOf(hex('0001f203f4f5f6'))).toBe(reference(hex('0001f203f4f5f6')));
  });

  test('an IPv4 header with its checksum in place finishes to 0', () => {
    const header = hex('4500 0073 0000 4000 4011 0000 c0a8 0001 c0a8 00c7');
    expect(checksumOf(header)).toBe(0xb861);
    header.splice(10, 2, 0xb8, 0x61);
    expect(checksumOf(header)).toBe(0);
  });

  test('nothing and zeros give ffff, ones give 0', () => {
    expect(checksumOf([])).toBe(0xffff);
    expect(checksumOf(Array<number>(64).fill(0))).toBe(0xffff);
    expect(checksumOf(Array<number>(64).fill(255))).toBe(0);
  });

  test('agrees with the RFC for every length up to 80 and every alignment', () => {
    const bytes = Uint8Array.from({ length: 96 }, (_, i) => (i * 149 + 77) & 0xff);
    for (let start = 0; start < 8; start++) {
      for (let end = start; end <= start + 80; end++) {
        const expected = reference([...bytes.subarray(start, end)]);
        expect(finish(sum(viewOf(bytes), start, end, 0))).toBe(expected);
      }
    }
  });

  test('agrees with the RFC for any octets', () => {
    fc.assert(fc.property(octets(3000), (o) => checksumOf(o) === reference(o)));
  });

  test.each([65535, 131072])('no carry is lost in %i octets of ones', (length) => {
    const bytes = new Uint8Array(length).fill(255);
    expect(finish(sum(viewOf(bytes), 0, length, 0xffff))).toBe(reference([...bytes]));
  });

  test('pieces of even length may be summed one after the other', () => {
    fc.assert(
      fc.property(octets(200), fc.nat(100), (o, half) => {
        const bytes = Uint8Array.from(o);
        const view = viewOf(bytes);
        const middle = Math.min(half * 2, o.length & ~1);
        const pieces = sum(view, middle, o.length, sum(view, 0, middle, 0));
        expect(finish(pieces)).toBe(reference(o));
      }),
    );
  });

  test('words at hand are summed as if they had been in front', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff), { maxLength: 20 }), octets(100), (words, o) => {
        const front = words.flatMap((word) => [word >> 8, word & 0xff]);
        const total = words.reduce((a, b) => a + b, 0);
        const bytes = Uint8Array.from(o);
        const partial = sum(viewOf(bytes), 0, o.length, fromWords(total));
        expect(finish(partial)).toBe(reference([...front, ...o]));
      }),
    );
  });

  test('a partial sum is a number of 16 bits', () => {
    fc.assert(
      fc.property(octets(300), fc.nat(0xffff), (o, initial) => {
        const partial = sum(viewOf(Uint8Array.from(o)), 0, o.length, initial);
        expect(partial).toBeGreaterThanOrEqual(0);
        expect(partial).toBeLessThanOrEqual(0xffff);
      }),
    );
  });
});
