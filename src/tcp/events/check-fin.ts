/**
 * Eighth, check the FIN bit: RFC 9293 §3.10.7.4. A FIN beyond a gap waits for the text before it.
 */
import { FIN, textLength, type Segment } from '../../wire/segment.ts';
import { add } from '../../wire/seq.ts';
import { ackNow } from '../acknowledgment.ts';
import { enterTimeWait, restartTimeWait } from '../lifecycle.ts';
import { reportAdvance } from '../sack-out.ts';
import { Signal, signal } from '../signals.ts';
import { enter } from '../state.ts';
import { finAcked, type Tcb } from '../tcb.ts';

export function checkFin(tcb: Tcb, seg: Segment, now: number): void {
  if (tcb.state === 'CLOSED') return;
  if (seg.ctl & FIN && !tcb.finReceived) {
    tcb.finSeen = true;
    tcb.rcv.fin = add(seg.seq, textLength(seg));
  } else if (seg.ctl & FIN && tcb.state === 'TIME-WAIT') {
    restartTimeWait(tcb, now);
    ackNow(tcb);
  }
  if (!tcb.finSeen || tcb.finReceived) return;
  if (tcb.rcv.nxt === tcb.rcv.fin) takeFin(tcb, now);
  else if (seg.ctl & FIN) ackNow(tcb); // beyond a gap: a duplicate ACK at once, RFC 5681 §4.2
}

/** Advance RCV.NXT over the FIN, acknowledge it, signal "connection closing". */
function takeFin(tcb: Tcb, now: number): void {
  tcb.finReceived = true;
  tcb.rcv.nxt = add(tcb.rcv.nxt, 1);
  if (tcb.rcv.wnd > 0) tcb.rcv.wnd--;
  tcb.receiveBuffer.dropGaps(); // no text follows a FIN, whatever was sent
  reportAdvance(tcb);
  ackNow(tcb);
  signal(tcb, Signal.end);
  switch (tcb.state) {
    case 'ESTABLISHED':
      tcb.because =
        '§3.10.7.4 eighth: a FIN is acknowledged; ours leaves when the user calls CLOSE';
      enter(tcb, 'CLOSE-WAIT');
      break;
    case 'FIN-WAIT-1':
      tcb.because = '§3.10.7.4 eighth: the FINs crossed, each is acknowledged';
      if (finAcked(tcb)) enterTimeWait(tcb, now);
      else enter(tcb, 'CLOSING');
      break;
    case 'FIN-WAIT-2':
      tcb.because = '§3.10.7.4 eighth: the FIN is acknowledged, TIME-WAIT for 2 MSL';
      enterTimeWait(tcb, now);
      break;
    default:
      break; // the peer's FIN was taken before: remain
  }
}
