import { describe, expect, test } from 'vitest';
import type { Distribution } from '../../src/link/netem/delay.ts';
import type { NetemSettings } from '../../src/link/netem/settings.ts';
import { Impaired } from './impaired.ts';

const MANY = 100_000;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: readonly number[]): number => {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
};

/** Lengths of runs of consecutive numbers. */
function runs(ids: readonly number[]): number[] {
  const lengths: number[] = [];
  let previous = -2;
  for (const id of ids) {
    if (id === previous + 1) lengths[lengths.length - 1]! += 1;
    else lengths.push(1);
    previous = id;
  }
  return lengths;
}

/** Four standard deviations of a binomial share around `p` are allowed. */
function expectShare(count: number, of: number, p: number): void {
  const slack = 4 * Math.sqrt((p * (1 - p)) / of);
  expect(count / of).toBeGreaterThan(p - slack);
  expect(count / of).toBeLessThan(p + slack);
}

describe('nothing asked for', () => {
  test('everything arrives at once, in order, unharmed', () => {
    const way = new Impaired({});
    way.send(5, Uint8Array.of(1, 2, 3));
    expect(way.arrivals).toEqual([{ id: 0, at: 5, bytes: Uint8Array.of(1, 2, 3) }]);
    expect(way.direction.nextTimeout()).toBe(Infinity);
    expect(way.sendMany(100, 1).ids).toHaveLength(101);
  });
});

describe('loss', () => {
  test('uniform: the share that was asked for, without bursts', () => {
    const { discarded, direction } = new Impaired({ loss: 0.02 }).sendMany(MANY, 1);
    expectShare(discarded.length, MANY, 0.02);
    expect(direction.counters).toMatchObject({ arrived: MANY, lost: discarded.length });
    expect(direction.counters.delivered).toBe(MANY - discarded.length);
    expect(mean(runs(discarded))).toBeLessThan(1.1);
  });

  test('correlation makes bursts and leaves the share as it was', () => {
    const { discarded } = new Impaired({ loss: 0.1, lossCorrelation: 0.5 }).sendMany(MANY, 1);
    expect(discarded.length / MANY).toBeGreaterThan(0.09);
    expect(discarded.length / MANY).toBeLessThan(0.11);
    // After a lost one the next is lost with 0.5 + 0.5 * 0.1.
    expect(mean(runs(discarded))).toBeGreaterThan(1 / 0.45 - 0.1);
    expect(mean(runs(discarded))).toBeLessThan(1 / 0.45 + 0.1);
  });

  test('Gilbert-Elliott: bursts of 1/r packets, and p/(p+r) of them in one', () => {
    const loss = { goodToBad: 0.01, badToGood: 0.2 };
    const { discarded } = new Impaired({ loss }).sendMany(MANY, 1);
    expect(discarded.length / MANY).toBeGreaterThan((0.01 / 0.21) * 0.9);
    expect(discarded.length / MANY).toBeLessThan((0.01 / 0.21) * 1.1);
    expect(mean(runs(discarded))).toBeGreaterThan(4.6);
    expect(mean(runs(discarded))).toBeLessThan(5.4);
  });

  test('Gilbert-Elliott: losses inside and outside of bursts', () => {
    const loss = { goodToBad: 0.05, badToGood: 0.05, lossInBad: 0.5, lossInGood: 0.1 };
    const { discarded } = new Impaired({ loss }).sendMany(MANY, 1);
    expect(discarded.length / MANY).toBeGreaterThan(0.28);
    expect(discarded.length / MANY).toBeLessThan(0.32);
  });

  test('all and none', () => {
    expect(new Impaired({ loss: 1 }).sendMany(1000, 1).ids).toEqual([]);
    expect(new Impaired({ loss: 0, lossCorrelation: 1 }).sendMany(1000, 1).ids).toHaveLength(1000);
  });
});

