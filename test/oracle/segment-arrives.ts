/**
 * RFC 9293 §3.10.7, a second time: pure functions, one for each step, in the RFC's order and under its
 * numbers. Later RFCs amend a step in that step; where the stack departs on purpose, the comment names
 * the heading of docs/conformance.md.
 */
import { ACK, RST, SYN } from '../../src/wire/segment.ts';
import { acceptability, acknowledged, reset, synBit } from './checks.ts';
import { finBit, segmentText, urgBit, type Rest } from './text-and-fin.ts';
import {
  AN_ACK,
  beyond,
  has,
  modulo,
  resetFor,
  unchanged,
  type Arriving,
  type Outcome,
  type Variables,
} from './variables.ts';

export function segmentArrives(tcb: Variables, seg: Arriving): Outcome {
  switch (tcb.state) {
    case 'CLOSED':
      return closed(tcb, seg);
    case 'LISTEN':
      return listen(tcb, seg);
    case 'SYN-SENT':
      return synSent(tcb, seg);
    default:
      return otherStates(tcb, seg);
  }
}

/** §3.10.7.1 */
function closed(tcb: Variables, seg: Arriving): Outcome {
  return unchanged(tcb, '§3.10.7.1', resetFor(seg));
}

/** §3.10.7.2 */
function listen(tcb: Variables, seg: Arriving): Outcome {
  if (has(seg, RST)) return unchanged(tcb, '§3.10.7.2 first');
  if (has(seg, ACK)) return unchanged(tcb, '§3.10.7.2 second', resetFor(seg));
  if (has(seg, SYN)) return synTaken(tcb, seg, '§3.10.7.2 third');
  return unchanged(tcb, '§3.10.7.2 fourth');
}

/** RCV.NXT <- SEG.SEQ+1, and a SYN,ACK. "Text with a SYN": is not kept, nor a FIN. */
function synTaken(tcb: Variables, seg: Arriving, section: string): Outcome {
  return {
    ...unchanged(tcb, section, { kind: 'syn-ack' }),
    state: 'SYN-RECEIVED',
    rcvNxt: modulo(seg.seq + 1),
    wnd: seg.wnd,
  };
}

/** §3.10.7.3 */
function synSent(tcb: Variables, seg: Arriving): Outcome {
  // First: SEG.ACK =< ISS or SEG.ACK > SND.NXT
  if (has(seg, ACK) && (beyond(seg.ack, tcb.iss) <= 0 || beyond(seg.ack, tcb.nxt) > 0)) {
    return unchanged(tcb, '§3.10.7.3 first', resetFor(seg));
  }
  const acceptable = has(seg, ACK);
  if (has(seg, RST)) {
    if (!acceptable) return unchanged(tcb, '§3.10.7.3 second');
    const told = ['reset', 'closed'] as const;
    return { ...unchanged(tcb, '§3.10.7.3 second'), state: 'CLOSED', told };
  }
  // Third, security and compartments: absent on purpose.
  if (has(seg, SYN)) return synSentSyn(tcb, seg, acceptable);
  return unchanged(tcb, '§3.10.7.3 fifth');
}

/** Fourth */
function synSentSyn(tcb: Variables, seg: Arriving, acceptable: boolean): Outcome {
  if (!acceptable) return synTaken(tcb, seg, '§3.10.7.3 fourth');
  const rcvNxt = modulo(seg.seq + 1);
  const open: Outcome = {
    ...unchanged(tcb, '§3.10.7.3 fourth', AN_ACK),
    state: 'ESTABLISHED',
    told: ['established'],
    una: seg.ack,
    wnd: seg.wnd, // RFC 7323 §2.2: that of a SYN is never scaled
    rcvNxt,
  };
  // "continue processing at the sixth step", with what the SYN leaves
  const rest = { ...seg, seq: rcvNxt, ctl: seg.ctl & ~SYN };
  return fromSixth({ ...tcb, rcvNxt, rcvUp: rcvNxt, finAt: undefined }, rest, seg, open);
}

/** §3.10.7.4 */
function otherStates(tcb: Variables, seg: Arriving): Outcome {
  const first = acceptability(tcb, seg);
  if (first.stop !== undefined) return first.stop;
  const taken = first.seg;
  const second = reset(tcb, taken);
  if (second !== undefined) return second;
  // Third, security and compartments: absent on purpose.
  const fourth = synBit(tcb, taken);
  if (fourth !== undefined) return fourth;
  const fifth = acknowledged(tcb, taken, first);
  if (fifth.stop) return fifth.outcome;
  return fromSixth(tcb, taken, taken, fifth.outcome);
}

function fromSixth(tcb: Variables, seg: Arriving, whole: Arriving, so: Outcome): Outcome {
  const sixth: Rest = urgBit(tcb, whole, { seg, so });
  const seventh = segmentText(tcb, sixth);
  if (seventh.so.state === 'CLOSED') return seventh.so;
  return finBit(tcb, seventh);
}
