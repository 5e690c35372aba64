/**
 * Sixth, check the URG bit: RFC 9293 §3.10.7.4 and §3.8.5. The pointer names the octet that follows
 * the urgent text (MUST-62); the stream itself never changes (MUST-30, RFC 6093).
 */
import { URG, type Segment } from '../../wire/segment.ts';
import { add, gt } from '../../wire/seq.ts';
import { Signal, signal } from '../signals.ts';
import type { Tcb } from '../tcb.ts';

export function checkUrg(tcb: Tcb, seg: Segment): void {
  if (!(seg.ctl & URG)) return;
  switch (tcb.state) {
    case 'ESTABLISHED':
    case 'FIN-WAIT-1':
    case 'FIN-WAIT-2':
      break;
    default:
      return; // "This should not occur since a FIN has been received": ignore the URG
  }
  const { rcv } = tcb;
  const pointer = add(seg.seq, seg.up);
  if (!gt(pointer, rcv.up) || !gt(pointer, rcv.nxt)) return;
  rcv.up = pointer; // RCV.UP <- max(RCV.UP,SEG.UP)
  signal(tcb, Signal.urgent); // on arrival and on each advance (MUST-32)
}
