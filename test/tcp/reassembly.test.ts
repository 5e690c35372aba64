/** Ranges beyond RCV.NXT against a naive model, and what they cost: SHLD-31, S12. */
import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { BlockPool, LARGEST_BLOCK } from '../../src/tcp/block-pool.ts';
import { mostRanges, Reassembly } from '../../src/tcp/reassembly.ts';
import { ReceiveBuffer } from '../../src/tcp/receive-buffer.ts';

/** The ranges, as a list of [start, end), asked through what the class answers. */
function rangesOf(reassembly: Reassembly): [number, number][] {
  const ranges: [number, number][] = [];
  for (let at = reassembly.nextStart(0); at !== Infinity;) {
    const end = reassembly.coveredUntil(at);
    ranges.push([at, end]);
    at = reassembly.nextStart(end);
  }
  return ranges;
}

/** One flag for each octet. */
class Model {
  held = new Set<number>();

  insert(start: number, end: number): void {
    for (let i = start; i < end; i++) this.held.add(i);
  }

  advance(length: number): number {
    let moved = length;
    while (this.held.has(moved)) moved++;
    this.held = new Set([...this.held].filter((i) => i >= moved).map((i) => i - moved));
    return moved;
  }

  get ranges(): [number, number][] {
    const ranges: [number, number][] = [];
    for (const i of [...this.held].sort((a, b) => a - b)) {
      const last = ranges.at(-1);
      if (last !== undefined && last[1] === i) last[1] = i + 1;
      else ranges.push([i, i + 1]);
    }
    return ranges;
  }
}

