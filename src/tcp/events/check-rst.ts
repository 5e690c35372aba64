/**
 * Second, check the RST bit: RFC 9293 §3.10.7.4 with RFC 5961 §3. Outside the window: dropped by the
 * first check. Inside but not at RCV.NXT: challenge ACK. At RCV.NXT: reset.
 */
import { RST, type Segment } from '../../wire/segment.ts';
import { challengeAck } from '../acknowledgment.ts';
import { openedFast } from '../fast-open.ts';
import { closeNormally, endConnection, returnToListen } from '../lifecycle.ts';
import type { Tcb } from '../tcb.ts';
import { NEXT, STOP, type Verdict } from './verdict.ts';

export function checkRst(tcb: Tcb, seg: Segment, now: number): Verdict {
  if (!(seg.ctl & RST)) return NEXT;
  if (tcb.state === 'TIME-WAIT') {
    tcb.because = 'RFC 1337 §3: TIME-WAIT ignores a reset';
    return STOP;
  }
  if (seg.seq !== tcb.rcv.nxt) {
    challengeAck(tcb, now, 'RFC 5961 §3: a reset in the window but not at RCV.NXT is challenged');
    return STOP;
  }
  switch (tcb.state) {
    case 'SYN-RECEIVED':
      resetSynReceived(tcb);
      return STOP;
    case 'CLOSING':
    case 'LAST-ACK':
      tcb.because = '§3.10.7.4 second: a reset while closing, CLOSED';
      closeNormally(tcb);
      return STOP;
    default:
      tcb.because = '§3.10.7.4 second: a reset at RCV.NXT, connection reset';
      endConnection(tcb, 'reset');
      return STOP;
  }
}

// MUST-11: it matters where SYN-RECEIVED came from.
function resetSynReceived(tcb: Tcb): void {
  if (openedFast(tcb)) {
    tcb.because = 'RFC 7413 §4.2.2: its user has it already, connection reset';
    endConnection(tcb, 'reset');
    return;
  }
  if (tcb.openedPassively) {
    tcb.because = '§3.10.7.4 second: opened passively, returns to LISTEN';
    returnToListen(tcb);
    return;
  }
  tcb.because = '§3.10.7.4 second: opened actively, connection refused';
  endConnection(tcb, 'refused');
}
