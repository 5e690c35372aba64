/** RFC 9293 §3.10.7.4, first to fifth: may this segment say anything, and what does its ACK say? */
import { ACK, FIN, RST, SYN } from '../../src/wire/segment.ts';
import {
  AN_ACK,
  beyond,
  CHALLENGE,
  has,
  modulo,
  NOTHING,
  segLen,
  unchanged,
  type Answer,
  type Arriving,
  type Outcome,
  type Variables,
} from './variables.ts';

/** What is left of a segment that goes on, or where it ended. */
export interface First {
  readonly seg: Arriving;
  readonly stop?: Outcome;
  /** It owes an ACK whatever comes: nothing of it fitted a window of zero. */
  readonly answer?: Answer;
  /** It was a SYN, whose window is not scaled. */
  readonly wasSyn?: boolean;
}

/** First, check the sequence number; PAWS before it (RFC 7323 §5.3). */
export function acceptability(tcb: Variables, seg: Arriving): First {
  const old = paws(tcb, seg);
  if (old !== undefined) return { seg, stop: old };
  const fits = inWindow(tcb, seg);
  if (has(seg, RST)) {
    // RFC 5961 §3, SHLD-2: its position alone counts
    if (fits) return { seg };
    return { seg, stop: unchanged(tcb, '§3.10.7.4 first, RFC 5961 §3') };
  }
  const again = tcb.state === 'SYN-RECEIVED' && has(seg, SYN) && seg.seq === tcb.irs;
  // "The letter of the first check": the SYN,ACK of Figure 7 lies before RCV.NXT, and is taken.
  if (again && (fits || (!tcb.passive && has(seg, ACK)))) {
    return { seg: { ...seg, seq: modulo(seg.seq + 1), ctl: seg.ctl & ~SYN }, wasSyn: true };
  }
  if (fits) return { seg };
  if (tcb.rcvWnd === 0 && seg.seq === tcb.rcvNxt && !has(seg, SYN)) {
    // "special allowance should be made to accept valid ACKs, URGs, and RSTs" (MUST-66)
    return { seg: { ...seg, text: 0, ctl: seg.ctl & ~FIN }, answer: AN_ACK };
  }
  return { seg, stop: notAcceptable(tcb, seg) };
}

function paws({ recent, ...tcb }: Variables, seg: Arriving): Outcome | undefined {
  if (recent === undefined) return undefined;
  const here = { ...tcb, recent };
  if (seg.tsval === undefined) {
    // RFC 7323 §3.2; but a reset, and a SYN, which RFC 5961 §4 wants challenged
    return has(seg, RST | SYN) ? undefined : unchanged(here, 'RFC 7323 §3.2');
  }
  if (recent === 'outdated' || has(seg, RST) || beyond(seg.tsval, recent) >= 0) return undefined;
  return unchanged(here, 'RFC 7323 §5.3 R1', CHALLENGE);
}

/** §3.4, Table 6; of a reset SEG.SEQ alone. */
function inWindow({ rcvNxt, rcvWnd }: Variables, seg: Arriving): boolean {
  const length = has(seg, RST) ? 0 : segLen(seg);
  const first = beyond(seg.seq, rcvNxt);
  const inside = (at: number): boolean => 0 <= at && at < rcvWnd;
  if (length === 0) return rcvWnd === 0 ? first === 0 : inside(first);
  if (rcvWnd === 0) return false;
  return inside(first) || inside(first + length - 1) || (first < 0 && first + length > rcvWnd);
}

function notAcceptable(tcb: Variables, seg: Arriving): Outcome {
  const section = '§3.10.7.4 first';
  const again = has(seg, FIN) && modulo(seg.seq + segLen(seg)) === tcb.rcvNxt;
  if (tcb.state === 'TIME-WAIT' && again) {
    // "The letter of the first check": the eighth step restarts 2 MSL, and no FIN would ever reach it
    return { ...unchanged(tcb, `${section}, eighth`, AN_ACK), waits: true };
  }
  // RFC 5961 §7: what has neither text nor FIN may be forged at no cost
  return unchanged(tcb, section, seg.text === 0 && !has(seg, FIN) ? CHALLENGE : AN_ACK);
}

/** Second, check the RST bit; RFC 5961 §3, RFC 1337 §3. */
export function reset(tcb: Variables, seg: Arriving): Outcome | undefined {
  if (!has(seg, RST)) return undefined;
  const section = '§3.10.7.4 second';
  if (tcb.state === 'TIME-WAIT') return unchanged(tcb, 'RFC 1337 §3'); // "Resets in TIME-WAIT"
  if (seg.seq !== tcb.rcvNxt) return unchanged(tcb, `${section}, RFC 5961 §3`, CHALLENGE);
  const ends = { ...unchanged(tcb, section), state: 'CLOSED' as const };
  switch (tcb.state) {
    case 'SYN-RECEIVED':
      if (!tcb.passive) return { ...ends, told: ['refused', 'closed'] };
      return backToListen(tcb, section);
    case 'CLOSING':
    case 'LAST-ACK':
      return { ...ends, told: ['closed'] };
    default:
      return { ...ends, told: ['reset', 'closed'] };
  }
}

