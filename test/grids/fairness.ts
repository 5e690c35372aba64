/** Who gets how much of a bottleneck: many connections of one controller, two of different ones. */
import { CONTROLLERS, type ControllerName } from '../../src/tcp/options.ts';
import { worldOf, type Path } from './bulk.ts';
import { Flow } from './flow.ts';
import type { Grid } from './grid.ts';
import { percent, Table } from './table.ts';

const FLOWS = [2, 4, 8, 16, 64];
const RTTS = [20, 100]; // ms
const QUEUES = [0.5, 1, 4]; // BDP, of two against each other
const RATE = 100; // Mbit/s
const STAGGER = 10; // ms between two openings: all at once would be one flow
const SETTLING = 5_000; // ms that do not count
const COUNTED = 5_000; // ms
const LONG = 6; // times
const PAIRS: readonly (readonly [ControllerName, ControllerName])[] = [
  ['cubic', 'reno'],
  ['cubic', 'bbr'],
  ['reno', 'bbr'],
];

export const fairness: Grid = {
  name: 'fairness',
  cells: RTTS.length * (FLOWS.length * CONTROLLERS.length + QUEUES.length * PAIRS.length),
  text(long, onCell) {
    const counted = COUNTED * (long ? LONG : 1);
    const jain = new Table(
      2,
      ['', '', ...CONTROLLERS.flatMap((name) => [name, ''])],
      ['RTT', 'flows', ...CONTROLLERS.flatMap(() => ['Jain', 'all'])],
    );
    const shares = new Table(2, ['RTT', 'queue', ...PAIRS.flatMap(([a, b]) => [a, b, 'all'])]);
    for (const rtt of RTTS) {
      for (const count of FLOWS) {
        const cells = CONTROLLERS.flatMap((name) => {
          const each = goodputs({ rate: RATE, rtt, queue: 1 }, Array(count).fill(name), counted);
          onCell();
          return [jainIndex(each).toFixed(3), percent((sum(each) / RATE) * 100)];
        });
        jain.row(`${rtt} ms`, `${count}`, ...cells);
      }
      jain.row();
      for (const queue of QUEUES) {
        const cells = PAIRS.flatMap((pair) => {
          const each = goodputs({ rate: RATE, rtt, queue }, pair, counted);
          onCell();
          return [...each, sum(each)].map((speed) => percent((speed / RATE) * 100));
        });
        shares.row(`${rtt} ms`, `${queue}`, ...cells);
      }
      shares.row();
    }
    return `FAIRNESS
Connections with the Linux profile that share a bottleneck of 100 Mbit/s and open ${STAGGER} ms one after the
other; what counts are seconds ${SETTLING / 1000} to ${(SETTLING + COUNTED) / 1000}. Jain's index is 1 when all get the same, and 1/n when one
gets all. "all" is what they get together, percent of the bottleneck's rate.

Many of one controller, a queue of one bandwidth-delay product

${jain}
Two controllers, one connection each: percent of the bottleneck's rate, by queue

${shares.toString().trimEnd()}
`;
  },
};

/** Mbit/s of each connection, in the time that counts. */
function goodputs(path: Path, controllers: readonly ControllerName[], counted: number): number[] {
  const world = worldOf(path);
  const flows = controllers.map((congestionControl, i) => {
    world.run(i * STAGGER, () => false);
    return new Flow(world, 1000 + i, { congestionControl });
  });
  world.run(SETTLING, () => false);
  const before = flows.map(({ taken }) => taken);
  world.run(SETTLING + counted, () => false);
  return flows.map(({ taken }, i) => ((taken - (before[i] ?? 0)) * 8) / 1000 / counted);
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Jain, Chiu, Hawe, "A quantitative measure of fairness", 1984. */
function jainIndex(values: readonly number[]): number {
  const squares = sum(values.map((value) => value * value));
  return squares === 0 ? 0 : sum(values) ** 2 / (values.length * squares);
}
