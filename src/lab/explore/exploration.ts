/**
 * Several small worlds, searched side by side: the one that is behind goes on, so each gets its share
 * of states. Time is for whoever drives it.
 */
import type { ProfileName } from '../../tcp/options.ts';
import { ladderText } from './figure.ts';
import { Player } from './minimise.ts';
import type { Plan } from './plan.ts';
import { REPORT_VERSION, type FoundViolation, type Report } from './report.ts';
import { Search, WHOLE, type Shard, type Violation } from './search.ts';
import { Sketch } from './sketch.ts';
import { SmallWorld } from './small-world.ts';
import { Visited } from './visited.ts';
import { Walker } from './walk.ts';

export interface ExplorationOptions {
  readonly plans: readonly Plan[];
  readonly profile: ProfileName;
  /** What goes wrong at most; Infinity: as much as there is time for. */
  readonly depth: number;
  readonly seed: number;
  readonly shard?: Shard;
}

/** One world and what is known of it. */
class Course {
  readonly plan: Plan;
  readonly search: Search;
  readonly sketch: Sketch = new Sketch();
  readonly walker: Walker;
  readonly beyond: Visited = new Visited(); // states that only walks saw
  walks = 0;
  steps = 0; //    of walks
  walked = 0; //   states that walks saw first
  violation: FoundViolation | undefined = undefined;

  constructor(plan: Plan, { profile, seed, shard = WHOLE }: ExplorationOptions) {
    this.plan = plan;
    this.search = new Search(plan, profile, shard, this.sketch);
    this.walker = new Walker(new SmallWorld(plan, profile), seed);
  }
}

export class Exploration {
  readonly #options: ExplorationOptions;
  readonly #courses: readonly Course[];
  readonly #shard: Shard;
  #turn = 0;

  constructor(options: ExplorationOptions) {
    this.#options = options;
    this.#shard = options.shard ?? WHOLE;
    this.#courses = options.plans.map((plan) => new Course(plan, options));
  }

  /** States seen so far, each world for itself. */
  get states(): number {
    return this.#courses.reduce((sum, { search, walked }) => sum + search.states + walked, 0);
  }

  get violations(): readonly FoundViolation[] {
    return this.#courses.flatMap(({ violation }) => violation ?? []);
  }

  /** Which world is being searched, and with how many faults. */
  get progress(): { readonly depth: number; readonly plan: string } {
    const behind = this.#behind() ?? this.#courses[0];
    return { depth: behind?.search.depth ?? 0, plan: behind?.plan.name ?? '' };
  }

  /** Follows up to `most` states of the world that is behind. False: nothing is left to be searched. */
  search(most: number): boolean {
    const course = this.#behind();
    if (course === undefined) return false;
    const { search } = course;
    for (let i = 0; i < most && search.unfinished(this.#options.depth); i++) search.step();
    if (search.violation !== undefined) this.#found(course, search.violation);
    return true;
  }

  /** The one that has seen the fewest states. */
  #behind(): Course | undefined {
    let behind: Course | undefined;
    for (const course of this.#courses) {
      if (!course.search.unfinished(this.#options.depth)) continue;
      if (behind === undefined || course.search.states < behind.search.states) behind = course;
    }
    return behind;
  }

  /** A walk in the next world. False: all of them are violated. */
  walk(): boolean {
    for (let i = 0; i < this.#courses.length; i++) {
      const course = this.#courses[this.#turn++ % this.#courses.length]!;
      if (course.violation !== undefined) continue;
      this.#walk(course);
      return true;
    }
    return false;
  }

  #walk(course: Course): void {
    const { search, sketch, walker, beyond } = course;
    const number = course.walks++ * this.#shard.of + this.#shard.index;
    const wrong = walker.walk(number, (key) => {
      course.steps++;
      sketch.add(key);
      if (!search.visited.has(key) && beyond.add(key)) course.walked++;
    });
    if (wrong !== undefined) this.#found(course, wrong);
  }

  #found(course: Course, { plan, what, actions }: Violation): void {
    if (course.violation !== undefined) return;
    const { profile } = this.#options;
    const player = new Player(course.plan, profile);
    const least = player.minimise(player.deedsOf(actions));
    const ladder = ladderText({ plan: course.plan, profile, ...least });
    course.violation = { plan, what: least.what ?? what, deeds: least.deeds, ladder };
  }

  /** What is known, to be printed or merged with that of other shards. */
  report(seconds: number): Report {
    const { profile, seed } = this.#options;
    const { index, of } = this.#shard;
    return {
      explore: REPORT_VERSION,
      profile,
      seed,
      shards: [`${index + 1}/${of}`],
      seconds,
      worlds: this.#courses.map(({ plan, search, sketch, walks, steps, walked }) => ({
        name: plan.name,
        states: search.states + walked,
        distinct: sketch.estimate,
        sketch: sketch.toString(),
        actions: search.edges + steps,
        depth: search.depth - 1,
        closed: search.closed,
        walks,
        walked,
      })),
      violations: this.violations,
    };
  }
}
