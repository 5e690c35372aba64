import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { Deadlines, type Timed } from '../../src/stack/deadlines.ts';
import { Demux } from '../../src/stack/demux.ts';
import { FourTuple } from '../../src/stack/four-tuple.ts';
import { Keys } from '../../src/stack/keys.ts';
import { secret } from './two-hosts.ts';

/** Everything a walk from `hash` comes by. */
function codesOf(demux: Demux, hash: number): number[] {
  const codes: number[] = [];
  for (let at = hash & demux.mask; demux.codes[at] !== 0; at = (at + 1) & demux.mask) {
    if (demux.hashes[at] === hash) codes.push(demux.codes[at]!);
  }
  return codes;
}

describe('the demultiplexing table', () => {
  test('finds what was put in, and nothing else, whatever collides', () => {
    const hash = fc.oneof(fc.integer({ min: -8, max: 8 }), fc.integer());
    const step = fc.record({ hash, remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const demux = new Demux(new Keys(secret(1)));
        const model: { hash: number; code: number }[] = [];
        let next = 1;
        for (const { hash: h, remove } of steps) {
          const victim = remove ? model.shift() : undefined;
          if (victim !== undefined) demux.remove(victim.hash, victim.code);
          else {
            model.push({ hash: h, code: next });
            demux.insert(h, next++);
          }
        }
        expect(demux.count).toBe(model.length);
        for (const { hash: h } of model) {
          const expected = model.filter((m) => m.hash === h).map((m) => m.code);
          expect(codesOf(demux, h).sort((a, b) => a - b)).toEqual(expected);
        }
        expect(demux.codes.filter((code) => code !== 0).length).toBe(model.length);
      }),
    );
  });

  test.each([4, 6] as const)('spreads consecutive IPv%i addresses and ports', (family) => {
    const demux = new Demux(new Keys(secret(1)));
    const tuple = new FourTuple();
    tuple.family = family;
    const buckets = new Array<number>(1024).fill(0);
    for (let i = 0; i < 65_536; i++) {
      tuple.remote3 = 0x0a000000 + (i >> 8);
      tuple.remotePort = 1024 + (i & 0xff);
      buckets[demux.hash(tuple) & 1023]!++;
    }
    const chiSquare = buckets.reduce((sum, n) => sum + (n - 64) ** 2 / 64, 0);
    expect(chiSquare).toBeLessThan(1023 + 5 * Math.sqrt(2 * 1023));
  });

  test('hashes differently for every secret, so that nobody can make collisions', () => {
    const tuple = new FourTuple();
    const hashes = new Set<number>();
    for (let n = 0; n < 200; n++) hashes.add(new Demux(new Keys(secret(n))).hash(tuple));
    expect(hashes.size).toBe(200);
  });
});

class Item implements Timed {
  heapIndex = -1;
  at = Infinity;
  nextTimeout(): number {
    return this.at;
  }
}

describe('deadlines', () => {
  test('come in order, however they move', () => {
    const move = fc.record({ item: fc.nat(9), at: fc.oneof(fc.nat(100), fc.constant(Infinity)) });
    fc.assert(
      fc.property(fc.array(move, { maxLength: 100 }), (moves) => {
        const items = Array.from({ length: 10 }, () => new Item());
        const deadlines = new Deadlines<Item>();
        for (const { item, at } of moves) {
          items[item]!.at = at;
          deadlines.note(items[item]!, at);
          expect(deadlines.next()).toBe(Math.min(...items.map((i) => i.at)));
        }
        for (let now = 0; now <= 100; now++) {
          for (let due = deadlines.due(now); due !== undefined; due = deadlines.due(now)) {
            expect(due.at).toBe(now);
            due.at = Infinity;
          }
          expect(items.every((i) => i.at > now)).toBe(true);
        }
        expect(deadlines.size).toBe(0);
      }),
    );
  });

  test('that are removed do not come', () => {
    const items = Array.from({ length: 20 }, () => new Item());
    const deadlines = new Deadlines<Item>();
    items.forEach((item, i) => deadlines.note(item, (item.at = (i * 7) % 20)));
    items.forEach((item, i) => {
      if (i % 3 === 0) deadlines.remove(item);
    });
    const came: number[] = [];
    for (let due = deadlines.due(20); due !== undefined; due = deadlines.due(20)) {
      came.push(due.at);
      deadlines.remove(due);
    }
    expect(came).toEqual(
      items.flatMap((item, i) => (i % 3 === 0 ? [] : item.at)).sort((a, b) => a - b),
    );
  });

  test('of one that moves to later leave the heap alone until the old time comes', () => {
    const deadlines = new Deadlines<Item>();
    const [early, late] = [new Item(), new Item()];
    deadlines.note(early, (early.at = 10));
    deadlines.note(late, (late.at = 20));
    early.at = 30;
    deadlines.note(early, 30);
    expect(early.heapIndex).toBe(0);
    expect(deadlines.next()).toBe(20);
    expect(early.heapIndex).toBe(1);
  });
});
