/** The grid of one controller: loss x queue down, rate x RTT across. */
import type { ControllerName } from '../../src/tcp/options.ts';
import { bdpOf, Bulk, MTU, type Length, type Path } from './bulk.ts';
import type { Grid } from './grid.ts';
import { figure, percent, Table } from './table.ts';

const LOSSES = [
  ['0 %', 0],
  ['0.1 %', 0.001],
  ['1 %', 0.01],
  ['3 %', 0.03],
  ['10 %', 0.1],
  ['30 %', 0.3],
  // Gilbert and Elliott: 1 % of all, on average five packets in a row
  ['bursts', { goodToBad: 0.2 / 99, badToGood: 0.2 }],
] as const;
const QUEUES = [0.5, 1, 4]; // BDP
const RATES = [1, 100, 1000]; // Mbit/s
const RTTS = [1, 20, 100, 300]; // ms

const OCTETS = 12e6;
const MS = 30_000;
const LEAST_BDPS = 2.5; // slow start alone takes one or two
const LONG = 10; // times

const lengthOf = (path: Path, long: boolean): Length => {
  const times = long ? LONG : 1;
  return { octets: times * Math.max(OCTETS, LEAST_BDPS * bdpOf(path)), ms: times * MS };
};

export const goodputGrid = (controller: ControllerName): Grid => ({
  name: `goodput-${controller}`,
  cells: LOSSES.length * QUEUES.length * RATES.length * RTTS.length,
  text(long, onCell) {
    const across = RATES.flatMap((rate) => RTTS.map((rtt) => ({ rate, rtt })));
    const shares = tableOf(across);
    const speeds = tableOf(across);
    for (const [name, loss] of LOSSES) {
      for (const queue of QUEUES) {
        const cells = across.map(({ rate, rtt }) => {
          const path = { rate, rtt, queue, loss };
          const bulk = new Bulk(path, controller, lengthOf(path, long));
          onCell();
          return bulk;
        });
        shares.row(name, `${queue}`, ...cells.map((bulk) => percent(bulk.percent)));
        speeds.row(name, `${queue}`, ...cells.map((bulk) => figure(bulk.goodput)));
      }
      shares.row();
      speeds.row();
    }
    return `${about(controller)}
Percent of the bottleneck's rate; with all headers paid, 96.5 are left for text

${shares}
Mbit/s of text

${speeds.toString().trimEnd()}
`;
  },
});

function tableOf(across: readonly { readonly rate: number; readonly rtt: number }[]): Table {
  const rates = across.map(({ rate, rtt }) => (rtt === RTTS[0] ? `${rate} Mbit/s` : ''));
  const rtts = across.map(({ rtt }) => `${rtt} ms`);
  return new Table(2, ['', '', ...rates], ['loss', 'queue', ...rtts]);
}

const about = (controller: ControllerName): string => `GOODPUT OF ${controller.toUpperCase()}
One connection with the Linux profile and buffers of any size, MTU ${MTU}. The loss is on the
way there, before the bottleneck; acknowledgments find a way without queue and loss. "bursts" is 1 % as
well: half of some five packets in a row. The queue is in bandwidth-delay products, a product in 10 packets at least. A
transfer is over at ${OCTETS / 1e6} MB, or ${LEAST_BDPS} products if that is more, or after ${MS / 1000} s, and it counts from the SYN:
at 1000 Mbit/s and 300 ms slow start is most of it.
`;
