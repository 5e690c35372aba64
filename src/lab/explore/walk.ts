/**
 * Random walks, beyond the depth that was searched: actions by chance, more of them as they should be
 * than as they should not, and a quiet network at the end. The same seed and number, the same walk.
 */
import { Random } from '../../link/netem/random.ts';
import { playFair } from './fair-play.ts';
import { Key } from './key.ts';
import type { Violation } from './search.ts';
import type { Action, SmallWorld } from './small-world.ts';

const LONGEST = 120; // actions
const FAULTS = 0.25; // share of actions that are one, where both kinds can be had

export class Walker {
  readonly #world: SmallWorld;
  readonly #seed: number;
  readonly #key = new Key();
  readonly #good: Action[] = [];
  readonly #bad: Action[] = [];
  readonly #choices: Action[] = [];

  constructor(world: SmallWorld, seed: number) {
    this.#world = world;
    this.#seed = seed;
  }

  /** Takes walk `number`; `saw` is told of each state. Answers what was violated, if anything was. */
  walk(number: number, saw: (key: number) => void): Violation | undefined {
    const world = this.#world;
    const random = new Random(this.#seed, number);
    const length = 1 + (random.uint32() % LONGEST);
    const actions: Action[] = [];
    world.reset();
    while (actions.length < length && world.violation === undefined) {
      const action = this.#choose(random);
      if (action === undefined) break;
      actions.push(action);
      world.apply(action);
      saw(this.#key.of(world));
    }
    const what = world.violation ?? playFair(world, () => false);
    return what === undefined ? undefined : { plan: world.plan.name, what, actions };
  }

  #choose(random: Random): Action | undefined {
    const world = this.#world;
    const choices = this.#choices;
    choices.length = this.#good.length = this.#bad.length = 0;
    world.actions(choices);
    for (const action of choices) (world.isFault(action) ? this.#bad : this.#good).push(action);
    const mean = random.uint32() < FAULTS * 2 ** 32;
    const from = (mean && this.#bad.length > 0) || this.#good.length === 0 ? this.#bad : this.#good;
    return from[random.uint32() % Math.max(1, from.length)];
  }
}
