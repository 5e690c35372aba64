/** What an exploration found, as plain data: reports of several shards make one. */
import type { Deed } from './minimise.ts';
import { Sketch } from './sketch.ts';

export const REPORT_VERSION = 1;

export interface FoundViolation {
  readonly plan: string;
  /** What did not hold. */
  readonly what: string;
  /** What has to happen for it. */
  readonly deeds: readonly Deed[];
  readonly ladder: string;
}

export interface WorldReport {
  readonly name: string;
  /** States visited; of several shards the sum, in which some are counted more than once. */
  readonly states: number;
  /** Different states, estimated from the sketch. */
  readonly distinct: number;
  readonly sketch: string;
  readonly actions: number;
  /** All states with so much going wrong were visited; -1: not even those without. */
  readonly depth: number;
  /** There are no more states at all. */
  readonly closed: boolean;
  readonly walks: number;
  /** States that walks saw first. */
  readonly walked: number;
}

export interface Report {
  readonly explore: typeof REPORT_VERSION;
  readonly profile: string;
  readonly seed: number;
  readonly shards: readonly string[];
  readonly seconds: number;
  readonly worlds: readonly WorldReport[];
  readonly violations: readonly FoundViolation[];
}

/** One report of several, or why they do not go together. */
export function mergeReports(reports: readonly Report[]): Report | string {
  const [first, ...others] = reports;
  if (first === undefined) return 'there is nothing to merge';
  let merged = first;
  for (const other of others) {
    if (other.profile !== first.profile) {
      return `one is of the profile ${first.profile}, another of ${other.profile}`;
    }
    const twice = other.shards.find((shard) => merged.shards.includes(shard));
    if (twice !== undefined) return `shard ${twice} is there twice`;
    const names = (report: Report): string => report.worlds.map(({ name }) => name).join(', ');
    if (names(other) !== names(first)) return 'they are about different worlds';
    merged = {
      ...merged,
      shards: [...merged.shards, ...other.shards],
      seconds: merged.seconds + other.seconds,
      worlds: merged.worlds.map((world, i) => mergeWorlds(world, other.worlds[i] ?? world)),
      violations: [...merged.violations, ...other.violations],
    };
  }
  return merged;
}

function mergeWorlds(a: WorldReport, b: WorldReport): WorldReport {
  const sketch = Sketch.parse(a.sketch) ?? new Sketch();
  sketch.merge(Sketch.parse(b.sketch) ?? new Sketch());
  return {
    name: a.name,
    states: a.states + b.states,
    distinct: sketch.estimate,
    sketch: sketch.toString(),
    actions: a.actions + b.actions,
    depth: Math.min(a.depth, b.depth),
    closed: a.closed && b.closed,
    walks: a.walks + b.walks,
    walked: a.walked + b.walked,
  };
}
