import { expect, test } from 'vitest';
import { parseLadder } from '../../src/lab/ladder/parse.ts';
import { brokenBuild, MUTANTS } from './mutants.ts';

const MOST = 600; // turns of 20 states and a walk
const MOST_DEEDS = 12;

test.each(MUTANTS.map((mutant, number) => ({ ...mutant, number })))(
  'a broken build is caught, with a ladder: $name',
  { timeout: 120_000 },
  async ({ number, ...mutant }) => {
    const { Exploration, PLANS } = await brokenBuild(mutant, number);
    const exploration = new Exploration({ plans: PLANS, profile: 'rfc', depth: 2, seed: 1 });
    for (let i = 0; i < MOST && exploration.violations.length === 0; i++) {
      exploration.search(20);
      exploration.walk();
    }
    const [violation] = exploration.violations;
    expect(violation).toBeDefined();
    expect(violation!.deeds.length).toBeLessThanOrEqual(MOST_DEEDS);
    const ladder = parseLadder(violation!.ladder, 'found.ladder');
    expect(ladder.ok ? [] : ladder.errors).toEqual([]);
  },
);
