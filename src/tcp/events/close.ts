/**
 * CLOSE: RFC 9293 §3.10.4 and §3.6. "I have no more data to send"; receiving goes on. `release` is the
 * application going away altogether, the half-duplex close of §3.6.1 (MAY-1, SHLD-3).
 */
import { endConnection } from '../lifecycle.ts';
import type { Answer } from '../refusal.ts';
import { sendReset } from '../reset.ts';
import { enter } from '../state.ts';
import type { Tcb } from '../tcb.ts';
import { Timer } from '../timers.ts';

export function close(tcb: Tcb): Answer {
  switch (tcb.state) {
    case 'CLOSED':
      return 'error: connection does not exist';
    case 'LISTEN':
    case 'SYN-SENT':
      endConnection(tcb, 'closed');
      return 'ok';
    default:
  }
  if (tcb.finQueued) return 'error: connection closing';
  tcb.because = '§3.10.4: CLOSE, a FIN after all text';
  switch (tcb.state) {
    case 'SYN-RECEIVED':
      tcb.finQueued = true;
      // With text to send first, FIN-WAIT-1 waits for ESTABLISHED.
      if (tcb.sendBuffer.length === 0) enter(tcb, 'FIN-WAIT-1');
      return 'ok';
    case 'ESTABLISHED':
      tcb.finQueued = true;
      enter(tcb, 'FIN-WAIT-1'); // the FIN itself leaves when all text has been segmentized
      return 'ok';
    case 'CLOSE-WAIT':
      tcb.finQueued = true; // LAST-ACK when it leaves
      return 'ok';
    default:
      return 'error: connection closing';
  }
}

/** Nobody will call RECEIVE again: unread text, now or later, is answered with a reset. */
export function release(tcb: Tcb, now: number): Answer {
  if (tcb.state === 'CLOSED') return 'error: connection does not exist';
  tcb.released = true;
  if (tcb.state === 'TIME-WAIT')
    tcb.receiveBuffer.clear(); // the peer is done and need not know
  else if (tcb.receiveBuffer.unread > 0) {
    tcb.because = '§3.6.1, SHLD-3: closed with text unread, reset';
    sendReset(tcb);
    endConnection(tcb, 'aborted');
    return 'ok';
  }
  if (tcb.state === 'FIN-WAIT-2') {
    tcb.timers.set(Timer.FinWait2, now + tcb.options.finWait2Timeout);
  }
  return tcb.finQueued ? 'ok' : close(tcb);
}
