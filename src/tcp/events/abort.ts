/** ABORT: RFC 9293 §3.10.5. */
import { endConnection } from '../lifecycle.ts';
import type { Answer } from '../refusal.ts';
import { sendReset } from '../reset.ts';
import type { Tcb } from '../tcb.ts';

export function abort(tcb: Tcb): Answer {
  switch (tcb.state) {
    case 'CLOSED':
      return 'error: connection does not exist';
    case 'SYN-RECEIVED':
    case 'ESTABLISHED':
    case 'FIN-WAIT-1':
    case 'FIN-WAIT-2':
    case 'CLOSE-WAIT':
      tcb.because = '§3.10.5: ABORT';
      sendReset(tcb); // <SEQ=SND.NXT><CTL=RST>
      break;
    default:
      break; // LISTEN, SYN-SENT, CLOSING, LAST-ACK, TIME-WAIT: nothing to say
  }
  endConnection(tcb, 'aborted');
  return 'ok';
}
