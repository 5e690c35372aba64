import { beforeEach, describe, expect, test } from 'vitest';
import { Counters } from '../../src/stack/counters.ts';
import { KeyedRandom } from '../../src/stack/keyed-random.ts';
import { NeighbourCache } from '../../src/stack/neighbour-cache.ts';
import { MOST_INCOMPLETE, MOST_NEIGHBOURS } from '../../src/stack/neighbour-table.ts';
import type { Neighbour } from '../../src/stack/neighbour.ts';
import { SipHash } from '../../src/stack/siphash.ts';
import { printWords } from '../../src/wire/address.ts';
import { printMacWords } from '../../src/wire/mac.ts';

const HEADROOM = 14;
const B = 0xc0000202 | 0; // 192.0.2.2
const MAC = 0x025e; // the first two octets of every Ethernet address here
const PACKET = Uint8Array.from([1, 2, 3, 4]);

/** One cache, all it does noted as `time: what`. */
class Bench {
  now = 0;
  readonly counters = new Counters();
  readonly log: string[] = [];
  readonly cache: NeighbourCache;

  constructor() {
    const name = (n: Neighbour): string => printWords(n.family, n.w0, n.w1, n.w2, n.w3);
    const note = (what: string): number => this.log.push(`${this.now}: ${what}`);
    this.cache = new NeighbourCache(
      HEADROOM,
      new KeyedRandom(new SipHash(1, 2, 3, 4)),
      this.counters,
      {
        solicit: (_now, n, unicast) => {
          note(unicast ? `ask ${name(n)} itself` : `who has ${name(n)}?`);
        },
        release: (n, packet) => {
          note(`${packet.length - HEADROOM} octets to ${printMacWords(n.high, n.low)}`);
        },
        lost: (_now, n) => note(`${name(n)} lost`),
        undeliverable: () => note('undeliverable'),
      },
    );
  }

  /** A packet is to be sent; says whether it can go at once. */
  send(w3 = B): boolean {
    const n = this.cache.use(this.now, 4, 0, 0, 0, w3);
    if (n.state === 'INCOMPLETE') this.cache.hold(n, PACKET, 0, PACKET.length);
    return n.state !== 'INCOMPLETE';
  }

  /** An advertisement of B's comes. */
  advertise(
    low: number,
    flags: { solicited?: boolean; override?: boolean; known?: boolean } = {},
  ): void {
    const { solicited = true, override = true, known = true } = flags;
    this.cache.advertised(this.now, this.entry(), known, MAC, low, solicited, override);
  }

  entry(w3 = B): Neighbour {
    return this.cache.find(4, 0, 0, 0, w3)!;
  }

  get state(): string {
    return this.cache.find(4, 0, 0, 0, B)?.state ?? 'nothing';
  }

  run(ms: number): void {
    const until = this.now + ms;
    for (let next = this.cache.nextTimeout(); next <= until; next = this.cache.nextTimeout()) {
      this.now = Math.max(this.now, next);
      this.cache.timeout(this.now);
    }
    this.now = until;
  }
}

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});

describe('RFC 4861 §7.3.2, the states of a neighbour:', () => {
  test('asked for, answered, used, forgotten a little, asked again', () => {
    expect([bench.send(), bench.state]).toEqual([false, 'INCOMPLETE']);
    bench.run(10);
    bench.advertise(2);
    expect(bench.state).toBe('REACHABLE');
    expect(bench.send()).toBe(true);

    bench.run(45_000); // 1.5 times the 30 seconds at most
    expect(bench.state).toBe('STALE');
    expect(bench.send()).toBe(true); // goes out at once nevertheless
    expect(bench.state).toBe('DELAY');
    bench.run(5000);
    expect(bench.state).toBe('PROBE');
    bench.advertise(2);
    expect(bench.state).toBe('REACHABLE');

    expect(bench.log).toEqual([
      '0: who has 192.0.2.2?',
      '10: 4 octets to 02:5e:00:00:00:02',
      '50010: ask 192.0.2.2 itself',
    ]);
  });

  test('one who never answers is asked three times, a second apart, and the packets end', () => {
    bench.send();
    bench.run(10_000);
    expect(bench.log).toEqual([
      '0: who has 192.0.2.2?',
      '1000: who has 192.0.2.2?',
      '2000: who has 192.0.2.2?',
      '3000: 192.0.2.2 lost',
      '3000: undeliverable',
    ]);
    expect([bench.state, bench.cache.waiting]).toEqual(['nothing', 0]);
    expect(bench.counters['neighbour-unreachable']).toBe(1);
  });

  test('one who was there and does not answer any more is asked three times', () => {
    bench.send();
    bench.run(0);
    bench.advertise(2);
    bench.run(45_000);
    bench.send();
    bench.log.length = 0;
    bench.run(20_000);
    expect(bench.log).toEqual([
      '50000: ask 192.0.2.2 itself',
      '51000: ask 192.0.2.2 itself',
      '52000: ask 192.0.2.2 itself',
      '53000: 192.0.2.2 lost',
    ]);
    expect(bench.state).toBe('nothing');
  });

  test('what upper layers know keeps it REACHABLE without a question (§7.3.1)', () => {
    bench.send();
    bench.run(0);
    bench.advertise(2);
    for (let i = 0; i < 100; i++) {
      bench.run(5000);
      bench.send();
      bench.cache.confirm(bench.now, 4, 0, 0, 0, B);
    }
    expect([bench.state, bench.log.length]).toEqual(['REACHABLE', 2]);
  });

  test('a confirmation is no answer to who it is', () => {
    bench.send();
    bench.cache.confirm(0, 4, 0, 0, 0, B);
    expect(bench.state).toBe('INCOMPLETE');
  });

  test('times of reachability differ from one to the next, within half of the base', () => {
    const times = new Set<number>();
    for (let i = 0; i < 50; i++) {
      const n = bench.cache.heard(0, 4, 0, 0, 0, i, MAC, i);
      bench.cache.advertised(0, n, true, MAC, i, true, true);
      times.add(n.deadline);
      expect(n.deadline).toBeGreaterThanOrEqual(15_000);
      expect(n.deadline).toBeLessThan(45_000);
    }
    expect(times.size).toBe(50);
  });

  test("a router's times are taken within limits", () => {
    bench.cache.routerTimes(1, 1);
    expect([bench.cache.baseReachableTime, bench.cache.retransTimer]).toEqual([1000, 100]);
    bench.cache.routerTimes(4_000_000_000, 4_000_000_000); // §6.2.1: an hour at most
    expect([bench.cache.baseReachableTime, bench.cache.retransTimer]).toEqual([1000, 100]);
  });
});

