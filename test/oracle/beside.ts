/**
 * The oracle beside the stack: each segment that reaches a connection is put to both, and the first
 * disagreement is thrown. What it looks at: the state, the answer, SND.UNA, SND.WND, RCV.NXT, 2 MSL, and
 * what the user is told. Who imports this has it, for all connections of the process.
 */
import { Connection } from '../../src/tcp/connection.ts';
import { Signal } from '../../src/tcp/signals.ts';
import { AckNeed, type PendingReset, type Tcb } from '../../src/tcp/tcb.ts';
import { Timer } from '../../src/tcp/timers.ts';
import { CE } from '../../src/wire/ecn.ts';
import { ACK, RST, SYN, textLength, type Segment } from '../../src/wire/segment.ts';
import { toU32 } from '../../src/wire/seq.ts';
import { segmentArrives } from './segment-arrives.ts';
import type { Arriving, Outcome, Told, Variables } from './variables.ts';

/** Why the oracle has no word on a segment, or none on its answer. */
export type Reason =
  | 'Fast Open' //         RFC 7413: text before the handshake is over
  | 'ECN: a SYN again' //  RFC 9768 §3.1.5: may be reset
  | 'ECN: a mark'; //      RFC 3168 §6.1.3, RFC 9768 §3.2.2.5.1: may be acknowledged at once

/** Segments since the process began. */
export class Tally {
  asked = 0;
  readonly abstained: Record<Reason, number> = {
    'Fast Open': 0,
    'ECN: a SYN again': 0,
    'ECN: a mark': 0,
  };
}

export const tally: Tally = new Tally();

const DAYS_24 = 24 * 24 * 3600; // s, RFC 7323 §5.5
const SECOND = 1000; // ms, RFC 5961 §7

export function variablesOf(tcb: Tcb, now: number): Variables {
  const { snd, rcv, timestamps, receiveBuffer } = tcb;
  const { reassembly } = receiveBuffer;
  const outdated = timestamps !== undefined && now / SECOND - timestamps.recentAt > DAYS_24;
  return {
    state: tcb.state,
    passive: tcb.openedPassively,
    closing: tcb.finQueued,
    finSent: tcb.finSent,
    released: tcb.released,
    iss: toU32(snd.iss),
    una: toU32(snd.una),
    nxt: toU32(snd.nxt),
    wnd: snd.wnd,
    wl1: toU32(snd.wl1),
    wl2: toU32(snd.wl2),
    maxWnd: snd.maxWnd,
    shift: snd.shift,
    irs: toU32(rcv.irs),
    rcvNxt: toU32(rcv.nxt),
    rcvWnd: rcv.wnd,
    rcvUp: toU32(rcv.up),
    gaps: reassembly !== undefined,
    heldUntil: (offset) => reassembly?.coveredUntil(offset) ?? offset,
    finAt: tcb.finSeen && !tcb.finReceived ? toU32(rcv.fin) : undefined,
    recent: timestamps === undefined ? undefined : outdated ? 'outdated' : timestamps.recent >>> 0,
  };
}

export const arriving = (seg: Segment): Arriving => ({
  seq: toU32(seg.seq),
  ack: toU32(seg.ack),
  ctl: seg.ctl,
  wnd: seg.wnd,
  up: seg.up,
  text: textLength(seg),
  tsval: seg.timestamps ? seg.tsval >>> 0 : undefined,
});

/** What of a TCB an answer is read from. */
interface Before {
  readonly ack: AckNeed;
  readonly reset: PendingReset | undefined;
  readonly happened: number;
  readonly budget: boolean;
  readonly waits: number;
}

function beforeOf(tcb: Tcb, now: number): Before {
  const { challengeAcks, challengeSince, options } = tcb;
  return {
    ack: tcb.ack,
    reset: tcb.pendingReset,
    happened: tcb.happened,
    budget: now - challengeSince >= SECOND || challengeAcks < options.challengeAckLimit,
    waits: tcb.timers.at(Timer.TimeWait),
  };
}

const ANSWERS = [Signal.established, Signal.readable, Signal.urgent, Signal.end] as const;
const ENDS = [Signal.reset, Signal.refused, Signal.aborted, Signal.closed] as const;
const LOOKED_AT = [...ANSWERS, ...ENDS].reduce((all, bit) => all | bit, 0);

