/**
 * Every state of a small world, in the order of what goes wrong on the way there: first all without a
 * fault, then all with one, and so on. A state that was seen before is not followed again. States are
 * reached by playing their actions from the start: a TCB is changed in place (ADR-0003).
 */
import type { ProfileName } from '../../tcp/options.ts';
import { playFair } from './fair-play.ts';
import { Key } from './key.ts';
import type { Plan } from './plan.ts';
import type { Sketch } from './sketch.ts';
import { SmallWorld, type Action } from './small-world.ts';
import { Visited } from './visited.ts';

/** A state: the action that led to it, and the state before. */
interface Node {
  readonly before: Node | undefined;
  readonly action: Action;
  readonly key: number;
}

export interface Violation {
  readonly plan: string;
  readonly what: string;
  readonly actions: readonly Action[];
}

/** What a shard searches: the states whose number among those of one depth leaves `index`. */
export interface Shard {
  readonly index: number; // from 0
  readonly of: number;
}

export const WHOLE: Shard = { index: 0, of: 1 };
/** Shards part when there are so many states for each of them. */
const PARTED_AT = 64;

export class Search {
  readonly plan: Plan;
  readonly world: SmallWorld;
  readonly visited: Visited = new Visited();
  /** Actions played, replays not counted. */
  edges = 0;
  /** What is searched now: states with so many faults before them. */
  depth = 0;
  violation: Violation | undefined = undefined;
  /** Nothing is left to be found: the state space is closed. */
  closed = false;
  readonly #followed = new Visited(); // states of this level and of those before
  readonly #fair = new Visited(); // states from which fair play ends well
  readonly #key = new Key();
  readonly #shard: Shard;
  readonly #sketch: Sketch | undefined;
  #parted: boolean;
  #now: Node[] = [];
  #next: Node[] = [];
  #at = 0;
  readonly #path: Action[] = [];
  readonly #choices: Action[] = [];
  readonly #known: number[] = [];

  constructor(
    plan: Plan,
    profile: ProfileName,
    shard: Shard = WHOLE,
    sketch: Sketch | undefined = undefined,
  ) {
    this.plan = plan;
    this.#sketch = sketch;
    this.world = new SmallWorld(plan, profile);
    this.#shard = shard;
    this.#parted = shard.of === 1;
    this.visited.add(this.#key.of(this.world));
    this.#expand(undefined);
    if (this.#now.length === 0) this.#deeper();
  }

  get states(): number {
    return this.visited.size;
  }

  /** States that wait to be followed. */
  get frontier(): number {
    return this.#now.length - this.#at + this.#next.length;
  }

  /** Is there a state to follow with `depth` faults at most? */
  unfinished(depth: number): boolean {
    return this.violation === undefined && !this.closed && this.depth <= depth;
  }

  /** Follows one state. */
  step(): void {
    const node = this.#now[this.#at++];
    if (node !== undefined) this.#expand(node);
    if (this.#at >= this.#now.length) this.#deeper();
  }

  #deeper(): void {
    this.#now = this.#next.filter(({ key }) => this.#followed.add(key));
    this.#next = [];
    this.#at = 0;
    this.depth++;
    if (!this.#parted && this.#now.length >= PARTED_AT * this.#shard.of) {
      const { index, of } = this.#shard;
      this.#now = this.#now.filter((_, i) => i % of === index);
      this.#parted = true;
    }
    if (this.#now.length === 0) this.closed = true;
  }

  /** Plays `node` once for each action that may follow it. */
  #expand(node: Node | undefined): void {
    const { world } = this;
    this.#play(node);
    const choices = this.#choices;
    choices.length = 0;
    world.actions(choices);
    for (let i = 0; i < choices.length; i++) {
      if (i > 0) this.#play(node);
      const action = choices[i]!;
      this.#follow(node, action);
      if (this.violation !== undefined) return;
    }
  }

  #play(node: Node | undefined): void {
    const path = this.#path;
    path.length = 0;
    for (let at = node; at !== undefined; at = at.before) path.push(at.action);
    this.world.replay(path);
  }

  #follow(before: Node | undefined, action: Action): void {
    const { world } = this;
    const fault = world.isFault(action);
    world.apply(action);
    this.edges++;
    if (world.violation === undefined) {
      const key = this.#key.of(world);
      const isNew = this.#seen(key);
      // A state that waits for the next level may still be reached without a fault.
      if (fault ? isNew : this.#followed.add(key)) {
        (fault ? this.#next : this.#now).push({ before, action, key });
      }
      if (isNew) world.violation = this.#endsWell(key);
    }
    if (world.violation !== undefined) this.#violated(before, action, world.violation);
  }

  #seen(key: number): boolean {
    if (!this.visited.add(key)) return false;
    this.#sketch?.add(key);
    return true;
  }

  /** From here on the network is quiet. What is known to end well is not played again. */
  #endsWell(key: number): string | undefined {
    const known = this.#known;
    known.length = 0;
    if (this.#fair.has(key)) return undefined;
    known.push(key);
    const wrong = playFair(this.world, (world) => {
      const then = this.#key.of(world);
      if (this.#fair.has(then)) return true;
      known.push(then);
      return false;
    });
    if (wrong === undefined) for (const one of known) this.#fair.add(one);
    return wrong;
  }

  #violated(before: Node | undefined, action: Action, what: string): void {
    const actions = [action];
    for (let at = before; at !== undefined; at = at.before) actions.push(at.action);
    this.violation = { plan: this.plan.name, what, actions: actions.reverse() };
  }
}
