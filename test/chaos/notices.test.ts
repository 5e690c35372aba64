/** That chaos would notice: a text that is not the one expected, a failure that is told in full. */
import { expect, test } from 'vitest';
import { chaosPlan } from './plan.ts';
import { Text } from './text.ts';

const BLOCKS = 200_000; // octets, three blocks and a piece

function octets(): Uint8Array {
  const text = new Text();
  const all = new Uint8Array(BLOCKS);
  while (text.position < BLOCKS) {
    const next = text.next(Math.min(1448, BLOCKS - text.position));
    all.set(next, text.position);
    text.past(next.length);
  }
  return all;
}

test('text is the same in whatever pieces it is gone over', () => {
  const all = octets();
  const text = new Text();
  for (let at = 0, size = 1; at < BLOCKS; at += size, size = (size * 7) % 65_537) {
    expect(text.compare(all.subarray(at, at + size))).toBeUndefined();
  }
  expect(text.position).toBe(BLOCKS);
});

test.each([0, 3, 65_520, 65_521, 131_044, 199_999])(
  'octet %i, if it is another one, is named',
  (at) => {
    const all = octets();
    all[at]! ^= 0x10;
    expect(new Text().compare(all)).toBe(at);
  },
);

test('a block in place of another one is noticed', () => {
  const all = octets();
  all.copyWithin(0, 65_521, 131_042);
  expect(new Text().compare(all)).toBe(3);
});

test('seeds are different networks, and the same seed is the same one', () => {
  expect(chaosPlan(7)).toEqual(chaosPlan(7));
  const kinds = new Set(
    Array.from({ length: 100 }, (_, seed) => JSON.stringify({ ...chaosPlan(seed), seed: 0 })),
  );
  expect(kinds.size).toBeGreaterThan(90);
});
