import { describe, expect, test } from 'vitest';
import { Exploration } from '../../src/lab/explore/exploration.ts';
import { Mix } from '../../src/lab/explore/mix.ts';
import { parseReport } from '../../src/lab/explore/parse-report.ts';
import { PLANS, type Plan } from '../../src/lab/explore/plan.ts';
import { mergeReports, type Report } from '../../src/lab/explore/report.ts';
import type { Shard } from '../../src/lab/explore/search.ts';
import { Sketch } from '../../src/lab/explore/sketch.ts';
import { Visited } from '../../src/lab/explore/visited.ts';
import { PROFILE_NAMES, type ProfileName } from '../../src/tcp/options.ts';

const planNamed = (name: string): Plan => PLANS.find((plan) => plan.name === name)!;

/** Nothing is sent. */
const SMALLEST: Plan = {
  name: 'smallest',
  title: 'one opens, both close',
  A: { first: ['open'], calls: ['close'], reads: 'at once', iss: 100 },
  B: { first: ['listen'], calls: ['close'], reads: 'at once', iss: 300 },
};

function searched(plans: readonly Plan[], depth: number, shard?: Shard): Report {
  const exploration = new Exploration({
    plans,
    profile: 'rfc',
    depth,
    seed: 1,
    ...(shard === undefined ? {} : { shard }),
  });
  while (exploration.search(1000));
  return exploration.report(1);
}

describe('the search', () => {
  test('visits all that can happen where nothing goes wrong, and finds nothing', () => {
    const { worlds, violations } = searched(
      ['open-close', 'simultaneous', 'late-listener'].map(planNamed),
      0,
    );
    expect(violations).toEqual([]);
    expect(worlds.map(({ name, states, depth }) => [name, states, depth])).toEqual([
      ['open-close', 4007, 0],
      ['simultaneous', 3674, 0],
      ['late-listener', 948, 0],
    ]);
  });

  test.each(PROFILE_NAMES)('and random walks find nothing either, profile %s', (profile) => {
    const exploration = walked(profile, 1);
    expect(exploration.violations.map(({ ladder }) => ladder)).toEqual([]);
  });

  test('the same seed walks the same way', () => {
    expect(walked('rfc', 7).report(1)).toEqual(walked('rfc', 7).report(1));
    expect(walked('rfc', 8).report(1).worlds).not.toEqual(walked('rfc', 7).report(1).worlds);
  });

  test('shards see together what one sees alone', () => {
    const whole = searched([SMALLEST], 1).worlds[0]!;
    const parts = [0, 1, 2].map((index) => searched([SMALLEST], 1, { index, of: 3 }));
    const merged = mergeReports(parts);
    if (typeof merged === 'string') throw new Error(merged);
    const [world] = merged.worlds;
    expect(merged.shards).toEqual(['1/3', '2/3', '3/3']);
    expect(world!.states).toBeGreaterThanOrEqual(whole.states);
    expect(world!.distinct).toBe(whole.distinct);
    expect(Math.abs(world!.distinct / whole.states - 1)).toBeLessThan(0.07);
  });
});

function walked(profile: ProfileName, seed: number): Exploration {
  const exploration = new Exploration({ plans: PLANS, profile, depth: 0, seed });
  for (let i = 0; i < 25 * PLANS.length; i++) exploration.walk();
  return exploration;
}

describe('reports', () => {
  const report = searched([SMALLEST], 0);

  test('are read as they were written', () => {
    expect(parseReport(JSON.stringify(report))).toEqual(report);
  });

  test.each([
    ['{', 'it is not JSON'],
    ['{}', 'it is no report of estab explore, version 1'],
    [JSON.stringify({ ...report, worlds: [{}] }), 'one of its worlds or violations cannot be read'],
  ])('that are none are refused: %#', (text, why) => {
    expect(parseReport(text)).toBe(why);
  });

  test('are not merged when they are of one shard, or about different worlds', () => {
    expect(mergeReports([report, report])).toBe('shard 1/1 is there twice');
    const other = { ...searched([SMALLEST], -1, { index: 1, of: 2 }), worlds: [] };
    expect(mergeReports([report, other])).toBe('they are about different worlds');
  });
});

describe('parts', () => {
  test('a set of hashes grows and forgets none', () => {
    const visited = new Visited();
    const hashes = Array.from({ length: 20_000 }, (_, i) => hashed(i));
    expect(hashes.every((hash) => visited.add(hash))).toBe(true);
    expect(hashes.some((hash) => visited.add(hash))).toBe(false);
    expect(visited.size).toBe(20_000);
    expect(visited.has(hashed(20_001))).toBe(false);
  });

  test.each([10, 1000, 100_000])('a sketch counts %i within 7 %%', (count) => {
    const sketch = new Sketch();
    for (let i = 0; i < count; i++) sketch.add(hashed(i));
    expect(Math.abs(sketch.estimate / count - 1)).toBeLessThan(0.07);
    expect(Sketch.parse(sketch.toString())?.estimate).toBe(sketch.estimate);
  });
});

function hashed(n: number): number {
  const mix = new Mix();
  mix.begin();
  mix.add(n);
  return mix.end();
}
