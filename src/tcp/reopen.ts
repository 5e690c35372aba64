/**
 * When a SYN ends TIME-WAIT: RFC 9293 §3.6.1 (MAY-2), RFC 6191 §2. Of the RFC's table only the rows for
 * two incarnations without timestamps can be met; the others come with timestamps, here. Where RFC 6191
 * would drop the SYN in silence, RFC 9293 §3.10.7.4 fourth has it challenged, and so do we.
 */
import { ACK, RST, SYN, type Segment } from '../wire/segment.ts';
import { ge } from '../wire/seq.ts';
import type { Tcb } from './tcb.ts';

/**
 * | before     | in the SYN | honoured if                                                     |
 * | ---------- | ---------- | --------------------------------------------------------------- |
 * | timestamps | timestamps | TSval is later; or the same, and SEG.SEQ beyond the last one seen |
 * | timestamps | none       | SEG.SEQ is beyond the last one seen                             |
 * | none       | timestamps | always                                                          |
 * | none       | none       | SEG.SEQ is beyond the last one seen                             |
 *
 * The last one seen is the FIN's, RCV.NXT - 1. `tcb` is in TIME-WAIT.
 */
export function opensAgain(tcb: Tcb, seg: Segment): boolean {
  return (seg.ctl & (SYN | ACK | RST)) === SYN && ge(seg.seq, tcb.rcv.nxt);
}