describe('delay', () => {
  const delays = (distribution: Distribution, more: NetemSettings = {}): number[] =>
    new Impaired({ delay: 100, jitter: 10, distribution, ...more }).sendMany(MANY, 1).delays(1);

  test('without jitter everybody waits as long', () => {
    const way = new Impaired({ delay: 20 }).sendMany(100, 3);
    expect(new Set(way.delays(3))).toEqual(new Set([20]));
  });

  test('uniform: delay and jitter are its middle and half its width', () => {
    const values = delays('uniform');
    expect(Math.min(...values)).toBeGreaterThanOrEqual(90);
    expect(Math.max(...values)).toBeLessThanOrEqual(110);
    expect(mean(values)).toBeCloseTo(100, 0);
    expect(deviation(values)).toBeCloseTo(10 / Math.sqrt(3), 0);
  });

  test('normal: delay and jitter are mean and standard deviation', () => {
    const values = delays('normal');
    expect(mean(values)).toBeCloseTo(100, 0);
    expect(deviation(values)).toBeCloseTo(10, 0);
    const within = values.filter((value) => Math.abs(value - 100) < 10).length / MANY;
    expect(within).toBeCloseTo(0.683, 1);
  });

  test('pareto: most are early, few are very late', () => {
    const values = delays('pareto');
    expect(mean(values)).toBeGreaterThan(98.5);
    expect(mean(values)).toBeLessThan(100.5);
    const early = values.filter((value) => value < 100).length / MANY;
    expect(early).toBeGreaterThan(0.65); // 1 - 1.5^-3 = 0.70
    expect(Math.min(...values)).toBeGreaterThan(94); // 100 - 10 * 0.577
    expect(Math.max(...values)).toBe(140); // four deviations, where tc-netem's table ends
  });

  test('paretonormal lies between them', () => {
    const values = delays('paretonormal');
    expect(mean(values)).toBeGreaterThan(98.5);
    expect(mean(values)).toBeLessThan(100.5);
    expect(Math.max(...values)).toBe(140);
  });

  test('correlation repeats the deviation of the packet before', () => {
    const way = new Impaired({ delay: 100, jitter: 10, delayCorrelation: 0.9 }).sendMany(MANY, 1);
    const byId = new Map(way.arrivals.map(({ id, at }) => [id, at - id]));
    let same = 0;
    for (let id = 1; id < MANY; id += 1) {
      if (Math.abs(byId.get(id)! - byId.get(id - 1)!) < 1e-6) same += 1;
    }
    expectShare(same, MANY, 0.9);
  });

  test('jitter lets packets overtake each other, unless inOrder', () => {
    const jittery = new Impaired({ delay: 50, jitter: 20 }).sendMany(1000, 1);
    expect(jittery.ids).not.toEqual([...jittery.ids].sort((a, b) => a - b));
    const orderly = new Impaired({ delay: 50, jitter: 20, inOrder: true }).sendMany(1000, 1);
    expect(orderly.ids).toEqual([...orderly.ids].sort((a, b) => a - b));
  });

  test('is never negative', () => {
    const values = new Impaired({ delay: 1, jitter: 10 }).sendMany(1000, 1).delays(1);
    expect(Math.min(...values)).toBeGreaterThan(-1e-6);
  });
});

describe('duplication, corruption, reordering', () => {
  test('a share arrives twice', () => {
    const { arrivals, direction } = new Impaired({ duplicate: 0.05 }).sendMany(MANY, 1);
    const extra = arrivals.length - MANY;
    expectShare(extra, MANY, 0.05);
    expect(direction.counters.duplicated).toBe(extra);
  });

  test('one bit of a share is turned over, anywhere in the packet', () => {
    const { arrivals, direction } = new Impaired({ corrupt: 0.1 }).sendMany(MANY, 1, 10);
    const bits = new Set<number>();
    let damaged = 0;
    for (const { bytes } of arrivals) {
      const at = bytes.findIndex((octet) => octet !== 0);
      if (at < 0) continue;
      damaged += 1;
      expect(Number.isInteger(Math.log2(bytes[at]!))).toBe(true);
      expect(bytes.subarray(at + 1).every((octet) => octet === 0)).toBe(true);
      bits.add(at * 8 + Math.log2(bytes[at]!));
    }
    expectShare(damaged, MANY, 0.1);
    expect(direction.counters.corrupted).toBe(damaged);
    expect(bits.size).toBe(80);
  });

  test('a share does not wait, and overtakes; of every gap-th packet only', () => {
    const way = new Impaired({ delay: 10, reorder: 0.25 }).sendMany(MANY, 1);
    const ahead = way.delays(1).filter((delay) => delay === 0).length;
    expectShare(ahead, MANY, 0.25);
    expect(way.direction.counters.reordered).toBe(ahead);
    const gap = new Impaired({ delay: 10, reorder: 1, reorderGap: 5 }).sendMany(100, 1);
    const fast = gap.arrivals.filter(({ id, at }) => at === id).map(({ id }) => id);
    expect(fast).toEqual(Array.from({ length: 20 }, (_, i) => 5 * i + 4));
  });
});

