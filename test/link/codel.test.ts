import { describe, expect, test } from 'vitest';
import { Codel, type CodelQueue } from '../../src/link/netem/codel.ts';
import { Impaired } from './impaired.ts';

/** A queue that never runs empty, in which every packet has waited `sojourn` ms. */
class StandingQueue implements CodelQueue<number> {
  octets = 1e6;
  sojourn = 50; // ms
  now = 0;
  markable = false;
  readonly drops: number[] = []; // when
  readonly marks: number[] = [];
  #next = 0;

  shift(): number {
    return this.#next++;
  }

  enqueuedAt(): number {
    return this.now - this.sojourn;
  }

  drop(): void {
    this.drops.push(this.now);
  }

  mark(): boolean {
    if (this.markable) this.marks.push(this.now);
    return this.markable;
  }

  /** A dequeue each `step` ms, until `until`. */
  run(codel: Codel<number>, until: number, step: number = 0.125): void {
    for (; this.now < until; this.now += step) codel.dequeue(this.now, this);
  }
}

const SETTINGS = { target: 5, interval: 100 };

describe('CoDel, RFC 8289', () => {
  test('§5.6: the n-th drop follows the one before by interval / sqrt(n)', () => {
    const queue = new StandingQueue();
    queue.run(new Codel<number>(SETTINGS), 2000);
    expect(queue.drops[0]).toBe(100); // above the target for an interval
    const expected = [100];
    for (let count = 1, at = 100; at + 100 / Math.sqrt(count) < 1999; count += 1) {
      at += 100 / Math.sqrt(count);
      expected.push(at);
    }
    expect(queue.drops).toHaveLength(expected.length);
    queue.drops.forEach((at, i) => {
      expect(at).toBeGreaterThanOrEqual(expected[i]!);
      expect(at).toBeLessThan(expected[i]! + 0.126); // at the next dequeue
    });
  });

  test('§5.5: a wait below the target ends dropping, and what is left of a packet is no queue', () => {
    for (const relief of ['sojourn', 'octets'] as const) {
      const queue = new StandingQueue();
      const codel = new Codel<number>(SETTINGS);
      queue.run(codel, 300);
      expect(codel.dropping).toBe(true);
      queue[relief] = 4;
      queue.run(codel, 301);
      expect(codel.dropping).toBe(false);
      const before = queue.drops.length;
      queue.run(codel, 1000);
      expect(queue.drops).toHaveLength(before);
    }
  });

  test('§5.5: dropping that begins again soon goes on near the rate it had', () => {
    const queue = new StandingQueue();
    const codel = new Codel<number>(SETTINGS);
    queue.run(codel, 1000);
    const { count } = codel;
    queue.sojourn = 1;
    queue.run(codel, 1010);
    queue.sojourn = 50;
    queue.run(codel, 1111);
    expect(codel.count).toBeGreaterThan(count / 2);
    queue.sojourn = 1;
    queue.run(codel, 4000); // 16 intervals and more
    queue.sojourn = 50;
    queue.run(codel, 4101);
    expect(codel.count).toBe(1);
  });

  test('with ECN it marks by the same law, and drops nothing', () => {
    const dropping = new StandingQueue();
    dropping.run(new Codel<number>(SETTINGS), 1000);
    const marking = new StandingQueue();
    marking.markable = true;
    marking.run(new Codel<number>(SETTINGS), 1000);
    expect(marking.drops).toEqual([]);
    expect(marking.marks).toEqual(dropping.drops);
  });

  test('a burst that is gone within an interval loses nothing', () => {
    const way = new Impaired({ rate: 1e7, codel: SETTINGS });
    for (let i = 0; i < 60; i += 1) way.send(0, new Uint8Array(1250)); // 60 ms
    expect(way.finish().ids).toHaveLength(60);
  });

  test('a standing queue is brought back towards the target', () => {
    // 1 Mbit/s; 1250 octets every 9 ms are 11 % too much.
    const waits = (more: object): number[] => {
      const way = new Impaired({ rate: 1e6, queue: 10_000, ...more }).sendMany(20_000, 9, 1250);
      return way.delays(9).slice(-2000);
    };
    expect(Math.min(...waits({}))).toBeGreaterThan(15_000);
    const controlled = waits({ codel: SETTINGS }).sort((a, b) => a - b);
    expect(controlled[1000]).toBeLessThan(60);
  });

  test('a queue that CoDel drops to the last packet goes on', () => {
    const way = new Impaired({ rate: 1e4, codel: { target: 0, interval: 1 } });
    for (let i = 0; i < 50; i += 1) way.send(i, new Uint8Array(1514));
    way.finish();
    way.send(1e6, new Uint8Array(1250));
    expect(way.finish().arrivals.at(-1)).toMatchObject({ id: 50, at: 1e6 + 1000 });
    expect(way.direction.counters.codelDropped + way.arrivals.length).toBe(51);
  });
});
