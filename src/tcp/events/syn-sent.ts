/**
 * SYN-SENT: RFC 9293 §3.10.7.3. A SYN without ACK is the simultaneous open of Figure 7 (MUST-10).
 */
import { ACK, RST, SYN, type Segment } from '../../wire/segment.ts';
import { gt, le, lt } from '../../wire/seq.ts';
import { ackNow } from '../acknowledgment.ts';
import { acknowledge } from '../acknowledge.ts';
import { ecnSynAckArrives, ecnSynArrives } from '../ecn/negotiate.ts';
import { resendSynText, synAckCame } from '../fast-open.ts';
import { endConnection, enterEstablished } from '../lifecycle.ts';
import { answerReset } from '../reset.ts';
import { enter } from '../state.ts';
import type { Tcb } from '../tcb.ts';
import { checkUrg } from './check-urg.ts';
import { takeSyn } from './handshake.ts';
import { processText } from './segment-text.ts';
import { checkFin } from './check-fin.ts';

export function synSent(tcb: Tcb, seg: Segment, now: number): void {
  const { snd } = tcb;

  // First, check the ACK bit.
  if (seg.ctl & ACK && (le(seg.ack, snd.iss) || gt(seg.ack, snd.nxt))) {
    answerReset(tcb, seg, '§3.10.7.3 first: an ACK of something never sent, reset');
    return;
  }
  const ackAcceptable = (seg.ctl & ACK) !== 0 && lt(snd.una, seg.ack);

  // Second, check the RST bit. RCV.NXT is not known yet, so the ACK is what proves it (RFC 5961 §3).
  if (seg.ctl & RST) {
    if (!ackAcceptable) {
      tcb.because = '§3.10.7.3 second: a reset without an acceptable ACK is dropped';
      return;
    }
    tcb.because = '§3.10.7.3 second: an acceptable reset, connection reset';
    endConnection(tcb, 'reset');
    return;
  }

  // Third, check the security: no security compartments here, docs/adr/0011.

  // Fourth, check the SYN bit.
  if (seg.ctl & SYN) {
    takeSyn(tcb, seg, 0, now);
    if (ackAcceptable) ecnSynAckArrives(tcb, seg);
    else ecnSynArrives(tcb, seg);
    if (!ackAcceptable) {
      tcb.because = '§3.10.7.3 fourth: a SYN without ACK, simultaneous open';
      tcb.sendSyn = true; // <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>
      enter(tcb, 'SYN-RECEIVED');
      return;
    }
    tcb.because = '§3.10.7.3 fourth: our SYN is acknowledged';
    if (tcb.fastOpen !== undefined) synAckCame(tcb, seg, tcb.fastOpen);
    acknowledge(tcb, seg, now);
    resendSynText(tcb, now);
    enterEstablished(tcb);
    ackNow(tcb); // <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>
    // "If there are other controls or text in the segment, then continue processing at the sixth step"
    checkUrg(tcb, seg);
    processText(tcb, seg, now);
    checkFin(tcb, seg, now);
    return;
  }

  // Fifth, neither SYN nor RST: drop.
  tcb.because = '§3.10.7.3 fifth: neither SYN nor RST, dropped';
}
