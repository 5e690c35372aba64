/**
 * A trace without what it does not need: actions are dropped one by one, then in pairs, as long as
 * something is still violated. A segment is known by what is in it, not by when it left.
 */
import type { ProfileName } from '../../tcp/options.ts';
import { printSegment } from '../../wire/print.ts';
import { playFair } from './fair-play.ts';
import { Journal } from './journal.ts';
import type { Plan } from './plan.ts';
import { actionOf, endOf, flightOf, Kind, kindOf, SmallWorld, type Action } from './small-world.ts';

/** An action in words, which mean the same in another trace. */
export interface Deed {
  readonly kind: Kind;
  readonly end: 0 | 1;
  /** The segment, for what happens to one. */
  readonly segment: string;
}

export interface Played {
  /** Those that could be done. */
  readonly deeds: readonly Deed[];
  readonly what: string | undefined;
  readonly journal: Journal;
  /** Entries of the journal before fair play began. */
  readonly searched: number;
}

const KINDS: readonly Kind[] = Object.values(Kind);

/** Plays a trace from the start, and fair play behind it. */
export class Player {
  readonly plan: Plan;
  readonly #world: SmallWorld;
  readonly #options: boolean;

  constructor(plan: Plan, profile: ProfileName) {
    this.plan = plan;
    this.#world = new SmallWorld(plan, profile);
    this.#options = profile !== 'rfc';
  }

  /** The same actions in words. */
  deedsOf(actions: readonly Action[]): Deed[] {
    const world = this.#world;
    world.reset();
    return actions.map((action) => {
      const flight = world.flights.find(flightOf(action));
      const kind = KINDS.find((one) => one === kindOf(action)) ?? Kind.call;
      const segment = kind < Kind.deliver || flight === undefined ? '' : this.#named(flight.seg);
      world.apply(action);
      return { kind, end: endOf(action), segment };
    });
  }

  play(deeds: readonly Deed[]): Played {
    const world = this.#world;
    const journal = new Journal(this.#options);
    world.journal = journal;
    world.reset();
    const done: Deed[] = [];
    for (const deed of deeds) {
      if (world.violation !== undefined) break;
      const action = this.#actionOf(deed);
      if (action !== undefined && world.apply(action)) done.push(deed);
    }
    const searched = journal.entries.length;
    const what = world.violation ?? playFair(world, () => false);
    world.journal = undefined;
    return { deeds: done, what, journal, searched };
  }

  #actionOf({ kind, end, segment }: Deed): Action | undefined {
    const { all } = this.#world.flights;
    if (segment === '') return actionOf(kind, end);
    const flight = all.find(({ from, seg }) => from !== end && this.#named(seg) === segment);
    return flight === undefined ? undefined : actionOf(kind, end, flight.id);
  }

  #named(seg: Parameters<typeof printSegment>[0]): string {
    return printSegment(seg, { wnd: true, options: this.#options });
  }

  /** The shortest that was found. */
  minimise(deeds: readonly Deed[]): Played {
    let best = this.play(deeds);
    for (let width = 1; width <= 2; width++) {
      for (let i = best.deeds.length - width; i >= 0; i--) {
        const fewer = [...best.deeds.slice(0, i), ...best.deeds.slice(i + width)];
        const played = this.play(fewer);
        if (played.what === undefined || played.deeds.length >= best.deeds.length) continue;
        best = played;
        width = 1;
        i = best.deeds.length;
      }
    }
    return best;
  }
}
