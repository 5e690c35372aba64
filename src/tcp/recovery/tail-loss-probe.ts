/**
 * Tail loss probes: RFC 8985 §7. When nothing is heard of a flight for two round trips, one more
 * segment leaves, so that what comes back tells RACK of a loss the timer would have waited for.
 */
import { diff, ge, gt, lt, type Seq } from '../../wire/seq.ts';
import type { Segment } from '../../wire/segment.ts';
import { textEnd } from '../events/send.ts';
import { Armed, probesTail, type Sender } from '../sender.ts';
import { effectiveSendMss } from '../smss.ts';
import type { Tcb } from '../tcb.ts';
import { Timer } from '../timers.ts';
import { largestText, usableWindow } from '../windows.ts';
import { Probe, type TailLossProbe } from './probe.ts';
import { Phase } from './recovery.ts';

const MAX_ACK_DELAY = 200; // ms; TLP.max_ack_delay of §7.2, Linux's
const PTO_WITHOUT_SRTT = 1000; // ms, §7.2
const LEAST_PTO = 2; // ms: where a round trip takes no time a probe would leave with what it probes for

/** TLP_calc_PTO(), §7.2: ms from now. */
function probeTimeout(tcb: Tcb, segments: number): number {
  const { srtt } = tcb.rto;
  if (srtt < 0) return PTO_WITHOUT_SRTT;
  return segments === 1 ? 2 * srtt + MAX_ACK_DELAY : Math.max(2 * srtt, LEAST_PTO);
}

/** §7.2: arms the PTO after new text left or something was acknowledged. False: not now. */
export function schedulePto(tcb: Tcb, sender: Sender, now: number): boolean {
  const { tlp, recovery, queue } = sender;
  if (tlp === undefined || recovery.phase !== Phase.open || queue.sackedCount > 0) return false;
  if (tlp.active || tcb.rto.backoffs > 0) return false;
  const at = Math.min(now + probeTimeout(tcb, queue.count), sender.rtoAt);
  sender.armed = Armed.pto;
  tlp.scheduledAt = now;
  tcb.timers.set(Timer.Retransmit, at);
  return true;
}

/** The same for a FIN that leaves without a sender. */
export function scheduleLonePto(tcb: Tcb, now: number): void {
  if (!probesTail(tcb) || tcb.rto.backoffs > 0) return;
  const { timers } = tcb;
  const pto = now + probeTimeout(tcb, 1);
  if (pto < timers.at(Timer.Retransmit)) timers.set(Timer.Retransmit, pto);
}

/** TLP_send_probe(), §7.3: the PTO is over. False: no probe, the RTO goes on. */
export function ptoExpired(tcb: Tcb, sender: Sender): boolean {
  const { tlp, queue } = sender;
  if (tlp === undefined || tlp.active || !tlp.sampled || tcb.snd.wnd === 0) return false;
  const unsent = diff(textEnd(tcb), tcb.snd.nxt) > 0 || (tcb.finQueued && !tcb.finSent);
  if (unsent && usableWindow(tcb) > 0) tlp.due = Probe.newText;
  else {
    const { last } = queue;
    if (last === undefined || last.run > 0 || last.lost) return false;
    if (diff(last.end, last.start) > largestText(tcb) + 1) return false; // the path became narrower
    tlp.due = Probe.again;
  }
  tcb.because = sender.why = 'RFC 8985 §7.3: a tail loss probe';
  return true;
}

/** The probe left. */
export function probeSent(tlp: TailLossProbe, nxt: Seq, again: boolean): void {
  tlp.due = Probe.none;
  tlp.active = true;
  tlp.sampled = false;
  tlp.isRetrans = again;
  tlp.endSeq = nxt;
}

/** TLP_process_ack(), §7.4. True: the probe repaired the one loss there was, §7.4.2. */
export function probeAcknowledged(
  sender: Sender,
  tlp: TailLossProbe,
  seg: Segment,
  advanced: boolean,
): boolean {
  if (!tlp.active || lt(seg.ack, tlp.endSeq)) return false;
  const { delivery } = sender;
  if (!tlp.isRetrans) tlp.active = false;
  else if (delivery.dsackOctets > 0 && delivery.dsackEnd === tlp.endSeq) tlp.active = false;
  else if (gt(seg.ack, tlp.endSeq)) {
    tlp.active = false;
    return true;
  } else if (!advanced && seg.sackCount === 0) tlp.active = false;
  return false;
}

/** The congestion response to a loss that a probe repaired: as fast recovery would have, at once. */
export function probeRepaired(tcb: Tcb, sender: Sender, now: number): void {
  const { congestion, recovery, queue } = sender;
  if (recovery.phase > Phase.disorder || !ge(tcb.snd.nxt, tcb.snd.una)) return;
  const flight = diff(tcb.snd.nxt, tcb.snd.una) - queue.sackedOctets;
  sender.cwndWhy = 'RFC 8985 §7.4.2: the tail loss probe repaired a loss';
  congestion.congestionDetected('loss', Math.max(flight, effectiveSendMss(tcb)), now);
  if (!congestion.ownsRecovery) congestion.cwnd = Math.min(congestion.cwnd, congestion.ssthresh);
  congestion.recoveryEnded(now);
}
