/**
 * The retransmission timer expired: which parts are lost (RFC 5681 §3.1, RFC 8985 §6.3), what is still
 * believed of SACK (RFC 2018 §8), and whether F-RTO looks for a mistake (RFC 5682 §2.1 step 1).
 */
import { le } from '../../wire/seq.ts';
import type { Sender } from '../sender.ts';
import type { Tcb } from '../tcb.ts';
import { frtoBegins } from './f-rto.ts';
import { Phase } from './recovery.ts';
import { rememberForUndo } from './undo.ts';

/** cwnd is the loss window by now; `tcb.retransmissions` counts this expiration already. */
export function rtoRecovery(tcb: Tcb, sender: Sender, now: number): void {
  const { snd, retransmissions } = tcb;
  const { recovery, queue, rack, tlp } = sender;
  // RFC 5682 §3.1 step 1: not when a recovery, of either kind, is not over yet.
  const again = recovery.phase >= Phase.recovery && le(snd.una, recovery.point);
  if (retransmissions === 1) rememberForUndo(recovery, queue, snd.una);
  recovery.frto = 0;
  if (tcb.options.frto && retransmissions === 1 && !again) frtoBegins(sender);
  recovery.phase = Phase.loss;
  recovery.point = snd.nxt;
  if (tlp !== undefined) tlp.active = false;
  sender.newReno?.timedOut(snd.nxt);
  if (reneged(sender) || retransmissions > 1) {
    queue.dropSackMarks();
    queue.markAllLost(now);
  } else if (rack === undefined) queue.markAllLost(now);
  else rack.markLossesOnRto(sender, now);
  sender.retransmitNow = true;
  sender.cwndWhy = '';
  sender.why =
    rack === undefined
      ? 'RFC 5681 §3.1: the retransmission timer expired'
      : 'RFC 8985 §6.3: the retransmission timer expired';
}

// A part at the left edge that is SACKed would have been acknowledged: the receiver dropped it.
const reneged = ({ queue }: Sender): boolean => queue.first !== undefined && queue.first.run > 0;
