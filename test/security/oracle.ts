/**
 * What RFC 9293 §3.10.7 says to a segment, written down a second time, with plain numbers that do not
 * wrap and no TCB: for every state as `reach` leaves it. Amended by RFC 5961 and RFC 1337 as in src/.
 */
import type { State } from '../../src/tcp/state.ts';
import { ACK, FIN, RST, SYN } from '../../src/wire/segment.ts';
import { TARGET_ISS } from './target.ts';

export interface Given {
  readonly state: State;
  readonly una: number; // SND.UNA
  readonly nxt: number; // SND.NXT
  readonly rcv: number; // RCV.NXT
  readonly wnd: number; // RCV.WND
  readonly maxWnd: number; // MAX.SND.WND
}

export interface Asked {
  readonly seq: number;
  readonly ack: number;
  readonly ctl: number;
  readonly text: number; // octets
}

export interface Expected {
  readonly state: State;
  /** What is sent at once, in the notation of the figures. */
  readonly answer: string;
}

export function expected(given: Given, seg: Asked): Expected {
  switch (given.state) {
    case 'CLOSED':
      return stay(given, resetOfClosed(seg));
    case 'LISTEN':
      return listen(given, seg);
    case 'SYN-SENT':
      return synSent(given, seg);
    default:
      return otherStates(given, seg);
  }
}

const has = (seg: Asked, bit: number): boolean => (seg.ctl & bit) !== 0;
const length = (seg: Asked): number => seg.text + (has(seg, SYN) ? 1 : 0) + (has(seg, FIN) ? 1 : 0);
const stay = ({ state }: Given, answer = ''): Expected => ({ state, answer });
const go = (state: State, answer = ''): Expected => ({ state, answer });
const ackAt = ({ nxt }: Given, rcv: number): string => `<SEQ=${nxt}><ACK=${rcv}><CTL=ACK>`;
const reset = (seg: Asked): string => `<SEQ=${seg.ack}><CTL=RST>`;

function resetOfClosed(seg: Asked): string {
  if (has(seg, RST)) return '';
  return has(seg, ACK) ? reset(seg) : `<SEQ=0><ACK=${seg.seq + length(seg)}><CTL=RST,ACK>`;
}

const synAck = (seg: Asked): string => `<SEQ=${TARGET_ISS}><ACK=${seg.seq + 1}><CTL=SYN,ACK>`;

function listen(given: Given, seg: Asked): Expected {
  if (has(seg, RST)) return stay(given);
  if (has(seg, ACK)) return stay(given, reset(seg));
  return has(seg, SYN) ? go('SYN-RECEIVED', synAck(seg)) : stay(given);
}

function synSent(given: Given, seg: Asked): Expected {
  const acks = has(seg, ACK);
  const wrong = acks && (seg.ack <= TARGET_ISS || seg.ack > given.nxt);
  if (wrong) return stay(given, has(seg, RST) ? '' : reset(seg));
  if (has(seg, RST)) return acks ? go('CLOSED') : stay(given);
  if (!has(seg, SYN)) return stay(given);
  if (!acks) return go('SYN-RECEIVED', synAck(seg));
  return go(has(seg, FIN) ? 'CLOSE-WAIT' : 'ESTABLISHED', ackAt(given, seg.seq + length(seg)));
}

function otherStates(given: Given, seg: Asked): Expected {
  const { state, rcv, wnd } = given;
  const inside = (at: number): boolean => rcv <= at && at < rcv + wnd;
  const challenge = stay(given, ackAt(given, rcv));
  if (has(seg, RST)) {
    if (!inside(seg.seq) || state === 'TIME-WAIT') return stay(given); // first; RFC 1337
    if (seg.seq !== rcv) return challenge; //                             RFC 5961 §3
    return go(state === 'SYN-RECEIVED' ? 'LISTEN' : 'CLOSED'); //         second; MUST-11
  }
  const last = seg.seq + Math.max(length(seg), 1) - 1;
  if (!inside(seg.seq) && !(length(seg) > 0 && inside(last))) return challenge; // first
  if (has(seg, SYN)) return state === 'SYN-RECEIVED' ? go('LISTEN') : challenge; // fourth
  if (!has(seg, ACK)) return stay(given); //                                        fifth
  return checkAck(given, seg, challenge);
}

function checkAck(given: Given, seg: Asked, challenge: Expected): Expected {
  const { una, nxt, maxWnd } = given;
  if (given.state === 'SYN-RECEIVED') {
    if (seg.ack <= una || seg.ack > nxt) return stay(given, reset(seg));
    return textAndFin(given, 'ESTABLISHED', seg);
  }
  if (seg.ack < una - maxWnd || seg.ack > nxt) return challenge; // RFC 5961 §5
  const finAcked = seg.ack === nxt;
  switch (given.state) {
    case 'FIN-WAIT-1':
      return textAndFin(given, finAcked ? 'FIN-WAIT-2' : 'FIN-WAIT-1', seg);
    case 'CLOSING':
      return finAcked ? go('TIME-WAIT') : stay(given);
    case 'LAST-ACK':
      return finAcked ? go('CLOSED') : stay(given);
    default:
      return textAndFin(given, given.state, seg);
  }
}

const AFTER_FIN: Partial<Record<State, State>> = {
  ESTABLISHED: 'CLOSE-WAIT',
  'FIN-WAIT-1': 'CLOSING',
  'FIN-WAIT-2': 'TIME-WAIT',
};

function textAndFin(given: Given, state: State, seg: Asked): Expected {
  const { rcv } = given;
  const fin = has(seg, FIN);
  const after = AFTER_FIN[state];
  if (after === undefined) return go(state, state === 'TIME-WAIT' && fin ? ackAt(given, rcv) : '');
  if (seg.text === 0 && !fin) return go(state);
  if (seg.seq !== rcv) return go(state, ackAt(given, rcv)); // beyond a gap: at once
  if (!fin) return go(state); //                               delayed (MUST-40)
  return go(after, ackAt(given, rcv + seg.text + 1));
}
