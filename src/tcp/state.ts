/**
 * The eleven states and RFC 9293 §3.3.2, Figure 5, as a table. The table cannot drive TCP (most
 * arrows hang on sequence arithmetic), but it guards `enter()`, draws docs/states.svg and counts
 * which arrows the ladders take. `enter()` writes `state`, `resume()` puts it back (ADR-0008).
 */

export type State =
  | 'CLOSED'
  | 'LISTEN'
  | 'SYN-SENT'
  | 'SYN-RECEIVED'
  | 'ESTABLISHED'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'CLOSE-WAIT'
  | 'CLOSING'
  | 'LAST-ACK'
  | 'TIME-WAIT';

/** One arrow: what takes it, what is sent, and whether Figure 5 itself draws it. */
export interface Transition {
  readonly to: State;
  readonly cause: string;
  readonly sends: string;
  readonly figure5: boolean;
}

const drawn = (to: State, cause: string, sends = ''): Transition => ({
  to,
  cause,
  sends,
  figure5: true,
});
const also = (to: State, cause: string, sends = ''): Transition => ({
  to,
  cause,
  sends,
  figure5: false,
});
const ended = also('CLOSED', 'RST, ABORT or user timeout', 'RST on ABORT');

/** Figure 5, with the arrows that its notes and section 3.10 add. */
export const TRANSITIONS: Readonly<Record<State, readonly Transition[]>> = {
  CLOSED: [drawn('LISTEN', 'passive OPEN'), drawn('SYN-SENT', 'active OPEN', 'SYN')],
  LISTEN: [
    drawn('SYN-RECEIVED', 'rcv SYN', 'SYN,ACK'),
    drawn('SYN-SENT', 'SEND, active OPEN', 'SYN'),
    drawn('CLOSED', 'CLOSE, ABORT'),
  ],
  'SYN-SENT': [
    drawn('SYN-RECEIVED', 'rcv SYN', 'SYN,ACK'),
    drawn('ESTABLISHED', 'rcv SYN,ACK', 'ACK'),
    drawn('CLOSED', 'CLOSE, ABORT, rcv RST, user timeout'),
  ],
  'SYN-RECEIVED': [
    drawn('ESTABLISHED', 'rcv ACK of SYN'),
    drawn('FIN-WAIT-1', 'CLOSE', 'FIN'),
    drawn('LISTEN', 'rcv RST or SYN, if opened passively (note 1)'),
    ended,
  ],
  ESTABLISHED: [drawn('FIN-WAIT-1', 'CLOSE', 'FIN'), drawn('CLOSE-WAIT', 'rcv FIN', 'ACK'), ended],
  'FIN-WAIT-1': [
    drawn('FIN-WAIT-2', 'rcv ACK of FIN'),
    drawn('CLOSING', 'rcv FIN', 'ACK'),
    drawn('TIME-WAIT', 'rcv FIN, ACK of FIN (note 2)', 'ACK'),
    ended,
  ],
  'FIN-WAIT-2': [drawn('TIME-WAIT', 'rcv FIN', 'ACK'), ended],
  'CLOSE-WAIT': [drawn('LAST-ACK', 'CLOSE', 'FIN'), ended],
  CLOSING: [drawn('TIME-WAIT', 'rcv ACK of FIN'), ended],
  'LAST-ACK': [drawn('CLOSED', 'rcv ACK of FIN')],
  'TIME-WAIT': [drawn('CLOSED', 'timeout = 2 MSL')],
};

export const STATES: readonly State[] = [
  'CLOSED',
  'LISTEN',
  'SYN-SENT',
  'SYN-RECEIVED',
  'ESTABLISHED',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'CLOSE-WAIT',
  'CLOSING',
  'LAST-ACK',
  'TIME-WAIT',
];

/** Who is told when an arrow is taken. */
export type TransitionObserver = (from: State, to: State) => void;

/**
 * The arrows that leave a state, each with those that leave where it leads: who is in a state holds
 * its list, so taking an arrow looks at three or four neighbours and looks nothing up (looking up
 * both states by name was 4 % of an open and close, docs/performance.md).
 */
export interface Arrow {
  readonly to: State;
  readonly beyond: readonly Arrow[];
}

const LEAVING: Readonly<Record<State, Arrow[]>> = {
  CLOSED: [],
  LISTEN: [],
  'SYN-SENT': [],
  'SYN-RECEIVED': [],
  ESTABLISHED: [],
  'FIN-WAIT-1': [],
  'FIN-WAIT-2': [],
  'CLOSE-WAIT': [],
  CLOSING: [],
  'LAST-ACK': [],
  'TIME-WAIT': [],
};
for (const from of STATES) {
  for (const { to } of TRANSITIONS[from]) LEAVING[from].push({ to, beyond: LEAVING[to] });
}

/** What a machine in CLOSED begins with. */
export const FROM_CLOSED: readonly Arrow[] = LEAVING.CLOSED;

interface Machine {
  state: State;
  /** Those that leave `state`. */
  arrows: readonly Arrow[];
  readonly onTransition: TransitionObserver | undefined;
}

/** Takes one arrow of the table. Throws on an arrow that is not there: that is our bug. */
export function enter(machine: Machine, to: State): void {
  const { state: from, arrows } = machine;
  for (let i = 0; i < arrows.length; i++) {
    const arrow = arrows[i]!;
    if (arrow.to !== to) continue;
    machine.state = to;
    machine.arrows = arrow.beyond;
    if (machine.onTransition !== undefined) machine.onTransition(from, to);
    return;
  }
  throw new Error(`no transition ${from} to ${to} (RFC 9293, Figure 5)`);
}

/**
 * A connection that was put away in `state` is there again; no arrow is taken, nobody is told. For
 * time-wait.ts, the only other writer of `state`.
 */
export function resume(machine: Machine, state: State): void {
  machine.state = state;
  machine.arrows = LEAVING[state];
}

/** §3.5.2: the connection has been synchronized, both SYNs are acknowledged. */
export const synchronized = (state: State): boolean =>
  state !== 'CLOSED' && state !== 'LISTEN' && state !== 'SYN-SENT' && state !== 'SYN-RECEIVED';
