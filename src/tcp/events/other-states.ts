/**
 * SYN-RECEIVED and the synchronized states: RFC 9293 §3.10.7.4. The eight checks, in the RFC's order
 * and under its names; later RFCs amend a check inside that check.
 */
import type { Segment } from '../../wire/segment.ts';
import { ecnArrived } from '../ecn/receiver.ts';
import { predicted } from '../fast-path.ts';
import type { Tcb } from '../tcb.ts';
import { checkAck } from './check-ack.ts';
import { checkFin } from './check-fin.ts';
import { checkRst } from './check-rst.ts';
import { checkSequence } from './check-sequence.ts';
import { checkSyn } from './check-syn.ts';
import { checkUrg } from './check-urg.ts';
import { processText } from './segment-text.ts';
import { userTimeoutArrives } from '../user-timeout.ts';

export function otherStates(tcb: Tcb, seg: Segment, now: number): void {
  if (tcb.options.fastPath && predicted(tcb, seg, now)) return;
  if (!checkSequence(tcb, seg, now)) return; // First
  tcb.lastArrival = now; //                     §3.8.4: not idle
  tcb.keepAliveUnanswered = 0;
  if (!checkRst(tcb, seg, now)) return; //      Second, as amended by RFC 5961 §3
  //                                            Third, security: absent on purpose, docs/adr/0011
  if (!checkSyn(tcb, seg, now)) return; //      Fourth, as amended by RFC 5961 §4
  if (tcb.ecn !== undefined) ecnArrived(tcb, tcb.ecn, seg);
  if (!checkAck(tcb, seg, now)) return; //      Fifth, as amended by RFC 5961 §5
  if (tcb.uto !== undefined) userTimeoutArrives(tcb, seg, tcb.uto, now);
  checkUrg(tcb, seg); //                        Sixth
  processText(tcb, seg, now); //                Seventh
  checkFin(tcb, seg, now); //                   Eighth
}
