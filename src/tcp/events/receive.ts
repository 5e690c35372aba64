/**
 * RECEIVE: RFC 9293 §3.10.3. A call takes what is there and never waits; 0 means nothing is there
 * yet. DEVIATION(receive-after-fin): text that arrived before the peer's FIN can be taken in every
 * later state, where the RFC answers "connection closing" and would lose it. DEVIATION(receive-after-reset):
 * so can text that arrived before a reset, or before whatever else ended the connection.
 */
import { ackNow, readAckDue } from '../acknowledgment.ts';
import { add, lt } from '../../wire/seq.ts';
import type { Refusal } from '../refusal.ts';
import type { Tcb } from '../tcb.ts';
import { windowUpdateDue } from '../windows.ts';

/** Moves up to `max` octets to `into[at..]`. */
export function receive(tcb: Tcb, into: Uint8Array, at: number, max: number): number | Refusal {
  const { receiveBuffer } = tcb;
  if (receiveBuffer.unread > 0) {
    const taken = receiveBuffer.take(into, at, max);
    passUrgent(tcb);
    if (expectsText(tcb) && (windowUpdateDue(tcb) || readAckDue(tcb))) ackNow(tcb);
    return taken;
  }
  if (tcb.ending === undefined) {
    if (tcb.finReceived) return 'error: connection closing';
    return tcb.state === 'CLOSED' ? 'error: connection does not exist' : 0;
  }
  // After a reset never "connection closing", which would hide that text may be lost (MUST-12).
  switch (tcb.ending) {
    case 'reset':
      return 'error: connection reset';
    case 'refused':
      return 'error: connection refused';
    case 'timeout':
      return 'error: connection aborted due to user timeout';
    default:
      return 'error: connection does not exist';
  }
}

/** What the user has taken is not urgent any more; 2^31 octets later it would seem to lie ahead. */
function passUrgent(tcb: Tcb): void {
  const { rcv, receiveBuffer } = tcb;
  const next = add(rcv.nxt, -receiveBuffer.unread - (tcb.finReceived ? 1 : 0));
  if (lt(rcv.up, next)) rcv.up = next;
}

function expectsText(tcb: Tcb): boolean {
  return tcb.state === 'ESTABLISHED' || tcb.state === 'FIN-WAIT-1' || tcb.state === 'FIN-WAIT-2';
}
