/**
 * The sending half of header prediction (fast-path.ts): one of many full segments of new text, when
 * nothing else is to be decided. True means that all of output.ts has been carried out for it; false
 * that nothing was touched. Redundant: every ladder and every world runs with and without it.
 */
import type { Segment } from '../wire/segment.ts';
import { add, diff, gt, lt } from '../wire/seq.ts';
import { answered } from './acknowledgment.ts';
import { begin, fillAck } from './fill.ts';
import { Phase } from './recovery/recovery.ts';
import { Probe, type TailLossProbe } from './recovery/probe.ts';
import { schedulePto } from './recovery/tail-loss-probe.ts';
import { Armed, type Sender } from './sender.ts';
import type { Tcb } from './tcb.ts';
import { Timer } from './timers.ts';
import { effectiveSendMss } from './smss.ts';

export function sendsPredicted(tcb: Tcb, sender: Sender, now: number, out: Segment): boolean {
  const { snd, timers } = tcb;
  const { queue, congestion, tlp } = sender;
  if (!ordinary(tcb) || !undisturbed(sender)) return false;
  const mss = effectiveSendMss(tcb);
  const start = snd.nxt;
  const offset = diff(start, snd.una);
  // Two of them may leave: then this one is neither the last of the text nor of a burst.
  if (offset === 0 || tcb.sendBuffer.length - offset < 2 * mss) return false;
  const inFlight = offset + mss;
  if (inFlight + mss > snd.wnd || inFlight + mss > congestion.cwnd) return false;
  const end = add(start, mss);
  if (gt(snd.up, start) || (lt(start, tcb.pushed) && !lt(end, tcb.pushed))) return false;

  snd.nxt = end;
  queue.sent(start, end, now);
  sender.departed(snd, mss, inFlight);
  if (tcb.options.push === 'burst') sender.burst++;
  tcb.forced = false;
  tcb.lastDeparture = now;
  begin(out, start);
  fillAck(tcb, out, now);
  tcb.sendBuffer.copy(offset, mss, out.bytes, out.textStart);
  answered(tcb, now);
  out.textEnd = out.textStart + mss;
  if (tlp !== undefined && !probeIsSet(sender, tlp, now)) schedulePto(tcb, sender, now);
  timers.stop(Timer.Persist);
  if (!timers.running(Timer.User)) timers.set(Timer.User, now + tcb.userTimeout);
  return true;
}

/** Nothing but text is to be said, and the retransmission timer runs. */
function ordinary(tcb: Tcb): boolean {
  if (tcb.state !== 'ESTABLISHED' || !tcb.synAcked || tcb.finQueued) return false;
  if (tcb.ecn !== undefined || tcb.pathMtu !== undefined) return false;
  if (tcb.receiver !== undefined && tcb.receiver.sack !== undefined) return false;
  return tcb.timers.running(Timer.Retransmit);
}

/** Nothing is lost or SACKed, nothing paces or measures what leaves. */
function undisturbed({
  queue,
  recovery,
  newReno,
  pacer,
  rate,
  tlp,
  frtoSegments,
}: Sender): boolean {
  if (queue.lostCount > 0 || queue.sackedCount > 0 || recovery.phase !== Phase.open) return false;
  if (newReno !== undefined || pacer !== undefined || rate !== undefined) return false;
  return frtoSegments === 0 && (tlp === undefined || tlp.due === Probe.none);
}

/** One more segment of the same burst moves the PTO nowhere (RFC 8985 §7.2), unless it is the second. */
function probeIsSet(sender: Sender, tlp: TailLossProbe, now: number): boolean {
  return sender.armed === Armed.pto && tlp.scheduledAt === now && sender.queue.count > 2;
}