describe('RFC 4861 §7.2.5, the table of advertisements:', () => {
  type Row = readonly [
    before: string,
    what: string,
    flags: Parameters<Bench['advertise']>[1],
    low: number,
    after: string,
    lowAfter: number,
  ];
  const rows: readonly Row[] = [
    ['INCOMPLETE', 'solicited', {}, 2, 'REACHABLE', 2],
    ['INCOMPLETE', 'unsolicited', { solicited: false }, 2, 'DELAY', 2], // and its packet goes
    ['INCOMPLETE', 'without an address', { known: false }, 0, 'INCOMPLETE', 0],
    ['REACHABLE', 'another address, no override', { override: false }, 9, 'STALE', 2],
    ['STALE', 'another address, no override', { override: false }, 9, 'STALE', 2],
    ['STALE', 'the same address, solicited', { override: false }, 2, 'REACHABLE', 2],
    ['STALE', 'the same address, unsolicited', { solicited: false }, 2, 'STALE', 2],
    ['REACHABLE', 'another address, unsolicited', { solicited: false }, 9, 'STALE', 9],
    ['REACHABLE', 'another address, solicited', {}, 9, 'REACHABLE', 9],
    ['STALE', 'no address, solicited', { known: false }, 0, 'REACHABLE', 2],
    ['PROBE', 'the same address, solicited', {}, 2, 'REACHABLE', 2],
  ];
  test.each(rows)('%s, %s', (before, _what, flags, low, after, lowAfter) => {
    bench.send();
    bench.run(0);
    if (before !== 'INCOMPLETE') bench.advertise(2);
    if (before === 'STALE' || before === 'PROBE') bench.run(45_000);
    if (before === 'PROBE') {
      bench.send();
      bench.run(5000);
    }
    expect(bench.state).toBe(before);
    bench.advertise(low, flags);
    expect([bench.state, bench.entry().low]).toEqual([after, lowAfter]);
  });
});

describe('bounds:', () => {
  test('three packets wait for a neighbour, the oldest goes (§7.2.2)', () => {
    for (let i = 0; i < 10; i++) bench.send();
    expect([bench.cache.waiting, bench.counters['neighbour-queue-full']]).toEqual([3, 7]);
    bench.advertise(2);
    expect([bench.log.length, bench.cache.waiting]).toEqual([3, 0]);
  });

  test('256 packets wait in all', () => {
    for (let i = 1; i < 1000; i++) bench.send(i % 200);
    expect(bench.cache.waiting).toBe(256);
    bench.run(4000);
    expect([bench.cache.waiting, bench.cache.list.length]).toEqual([0, 0]);
  });

  test('a mebioctet waits in all', () => {
    const large = new Uint8Array(65_535);
    for (let i = 0; i < 100; i++) {
      bench.cache.hold(bench.cache.use(0, 4, 0, 0, 0, i), large, 0, large.length);
    }
    expect(bench.cache.waiting).toBe(15);
  });

  test('100,000 addresses scanned: few are asked for at a time, known neighbours stay', () => {
    for (let i = 0; i < 100; i++) {
      const n = bench.cache.heard(0, 4, 0, 0, 0, i, MAC, i);
      bench.cache.advertised(0, n, true, MAC, i, true, true);
    }
    for (let i = 0; i < 100_000; i++) bench.send(1_000_000 + i);
    expect(bench.cache.list.length).toBe(100 + MOST_INCOMPLETE);
    expect(bench.cache.waiting).toBeLessThanOrEqual(256);
    for (let i = 0; i < 100; i++) expect(bench.entry(i).state).toBe('REACHABLE');
  });

  test('100,000 solicitations from made-up neighbours: those that answered stay', () => {
    for (let i = 0; i < 100; i++) {
      const n = bench.cache.heard(0, 4, 0, 0, 0, i, MAC, i);
      bench.cache.advertised(0, n, true, MAC, i, true, true);
    }
    for (let i = 0; i < 100_000; i++) bench.cache.heard(1, 6, i, 0, 0, i, MAC, i);
    expect(bench.cache.list.length).toBe(MOST_NEIGHBOURS);
    expect(bench.counters['neighbours-evicted']).toBe(100_100 - MOST_NEIGHBOURS);
    for (let i = 0; i < 100; i++) expect(bench.entry(i).state).toBe('REACHABLE');
  });
});