/** '' when the TCB is as expected, otherwise what is not. */
function disagreement(
  tcb: Tcb,
  now: number,
  before: Before,
  want: Outcome,
  marked: boolean,
): string {
  if (tcb.state !== want.state) return `state: ${tcb.state}, not ${want.state}`;
  const answered = answerOf(tcb, before, want);
  if (answered !== '' && !(marked && tcb.ack === AckNeed.now)) return answered;
  const told = bitsOf(want.told);
  const news = tcb.happened & ~before.happened & LOOKED_AT;
  if ((news & ~told) !== 0 || (told & ~tcb.happened) !== 0) {
    return `signals: ${tcb.happened.toString(16)}, not ${want.told.join()}`;
  }
  const waits = want.waits ? now + 2 * tcb.options.msl : before.waits;
  if (tcb.state === 'TIME-WAIT' && tcb.timers.at(Timer.TimeWait) !== waits) {
    return `2 MSL end at ${tcb.timers.at(Timer.TimeWait)}, not ${waits}`;
  }
  return tcb.state === 'CLOSED' || tcb.state === 'LISTEN' ? '' : sequencesOf(tcb, want);
}

function sequencesOf({ snd, rcv, state }: Tcb, want: Outcome): string {
  if (toU32(snd.una) !== want.una && want.answer.kind !== 'syn-ack') {
    return `SND.UNA: ${toU32(snd.una)}, not ${want.una}`;
  }
  // A record of TIME-WAIT has no SND.WND: nothing is sent any more
  if (state !== 'TIME-WAIT' && snd.wnd !== want.wnd) return `SND.WND: ${snd.wnd}, not ${want.wnd}`;
  if (state === 'SYN-SENT' || toU32(rcv.nxt) === want.rcvNxt) return '';
  return `RCV.NXT: ${toU32(rcv.nxt)}, not ${want.rcvNxt}`;
}

const bitsOf = (told: readonly Told[]): number => told.reduce((all, name) => all | Signal[name], 0);

function answerOf(tcb: Tcb, before: Before, { answer }: Outcome): string {
  const { pendingReset } = tcb;
  const resets = pendingReset !== undefined && pendingReset !== before.reset;
  if (answer.kind === 'reset') {
    if (!resets) return 'answer: not the reset';
    if (answer.seq === undefined) return '';
    const { seq, ack, ctl } = pendingReset;
    const bits = answer.ack === undefined ? RST : RST | ACK;
    const right = toU32(seq) === answer.seq && toU32(ack) === (answer.ack ?? 0) && ctl === bits;
    return right ? '' : `answer: another reset, <SEQ=${toU32(seq)}><ACK=${toU32(ack)}>`;
  }
  if (resets) return `answer: a reset, not ${answer.kind}`;
  const fine = {
    nothing: tcb.ack === before.ack || tcb.state === 'CLOSED' || tcb.state === 'LISTEN',
    ack: tcb.ack === AckNeed.now,
    challenge: tcb.ack === (before.budget ? AckNeed.now : before.ack),
    owed: tcb.ack !== AckNeed.none,
    'syn-ack': tcb.sendSyn,
  }[answer.kind];
  return fine ? '' : `answer: ${tcb.ack} after ${before.ack}, not ${answer.kind}`;
}

function silentAbout(tcb: Tcb, seg: Segment): Reason | undefined {
  const opening =
    tcb.state === 'LISTEN' || tcb.state === 'SYN-SENT' || tcb.state === 'SYN-RECEIVED';
  if (opening && tcb.fastOpen !== undefined) return 'Fast Open';
  if (tcb.state === 'SYN-RECEIVED' && tcb.ecn !== undefined && seg.ctl & SYN) {
    return 'ECN: a SYN again';
  }
  return undefined;
}

const ofStack = Object.getOwnPropertyDescriptor(Connection.prototype, 'segmentArrives')
  ?.value as Connection['segmentArrives'];

Connection.prototype.segmentArrives = function (now, seg, iss, offset): void {
  const { tcb } = this;
  const silent = silentAbout(tcb, seg);
  tally.asked++;
  if (silent !== undefined) {
    tally.abstained[silent]++;
    return ofStack.call(this, now, seg, iss, offset);
  }
  const marked = tcb.ecn !== undefined && seg.ecn === CE;
  if (marked) tally.abstained['ECN: a mark']++;
  const before = beforeOf(tcb, now);
  const variables = variablesOf(tcb, now);
  const asked = arriving(seg);
  const want = segmentArrives(variables, asked);
  ofStack.call(this, now, seg, iss, offset);
  const wrong = disagreement(tcb, now, before, want, marked);
  if (wrong === '') return;
  const because = `${want.section}; the stack: ${tcb.because}`;
  const what = `${JSON.stringify(asked)} arrived at ${JSON.stringify(variables)}`;
  throw new Error(`the oracle disagrees: ${wrong} (${because})\n${what}`);
};
