/**
 * The cells of the matrix: a state, a kind of segment, a place in the window, with text or without. What
 * the variables are in each state is written down here, as a legal exchange without text leaves them.
 */
import { ACK, FIN, RST, SYN } from '../../src/wire/segment.ts';
import { segmentArrives } from '../oracle/segment-arrives.ts';
import {
  has,
  modulo,
  type Arriving,
  type Outcome,
  type State,
  type Variables,
} from '../oracle/variables.ts';

export const WINDOW = 65_535; // octets, both ways
export const TEXT = 3; // octets, in the cells that have some

export const ALL_STATES: readonly State[] = [
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

export type Kind = 'SYN' | 'SYN-ACK' | 'SYN-FIN' | 'ACK' | 'FIN' | 'FIN-ACK' | 'RST' | 'RST-ACK';

const KINDS: Readonly<Record<Kind, number>> = {
  SYN: SYN,
  'SYN-ACK': SYN | ACK,
  'SYN-FIN': SYN | FIN,
  ACK: ACK,
  FIN: FIN,
  'FIN-ACK': FIN | ACK,
  RST: RST,
  'RST-ACK': RST | ACK,
};

export const ALL_KINDS: readonly Kind[] = [
  'SYN',
  'SYN-ACK',
  'SYN-FIN',
  'ACK',
  'FIN',
  'FIN-ACK',
  'RST',
  'RST-ACK',
];

export type Place = 'left of' | 'at left edge' | 'at right edge' | 'right of';

/** SEG.SEQ as an offset from RCV.NXT, with `wnd` for RCV.WND. */
const PLACES: Readonly<Record<Place, (wnd: number) => number>> = {
  'left of': () => -1,
  'at left edge': () => 0,
  'at right edge': (wnd) => wnd - 1,
  'right of': (wnd) => wnd,
};

export const ALL_PLACES: readonly Place[] = [
  'left of',
  'at left edge',
  'at right edge',
  'right of',
];

export interface Cell {
  readonly state: State;
  readonly kind: Kind;
  readonly place: Place;
  readonly text: number;
}

export const CELLS: readonly Cell[] = ALL_STATES.flatMap((state) =>
  ALL_KINDS.flatMap((kind) =>
    ALL_PLACES.flatMap((place) => [0, TEXT].map((text) => ({ state, kind, place, text }))),
  ),
);

/** Nothing of the peer's sequence is known: its SYN stands at RCV.NXT. */
const UNKNOWN: readonly State[] = ['CLOSED', 'LISTEN', 'SYN-SENT'];
const SYN_OUTSTANDING: readonly State[] = ['SYN-SENT', 'SYN-RECEIVED'];
const FIN_OUTSTANDING: readonly State[] = ['FIN-WAIT-1', 'CLOSING', 'LAST-ACK'];
const FIN_SENT: readonly State[] = [...FIN_OUTSTANDING, 'FIN-WAIT-2', 'TIME-WAIT'];
const FIN_TAKEN: readonly State[] = ['CLOSE-WAIT', 'CLOSING', 'LAST-ACK', 'TIME-WAIT'];

/** `iss` is ours, `irs` the peer's. */
export function variablesIn(state: State, iss: number, irs: number): Variables {
  const known = !UNKNOWN.includes(state);
  const finSent = FIN_SENT.includes(state);
  const nxt = iss + 1 + (finSent ? 1 : 0);
  const outstanding = SYN_OUTSTANDING.includes(state) || FIN_OUTSTANDING.includes(state);
  const fin = FIN_TAKEN.includes(state) ? 1 : 0;
  const rcvNxt = modulo(irs + (known ? 1 : 0) + fin);
  return {
    state,
    passive: state === 'SYN-RECEIVED',
    closing: finSent,
    finSent,
    released: false,
    iss,
    una: modulo(outstanding ? nxt - 1 : nxt),
    nxt: modulo(nxt),
    wnd: known ? WINDOW : 0,
    wl1: irs,
    wl2: modulo(state === 'SYN-RECEIVED' ? 0 : iss + 1),
    maxWnd: known ? WINDOW : 0,
    shift: 0,
    irs,
    rcvNxt,
    rcvWnd: WINDOW - fin,
    rcvUp: rcvNxt,
    gaps: false,
    heldUntil: (offset) => offset,
    finAt: undefined,
    recent: undefined,
  };
}

/** SEG.ACK is SND.NXT: all that was sent is acknowledged. */
export const segmentOf = ({ kind, place, text }: Cell, tcb: Variables): Arriving => ({
  seq: modulo(tcb.rcvNxt + PLACES[place](tcb.rcvWnd)),
  ack: (KINDS[kind] & ACK) === 0 ? 0 : tcb.nxt,
  ctl: KINDS[kind],
  wnd: WINDOW,
  up: 0,
  text,
  tsval: undefined,
});

export const expected = (cell: Cell, tcb: Variables): Outcome =>
  segmentArrives(tcb, segmentOf(cell, tcb));

/** What leaves at once, in the notation of the figures; '' for nothing, and for what may wait. */
export function sentAtOnce(tcb: Variables, seg: Arriving, want: Outcome): string {
  const { answer, rcvNxt } = want;
  switch (answer.kind) {
    case 'nothing':
    case 'owed':
      return '';
    case 'ack':
    case 'challenge':
      return `<SEQ=${tcb.nxt}><ACK=${rcvNxt}><CTL=ACK>`;
    case 'syn-ack':
      return `<SEQ=${tcb.iss}><ACK=${rcvNxt}><CTL=SYN,ACK>`;
    case 'reset':
      if (has(seg, ACK)) return `<SEQ=${answer.seq ?? tcb.nxt}><CTL=RST>`;
      return `<SEQ=0><ACK=${answer.ack ?? 0}><CTL=RST,ACK>`;
  }
}
