/**
 * Seventh, process the segment text: RFC 9293 §3.10.7.4. Text is trimmed to the window, put in order
 * or held beyond a gap (SHLD-31), and acknowledged once all of a batch is processed (MUST-58, MUST-59).
 */
import { FIN, segLen, SYN, textLength, type Segment } from '../../wire/segment.ts';
import { add, diff } from '../../wire/seq.ts';
import { acknowledgeQuickly, ackNow, ackText } from '../acknowledgment.ts';
import { endConnection } from '../lifecycle.ts';
import { mostRanges } from '../reassembly.ts';
import { receiveCapacity } from '../receive-autotune.ts';
import { receiverOf } from '../receiver.ts';
import { answerReset } from '../reset.ts';
import { reportAdvance, reportHeld, reportOld, reportOverlap } from '../sack-out.ts';
import { Signal, signal } from '../signals.ts';
import type { Tcb } from '../tcb.ts';

export function processText(tcb: Tcb, seg: Segment, now: number): void {
  switch (tcb.state) {
    case 'ESTABLISHED':
    case 'FIN-WAIT-1':
    case 'FIN-WAIT-2':
      break;
    default:
      return; // "This should not occur since a FIN has been received": ignore the segment text
  }
  if (segLen(seg) === 0) return;
  trimToWindow(tcb, seg);
  const length = textLength(seg);
  if (length === 0) return;
  if (tcb.released) {
    textForNobody(tcb, seg);
    return;
  }
  const offset = diff(seg.seq, tcb.rcv.nxt);
  if (offset === 0) inOrder(tcb, seg, now);
  else beyondGap(tcb, seg, offset, now);
}

/**
 * §3.6.1, SHLD-3: text arrives after the user went away, so the peer must learn it is lost. What the peer expects
 * next is what it acknowledges: a reset with SND.NXT would be challenged by who has not seen our FIN (RFC 5961 §3).
 */
function textForNobody(tcb: Tcb, seg: Segment): void {
  answerReset(tcb, seg, '§3.6.1, SHLD-3: text for a connection nobody reads, reset');
  endConnection(tcb, 'aborted');
}

function inOrder(tcb: Tcb, seg: Segment, now: number): void {
  const { rcv, receiveBuffer } = tcb;
  const gap = receiveBuffer.reassembly !== undefined;
  if (gap) reportOverlap(tcb, seg, 0);
  const moved = receiveBuffer.append(seg.bytes, seg.textStart, seg.textEnd);
  rcv.nxt = add(rcv.nxt, moved);
  tcb.bytesReceived += moved;
  rcv.wnd -= moved; // the right edge stays where it is until the user takes text
  signal(tcb, Signal.readable);
  if (gap) reportAdvance(tcb);
  ackText(tcb, seg, moved, gap, now);
}

// An immediate duplicate ACK tells the sender what is missing (MAY-13, RFC 5681 §4.2).
function beyondGap(tcb: Tcb, seg: Segment, offset: number, now: number): void {
  const { receiveBuffer } = tcb;
  const most = mostRanges(receiveCapacity(tcb));
  reportOverlap(tcb, seg, offset);
  const kept = receiveBuffer.hold(offset, seg.bytes, seg.textStart, seg.textEnd, most);
  if (kept) reportHeld(tcb, offset);
  tcb.because = kept
    ? '§3.10.7.4 seventh, SHLD-31: beyond a gap, held and acknowledged at once'
    : '§3.10.7.4 seventh: beyond too many gaps, not kept';
  const receiver = receiverOf(tcb);
  receiver.lastText = now;
  receiver.duplicates++;
  ackNow(tcb);
}

/** "trimming off any portions that lie outside the window (including SYN and FIN)" */
function trimToWindow(tcb: Tcb, seg: Segment): void {
  const { rcv } = tcb;
  if (seg.ctl & SYN) {
    seg.ctl &= ~SYN; // taken already, in SYN-SENT
    seg.seq = add(seg.seq, 1);
  }
  const before = diff(rcv.nxt, seg.seq);
  if (before > 0) {
    reportOld(tcb, seg);
    acknowledgeQuickly(tcb);
    ackNow(tcb); // part of it was here before: our acknowledgment may have been lost
    seg.textStart = Math.min(seg.textStart + before, seg.textEnd);
    seg.seq = rcv.nxt;
  }
  const beyond = diff(seg.seq, rcv.nxt) + textLength(seg) - rcv.wnd;
  if (beyond > 0) {
    seg.textEnd = Math.max(seg.textEnd - beyond, seg.textStart);
    seg.ctl &= ~FIN;
    ackNow(tcb);
  }
}