/** MUST-11; who has called CLOSE listens no more (§3.10.4). */
function backToListen(tcb: Variables, section: string): Outcome {
  if (!tcb.closing) return { ...unchanged(tcb, section), state: 'LISTEN' };
  return { ...unchanged(tcb, section), state: 'CLOSED', told: ['closed'] };
}

/** Fourth, check the SYN bit; RFC 5961 §4. */
export function synBit(tcb: Variables, seg: Arriving): Outcome | undefined {
  if (!has(seg, SYN)) return undefined;
  const section = '§3.10.7.4 fourth';
  if (tcb.state === 'SYN-RECEIVED' && tcb.passive) return backToListen(tcb, section);
  return unchanged(tcb, `${section}, RFC 5961 §4`, CHALLENGE);
}

export interface Fifth {
  readonly outcome: Outcome;
  /** "drop the segment and return" */
  readonly stop: boolean;
}

/** Fifth, check the ACK field; RFC 5961 §5. */
export function acknowledged(tcb: Variables, seg: Arriving, first: First): Fifth {
  const section = '§3.10.7.4 fifth';
  const so = unchanged(tcb, section, first.answer ?? NOTHING);
  if (!has(seg, ACK)) return { outcome: so, stop: true };
  const tooNew = beyond(seg.ack, tcb.nxt) > 0;
  if (tcb.state === 'SYN-RECEIVED') {
    // SND.UNA < SEG.ACK =< SND.NXT
    if (tooNew || beyond(seg.ack, tcb.una) <= 0) {
      return { outcome: { ...so, answer: { kind: 'reset', seq: seg.ack } }, stop: true };
    }
    const state = tcb.closing ? 'FIN-WAIT-1' : 'ESTABLISHED';
    const { una, wnd } = { una: seg.ack, wnd: scaled(tcb, seg, first) };
    return { outcome: { ...so, state, una, wnd, told: ['established'] }, stop: false };
  }
  // FIN-WAIT-1 after CLOSE in SYN-RECEIVED: an end that is half-open is found as there (§3.5.1)
  if (tcb.una === tcb.iss && (tooNew || beyond(seg.ack, tcb.una) <= 0)) {
    return { outcome: { ...so, answer: { kind: 'reset', seq: seg.ack } }, stop: true };
  }
  // (SND.UNA - MAX.SND.WND) =< SEG.ACK =< SND.NXT
  if (tooNew || beyond(seg.ack, tcb.una) < -tcb.maxWnd) {
    return { outcome: unchanged(tcb, `${section}, RFC 5961 §5`, CHALLENGE), stop: true };
  }
  const news = beyond(seg.ack, tcb.una) > 0;
  const una = news ? seg.ack : tcb.una;
  const wnd = windowOf(tcb, seg, first, news);
  // CLOSE in SYN-RECEIVED has led to FIN-WAIT-1, and only now is our SYN acknowledged (§3.10.4)
  const told = news && tcb.una === tcb.iss ? (['established'] as const) : [];
  return ofOurFin(tcb, { ...so, una, wnd, told });
}

/** SND.WL1 and SND.WL2 keep old windows out. "The window of a new acknowledgment" is taken. */
function windowOf(tcb: Variables, seg: Arriving, first: First, news: boolean): number {
  if (beyond(seg.ack, tcb.una) < 0) return tcb.wnd;
  const since = beyond(seg.seq, tcb.wl1);
  const newer = since > 0 || (since === 0 && beyond(seg.ack, tcb.wl2) >= 0);
  return news || newer ? scaled(tcb, seg, first) : tcb.wnd;
}

/** RFC 7323 §2.3; of a SYN what is left when it is kept as if it had been scaled. */
function scaled({ shift }: Variables, seg: Arriving, { wasSyn }: First): number {
  return wasSyn === true ? Math.floor(seg.wnd / 2 ** shift) * 2 ** shift : seg.wnd * 2 ** shift;
}

function ofOurFin(tcb: Variables, so: Outcome): Fifth {
  const finAcked = tcb.finSent && so.una === tcb.nxt;
  switch (tcb.state) {
    case 'FIN-WAIT-1':
      return { outcome: finAcked ? { ...so, state: 'FIN-WAIT-2' } : so, stop: false };
    case 'CLOSING':
      return { outcome: finAcked ? { ...so, state: 'TIME-WAIT', waits: true } : so, stop: true };
    case 'LAST-ACK':
      return {
        outcome: finAcked ? { ...so, ...GONE, told: [...so.told, 'closed'] } : so,
        stop: true,
      };
    default:
      return { outcome: so, stop: false };
  }
}

const GONE = { state: 'CLOSED', answer: NOTHING } as const;
