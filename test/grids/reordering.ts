/** Nothing is lost, but packets overtake others: what that costs, and what is sent again for nothing. */
import { CONTROLLERS } from '../../src/tcp/options.ts';
import { Bulk } from './bulk.ts';
import type { Grid } from './grid.ts';
import { percent, Table } from './table.ts';

const SHARES = [0, 0.01, 0.02, 0.05, 0.1, 0.2];
const RTTS = [20, 100]; // ms
const DISTANCES = [1 / 20, 1 / 4, 1 / 2]; // of the RTT, by which a packet is early
const RATE = 100; // Mbit/s
const OCTETS = 8e6;
const LONG = 10; // times

export const reordering: Grid = {
  name: 'reordering',
  cells: SHARES.length * RTTS.length * DISTANCES.length * CONTROLLERS.length,
  text(long, onCell) {
    const across = CONTROLLERS.flatMap((controller) =>
      DISTANCES.map((distance) => ({ controller, distance })),
    );
    const head = [
      [
        '',
        '',
        ...across.map(({ controller }, i) => (i % DISTANCES.length === 0 ? controller : '')),
      ],
      ['RTT', 'share', ...across.map(({ distance }) => `1/${1 / distance} RTT`)],
    ];
    const shares = new Table(2, ...head);
    const resent = new Table(2, ...head);
    for (const rtt of RTTS) {
      for (const share of SHARES) {
        const cells = across.map(({ controller, distance }) => {
          const reorder = { share, by: distance * rtt };
          const length = { octets: OCTETS * (long ? LONG : 1), ms: 60_000 };
          const bulk = new Bulk({ rate: RATE, rtt, queue: 1, reorder }, controller, length);
          onCell();
          return bulk;
        });
        const names = [`${rtt} ms`, `${share * 100} %`];
        shares.row(...names, ...cells.map((bulk) => percent(bulk.percent)));
        resent.row(...names, ...cells.map((bulk) => bulk.resent.toFixed(2)));
      }
      shares.row();
      resent.row();
    }
    return `REORDERING
One connection with the Linux profile, 100 Mbit/s, a queue of one bandwidth-delay product, no loss but
that of the queue. A share of packets is ahead of its time by a twentieth, a quarter or half of the RTT, and
overtakes what was sent before. A transfer of ${OCTETS / 1e6} MB, from the SYN on.

Percent of the bottleneck's rate; with all headers paid, 96.5 are left for text

${shares}
Segments sent again, percent of all

${resent.toString().trimEnd()}
`;
  },
};
