/** CLOSED: RFC 9293 §3.10.7.1. "All data in the incoming segment is discarded." */
import type { Segment } from '../../wire/segment.ts';
import { resetFor } from '../reset.ts';
import type { Tcb } from '../tcb.ts';

export function closed(tcb: Tcb, seg: Segment): void {
  const reset = resetFor(seg);
  tcb.because =
    reset === undefined
      ? '§3.10.7.1: a reset that reaches CLOSED is discarded'
      : '§3.10.7.1: CLOSED answers with a reset';
  tcb.pendingReset = reset;
}
