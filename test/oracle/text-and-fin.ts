/** RFC 9293 §3.10.7.4, sixth to eighth: what the segment brings. */
import { FIN, URG } from '../../src/wire/segment.ts';
import {
  AN_ACK,
  beyond,
  has,
  modulo,
  segLen,
  type Answer,
  type Arriving,
  type Outcome,
  type State,
  type Variables,
} from './variables.ts';

/** What is left of the segment, and how it stands so far. */
export interface Rest {
  readonly seg: Arriving;
  readonly so: Outcome;
}

/** The peer has sent no FIN, or it has not been reached. */
const takesText = (state: State): boolean =>
  state === 'ESTABLISHED' || state === 'FIN-WAIT-1' || state === 'FIN-WAIT-2';

/** Sixth, check the URG bit: RCV.UP <- max(RCV.UP,SEG.UP), and the user is told (MUST-32). */
export function urgBit(tcb: Variables, seg: Arriving, rest: Rest): Rest {
  if (!has(seg, URG) || !takesText(rest.so.state)) return rest;
  const pointer = modulo(seg.seq + seg.up); // §3.8.5: the octet that follows
  if (beyond(pointer, tcb.rcvUp) <= 0 || beyond(pointer, tcb.rcvNxt) <= 0) return rest;
  return { ...rest, so: { ...rest.so, told: [...rest.so.told, 'urgent'] } };
}

/** Seventh, process the segment text. */
export function segmentText(tcb: Variables, { seg, so }: Rest): Rest {
  if (!takesText(so.state) || segLen(seg) === 0) return { seg, so };
  const { answer, ...cut } = trimmed(tcb, seg);
  const left = cut.seg;
  const answered = answer === undefined ? so : { ...so, answer };
  if (left.text === 0) return { seg: left, so: answered };
  if (tcb.released) return { seg: left, so: textForNobody(so) };
  const offset = beyond(left.seq, tcb.rcvNxt);
  const section = '§3.10.7.4 seventh';
  // SHLD-31: held. RFC 5681 §4.2: a duplicate ACK at once, as for what fills a gap
  if (offset > 0) return { seg: left, so: { ...answered, section, answer: AN_ACK } };
  const at = tcb.gaps ? AN_ACK : soon(answered.answer);
  const told = [...so.told, 'readable'] as const;
  const rcvNxt = modulo(tcb.rcvNxt + tcb.heldUntil(left.text));
  return { seg: left, so: { ...answered, section, answer: at, told, rcvNxt } };
}

/** §3.8.6.3: an ACK that nothing makes urgent may wait. */
const soon = (answer: Answer): Answer => (answer.kind === 'nothing' ? { kind: 'owed' } : answer);

/** "trimming off any portions that lie outside the window (including SYN and FIN)" */
function trimmed(tcb: Variables, seg: Arriving): { seg: Arriving; answer: Answer | undefined } {
  const { rcvNxt, rcvWnd } = tcb;
  const before = Math.max(0, beyond(rcvNxt, seg.seq));
  const text = Math.max(0, seg.text - before);
  const start = before > 0 ? rcvNxt : seg.seq;
  const over = beyond(start, rcvNxt) + text - rcvWnd;
  const answer = before > 0 || over > 0 ? AN_ACK : undefined;
  if (over <= 0) return { seg: { ...seg, seq: start, text }, answer };
  const ctl = seg.ctl & ~FIN;
  return { seg: { ...seg, seq: start, text: Math.max(0, text - over), ctl }, answer };
}

/** §3.6.1, SHLD-3: its sender must learn that it is lost. */
const textForNobody = (so: Outcome): Outcome => ({
  ...so,
  section: '§3.6.1',
  state: 'CLOSED',
  answer: { kind: 'reset' },
  told: [...so.told, 'aborted', 'closed'],
});

const AFTER_FIN: Partial<Record<State, State>> = {
  ESTABLISHED: 'CLOSE-WAIT',
  'FIN-WAIT-1': 'CLOSING', // if our FIN were acknowledged, it would be FIN-WAIT-2 since the fifth step
  'FIN-WAIT-2': 'TIME-WAIT',
};

/** Eighth, check the FIN bit. One beyond a gap waits for the text before it. */
export function finBit(tcb: Variables, { seg, so }: Rest): Outcome {
  const section = '§3.10.7.4 eighth';
  if (!takesText(so.state)) {
    if (so.state !== 'TIME-WAIT' || !has(seg, FIN)) return so; // "Remain in the CLOSE-WAIT state."
    return { ...so, section, answer: AN_ACK, waits: true };
  }
  const fin = has(seg, FIN) ? modulo(seg.seq + seg.text) : tcb.finAt;
  if (fin === undefined) return so;
  if (fin !== so.rcvNxt) return has(seg, FIN) ? { ...so, answer: AN_ACK } : so;
  const state = AFTER_FIN[so.state] ?? so.state;
  const told = [...so.told, 'end'] as const;
  const rcvNxt = modulo(fin + 1);
  return { ...so, section, state, answer: AN_ACK, told, rcvNxt, waits: state === 'TIME-WAIT' };
}
