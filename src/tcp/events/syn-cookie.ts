/**
 * A handshake that nobody kept: RFC 4987 §3.6. The ACK of a SYN cookie has come; the SYN it stands for
 * is played again to a TCB in LISTEN, and our SYN,ACK has left already. Then the ACK itself may arrive.
 */
import type { Segment } from '../../wire/segment.ts';
import type { Seq } from '../../wire/seq.ts';
import type { Tcb } from '../tcb.ts';
import { synWindow } from '../windows.ts';
import { listen } from './listen.ts';

export function synCookie(tcb: Tcb, syn: Segment, iss: Seq, offset: number, now: number): void {
  listen(tcb, syn, iss, offset, now);
  tcb.sendSyn = false;
  synWindow(tcb); // RCV.WND as that SYN,ACK said
}
