/**
 * cwnd after an idle time: RFC 5681 §4.1, RFC 7661, or as it was. Asked when text is to be sent and
 * nothing is outstanding; what becomes of cwnd is the controller's decision.
 */
import type { Sender } from './sender.ts';
import type { Tcb } from './tcb.ts';

export function afterIdle(tcb: Tcb, sender: Sender, now: number): void {
  if (tcb.options.afterIdle === 'keep') return;
  const idle = tcb.lastDeparture < 0 ? 0 : now - tcb.lastDeparture;
  if (idle <= tcb.rto.rto) return;
  sender.cwndWhy = '';
  sender.congestion.restartedAfterIdle(idle, tcb.rto.rto, now);
}
