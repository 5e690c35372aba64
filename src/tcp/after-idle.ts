/** cwnd after an idle time: RFC 5681 §4.1. Asked when text is to be sent and nothing is outstanding. */
import type { Sender } from './sender.ts';
import type { Tcb } from './tcb.ts';

export function afterIdle(tcb: Tcb, sender: Sender, now: number): void {
  const idle = tcb.lastDeparture < 0 ? 0 : now - tcb.lastDeparture;
  if (idle <= tcb.rto.rto) return;
  sender.congestion.restartedAfterIdle(idle, tcb.rto.rto, now);
}
