import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { PathMtuSearch } from '../../src/tcp/path-mtu-search.ts';
import { seq } from '../../src/wire/seq.ts';

const NXT = seq(1000);
const LATER = seq(2000);

/** Probes a path that takes `takes`, until the search rests; the sizes that were probed. */
function searched(search: PathMtuSearch, takes: number, now = 0): number[] {
  const sizes: number[] = [];
  for (let size = search.nextProbe(now, LATER); size > 0; size = search.nextProbe(now, LATER)) {
    sizes.push(size);
    search.probeSent(size, NXT);
    if (size <= takes) search.probeSucceeded();
    else search.probeFailed(NXT);
    if (sizes.length > 20) expect.unreachable('the search does not end');
  }
  return sizes;
}

describe('the search of RFC 4821 §7', () => {
  test('tries what the link takes first', () => {
    const search = new PathMtuSearch(1024, 1460);
    expect(searched(search, 1460)).toEqual([1460]);
    expect(search.searchLow).toBe(1460);
  });

  test('finds what any path takes to within 8 octets, and never says more than that', () => {
    const sizes = fc.record({
      low: fc.integer({ min: 48, max: 1400 }),
      more: fc.integer({ min: 0, max: 8000 }),
      takes: fc.integer({ min: 0, max: 10_000 }),
    });
    fc.assert(
      fc.property(sizes, ({ low, more, takes }) => {
        const path = Math.max(takes, low);
        const search = new PathMtuSearch(low, low + more);
        searched(search, path);
        const most = Math.min(path, low + more);
        expect(search.searchLow).toBeLessThanOrEqual(most);
        expect(search.searchLow).toBeGreaterThan(most - 8);
      }),
    );
  });

  test('sends one probe at a time, and waits after a loss until that is repaired', () => {
    const search = new PathMtuSearch(1024, 1460);
    search.probeSent(1460, NXT);
    expect(search.nextProbe(0, LATER)).toBe(0);
    search.probeFailed(LATER);
    expect(search.nextProbe(0, NXT)).toBe(0);
    expect(search.nextProbe(0, LATER)).toBe((1024 + 1459 + 1) >> 1);
  });

  test('asks again after ten minutes whether the path takes more (§7.6.2)', () => {
    const search = new PathMtuSearch(1024, 1460);
    searched(search, 1100);
    expect(search.nextProbe(599_999, LATER)).toBe(0);
    expect(searched(search, 1460, 600_000)[0]).toBe(1460);
    expect(search.searchLow).toBe(1460);
  });

  test('believes "too big" about its probe, and tries exactly that next', () => {
    const search = new PathMtuSearch(1024, 1460);
    search.probeSent(1460, NXT);
    search.tooBig(1360);
    expect(search.probeSize).toBe(0);
    expect(search.nextProbe(0, LATER)).toBe(1360);
  });

  test('learns nothing from a probe that was lost among others (§7.6.4)', () => {
    const search = new PathMtuSearch(1024, 1460);
    search.probeSent(1460, NXT);
    search.probeInconclusive(NXT);
    expect([search.searchLow, search.searchHigh]).toEqual([1024, 1460]);
  });

  test('starts over after a full stop, from what is surely small enough (§7.7)', () => {
    const search = new PathMtuSearch(1024, 1460);
    searched(search, 1460);
    search.fullStop(536, NXT);
    expect([search.searchLow, search.searchHigh]).toEqual([536, 1460]);
    expect(search.nextProbe(0, LATER)).toBe(1460);
  });
});
