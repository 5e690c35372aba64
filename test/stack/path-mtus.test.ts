import { describe, expect, test } from 'vitest';
import { Counters } from '../../src/stack/counters.ts';
import { claimedMtu, PathMtus } from '../../src/stack/path-mtus.ts';
import { SipHash } from '../../src/stack/siphash.ts';

const TEN_MINUTES = 600_000;

class Known {
  changes = 0;
  readonly mtus: PathMtus = new PathMtus(
    new SipHash(1, 2, 3, 4),
    new Counters(),
    () => this.changes++,
  );
  lowered = (now: number, host: number, mtu: number): boolean =>
    this.mtus.lowered(now, 4, 0, 0, 0, host, mtu);
  mtu = (host: number, link = 1500): number => this.mtus.mtu(4, 0, 0, 0, host, link);
}

describe('what paths take', () => {
  test('is what the link takes until an error says less, for that destination alone', () => {
    const known = new Known();
    expect(known.mtu(1)).toBe(1500);
    expect(known.lowered(0, 1, 1400)).toBe(true);
    expect([known.mtu(1), known.mtu(2), known.mtu(1, 1280)]).toEqual([1400, 1500, 1280]);
    expect(known.mtus.mtu(6, 0, 0, 0, 1, 1500)).toBe(1500);
    expect(known.changes).toBe(1);
  });

  test('is never raised by an error (RFC 1191 §3)', () => {
    const known = new Known();
    known.lowered(0, 1, 1300);
    expect(known.lowered(1, 1, 1400)).toBe(false);
    expect(known.lowered(1, 1, 1300)).toBe(false);
    expect([known.mtu(1), known.changes]).toEqual([1300, 1]);
  });

  test('is forgotten after ten minutes, which another decrease begins anew (RFC 1191 §6.3)', () => {
    const known = new Known();
    known.lowered(0, 1, 1400);
    known.lowered(1000, 2, 1400);
    known.lowered(5000, 1, 1300);
    known.lowered(9000, 1, 1350);
    expect(known.mtus.nextTimeout()).toBeLessThanOrEqual(1000 + TEN_MINUTES);
    known.mtus.timeout(1000 + TEN_MINUTES);
    expect([known.mtu(1), known.mtu(2)]).toEqual([1300, 1500]);
    expect(known.mtus.nextTimeout()).toBe(5000 + TEN_MINUTES);
    known.mtus.timeout(5000 + TEN_MINUTES);
    expect([known.mtu(1), known.mtus.size]).toEqual([1500, 0]);
    expect(known.mtus.nextTimeout()).toBe(Infinity);
  });

  test('is kept of no more than 1,024 destinations', () => {
    const known = new Known();
    for (let host = 0; host < 100_000; host++) known.lowered(host, host, 1400);
    expect(known.mtus.size).toBe(1024);
    expect([known.mtu(0), known.mtu(99_999)]).toEqual([1500, 1400]);
  });
});

describe('what an error claims', () => {
  test.each([
    ['what it says', 4, 1400, 1500, 1400],
    ['nothing, when the datagram was no larger', 4, 1400, 1400, undefined],
    ['the next plateau, when it says 0', 4, 0, 1500, 1492],
    ['the next plateau', 4, 0, 1492, 1006],
    ['no less than 552: said 1', 4, 1, 1500, 552],
    ['no less than 552: said 67', 4, 67, 1500, 552],
    ['no less than 552: said 68', 4, 68, 1500, 552],
    ['no less than 552: a plateau below', 4, 0, 900, 552],
    ['nothing, when 552 octets do not get through', 4, 296, 552, undefined],
    ['what it says', 6, 1280, 1500, 1280],
    ['no less than 1280 (RFC 8201 §4): said 0', 6, 0, 1500, 1280],
    ['no less than 1280: said 1279', 6, 1279, 1500, 1280],
    ['nothing, when 1280 octets do not get through (RFC 8021)', 6, 1279, 1280, undefined],
    ['nothing above', 6, 0xffff_ffff, 1500, undefined],
  ] as const)('%s, IPv%d: %d for %d octets', (_what, version, mtu, length, claimed) => {
    expect(claimedMtu(version, mtu, length)).toBe(claimed);
  });
});
