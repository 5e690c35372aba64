/**
 * ECN as receiver of text: RFC 3168 §6.1.3, RFC 9768 §3.2. What came marked, when that is to be said at
 * once, and how every acknowledgment says it.
 */
import { CE, ECT0 } from '../../wire/ecn.ts';
import { ACE, aceBits, CWR, ECE, textLength, type Segment } from '../../wire/segment.ts';
import { ackNow } from '../acknowledgment.ts';
import type { Accurate, Ecn } from '../ecn.ts';
import type { Tcb } from '../tcb.ts';
import { countText, fillOption } from './accecn-option.ts';
import { handshakeCode } from './negotiate-accurate.ts';

const MARKS_WITH_TEXT = 2; //    RFC 9768 §3.2.2.5.1: 'n', when text is unacknowledged
const MARKS_WITHOUT_TEXT = 3; // ... and when not, so that ACKs of ACKs die out

/** An acceptable segment came (RFC 3168 §6.1.5: one outside of the window says nothing). */
export function ecnArrived(tcb: Tcb, ecn: Ecn, seg: Segment): void {
  const marked = seg.ecn === CE;
  const { accurate } = ecn;
  if (accurate !== undefined) {
    accurateArrived(tcb, ecn, accurate, seg, marked);
    return;
  }
  if (seg.ctl & CWR) ecn.echo = false;
  if (!marked || textLength(seg) === 0) return; // pure ACKs are not ECN-capable (§6.1.4)
  ecn.receivedCe++;
  if (!ecn.echo) ackNow(tcb); // the sender is to know soon, as in Linux
  ecn.echo = true;
}

function accurateArrived(
  tcb: Tcb,
  ecn: Ecn,
  accurate: Accurate,
  seg: Segment,
  marked: boolean,
): void {
  const octets = textLength(seg);
  if (octets > 0) countText(accurate, seg.ecn, octets);
  if (marked) {
    accurate.r.cep++;
    accurate.pending++;
    ecn.receivedCe++;
    const most = octets > 0 || owes(tcb) ? MARKS_WITH_TEXT : MARKS_WITHOUT_TEXT;
    if ((octets > 0 && !accurate.lastCe) || accurate.pending >= most) {
      ackNow(tcb); // change-triggered, increment-triggered: §3.2.2.5.1
    }
  }
  accurate.lastCe = marked;
}

/** Is there text that was not acknowledged? */
const owes = (tcb: Tcb): boolean => tcb.receiver !== undefined && tcb.receiver.unacked > 0;

/** What an acknowledgment says; SYN and RST have their own. */
export function fillEcn(tcb: Tcb, ecn: Ecn, out: Segment): void {
  const { accurate } = ecn;
  if (accurate === undefined) {
    if (ecn.echo) out.ctl |= ECE;
    return;
  }
  const code = accurate.handshakeAck ? handshakeCode(accurate.synEcn) : accurate.r.cep;
  out.ctl = (out.ctl & ~ACE) | aceBits(code);
  accurate.handshakeAck = false;
  accurate.pending = 0;
  fillOption(accurate, out);
  // As Linux, on all there is (RFC 8311 §4.3); but where ACKs of marked ACKs would pass for duplicates,
  // without SACK, on new text alone (RFC 9768 §3.2.2.5.1).
  if (ecn.ect && tcb.sackOn) out.ecn = ECT0;
}