describe('rate and queue', () => {
  test('packets leave one after another, at the rate', () => {
    // 1250 octets at 1 Mbit/s take 10 ms.
    const way = new Impaired({ rate: 1e6 });
    for (let i = 0; i < 5; i += 1) way.send(0, new Uint8Array(1250));
    expect(way.finish().arrivals.map(({ at }) => at)).toEqual([10, 20, 30, 40, 50]);
    way.send(100, new Uint8Array(125));
    expect(way.finish().arrivals.at(-1)!.at).toBe(101);
  });

  test('the delay comes on top, behind the bottleneck', () => {
    const way = new Impaired({ rate: 1e6, delay: 100 });
    way.send(0, new Uint8Array(1250));
    way.send(0, new Uint8Array(1250));
    expect(way.finish().arrivals.map(({ at }) => at)).toEqual([110, 120]);
  });

  test('drop-tail, by packets and by octets: what comes on top is dropped and counted', () => {
    const way = new Impaired({ rate: 1e6, queue: 3 });
    for (let i = 0; i < 10; i += 1) way.send(0, new Uint8Array(1250));
    expect(way.finish().ids).toEqual([0, 1, 2, 3]); // one on the line and three that wait
    expect(way.direction.counters.queueFull).toBe(6);
    const octets = new Impaired({ rate: 1e6, queueOctets: 2500 });
    for (let i = 0; i < 10; i += 1) octets.send(0, new Uint8Array(1000));
    expect(octets.finish().ids).toEqual([0, 1, 2]);
  });

  test('it does not matter how often and how late it is asked', () => {
    const settings = { rate: 1e6, delay: 5, jitter: 3, loss: 0.1, queue: 20, codel: CODEL };
    const often = new Impaired(settings);
    const seldom = new Impaired(settings);
    for (let i = 0; i < 2000; i += 1) {
      for (let t = i * 5; t < i * 5 + 5; t += 1) often.direction.timeout(t);
      often.direction.accept(i * 5 + 4, often.packet(1250));
      seldom.direction.accept(i * 5 + 4, seldom.packet(1250));
    }
    const fates = ({ arrivals }: Impaired): number[][] => arrivals.map(({ id, at }) => [id, at]);
    expect(fates(seldom.finish())).toEqual(fates(often.finish()));
    expect(seldom.discarded.sort()).toEqual(often.discarded.sort());
  });
});

const CODEL = { target: 5, interval: 100 };

describe('Congestion Experienced', () => {
  const datagram = (ecn: number): Uint8Array => {
    const bytes = new Uint8Array(1250);
    bytes[0] = 0x45;
    bytes[1] = ecn;
    return bytes;
  };

  test('packets that find a queue are marked if they understand it', () => {
    const way = new Impaired({ rate: 1e6, markAbove: 2 });
    for (const ecn of [1, 1, 1, 1, 0, 2]) way.send(0, datagram(ecn));
    expect(way.finish().arrivals.map(({ bytes }) => bytes[1])).toEqual([1, 1, 1, 3, 0, 3]);
    expect(way.direction.counters.marked).toBe(2);
  });

  test('instead of loss, with ecn', () => {
    const way = new Impaired({ loss: 1, ecn: true });
    way.send(0, datagram(2));
    way.send(0, datagram(0));
    expect(way.arrivals.map(({ bytes }) => bytes[1])).toEqual([3]);
    expect(way.direction.counters).toMatchObject({ marked: 1, lost: 1 });
  });
});

