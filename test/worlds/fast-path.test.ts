/** Header prediction is redundant: the same world sends the same octets at the same times without it. */
import { expect, test } from 'vitest';
import { planOf } from './plan.ts';
import { Play } from './play.ts';

const BLOCKS = 4;
const SEEDS_OF_BLOCK = 15;
const FIRST = 10_000; // other worlds than random-worlds.test.ts plays

test.each(Array.from({ length: BLOCKS }, (_, i) => FIRST + i * SEEDS_OF_BLOCK))(
  'with and without header prediction the wire is the same: seeds from %i',
  (from) => {
    for (let seed = from; seed < from + SEEDS_OF_BLOCK; seed++) {
      const fast = new Play(planOf(seed), true).run();
      const slow = new Play(planOf(seed), false).run();
      const why = `seed ${seed}: with and without header prediction\n${difference(fast, slow)}`;
      expect(fast.wireHash, why).toBe(slow.wireHash);
      expect(fast.world.now).toBe(slow.world.now);
    }
  },
);

function difference(fast: Play, slow: Play): string {
  const at = fast.lines.findIndex((line, i) => line !== slow.lines[i]);
  return [...fast.lines.slice(at - 20, at + 1), '---', slow.lines[at]].join('\n');
}
