/** Another congestion controller on a living connection: cwnd and ssthresh are carried over. */
import { controllerFor } from './congestion/controllers.ts';
import type { ControllerName } from './options.ts';
import { beginningOf, senderOf } from './sender.ts';
import { effectiveSendMss } from './smss.ts';
import type { Tcb } from './tcb.ts';

/**
 * From now on `name` decides. False before the connection is established: until then it is an option
 * of the connection.
 */
export function chooseController(tcb: Tcb, name: ControllerName, now: number): boolean {
  if (!tcb.synAcked) return false;
  const sender = senderOf(tcb, now);
  const before = sender.congestion;
  if (before.name === name) return true;
  const next = controllerFor(name, tcb.options, beginningOf(tcb));
  next.established(effectiveSendMss(tcb), before.cwnd, now);
  next.ssthresh = before.ssthresh;
  sender.congestion = next;
  return true;
}
