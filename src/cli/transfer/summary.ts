/** What is to be said of a transfer: a table with a column for each connection. */
import type { TraceLog } from '../../lab/trace/log.ts';
import type { Transfer, TransferFlow } from '../../lab/transfer.ts';
import type { TcpSocket } from '../../stack/tcp-socket.ts';
import type { TcpDefaults } from '../../tcp/options.ts';

interface Told {
  sent: number; //       segments with text, SYN or FIN
  again: number;
  spurious: number;
  timeouts: number;
  recovering: number; // ms
  since: number; //      ms, -1: not in recovery
  readonly samples: number[]; // ms
}

/** `sender`: whose decisions count. */
export function summaryOf(
  { flows, world }: Transfer,
  { events }: TraceLog,
  sender: 'A' | 'B',
  wishes: readonly Partial<TcpDefaults>[],
): string {
  const told = new Map<TcpSocket, Told>();
  for (const { now, host, socket, event } of events) {
    if (host !== sender) continue;
    const one = told.get(socket) ?? fresh();
    told.set(socket, one);
    if (event.event === 'sent' && event.length > 0) {
      one.sent++;
      if (event.retransmission) one.again++;
    } else if (event.event === 'received' && event.dsack) one.spurious++;
    else if (event.event === 'rtt') one.samples.push(event.value);
    else if (event.event === 'timer' && event.timer === 'retransmit') one.timeouts++;
    else if (event.event === 'recovery') recovers(one, now, event.value !== 'open');
  }
  const columns = flows.map((flow, i) => {
    const socket = sender === 'A' ? flow.client : flow.server;
    const one = (socket === undefined ? undefined : told.get(socket)) ?? fresh();
    recovers(one, world.now, false);
    return columnOf(flow, one, wishes[i]?.congestionControl, world.now);
  });
  return ROWS.map((name, row) => {
    const cells = columns.map((column) => (column[row] ?? '').padStart(WIDTH));
    return `${name.padEnd(24)}${cells.join('')}\n`;
  })
    .filter((line) => line.trim() !== '')
    .join('');
}

const WIDTH = 18; // characters
const ROWS = [
  '',
  'time',
  'goodput',
  'segments sent',
  'sent again',
  'for nothing (D-SACK)',
  'timeouts',
  'in recovery',
  'RTT min, median',
  'RTT 90 %, 99 %',
] as const;

const fresh = (): Told => ({
  sent: 0,
  again: 0,
  spurious: 0,
  timeouts: 0,
  recovering: 0,
  since: -1,
  samples: [],
});

function recovers(one: Told, now: number, does: boolean): void {
  if (one.since >= 0) one.recovering += now - one.since;
  one.since = does ? now : -1;
}

function columnOf(flow: TransferFlow, one: Told, name: string | undefined, now: number): string[] {
  const end = flow.doneAt >= 0 ? flow.doneAt : now;
  const samples = one.samples.sort((a, b) => a - b);
  const at = (share: number): string => {
    const value = samples[Math.min(samples.length - 1, Math.floor(share * samples.length))];
    return value === undefined ? '-' : value.toFixed(1);
  };
  const fate = flow.failure ?? (flow.doneAt < 0 ? 'not done' : flow.intact ? '' : 'damaged');
  const share = one.sent === 0 ? 0 : (100 * one.again) / one.sent;
  return [
    [name ?? '', fate].filter((text) => text !== '').join(', '),
    `${(end / 1000).toFixed(3)} s`,
    end > 0 ? `${((flow.received * 8) / end / 1000).toFixed(3)} Mbit/s` : '-',
    String(one.sent),
    `${one.again} (${share.toFixed(2)} %)`,
    String(one.spurious),
    String(one.timeouts),
    `${(one.recovering / 1000).toFixed(3)} s`,
    `${at(0)}, ${at(0.5)} ms`,
    `${at(0.9)}, ${at(0.99)} ms`,
  ];
}
