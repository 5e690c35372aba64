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

interface Machine {
  state: State;
  readonly onTransition: TransitionObserver | undefined;
}

/** Takes one arrow of the table. Throws on an arrow that is not there: that is our bug. */
export function enter(machine: Machine, to: State): void {
  const from = machine.state;
  if (!isArrow(from, to)) throw new Error(`no transition ${from} to ${to} (RFC 9293, Figure 5)`);
  machine.state = to;
  if (machine.onTransition !== undefined) machine.onTransition(from, to);
}

/**
 * A connection that was put away in `state` is there again; no arrow is taken, nobody is told. For
 * time-wait.ts, the only other writer of `state`.
 */
export function resume(machine: Machine, state: State): void {
  machine.state = state;
}

/**
 * The same arrows by where they lead, the most travelled first: a call of enter() names where it goes,
 * so the compiler knows the list, and a look at it costs next to nothing.
 */
const SOURCES: Readonly<Record<State, readonly State[]>> = {
  CLOSED: sourcesOf('CLOSED'),
  LISTEN: sourcesOf('LISTEN'),
  'SYN-SENT': sourcesOf('SYN-SENT'),
  'SYN-RECEIVED': sourcesOf('SYN-RECEIVED'),
  ESTABLISHED: sourcesOf('ESTABLISHED'),
  'FIN-WAIT-1': sourcesOf('FIN-WAIT-1'),
  'FIN-WAIT-2': sourcesOf('FIN-WAIT-2'),
  'CLOSE-WAIT': sourcesOf('CLOSE-WAIT'),
  CLOSING: sourcesOf('CLOSING'),
  'LAST-ACK': sourcesOf('LAST-ACK'),
  'TIME-WAIT': sourcesOf('TIME-WAIT'),
};

function sourcesOf(to: State): State[] {
  return STATES.filter((from) => TRANSITIONS[from].some((arrow) => arrow.to === to)).reverse();
}

function isArrow(from: State, to: State): boolean {
  const sources = SOURCES[to];
  for (let i = 0; i < sources.length; i++) if (sources[i] === from) return true;
  return false;
}

/** §3.5.2: the connection has been synchronized, both SYNs are acknowledged. */
export const synchronized = (state: State): boolean =>
  state !== 'CLOSED' && state !== 'LISTEN' && state !== 'SYN-SENT' && state !== 'SYN-RECEIVED';
