/**
 * Two hosts, a network that loses, duplicates, reorders and corrupts, two users with habits: all of it
 * from one number. `SEED=n npx vitest run test/worlds` plays one again.
 */
import { expect, test } from 'vitest';
import { planOf } from './plan.ts';
import { Play } from './play.ts';

const BLOCKS = 10;
const SEEDS_OF_BLOCK = 30;
const CALM_SEEDS = 60;

const only = process.env['SEED'];
const first = Number(process.env['FIRST_SEED'] ?? 1);

if (only !== undefined) {
  test(`world ${only}`, () => {
    const play = new Play(planOf(Number(only))).run();
    console.log(play.story('as planned'));
    expect(play.events).toBeGreaterThan(0);
  });
} else {
  test.each(Array.from({ length: BLOCKS }, (_, i) => first + i * SEEDS_OF_BLOCK))(
    'what is sent arrives, once, in order, and nothing is left: seeds from %i',
    (from) => {
      let events = 0;
      for (let seed = from; seed < from + SEEDS_OF_BLOCK; seed++) {
        events += new Play(planOf(seed)).run().events;
      }
      expect(events).toBeGreaterThan(SEEDS_OF_BLOCK);
    },
  );

  test('on a network that loses and delays nothing, nothing is sent twice but probes', () => {
    for (let seed = 1; seed <= CALM_SEEDS; seed++) {
      const delay = [0, 1, 10, 100][seed % 4]!; // ms, well below the RTO
      const weather = { loss: 0, duplication: 0, corruption: 0, jitter: 0, delay };
      const plan = planOf(seed);
      const plain = { profile: 'rfc' } as const;
      const modern = { profile: 'linux', tailLossProbe: false, delayedAck: 40 } as const;
      for (const tcp of [plain, modern]) {
        const A = { ...plan.A, tcp: { ...plan.A.tcp, ...tcp } };
        const B = { ...plan.B, tcp: { ...plan.B.tcp, ...tcp } };
        const play = new Play({ ...plan, A, B, weather }).run();
        expect(play.events).toBeGreaterThan(0);
      }
    }
  });
}
