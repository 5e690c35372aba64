/**
 * ECN as sender of text: RFC 3168 §6.1.2, RFC 9768 §3.2.2 and §3.2.3. Codepoints on what is sent, what the
 * peer says of them, when not to believe in it, and one reduction of cwnd per window.
 */
import { ECT0 } from '../../wire/ecn.ts';
import { aceOf, CWR, ECE, textLength, type Segment } from '../../wire/segment.ts';
import { add, diff, gt, lt } from '../../wire/seq.ts';
import { Feedback, FIRST_BYTES, type Accurate, type Ecn } from '../ecn.ts';
import { congestionExperienced } from '../recovery/take-ack.ts';
import { effectiveSendMss } from '../smss.ts';
import type { Tcb } from '../tcb.ts';
import { firstOption, readOption } from './accecn-option.ts';
import { newlyMarked } from './ace.ts';
import { codepointOf } from './negotiate-accurate.ts';
import { sentAs } from './negotiate.ts';
import { cwndReduced } from './reduced.ts';

const CONTINUOUS_ROUNDS = 4; //   RFC 9768 §3.2.2.3: "three or four rounds"
const BLEACHED_SEGMENTS = 10; //  of text that nobody counted

/** New text leaves: RFC 3168 §6.1.2; not the octet of a window probe (§6.1.6), nor a FIN alone. */
export function ecnNewText(ecn: Ecn, out: Segment): void {
  if (textLength(out) === 0) return;
  if (ecn.ect) out.ecn = ECT0;
  if (!ecn.cwr) return;
  ecn.cwr = false;
  out.ctl |= CWR;
}

/** An acceptable ACK, before it is taken: what it says was marked, and one reaction per window. */
export function ecnFeedback(tcb: Tcb, ecn: Ecn, seg: Segment, now: number): void {
  const octets = Math.max(0, diff(seg.ack, tcb.snd.una));
  const { accurate } = ecn;
  const marked =
    accurate === undefined
      ? classicFeedback(ecn, seg, octets)
      : accurateFeedback(tcb, ecn, accurate, seg, octets);
  ecn.ceOctets = marked;
  if (ecn.reduced && gt(seg.ack, ecn.recover)) ecn.reduced = false;
  if (marked > 0 && !ecn.reduced) reduce(tcb, ecn, now);
}

/** RFC 3168 §6.1.2: ECE, of all octets that the ACK is about. */
function classicFeedback(ecn: Ecn, seg: Segment, octets: number): number {
  if (ecn.feedback !== Feedback.classic || !(seg.ctl & ECE)) return 0;
  ecn.deliveredCe++;
  return Math.max(octets, 1);
}

/** As for a loss, but that nothing is to be sent again (RFC 3168 §6.1.2, RFC 8511 §3). */
function reduce(tcb: Tcb, ecn: Ecn, now: number): void {
  const { sender, snd } = tcb;
  if (sender === undefined || snd.una === snd.nxt) return;
  if (congestionExperienced(tcb, sender, now)) cwndReduced(tcb, ecn);
}

function accurateFeedback(
  tcb: Tcb,
  ecn: Ecn,
  accurate: Accurate,
  seg: Segment,
  octets: number,
): number {
  if (accurate.onSyn) {
    accurate.onSyn = false; // its flags are no counter (§3.2.2)
    return 0;
  }
  if (tcb.state === 'SYN-RECEIVED' && isPure(seg)) return handshakeAck(ecn, accurate, seg);
  if (!accurate.tested) firstFeedback(ecn, accurate, seg);
  if (superseded(accurate, seg, octets)) return 0;
  return countMarks(tcb, ecn, accurate, seg, octets);
}

const isPure = (seg: Segment): boolean => textLength(seg) === 0 && seg.sackCount === 0;

