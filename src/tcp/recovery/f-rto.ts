/**
 * F-RTO: RFC 5682 §2.1, and with SACK §3.1. After a timeout two new segments leave instead of old ones:
 * if what was never sent again is acknowledged then, the timeout was spurious.
 */
import { diff } from '../../wire/seq.ts';
import { textEnd } from '../events/send.ts';
import type { Sender } from '../sender.ts';
import { effectiveSendMss } from '../smss.ts';
import type { Tcb } from '../tcb.ts';
import { usableWindow } from '../windows.ts';

const NEW_SEGMENTS = 2; //  §2.1 step 2b
const MOST_SEGMENTS = 3; // of cwnd, §2.1 step 3a

/** Recovery.frto: in step 2, an ACK is waited for; in step 3, new text was let out. */
const WAITING = 2;
export const FRTO_NEW = 3;

/** Step 1: the timer expired for the first time. */
export function frtoBegins(sender: Sender): void {
  sender.recovery.frto = WAITING;
}

/**
 * Steps 2 and 3: an ACK after the timeout. `advanced`: SND.UNA moved; `reached`: to the recovery point;
 * `sacked`: it is a duplicate or SACKs something new. True: the timeout was spurious.
 */
export function frtoAck(
  tcb: Tcb,
  sender: Sender,
  advanced: boolean,
  reached: boolean,
  sacked: boolean,
): boolean {
  const { recovery, delivery } = sender;
  if (recovery.frto === 0) return false;
  if (recovery.frto === FRTO_NEW) {
    // 3b: never-retransmitted text arrived. Without SACK an ACK over both kinds says nothing. Not in step
    // 2, as Linux has it: what was sent again may have been lost though the rest arrived late.
    if (delivery.original && (tcb.sackOn || !delivery.ambiguous)) return true;
    if (sacked) lossWasReal(tcb, sender); // 3a
  } else if (!advanced) {
    if (!tcb.sackOn) recovery.frto = 0; // 2a
  } else if (!reached) step2b(tcb, sender);
  if (reached) recovery.frto = 0;
  return false;
}

// With new text in flight cwnd would not let out what is lost: "no more than 3 * MSS".
function lossWasReal(tcb: Tcb, sender: Sender): void {
  sender.recovery.frto = 0;
  if (!tcb.sackOn && !sender.congestion.ownsRecovery) {
    sender.congestion.cwnd = MOST_SEGMENTS * effectiveSendMss(tcb);
    sender.cwndWhy = 'RFC 5682 §2.1 step 3a: the timeout was right';
  }
}

// New text, when there is some and the window allows: else nothing can be found out.
function step2b(tcb: Tcb, sender: Sender): void {
  const { recovery } = sender;
  if (diff(textEnd(tcb), tcb.snd.nxt) <= 0 || usableWindow(tcb) <= 0) {
    recovery.frto = 0;
    return;
  }
  recovery.frto = FRTO_NEW;
  recovery.point = tcb.snd.nxt;
  sender.frtoSegments = NEW_SEGMENTS;
}
