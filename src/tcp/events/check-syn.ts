/**
 * Fourth, check the SYN bit: RFC 9293 §3.10.7.4 with RFC 5961 §4. RFC 6191 and MAY-2, a new connection
 * out of TIME-WAIT, amend this check in the host, which alone can make a new TCB.
 */
import { SYN, type Segment } from '../../wire/segment.ts';
import { challengeAck } from '../acknowledgment.ts';
import { openedFast } from '../fast-open.ts';
import { returnToListen } from '../lifecycle.ts';
import type { Tcb } from '../tcb.ts';
import { NEXT, STOP, type Verdict } from './verdict.ts';

export function checkSyn(tcb: Tcb, seg: Segment, now: number): Verdict {
  if (!(seg.ctl & SYN)) return NEXT;
  if (tcb.state === 'SYN-RECEIVED' && tcb.openedPassively && !openedFast(tcb)) {
    tcb.because = '§3.10.7.4 fourth: a SYN in SYN-RECEIVED after a passive OPEN, back to LISTEN';
    returnToListen(tcb);
    return STOP;
  }
  challengeAck(tcb, now, '§3.10.7.4 fourth, RFC 5961 §4: a SYN is challenged');
  return STOP;
}
