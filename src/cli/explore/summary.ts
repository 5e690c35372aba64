/** A report for people: a line for each world, and a ladder for whatever does not hold. */
import type { Report, WorldReport } from '../../lab/explore/report.ts';

export function summaryOf({ profile, shards, worlds, violations }: Report): string {
  // Of several shards the estimate: some states were visited by more than one.
  const whole = shards.length === 1;
  const countOf = ({ states, distinct }: WorldReport): number => (whole ? states : distinct);
  const rows = [
    ['world', 'states', 'faults', 'walks'],
    ...worlds.map((world) => rowOf(world, countOf(world))),
  ];
  const widths = [0, 1, 2, 3].map((i) => Math.max(...rows.map((row) => row[i]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  '),
  );
  const states = worlds.reduce((sum, world) => sum + countOf(world), 0);
  const parts = shards.length === 1 && shards[0] === '1/1' ? '' : `, shards ${shards.join(' ')}`;
  const verdict =
    violations.length === 0
      ? `${states} states, nothing violated (profile ${profile}${parts})`
      : `${violations.length} violated (profile ${profile}${parts})`;
  const ladders = violations.map(({ ladder }) => `${ladder}\n`);
  return `${lines.join('\n')}\n\n${ladders.join('')}${verdict}\n`;
}

function rowOf(world: WorldReport, states: number): string[] {
  const { name, depth, closed, walks } = world;
  const faults = closed ? 'all' : depth < 0 ? '-' : `=< ${depth}`;
  return [name, String(states), faults, String(walks)];
}
