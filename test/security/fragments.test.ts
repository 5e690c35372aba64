/** S13: fragments that mean harm (CVE-2018-5391, teardrop, ping of death, RFC 1858, RFC 5722). */
import { describe, expect, test } from 'vitest';
import { MOST_BLOCKS, BLOCK } from '../../src/stack/fragment-blocks.ts';
import { IpAddress } from '../../src/wire/address.ts';
import { Bench, fragment, pieces, type Piece } from '../stack/fragments.ts';
import { A4, A6, B4, B6 } from '../stack/two-hosts.ts';

const MEMORY = MOST_BLOCKS * BLOCK;
const MOST_DATAGRAMS = 64;
const octets = (length: number, seed = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i + seed) & 0xff);

const cases = [
  ['IPv4', { from: B4, to: A4, id: 1, protocol: 17 }],
  ['IPv6', { from: B6, to: A6, id: 1, protocol: 17 }],
] as const;

const from = (family: 4 | 6, n: number): IpAddress =>
  family === 4 ? new IpAddress(4, 0, 0, 0, n) : new IpAddress(6, 0x20010db8, 0, 1, n);

const make = (of: Omit<Piece, 'offset' | 'more' | 'text'>, ...p: [number, number, boolean]) =>
  fragment({ ...of, offset: p[0], more: p[2], text: octets(p[1] - p[0], p[0]) });

describe.each(cases)('S13: %s', (_name, of) => {
  const { family } = of.from;

  test('teardrop: the second fragment lies inside the first', () => {
    const bench = new Bench();
    expect(bench.give(make(of, 0, 40, true))).toBe('kept');
    expect(bench.give(make(of, 24, 28, false))).toBe('fragment-end');
    expect(bench.give(make(of, 40, 80, false))).toBe('fragment-abandoned');
  });

  test('ping of death: an end beyond 65,535 octets is not read', () => {
    const bench = new Bench();
    expect(bench.give(make(of, 65_528, 66_528, false))).toBe('unread');
    expect(bench.give(make(of, 65_528, 65_536, true))).toBe('unread');
    expect(bench.reassembly.waiting).toBe(0);
  });

  test('overrun: more comes behind the end', () => {
    const bench = new Bench();
    bench.give(make(of, 80, 96, false));
    expect(bench.give(make(of, 96, 104, true))).toBe('fragment-end');
    expect(bench.reassembly.octets).toBeLessThanOrEqual(MEMORY);
  });

  test('overlap: other octets never replace or complete what came first (RFC 1858, RFC 5722)', () => {
    for (const [start, end] of [
      [0, 24],
      [8, 16],
      [8, 48],
      [16, 40],
    ] as const) {
      const bench = new Bench();
      bench.give(make(of, 0, 24, true));
      const forged = fragment({ ...of, offset: start, more: true, text: octets(end - start, 99) });
      expect(bench.give(forged)).toBe('fragment-overlap');
      expect(bench.give(make(of, 24, 30, false))).toBe('fragment-abandoned');
    }
  });

  test('tiny fragments: a datagram of more than 128 is given up', () => {
    const bench = new Bench();
    const steps = Array.from({ length: 400 }, (_, i) =>
      bench.give(make(of, i * 8, i * 8 + 8, true)),
    );
    expect(steps.filter((step) => step === 'kept')).toHaveLength(128);
    expect(steps[128]).toBe('fragment-count');
    expect(new Set(steps.slice(129))).toEqual(new Set(['fragment-abandoned']));
  });

  test('100,000 fragments that never complete, of one source and of as many', () => {
    const bench = new Bench();
    for (let i = 0; i < 100_000; i++) {
      const source = i % 2 ? of.from : from(family, i + 0x0a00_0000);
      const offset = ((i * 2008) % 65_000) & ~7;
      bench.give(
        fragment({ ...of, from: source, id: i & 0xffff, offset, more: true, text: octets(64) }),
        i / 100,
      );
      if (bench.reassembly.waiting > MOST_DATAGRAMS) expect.unreachable('too many wait');
      if (bench.reassembly.octets > MEMORY) expect.unreachable('too much memory');
    }
    expect(bench.reassembly.waiting).toBeGreaterThan(0);
    expect(bench.reassembly.octets).toBeLessThanOrEqual(MEMORY);
    bench.reassembly.timeout(1e9);
    expect(bench.reassembly.waiting).toBe(0);
    expect(bench.reassembly.nextTimeout()).toBe(Infinity);
  });

  test('large ones that never complete, of one source, leave room for others', () => {
    const bench = new Bench();
    const honest = { ...of, from: from(family, 9), id: 5 };
    const [first, second] = pieces(honest, octets(3000), [1480]);
    bench.give(first!);
    for (let id = 1; id < 2000; id++) {
      for (let offset = 0; offset < 60_000; offset += 20_000) {
        bench.give(fragment({ ...of, id, offset, more: true, text: octets(1480) }));
      }
    }
    expect(bench.give(second!)).toBe('whole');
    expect(bench.whole().text).toEqual(octets(3000));
  });

  test('the memory of those given up serves the next', () => {
    const bench = new Bench();
    const cuts = Array.from({ length: 44 }, (_, i) => (i + 1) * 1480);
    for (let id = 1; id <= 200; id++) {
      const all = pieces({ ...of, id }, octets(65_500), cuts);
      all.slice(0, -1).forEach((bytes) => bench.give(bytes));
      if (id % 2) expect(bench.give(all.at(-1)!)).toBe('whole');
      expect(bench.reassembly.octets).toBeLessThanOrEqual(MEMORY);
    }
  });
});
