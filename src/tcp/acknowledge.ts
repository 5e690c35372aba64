/**
 * What an acknowledgment of something new does, and what one of nothing new means: RFC 9293
 * §3.10.7.4 fifth, RFC 5681 §2 and §3.2. What it says of losses is in recovery/take-ack.ts.
 */
import { FIN, SYN, textLength, type Segment } from '../wire/segment.ts';
import { diff, lt } from '../wire/seq.ts';
import { cwndReduced } from './ecn/reduced.ts';
import { restartUserTimer, synAcknowledged } from './lifecycle.ts';
import { pathAcknowledged, probeLost } from './path-mtu.ts';
import { frtoAck } from './recovery/f-rto.ts';
import type { NewReno } from './recovery/new-reno.ts';
import { Phase } from './recovery/recovery.ts';
import { takeAck } from './recovery/take-ack.ts';
import { rememberForUndo } from './recovery/undo.ts';
import { writableAgain } from './send-autotune.ts';
import { loneFin, senderInFlight, type Sender } from './sender.ts';
import { effectiveSendMss } from './smss.ts';
import type { Tcb } from './tcb.ts';
import { Timer } from './timers.ts';

/** SND.UNA < SEG.ACK =< SND.NXT: SND.UNA moves up, what it passes leaves the queues. */
export function acknowledge(tcb: Tcb, seg: Segment, now: number): void {
  const { snd } = tcb;
  const { ack } = seg;
  const advance = diff(ack, snd.una);
  let octets = advance;
  if (!tcb.synAcked) {
    octets--;
    synAcknowledged(tcb, seg, now);
  } else if (loneFin(tcb)) tcb.rto.measure(now - tcb.lastDeparture, tcb.options);
  if (tcb.finSent && ack === snd.nxt) octets--;
  snd.una = ack;
  if (lt(snd.up, ack)) snd.up = ack; //         or 2^31 octets later
  if (lt(tcb.pushed, ack)) tcb.pushed = ack; // they would seem to lie ahead
  if (tcb.pathMtu !== undefined) pathAcknowledged(tcb, tcb.pathMtu, advance);
  tcb.rto.progress();
  tcb.retransmissions = 0;
  if (octets > 0) acknowledgeText(tcb, octets);
  if (tcb.sender !== undefined) takeAck(tcb, tcb.sender, seg, now, advance);
  else tcb.timers.stop(Timer.Retransmit); // RFC 6298 §5.2: it was for the SYN, or a lone FIN
  if (tcb.sendBuffer.full) writableAgain(tcb);
  restartUserTimer(tcb, now);
}

function acknowledgeText(tcb: Tcb, octets: number): void {
  const { sendBuffer } = tcb;
  sendBuffer.acknowledged(octets);
  tcb.bytesAcked += octets;
}

/** SEG.ACK =< SND.UNA: with SACK its blocks say what is new, without it may be a duplicate. */
export function duplicateAck(tcb: Tcb, seg: Segment, now: number): void {
  const sender = senderInFlight(tcb);
  if (sender === undefined) return;
  if (sender.newReno === undefined) {
    if (seg.sackCount > 0 || isDuplicate(tcb, seg)) takeAck(tcb, sender, seg, now, 0);
  } else if (isDuplicate(tcb, seg)) withoutSack(tcb, sender, sender.newReno, now);
}

/** All five signs of RFC 5681 §2. */
function isDuplicate(tcb: Tcb, seg: Segment): boolean {
  const { snd } = tcb;
  if (snd.una === snd.nxt) return false; //       (a) something is outstanding
  if (textLength(seg) > 0) return false; //       (b) it carries no text
  if (seg.ctl & (SYN | FIN)) return false; //     (c) nor SYN nor FIN
  if (seg.ack !== snd.una) return false; //       (d) SEG.ACK is the greatest received so far
  if (seg.wnd << snd.shift !== snd.wnd) return false; // (e) the window did not change
  return snd.wnd > 0; // else it answers a window probe
}

function withoutSack(tcb: Tcb, sender: Sender, newReno: NewReno, now: number): void {
  const { snd } = tcb;
  const { recovery, queue } = sender;
  if (tcb.pathMtu !== undefined && probeLost(tcb, now, sender, newReno, tcb.pathMtu)) return;
  frtoAck(tcb, sender, false, false, true);
  const mss = effectiveSendMss(tcb);
  if (newReno.duplicateAck(snd.una, snd.nxt, mss, sender, now) === 'none') return;
  if (tcb.ecn !== undefined) cwndReduced(tcb, tcb.ecn);
  rememberForUndo(recovery, queue, snd.una);
  recovery.phase = Phase.recovery;
  recovery.point = snd.nxt;
  sender.why = 'RFC 6582 §3.2 step 2: three duplicate acknowledgments';
  queue.markFirstLost(now);
  sender.retransmitNow = true;
}
