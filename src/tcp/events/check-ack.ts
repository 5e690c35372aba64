/**
 * Fifth, check the ACK field: RFC 9293 §3.10.7.4 with RFC 5961 §5 (MAY-12). What an acknowledgment
 * does to the queues is in acknowledge.ts.
 */
import { ACK, type Segment } from '../../wire/segment.ts';
import { add, gt, le, lt } from '../../wire/seq.ts';
import { acknowledge, duplicateAck } from '../acknowledge.ts';
import { challengeAck } from '../acknowledgment.ts';
import { ecnFeedback } from '../ecn/sender.ts';
import { resendSynText } from '../fast-open.ts';
import { closeNormally, enterEstablished, enterFinWait2, enterTimeWait } from '../lifecycle.ts';
import { answerReset } from '../reset.ts';
import { finAcked, type Tcb } from '../tcb.ts';
import { Timer } from '../timers.ts';
import { updateRecent } from '../timestamps.ts';
import { newerWindow, updateSendWindow } from '../windows.ts';
import { NEXT, STOP, type Verdict } from './verdict.ts';

export function checkAck(tcb: Tcb, seg: Segment, now: number): Verdict {
  const { snd } = tcb;
  if (!(seg.ctl & ACK)) {
    tcb.because = '§3.10.7.4 fifth: no ACK, dropped';
    return STOP;
  }

  if (tcb.state === 'SYN-RECEIVED') {
    // SND.UNA < SEG.ACK =< SND.NXT
    if (le(seg.ack, snd.una) || gt(seg.ack, snd.nxt)) {
      answerReset(tcb, seg, '§3.10.7.4 fifth: an ACK of something never sent, reset');
      return STOP;
    }
    updateRecent(tcb, seg, now);
    updateSendWindow(tcb, seg, now);
    if (tcb.ecn !== undefined) ecnFeedback(tcb, tcb.ecn, seg, now);
    acknowledge(tcb, seg, now);
    resendSynText(tcb, now);
    enterEstablished(tcb);
    tcb.because = '§3.10.7.4 fifth: our SYN is acknowledged';
    return NEXT;
  }

  // FIN-WAIT-1 after CLOSE in SYN-RECEIVED: our SYN is not acknowledged yet. If both ends challenged each
  // other here, nobody would find out that one of them is half-open (§3.5.1).
  if (!tcb.synAcked && (le(seg.ack, snd.una) || gt(seg.ack, snd.nxt))) {
    answerReset(tcb, seg, '§3.10.7.4 fifth: an ACK of something never sent, reset');
    return STOP;
  }

  // (SND.UNA - MAX.SND.WND) =< SEG.ACK =< SND.NXT
  if (lt(seg.ack, add(snd.una, -snd.maxWnd)) || gt(seg.ack, snd.nxt)) {
    challengeAck(tcb, now, '§3.10.7.4 fifth, RFC 5961 §5: not an ACK of ours, acknowledged');
    return STOP;
  }
  tcb.because = '§3.10.7.4 fifth: acceptable';
  updateRecent(tcb, seg, now); // RFC 7323 §5.3 R3
  // A retransmission may have an old SEG.SEQ: who acknowledges what nobody did before is not old.
  const news = lt(snd.una, seg.ack);
  if (tcb.ecn !== undefined && le(snd.una, seg.ack)) ecnFeedback(tcb, tcb.ecn, seg, now);
  if (news) {
    acknowledge(tcb, seg, now);
  } else duplicateAck(tcb, seg, now);
  if (le(snd.una, seg.ack)) {
    if (news || newerWindow(tcb, seg)) updateSendWindow(tcb, seg, now);
    // An answered window probe keeps the connection open for ever: R2 runs from one probe until it
    // is answered, not from one to the next (MUST-37, SHLD-17). But nobody may hold for ever what no
    // user could abort any more (RFC 6429 §3).
    if (snd.wnd === 0 && !tcb.released) tcb.timers.stop(Timer.User);
  }
  return acknowledgedFin(tcb, now);
}

function acknowledgedFin(tcb: Tcb, now: number): Verdict {
  switch (tcb.state) {
    case 'FIN-WAIT-1':
      if (!finAcked(tcb)) return NEXT;
      tcb.because = '§3.10.7.4 fifth: our FIN is acknowledged';
      enterFinWait2(tcb, now);
      return NEXT;
    case 'CLOSING':
      if (!finAcked(tcb)) return STOP;
      tcb.because = '§3.10.7.4 fifth: our FIN is acknowledged too, TIME-WAIT for 2 MSL';
      enterTimeWait(tcb, now);
      return STOP;
    case 'LAST-ACK':
      if (!finAcked(tcb)) return STOP;
      tcb.because = '§3.10.7.4 fifth: our FIN is acknowledged, CLOSED';
      closeNormally(tcb);
      return STOP;
    default:
      return NEXT;
  }
}
