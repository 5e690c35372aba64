/**
 * First, check the sequence number: RFC 9293 §3.10.7.4. The four cases of Table 6, and what the RFC
 * allows beside them when the window is zero (MUST-66). PAWS comes before them: RFC 7323 §5.3.
 */
import { ACK, FIN, RST, segLen, SYN, textLength, type Segment } from '../../wire/segment.ts';
import { add, inWindow } from '../../wire/seq.ts';
import { acknowledgeQuickly, ackNow, challengeAck } from '../acknowledgment.ts';
import { ecnSynAgain } from '../ecn/negotiate.ts';
import { restartTimeWait } from '../lifecycle.ts';
import { reportOld } from '../sack-out.ts';
import type { Tcb } from '../tcb.ts';
import { failsPaws, lacksTimestamps } from '../timestamps.ts';
import { acceptable } from '../windows.ts';
import { NEXT, STOP, type Verdict } from './verdict.ts';

export function checkSequence(tcb: Tcb, seg: Segment, now: number): Verdict {
  const { rcv } = tcb;

  if (tcb.timestamps !== undefined) {
    if (lacksTimestamps(tcb, seg)) {
      tcb.because = 'RFC 7323 §3.2: timestamps were negotiated and are not there, dropped';
      return STOP;
    }
    if (failsPaws(tcb, seg, now)) {
      challengeAck(tcb, now, 'RFC 7323 §5.3 R1: an old timestamp, acknowledged and dropped');
      return STOP;
    }
  }
  if (seg.ctl & RST) {
    // Only the position of a reset counts, whatever text it carries (SHLD-2).
    if (seg.seq === rcv.nxt || inWindow(seg.seq, rcv.nxt, rcv.wnd)) return NEXT;
    tcb.because = '§3.10.7.4 first, RFC 5961 §3: a reset outside the window is dropped';
    return STOP;
  }
  const fits = acceptable(rcv, seg);
  const again = isSynAgain(tcb, seg);
  const taken = again && (fits || completesSimultaneousOpen(tcb, seg));
  if (again && tcb.ecn !== undefined && !ecnSynAgain(tcb, tcb.ecn, seg, taken)) return STOP;
  if (taken) {
    // The SYN lies before RCV.NXT and is trimmed: the text behind it does not make it a new one. Of
    // the SYN,ACK of Figure 7, lines 6 and 7, the rest is what completes the open.
    seg.ctl &= ~SYN;
    seg.seq = add(seg.seq, 1);
    seg.wnd >>= tcb.snd.shift; // its window is not scaled (RFC 7323 §2.2)
    return NEXT;
  }
  if (fits) return NEXT;

  if (rcv.wnd === 0 && seg.seq === rcv.nxt && !(seg.ctl & SYN)) {
    // "special allowance should be made to accept valid ACKs, URGs, and RSTs"
    tcb.because = '§3.10.7.4 first: no text fits a zero window, its ACK is taken';
    seg.textEnd = seg.textStart;
    seg.ctl &= ~FIN;
    ackNow(tcb);
    return NEXT;
  }
  return notAcceptable(tcb, seg, now);
}

// "send an acknowledgment in reply ... After sending the acknowledgment, drop the segment"
function notAcceptable(tcb: Tcb, seg: Segment, now: number): Verdict {
  if (tcb.state === 'TIME-WAIT' && isRetransmittedFin(tcb, seg)) {
    // By the letter a repeated FIN never reaches the eighth check, which restarts the timer.
    tcb.because = '§3.10.7.4 first and eighth: the FIN again, TIME-WAIT restarts';
    restartTimeWait(tcb, now);
    ackNow(tcb);
    return STOP;
  }
  const because = '§3.10.7.4 first: outside the window, acknowledged and dropped';
  if (textLength(seg) === 0 && !(seg.ctl & FIN)) challengeAck(tcb, now, because);
  else {
    tcb.because = because;
    reportOld(tcb, seg);
    acknowledgeQuickly(tcb);
    ackNow(tcb);
  }
  return STOP;
}

function isRetransmittedFin(tcb: Tcb, seg: Segment): boolean {
  return (seg.ctl & FIN) !== 0 && add(seg.seq, segLen(seg)) === tcb.rcv.nxt;
}

function isSynAgain(tcb: Tcb, seg: Segment): boolean {
  return (seg.ctl & SYN) !== 0 && tcb.state === 'SYN-RECEIVED' && seg.seq === tcb.rcv.irs;
}

function completesSimultaneousOpen(tcb: Tcb, seg: Segment): boolean {
  return !tcb.openedPassively && (seg.ctl & ACK) !== 0;
}
