/**
 * Another congestion controller, as setsockopt(TCP_CONGESTION) has it. On a living connection cwnd and
 * ssthresh are carried over, and what only one of the two needs is made or dropped: pacing, and what
 * measures the delivery rate.
 */
import { controllerFor } from './congestion/controllers.ts';
import { INFINITE_SSTHRESH } from './congestion/control.ts';
import { knobsOf } from './knobs.ts';
import type { ControllerName } from './options.ts';
import { beginningOf, choosePacer, pipe, type Sender } from './sender.ts';
import { effectiveSendMss } from './smss.ts';
import type { Tcb } from './tcb.ts';

/** From now on `name` decides. False when there is no connection that could send any more. */
export function chooseController(tcb: Tcb, name: ControllerName, now: number): boolean {
  if (tcb.state === 'CLOSED' || tcb.state === 'TIME-WAIT') return false;
  knobsOf(tcb).congestionControl = name;
  if (tcb.sender !== undefined) replace(tcb, tcb.sender, name, now);
  return true;
}

function replace(tcb: Tcb, sender: Sender, name: ControllerName, now: number): void {
  const before = sender.congestion;
  if (before.name === name) return;
  const next = controllerFor(name, tcb.options, beginningOf(tcb));
  next.established(effectiveSendMss(tcb), before.cwnd, now);
  next.ssthresh = before.ssthresh;
  next.deliveryRate?.beginMidway(now);
  sender.congestion = next;
  choosePacer(tcb, sender);
  if (sender.recovery.inRecovery && !next.ownsRecovery && before.ssthresh === INFINITE_SSTHRESH) {
    next.congestionDetected('loss', pipe(tcb.snd, sender), now); // PRR needs to know where it leads
  }
}
