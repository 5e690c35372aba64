/** How long packets of one connection wait at the bottleneck. */
import type { StoredParcel } from '../../src/link/netem/store.ts';
import { CONTROLLERS, type ControllerName } from '../../src/tcp/options.ts';
import { worldOf, type Path } from './bulk.ts';
import { Flow } from './flow.ts';
import type { Grid } from './grid.ts';
import { figure, percent, Table } from './table.ts';

const RATES = [10, 100]; // Mbit/s
const RTTS = [20, 100]; // ms
const QUEUES = [0.5, 1, 4]; // BDP
const MS = 5_000;
const LONG = 6; // times

export const queueing: Grid = {
  name: 'queueing-delay',
  cells: RATES.length * RTTS.length * QUEUES.length * CONTROLLERS.length,
  text(long, onCell) {
    const table = new Table(
      3,
      ['', '', '', ...CONTROLLERS.flatMap((name) => [name, '', ''])],
      ['rate', 'RTT', 'queue', ...CONTROLLERS.flatMap(() => ['median', 'p95', 'goodput'])],
    );
    for (const rate of RATES) {
      for (const rtt of RTTS) {
        for (const queue of QUEUES) {
          const cells = CONTROLLERS.flatMap((name) => {
            const found = waits({ rate, rtt, queue }, name, MS * (long ? LONG : 1));
            onCell();
            return [figure(found.median), figure(found.p95), percent(found.percent)];
          });
          table.row(`${rate} Mbit/s`, `${rtt} ms`, `${queue}`, ...cells);
        }
        table.row();
      }
    }
    return `QUEUEING DELAY
One connection with the Linux profile, no loss but that of the queue, which is in bandwidth-delay products. How
long packets waited before the bottleneck began to send them, in ms, over the first ${MS / 1000} s: a full queue of
one product is a wait of one RTT. Goodput is in percent of the bottleneck's rate.

${table.toString().trimEnd()}
`;
  },
};

interface Waits {
  /** ms. */
  readonly median: number;
  readonly p95: number;
  readonly percent: number;
}

function waits(path: Path, congestionControl: ControllerName, ms: number): Waits {
  const found: number[] = [];
  const world = worldOf(path, ({ enqueuedAt, dueAt, travelTime, start, end }: StoredParcel) => {
    const sending = ((end - start) * 8) / (path.rate * 1000); // ms
    found.push(Math.max(dueAt - travelTime - sending - enqueuedAt, 0));
  });
  const flow = new Flow(world, 80, { congestionControl });
  world.run(ms, () => false);
  const sorted = Float64Array.from(found).sort();
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return { median: at(0.5), p95: at(0.95), percent: (flow.taken * 8) / 10 / ms / path.rate };
}