/** Table 4: the ACK of our SYN,ACK. */
function handshakeAck(ecn: Ecn, accurate: Accurate, seg: Segment): number {
  firstOption(accurate, seg);
  const code = aceOf(seg.ctl);
  if (code === 0) {
    ecn.ect = false; // {Note 1}
    accurate.responds = false;
    return 0;
  }
  sentAs(ecn, accurate, codepointOf(code));
  if (!accurate.marked) return 0;
  accurate.s.cep++;
  ecn.deliveredCe++;
  return 0; // nothing is in flight: the first window is small, sender.ts
}

/** §3.2.2.4: no counter begins at zero. */
function firstFeedback(ecn: Ecn, accurate: Accurate, seg: Segment): void {
  accurate.tested = true;
  if (!accurate.optionSeen) firstOption(accurate, seg);
  if (aceOf(seg.ctl) !== 0) return;
  ecn.ect = false;
  accurate.responds = false;
}

/** Appendix A.1: an ACK that is not older than the last one looked at, as far as can be told. */
function superseded(accurate: Accurate, seg: Segment, octets: number): boolean {
  const newer = seg.timestamps && ((seg.tsval - accurate.tsval) | 0) > 0;
  if (octets === 0 && !newer) return true;
  if (seg.timestamps) accurate.tsval = seg.tsval;
  return false;
}

function countMarks(tcb: Tcb, ecn: Ecn, accurate: Accurate, seg: Segment, octets: number): number {
  const { s } = accurate;
  const smss = effectiveSendMss(tcb);
  const packets = Math.ceil(octets / smss);
  const ceb = readOption(accurate, seg);
  const marks = newlyMarked(aceOf(seg.ctl), s.cep, packets, ceb, smss);
  s.cep += marks;
  ecn.deliveredCe += marks;
  accurate.octetsAtOption += octets;
  if (ceb >= 0) reconcile(ecn, accurate, ceb, smss);
  if (ecn.ect) {
    accurate.octets += octets;
    testBleaching(ecn, accurate, seg, smss);
    if (accurate.allMarked && octets > 0) testContinuous(tcb, ecn, accurate, seg, marks >= packets);
  }
  if (marks === 0 || !accurate.responds) return 0;
  return ceb > 0 ? ceb : Math.max(1, Math.min(marks * smss, octets)); // Appendix A.3
}

/** §3.2.3.2.5: octets were marked, but no segment was, and ACE cannot have wrapped: mangled. */
function reconcile(ecn: Ecn, accurate: Accurate, ceb: number, smss: number): void {
  const sure = accurate.octetsAtOption <= 7 * smss;
  if (ceb > 0 && sure && accurate.s.cep === accurate.cepAtOption) ecn.ect = false;
  accurate.cepAtOption = accurate.s.cep;
  accurate.octetsAtOption = 0;
}

/** The peer counts octets, but none of ours: somebody takes our codepoint off. */
function testBleaching(ecn: Ecn, accurate: Accurate, seg: Segment, smss: number): void {
  if (seg.accEcn < 0 || seg.accEcnCount < 3 || accurate.octets < BLEACHED_SEGMENTS * smss) return;
  const { s } = accurate;
  if (s.ceb === 0 && s.e0b === FIRST_BYTES && s.e1b === FIRST_BYTES) ecn.ect = false;
}

/** §3.2.2.3: all of the first rounds came marked; no queue does that. */
function testContinuous(tcb: Tcb, ecn: Ecn, accurate: Accurate, seg: Segment, all: boolean): void {
  if (!all) {
    accurate.allMarked = false;
    return;
  }
  if (accurate.rounds > 0 && lt(seg.ack, accurate.roundEnd)) return;
  accurate.rounds++;
  accurate.roundEnd = tcb.snd.nxt;
  if (accurate.rounds <= CONTINUOUS_ROUNDS) return;
  ecn.ect = false;
  accurate.responds = false;
}

/** The retransmission timer expired: options may be what does not come through (§3.2.3.2.2). */
export function ecnTimedOut(tcb: Tcb, ecn: Ecn): void {
  cwndReduced(tcb, ecn);
  const { accurate } = ecn;
  const { iss, una } = tcb.snd;
  if (accurate !== undefined && una === add(iss, 1)) accurate.sendsOptions = false;
}