describe('seed and settings', () => {
  const ALL: NetemSettings = {
    delay: 20,
    jitter: 10,
    distribution: 'pareto',
    loss: { goodToBad: 0.02, badToGood: 0.3 },
    duplicate: 0.03,
    corrupt: 0.04,
    reorder: 0.05,
  };

  test('same seed, same fates; another seed or direction, others', () => {
    const first = new Impaired(ALL, 42).sendMany(2000, 1).arrivals;
    expect(new Impaired(ALL, 42).sendMany(2000, 1).arrivals).toEqual(first);
    expect(new Impaired(ALL, 43).sendMany(2000, 1).arrivals).not.toEqual(first);
    expect(new Impaired(ALL, 42, 1).sendMany(2000, 1).arrivals).not.toEqual(first);
  });

  test('what one setting decides does not depend on the others', () => {
    const alone = new Impaired({ loss: 0.1 }, 5).sendMany(1000, 1).discarded;
    const among = new Impaired({ ...ALL, loss: 0.1 }, 5).sendMany(1000, 1).discarded;
    expect(among).toEqual(alone);
  });

  test('settings change while it runs; what is not named stays', () => {
    const way = new Impaired({ delay: 10 });
    way.send(0);
    way.direction.change({ loss: 1 });
    way.send(1);
    way.direction.change({ loss: undefined, delay: 30 });
    way.send(2);
    expect(way.finish().arrivals.map(({ id, at }) => [id, at])).toEqual([
      [0, 10],
      [2, 32],
    ]);
    expect(way.direction.settings).toEqual({ loss: undefined, delay: 30 });
  });

  test('a rate taken away lets the queue go', () => {
    const way = new Impaired({ rate: 1e3 });
    for (let i = 0; i < 5; i += 1) way.send(0, new Uint8Array(125)); // a second each
    way.direction.change({ rate: undefined });
    expect(way.finish().arrivals.map(({ at }) => at)).toEqual([1000, 1000, 1000, 1000, 1000]);
  });

  test('partition and heal: what is under way arrives, nothing else gets in', () => {
    const way = new Impaired({ delay: 10 });
    way.send(0);
    way.direction.partition();
    way.send(1);
    expect(way.direction.partitioned).toBe(true);
    way.direction.heal();
    way.send(2);
    expect(way.finish().ids).toEqual([0, 2]);
    expect(way.direction.counters.partitioned).toBe(1);
  });

  test.each<[NetemSettings, string]>([
    [{ delay: -1 }, 'delay is -1'],
    [{ delay: NaN }, 'delay is NaN'],
    [{ loss: 1.5 }, 'loss is 1.5'],
    [{ loss: { goodToBad: 2, badToGood: 0 } }, 'loss.goodToBad is 2'],
    [{ rate: 0 }, 'rate is 0'],
    [{ queue: 0 }, 'queue is 0'],
    [{ jitter: 5 }, 'jitter needs a delay'],
    [{ reorder: 0.5 }, 'reorder needs a delay'],
    [{ reorderGap: 1.5 }, 'reorderGap is 1.5'],
    [{ codel: CODEL }, 'codel needs a rate'],
    [{ rate: 1e6, codel: { target: 5, interval: 0 } }, 'codel.interval is 0'],
    [{ corrupt: -0.1 }, 'corrupt is -0.1'],
  ])('%o is refused, and changes nothing', (settings, message) => {
    expect(() => new Impaired(settings)).toThrow(RangeError);
    const way = new Impaired({ loss: 0.5 });
    expect(() => way.direction.change({ loss: 0, ...settings })).toThrow(message);
    expect(way.direction.settings).toEqual({ loss: 0.5 });
  });
});
