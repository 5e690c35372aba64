/** Reads a report that `estab explore --json` wrote. Nothing in it is believed before it was looked at. */
import { REPORT_VERSION, type FoundViolation, type Report, type WorldReport } from './report.ts';
import { Sketch } from './sketch.ts';

/** The report, or what is wrong with it. */
export function parseReport(text: string): Report | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'it is not JSON';
  }
  if (!isRecord(value) || value['explore'] !== REPORT_VERSION) {
    return `it is no report of estab explore, version ${REPORT_VERSION}`;
  }
  const { profile, seed, shards, seconds, worlds, violations } = value;
  if (typeof profile !== 'string' || typeof seed !== 'number' || typeof seconds !== 'number') {
    return 'profile, seed or seconds are missing';
  }
  if (!Array.isArray(shards) || !Array.isArray(worlds) || !Array.isArray(violations)) {
    return 'shards, worlds or violations are no lists';
  }
  const names = shards.filter((shard) => typeof shard === 'string');
  const read = worlds.flatMap((world) => worldIn(world) ?? []);
  const found = violations.flatMap((violation) => violationIn(violation) ?? []);
  if (read.length < worlds.length || found.length < violations.length) {
    return 'one of its worlds or violations cannot be read';
  }
  return {
    explore: REPORT_VERSION,
    profile,
    seed,
    shards: names,
    seconds,
    worlds: read,
    violations: found,
  };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

function worldIn(value: unknown): WorldReport | undefined {
  if (!isRecord(value)) return undefined;
  const { name, sketch, closed } = value;
  if (typeof name !== 'string' || typeof closed !== 'boolean') return undefined;
  if (typeof sketch !== 'string' || Sketch.parse(sketch) === undefined) return undefined;
  const numbers = { states: 0, distinct: 0, actions: 0, depth: 0, walks: 0, walked: 0 };
  for (const key of ['states', 'distinct', 'actions', 'depth', 'walks', 'walked'] as const) {
    const number = value[key];
    if (typeof number !== 'number') return undefined;
    numbers[key] = number;
  }
  return { name, sketch, closed, ...numbers };
}

function violationIn(value: unknown): FoundViolation | undefined {
  if (!isRecord(value)) return undefined;
  const { plan, what, ladder } = value;
  if (typeof plan !== 'string' || typeof what !== 'string' || typeof ladder !== 'string') {
    return undefined;
  }
  return { plan, what, ladder, deeds: [] };
}
