/**
 * 704 cells, over IPv4 and IPv6 and with four initial sequence numbers, each state reached by legal
 * segments alone: what happens is what the oracle says. docs/state-matrix.md is the same as a table.
 */
import { describe, expect, test } from 'vitest';
import type { TcpSignal } from '../../src/tcp/signals.ts';
import { STATES } from '../../src/tcp/state.ts';
import type { Arriving, Outcome, State, Variables } from '../oracle/variables.ts';
import { FAMILIES, reach, type Family, type Target } from '../security/target.ts';
import {
  ALL_STATES,
  CELLS,
  expected,
  segmentOf,
  sentAtOnce,
  variablesIn,
  type Cell,
} from './cells.ts';

const ISNS = [0, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1] as const;
const LATER = 500; // ms between the exchange and the segment of the cell
const SOON = 500; // ms, MUST-40
const UNTOLD: readonly TcpSignal[] = ['writable'];

interface Seen {
  readonly state: State;
  readonly answer: string;
  readonly told: string;
  readonly restarts: boolean;
  readonly soon: string;
}

function play(family: Family, isn: number, cell: Cell): { seen: Seen; want: Seen } {
  const tcb = variablesIn(cell.state, isn, isn);
  const seg = segmentOf(cell, tcb);
  const first = { target: isn, peer: isn };
  const { target, socket } = reach(cell.state, family, { tcp: { profile: 'rfc' } }, first);
  target.now += LATER;
  const told: TcpSignal[] = [];
  socket.onSignal = (signal) => told.push(signal);
  const ends = target.host.nextTimeout();
  const answer = target.gets(seg).join(' ');
  const { state } = socket;
  const restarts = state === 'TIME-WAIT' && target.host.nextTimeout() !== ends;
  const outcome = expected(cell, tcb);
  const seen = {
    state,
    answer,
    told: told.filter((signal) => !UNTOLD.includes(signal)).join(),
    restarts,
    soon: outcome.answer.kind === 'owed' ? acknowledgedSoon(target) : '',
  };
  return { seen, want: seenOf(tcb, seg, outcome) };
}

const seenOf = (tcb: Variables, seg: Arriving, want: Outcome): Seen => ({
  state: want.state,
  answer: sentAtOnce(tcb, seg, want),
  told: want.told.join(),
  restarts: want.waits,
  soon: want.answer.kind === 'owed' ? `<ACK=${want.rcvNxt}>` : '',
});

const acknowledgedSoon = (target: Target): string =>
  target
    .waits(SOON)
    .map(({ seg }) => `<ACK=${Number(seg.ack) >>> 0}>`)
    .join(' ');

const line = (cell: Cell, seen: Seen): string => JSON.stringify({ ...cell, ...seen });

test('the matrix has 704 cells, and the eleven states', () => {
  expect(CELLS.length).toBe(704);
  expect(ALL_STATES).toEqual(STATES);
});

describe.each(FAMILIES)('S31, IPv%i: every cell as §3.10.7 says', (family) => {
  test.each(ISNS)('ISN %i', (isn) => {
    const wrong = CELLS.flatMap((cell) => {
      const { seen, want } = play(family, isn, cell);
      const is = line(cell, seen);
      const should = line(cell, want);
      return is === should ? [] : [`is ${is}\nnot ${should}`];
    });
    expect(wrong).toEqual([]);
  });
});
