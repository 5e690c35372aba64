/**
 * Taking back a reaction to a loss that was none: the Eifel detection by timestamps (RFC 3522 §3.2), by
 * D-SACK (RFC 3708 §2), and the Eifel response (RFC 4015 §3).
 */
import { diff, gt, type Seq } from '../../wire/seq.ts';
import type { RetransmissionQueue } from '../retransmission-queue.ts';
import type { Sender } from '../sender.ts';
import type { Tcb } from '../tcb.ts';
import { Phase, type Recovery } from './recovery.ts';

/**
 * An episode begins: cwnd is about to be reduced. What an earlier one sent again may still be in flight:
 * then the time of its first retransmission stays, or the answer to it would seem to be an old echo.
 */
export function rememberForUndo(recovery: Recovery, queue: RetransmissionQueue, una: Seq): void {
  recovery.undoable = true;
  recovery.undoMarker = una;
  recovery.undoOctets = queue.octetsInFlightAgain();
  if (queue.retransCount === 0) recovery.retransmittedAt = -1;
}

/** `octets` are sent again at `now`. */
export function sentAgain(recovery: Recovery, octets: number, now: number): void {
  if (!recovery.undoable) return;
  recovery.undoOctets += octets;
  if (recovery.retransmittedAt < 0) recovery.retransmittedAt = now;
}

/** RFC 3708 §2: a D-SACK of this episode counts against what was sent again. */
export function countDsack(sender: Sender): void {
  const { recovery, delivery } = sender;
  if (recovery.undoable && gt(delivery.dsackEnd, recovery.undoMarker)) {
    recovery.undoOctets -= delivery.dsackOctets;
  }
}

/** By which RFC all that was sent again in this episode was sent in vain; '' when it was not. */
export function spuriousBy(sender: Sender, advanced: boolean): string {
  const { recovery, delivery } = sender;
  if (!recovery.undoable || recovery.retransmittedAt < 0) return '';
  if (advanced && recovery.phase >= Phase.recovery) {
    if (delivery.echoesBefore(recovery.retransmittedAt)) return 'RFC 3522 §3.2 step 5: an old echo';
  }
  if (delivery.dsackOctets > 0 && recovery.undoOctets <= 0) return 'RFC 3708 §2: all came twice';
  return '';
}

/** RFC 4015 §3: as if nothing had happened. */
export function undo(tcb: Tcb, sender: Sender, why: string, now: number): void {
  const { recovery, queue, congestion } = sender;
  sender.why = why;
  tcb.because = 'RFC 4015 §3: the retransmission was spurious, cwnd as before';
  recovery.undoable = false;
  recovery.frto = 0;
  recovery.phase = queue.sackedCount > 0 ? Phase.disorder : Phase.open;
  queue.unmarkLost();
  sender.retransmitNow = false;
  sender.newReno?.spurious(tcb.snd.una);
  sender.cwndWhy = '';
  congestion.undo(now);
}

/** What an episode remembers is true for a window; 2^31 octets later it would seem to lie ahead. */
export function forgetOldEpisode(tcb: Tcb, recovery: Recovery): void {
  if (recovery.undoable && diff(tcb.snd.una, recovery.point) > Math.max(tcb.snd.maxWnd, 0)) {
    recovery.undoable = false;
  }
}
