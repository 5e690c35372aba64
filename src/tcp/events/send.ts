/**
 * SEND: RFC 9293 §3.10.2 and §3.9.1.2. Takes as much as the buffer holds; the rest is for later, so the
 * RFC's "insufficient resources" is an answer of 0 octets.
 */
import { add, type Seq } from '../../wire/seq.ts';
import { restartUserTimer } from '../lifecycle.ts';
import type { Refusal } from '../refusal.ts';
import { sendCapacity, sendTight } from '../send-autotune.ts';
import type { Tcb } from '../tcb.ts';
import { Timer } from '../timers.ts';
import { openActive } from './open.ts';

export interface SendOptions {
  /** Send soon; true unless said otherwise (MAY-15, MUST-60). */
  readonly push?: boolean;
  /** The last octet is urgent. New applications should not use this (SHLD-13). */
  readonly urgent?: boolean;
  /** Turns a passive OPEN active: the ISS, for a connection whose foreign socket is known. */
  readonly iss?: Seq;
  /** With it: what the clock of its timestamps is off. */
  readonly timestampOffset?: number;
}

/** Takes `bytes[start..end)`. Answers how many octets were taken, or why none may be. */
export function send(
  tcb: Tcb,
  now: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  options: SendOptions | undefined,
): number | Refusal {
  switch (tcb.state) {
    case 'CLOSED':
      return tcb.ending === 'reset'
        ? 'error: connection reset'
        : 'error: connection does not exist';
    case 'LISTEN':
      if (options?.iss === undefined) return 'error: foreign socket unspecified';
      openActive(tcb, options.iss, options.timestampOffset ?? 0);
      break;
    case 'SYN-SENT':
    case 'SYN-RECEIVED':
    case 'ESTABLISHED':
    case 'CLOSE-WAIT':
      break;
    default:
      return 'error: connection closing';
  }
  if (tcb.finQueued) return 'error: connection closing';
  return queueText(tcb, now, bytes, start, end, options);
}

function queueText(
  tcb: Tcb,
  now: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  options: SendOptions | undefined,
): number {
  const taken = tcb.sendBuffer.append(bytes, start, end, sendCapacity(tcb));
  if (sendTight(tcb)) tcb.sendBuffer.full = true;
  if (taken === 0) return 0;
  tcb.because = '§3.10.2: SEND';
  const last = textEnd(tcb);
  if (options === undefined || options.push !== false) tcb.pushed = last;
  if (options !== undefined && options.urgent === true) {
    tcb.snd.up = last; // one past the last urgent octet (MUST-62)
    tcb.pushed = last;
  }
  // Into a closed window it does not run before a probe has left (MUST-37).
  const open = tcb.synAcked && tcb.snd.wnd > 0;
  if (open && !tcb.timers.running(Timer.User)) restartUserTimer(tcb, now);
  return taken;
}

/** One past the last octet the user gave us. */
export function textEnd(tcb: Tcb): Seq {
  return add(tcb.snd.una, tcb.sendBuffer.length + (tcb.synAcked ? 0 : 1));
}
