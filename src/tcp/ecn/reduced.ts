/**
 * cwnd was reduced: RFC 3168 §6.1.2. Of a congested window one segment says CWR, and no further mark of
 * that window reduces it again.
 */
import { Feedback, type Ecn } from '../ecn.ts';
import type { Tcb } from '../tcb.ts';

/** For whatever reason: nothing that was sent before may reduce it again. */
export function cwndReduced(tcb: Tcb, ecn: Ecn): void {
  ecn.reduced = true;
  ecn.recover = tcb.snd.nxt;
  if (ecn.feedback === Feedback.classic) ecn.cwr = true;
}
