/**
 * LISTEN: RFC 9293 §3.10.7.2. Text or FIN that comes with a SYN is not kept: our SYN,ACK acknowledges
 * the SYN alone, so its sender repeats the rest once the connection is open; but for RFC 7413.
 */
import { ACK, RST, SYN, type Segment } from '../../wire/segment.ts';
import type { Seq } from '../../wire/seq.ts';
import { ecnSynArrives } from '../ecn/negotiate.ts';
import { openedFast, takeSynText } from '../fast-open.ts';
import { answerReset } from '../reset.ts';
import { enter } from '../state.ts';
import type { Tcb } from '../tcb.ts';
import { advertisedWindow } from '../windows.ts';
import { beginSend, takeSyn } from './handshake.ts';

export function listen(tcb: Tcb, seg: Segment, iss: Seq, offset: number, now: number): void {
  // First, check for a RST: it could not be about anything sent by this connection.
  if (seg.ctl & RST) {
    tcb.because = '§3.10.7.2 first: LISTEN ignores a reset';
    return;
  }
  // Second, check for an ACK: any acknowledgment is bad.
  if (seg.ctl & ACK) {
    answerReset(tcb, seg, '§3.10.7.2 second: LISTEN answers any ACK with a reset');
    return;
  }
  // Third, check for a SYN.
  if (seg.ctl & SYN) {
    tcb.because = '§3.10.7.2 third: a SYN in LISTEN is answered with SYN,ACK';
    takeSyn(tcb, seg, offset, now);
    ecnSynArrives(tcb, seg);
    beginSend(tcb, iss);
    tcb.openedPassively = true; // MUST-11
    enter(tcb, 'SYN-RECEIVED');
    if (openedFast(tcb)) {
      advertisedWindow(tcb); // RCV.WND, as our SYN,ACK will say
      takeSynText(tcb, seg);
    }
    return;
  }
  // Fourth, other data or control: drop.
  tcb.because = '§3.10.7.2 fourth: neither RST, ACK nor SYN, dropped';
}
