import { describe, expect, test } from 'vitest';
import { FourTuple } from '../../src/stack/four-tuple.ts';
import { Identification } from '../../src/stack/identification.ts';
import { InitialSequence } from '../../src/stack/isn.ts';
import { Keys } from '../../src/stack/keys.ts';
import { EPHEMERAL_PORTS, EphemeralPorts, FIRST_EPHEMERAL } from '../../src/stack/ports.ts';
import { diff, toU32 } from '../../src/wire/seq.ts';
import { A4, A6, address, B4, B6, secret } from './two-hosts.ts';

const isnOf = (n: number): InitialSequence => new InitialSequence(new Keys(secret(n)).sipHash());
const portsOf = (n: number): EphemeralPorts => new EphemeralPorts(new Keys(secret(n)).sipHash());

function tupleOf(localPort: number, remotePort: number, family: 4 | 6 = 4): FourTuple {
  const tuple = new FourTuple();
  if (family === 4) tuple.ofAddresses(A4, localPort, B4, remotePort);
  else tuple.ofAddresses(A6, localPort, B6, remotePort);
  return tuple;
}

/** Pearson's statistic over equal classes; near `classes - 1` when the counts are random. */
function chiSquare(counts: readonly number[]): number {
  const total = counts.reduce((sum, n) => sum + n, 0);
  const expected = total / counts.length;
  return counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
}

describe('initial sequence numbers (MUST-8, SHLD-1, RFC 6528 §3, S1)', () => {
  test.each([4, 6] as const)('of 100,000 pairs of sockets over IPv%i look random', (family) => {
    const isn = isnOf(1);
    const seen = new Set<number>();
    const counts = new Array<number>(256).fill(0);
    const low = new Array<number>(256).fill(0);
    for (let i = 0; i < 100_000; i++) {
      const value = toU32(
        isn.next(0, tupleOf(1024 + (i % 50_000), 80 + Math.floor(i / 50_000), family)),
      );
      seen.add(value);
      counts[value >>> 24]!++;
      low[value & 0xff]!++;
    }
    // 1.16 collisions are to be expected of 10^5 out of 2^32
    expect(seen.size).toBeGreaterThan(99_990);
    expect(chiSquare(counts)).toBeLessThan(350); // 255 +- 4 sigma
    expect(chiSquare(low)).toBeLessThan(350);
  });

  test('of one pair of sockets advance by 250,000 in a second', () => {
    const isn = isnOf(1);
    const tuple = tupleOf(40_000, 80);
    expect(diff(isn.next(2000, tuple), isn.next(1000, tuple))).toBe(250_000);
    expect(diff(isn.next(1000.004, tuple), isn.next(1000, tuple))).toBe(1);
    // The clock of a driver may be the time of day
    expect(diff(isn.next(1.8e12 + 1000, tuple), isn.next(1.8e12, tuple))).toBe(250_000);
  });

  test('MUST-9: with another secret have nothing to do with each other', () => {
    const [a, b] = [isnOf(1), isnOf(2)];
    const distances = new Set<number>();
    for (let i = 0; i < 1000; i++) {
      const tuple = tupleOf(1024 + i, 80);
      distances.add(diff(a.next(0, tuple), b.next(0, tuple)));
    }
    expect(distances.size).toBe(1000);
  });

  test('depend on each part of the pair of sockets', () => {
    const isn = isnOf(1);
    const tuple = tupleOf(40_000, 80, 6);
    const values = new Set([toU32(isn.next(0, tuple))]);
    const parts = [
      'local0',
      'local1',
      'local2',
      'local3',
      'remote0',
      'remote1',
      'remote2',
    ] as const;
    for (const part of [...parts, 'remote3', 'localPort', 'remotePort'] as const) {
      tuple[part] ^= 1;
      values.add(toU32(isn.next(0, tuple)));
      tuple[part] ^= 1;
    }
    expect(values.size).toBe(11);
  });
});

describe('ephemeral ports (RFC 6056 algorithm 4, S25)', () => {
  const free = (): boolean => false;

  test('begin anywhere, peer by peer', () => {
    const ports = portsOf(1);
    const counts = new Array<number>(64).fill(0);
    for (let i = 0; i < 20_000; i++) {
      const tuple = tupleOf(0, 1024 + i);
      expect(ports.choose(tuple, free)).toBe(true);
      const offset = tuple.localPort - FIRST_EPHEMERAL;
      expect(offset >= 0 && offset < EPHEMERAL_PORTS).toBe(true);
      counts[offset >> 9]!++;
    }
    expect(chiSquare(counts)).toBeLessThan(110); // 63 +- 4 sigma
  });

  test('follow each other towards one peer, so none comes back soon', () => {
    const ports = portsOf(1);
    const seen = new Set<number>();
    for (let i = 0; i < EPHEMERAL_PORTS; i++) {
      const tuple = tupleOf(0, 80);
      ports.choose(tuple, free);
      seen.add(tuple.localPort);
    }
    expect(seen.size).toBe(EPHEMERAL_PORTS);
  });

  test('tell one peer nothing about another', () => {
    const ports = portsOf(1);
    const ask = (remote: string): number => {
      const tuple = new FourTuple();
      tuple.ofAddresses(A4, 0, address(remote), 80);
      ports.choose(tuple, free);
      return tuple.localPort;
    };
    const before = ask('203.0.113.1');
    for (let i = 0; i < 100; i++) ask('203.0.113.2');
    expect(ask('203.0.113.1')).toBe(before + 1);
  });

  test('skip those in use, and say when all are', () => {
    const ports = portsOf(1);
    const taken = new Set<number>();
    for (let i = 0; i < EPHEMERAL_PORTS; i++) {
      const tuple = tupleOf(0, 80);
      expect(ports.choose(tuple, (t) => taken.has(t.localPort))).toBe(true);
      taken.add(tuple.localPort);
    }
    expect(taken.size).toBe(EPHEMERAL_PORTS);
    expect(ports.choose(tupleOf(0, 80), (t) => taken.has(t.localPort))).toBe(false);
  });
});

describe('the IPv4 Identification (RFC 6864, S25)', () => {
  test('comes once in 65,536 datagrams, in an order that is no counter', () => {
    const identification = new Identification(0x12345678, 0x1abcdef0);
    for (let round = 0; round < 2; round++) {
      const ids = Array.from({ length: 65_536 }, () => identification.next());
      expect(new Set(ids).size).toBe(65_536);
      const steps = new Array<number>(256).fill(0);
      for (let i = 1; i < ids.length; i++) steps[((ids[i]! - ids[i - 1]!) & 0xffff) >> 8]!++;
      expect(chiSquare(steps)).toBeLessThan(400);
    }
  });

  test('goes through them in another order each time', () => {
    const identification = new Identification(1, 2);
    const first = Array.from({ length: 65_536 }, () => identification.next());
    const second = Array.from({ length: 65_536 }, () => identification.next());
    expect(first.filter((id, i) => id === second[i]).length).toBeLessThan(20);
  });
});
