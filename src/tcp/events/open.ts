/**
 * OPEN: RFC 9293 §3.10.1, and what the handshake needs from it. Addresses, ports and the choice of
 * the ISS are the host's (§3.9.1.1).
 */
import type { Seq } from '../../wire/seq.ts';
import type { Answer } from '../refusal.ts';
import { ecnOpens } from '../ecn/negotiate.ts';
import { enter } from '../state.ts';
import type { Tcb } from '../tcb.ts';
import { Timestamps } from '../timestamps.ts';
import { beginSend } from './handshake.ts';

/** A passive OPEN: wait for a connection. */
export function openPassive(tcb: Tcb): Answer {
  if (tcb.state !== 'CLOSED' || tcb.ending !== undefined) {
    return 'error: connection already exists';
  }
  tcb.because = '§3.10.1: passive OPEN';
  tcb.openedPassively = true;
  enter(tcb, 'LISTEN');
  return 'ok';
}

/**
 * An active OPEN; in LISTEN it turns the passive one active (§3.10.1). `offset` is what the clock of its
 * timestamps is off (RFC 7323 §5.4).
 */
export function openActive(tcb: Tcb, iss: Seq, offset: number): Answer {
  if (tcb.state !== 'LISTEN' && (tcb.state !== 'CLOSED' || tcb.ending !== undefined)) {
    return 'error: connection already exists';
  }
  tcb.because = '§3.10.1: active OPEN';
  tcb.openedPassively = false; // MUST-11
  if (tcb.options.timestamps) tcb.timestamps = new Timestamps(offset);
  ecnOpens(tcb);
  beginSend(tcb, iss); // <SEQ=ISS><CTL=SYN>
  enter(tcb, 'SYN-SENT');
  return 'ok';
}