describe('reassembly', () => {
  const step = fc.oneof(
    {
      weight: 9,
      arbitrary: fc.record({
        at: fc.integer({ min: 1, max: 900 }),
        length: fc.integer({ min: 1, max: 9 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ at: fc.constant(0), length: fc.integer({ min: 1, max: 60 }) }),
    },
  );

  test('holds what a set of octets holds, hundreds of ranges, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 100, maxLength: 500 }), (steps) => {
        const reassembly = new Reassembly();
        const model = new Model();
        for (const { at, length } of steps) {
          if (at === 0) expect(reassembly.advance(length)).toBe(model.advance(length));
          else {
            reassembly.insert(at, at + length);
            model.insert(at, at + length);
          }
          expect(reassembly.count).toBe(rangesOf(reassembly).length);
        }
        const { ranges } = model;
        expect(rangesOf(reassembly)).toEqual(ranges);
        expect(reassembly.end).toBe(ranges.at(-1)?.[1] ?? 0);
        for (const [start, end] of ranges) {
          const inside = Math.floor((start + end) / 2);
          expect(reassembly.coveredFrom(inside)).toBe(start);
          expect(reassembly.coveredUntil(inside)).toBe(end);
          expect(reassembly.coveredUntil(end)).toBe(end);
          expect(reassembly.hasRoom(end, end + 1, 0)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('has room for what touches a range, however many there are', () => {
    const reassembly = new Reassembly();
    reassembly.insert(10, 20);
    expect(reassembly.hasRoom(5, 9, 1)).toBe(false);
    expect(reassembly.hasRoom(5, 10, 1)).toBe(true);
    expect(reassembly.hasRoom(20, 25, 1)).toBe(true);
    expect(reassembly.hasRoom(21, 25, 1)).toBe(false);
    expect(reassembly.hasRoom(21, 25, 2)).toBe(true);
  });

  test('positions do not overflow: a gap that is there for 16 GiB', () => {
    const reassembly = new Reassembly();
    const window = 2 ** 29;
    let moved = 0;
    for (let i = 0; i < 32; i++) {
      reassembly.insert(window - 1000, window);
      expect(rangesOf(reassembly)).toEqual([[window - 1000, window]]);
      moved += reassembly.advance(window - 2000);
      reassembly.insert(1500, 1600);
      expect(rangesOf(reassembly)).toEqual([[1000, 2000]]);
      moved += reassembly.advance(1000);
      expect(reassembly.empty).toBe(true);
    }
    expect(moved).toBe(32 * window);
  });

  const orders: [string, (i: number, n: number) => number][] = [
    ['ascending', (i) => i],
    ['descending', (i, n) => n - 1 - i],
    ['from both ends', (i, n) => (i % 2 === 0 ? i >> 1 : n - 1 - (i >> 1))],
    ['scattered', (i, n) => (i * 7919) % n],
  ];

  test.each(orders)('S12: 100,000 ranges, %s: a logarithm each', (_, order) => {
    const costOf = (n: number): number => {
      const reassembly = new Reassembly();
      for (let i = 0; i < n; i++) {
        const at = 1 + 2 * order(i, n);
        reassembly.insert(at, at + 1);
      }
      expect(reassembly.count).toBe(n);
      return reassembly.steps / n;
    };
    const small = costOf(1000);
    const large = costOf(100_000);
    expect(large).toBeLessThan(260); // half a chunk's edges, the search, and 1/32 of all chunks
    expect(large).toBeLessThan(small + 200);
  });

  test('those that stay are not touched when RCV.NXT moves', () => {
    const reassembly = new Reassembly();
    for (let i = 0; i < 50_000; i++) reassembly.insert(3 + 4 * i, 5 + 4 * i);
    const before = reassembly.steps;
    for (let i = 0; i < 10_000; i++) reassembly.advance(1);
    expect((reassembly.steps - before) / 10_000).toBeLessThan(150);
    expect(reassembly.count).toBeLessThan(50_000);
  });
});

describe('a receive buffer of megabytes', () => {
  const CAPACITY = 6 * 1024 * 1024;

  test('S12: 100,000 octets with gaps: ranges as many as agreed, memory no more than the window', () => {
    const buffer = new ReceiveBuffer(new BlockPool());
    const one = new Uint8Array(1);
    const most = mostRanges(CAPACITY);
    for (let i = 0; i < 100_000; i++) {
      buffer.hold(1 + ((i * 62) % (CAPACITY - 1)), one, 0, 1, most);
    }
    expect(buffer.reassembly?.count).toBe(most);
    expect(buffer.held).toBeLessThanOrEqual(CAPACITY + 2 * LARGEST_BLOCK);
  });

  test('memory is what arrived: an octet far away costs a block', () => {
    const buffer = new ReceiveBuffer(new BlockPool());
    buffer.hold(2 ** 30 - 1, Uint8Array.of(7), 0, 1, 64);
    expect(buffer.held).toBeLessThanOrEqual(2 * LARGEST_BLOCK);
    buffer.append(Uint8Array.of(1, 2, 3), 0, 3);
    const into = new Uint8Array(3);
    expect([buffer.take(into, 0, 9), ...into]).toEqual([3, 1, 2, 3]);
    buffer.dropGaps();
    expect(buffer.held).toBe(0);
  });

  test('what is written in any order, around any block, is what is read', () => {
    const piece = fc.record({
      at: fc.nat(400_000),
      length: fc.integer({ min: 1, max: 90_000 }),
      take: fc.nat(100_000),
    });
    const octet = (i: number): number => (i * 31 + (i >> 8) * 7 + (i >> 16)) & 0xff;
    fc.assert(
      fc.property(fc.array(piece, { minLength: 5, maxLength: 40 }), (pieces) => {
        const buffer = new ReceiveBuffer(new BlockPool());
        let next = 0;
        let read = 0;
        const take = (max: number): void => {
          const into = new Uint8Array(max);
          const taken = buffer.take(into, 0, max);
          for (let i = 0; i < taken; i++) if (into[i] !== octet(read + i)) expect.unreachable();
          read += taken;
        };
        for (const { at, length, take: max } of pieces) {
          const from = Math.max(next, at);
          const bytes = Uint8Array.from({ length }, (_, i) => octet(from + i));
          if (from === next) next += buffer.append(bytes, 0, length);
          else buffer.hold(from - next, bytes, 0, length, 64);
          take(max);
        }
        take(next - read);
        expect(read).toBe(next);
        buffer.dropGaps();
        expect(buffer.held).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test('blocks come back to the pool as text is taken, and serve again', () => {
    const pool = new BlockPool();
    const made = new Set<Uint8Array>();
    const take = pool.take.bind(pool);
    pool.take = (size) => {
      const block = take(size);
      made.add(block);
      return block;
    };
    const buffer = new ReceiveBuffer(pool);
    const text = new Uint8Array(32_768);
    const into = new Uint8Array(32_768);
    for (let i = 0; i < 32; i++) buffer.append(text, 0, text.length);
    for (let i = 0; i < 1000; i++) {
      buffer.append(text, 0, text.length);
      buffer.take(into, 0, into.length);
    }
    expect(made.size).toBeLessThanOrEqual(1024 / 64 + 2 + 5); // a MiB, and what the ring grew through
  });
});
