/**
 * What an acknowledgment of something new does, and what one of nothing new means: RFC 9293
 * §3.10.7.4 fifth, RFC 6298 §5, RFC 5681 §2 and §3.2.
 */
import { FIN, SYN, textLength, type Segment } from '../wire/segment.ts';
import { diff, lt } from '../wire/seq.ts';
import { cwndReduced } from './ecn/sender.ts';
import { restartUserTimer, synAcknowledged } from './lifecycle.ts';
import { pathAcknowledged, probeLost } from './path-mtu.ts';
import { writableAgain } from './send-autotune.ts';
import { beginSample, type Sender } from './sender.ts';
import type { Tcb } from './tcb.ts';
import { Timer } from './timers.ts';
import { effectiveSendMss } from './windows.ts';

/** SND.UNA < SEG.ACK =< SND.NXT: SND.UNA moves up, what it passes leaves the queues. */
export function acknowledge(tcb: Tcb, seg: Segment, now: number): void {
  const { snd } = tcb;
  const { ack } = seg;
  let octets = diff(ack, snd.una);
  if (!tcb.synAcked) {
    octets--;
    synAcknowledged(tcb, now);
  }
  if (tcb.finSent && ack === snd.nxt) octets--;
  const { sender } = tcb;
  if (sender !== undefined) {
    const sentAt = sender.queue.acknowledged(ack);
    if (sentAt >= 0) tcb.rto.measure(now - sentAt, tcb.options);
  }
  snd.una = ack;
  if (lt(snd.up, ack)) snd.up = ack; //         or 2^31 octets later
  if (lt(tcb.pushed, ack)) tcb.pushed = ack; // they would seem to lie ahead
  if (tcb.pathMtu !== undefined) pathAcknowledged(tcb, tcb.pathMtu);
  tcb.rto.progress();
  tcb.retransmissions = 0;
  if (octets > 0 && sender !== undefined) acknowledgeText(tcb, sender, octets, now);
  if (tcb.sendBuffer.full) writableAgain(tcb);
  restartRetransmit(tcb, now);
  restartUserTimer(tcb, now);
}

function acknowledgeText(tcb: Tcb, sender: Sender, octets: number, now: number): void {
  const { sendBuffer } = tcb;
  sendBuffer.acknowledged(octets);
  tcb.bytesAcked += octets;
  const sample = beginSample(tcb, sender, octets, now);
  const step = sender.recovery.newAck(sample, effectiveSendMss(tcb), sender.congestion);
  if (step === 'retransmit') retransmitFirst(sender);
}

/** RFC 6298 §5.2 and §5.3; in recovery only the first partial acknowledgment restarts it. */
function restartRetransmit(tcb: Tcb, now: number): void {
  if (tcb.snd.una === tcb.snd.nxt) {
    tcb.timers.stop(Timer.Retransmit);
    return;
  }
  const recovery = tcb.sender?.recovery;
  if (recovery !== undefined && recovery.inRecovery && !recovery.takeFirstPartial()) return;
  tcb.timers.set(Timer.Retransmit, now + tcb.rto.rto);
}

/** SEG.ACK = SND.UNA: a duplicate acknowledgment, if it is one by all five signs of RFC 5681 §2. */
export function duplicateAck(tcb: Tcb, seg: Segment, now: number): void {
  const { snd, sender } = tcb;
  if (sender === undefined || snd.una === snd.nxt) return; // (a) something is outstanding
  if (textLength(seg) > 0) return; //             (b) it carries no text
  if (seg.ctl & (SYN | FIN)) return; //           (c) nor SYN nor FIN
  //                                              (d) SEG.ACK is the greatest received so far
  if (seg.wnd << snd.shift !== snd.wnd) return; // (e) the window did not change
  if (snd.wnd === 0) return; // the answer to a window probe
  if (tcb.pathMtu !== undefined && probeLost(tcb, tcb.pathMtu)) return;
  const mss = effectiveSendMss(tcb);
  const step = sender.recovery.duplicateAck(snd.una, snd.nxt, mss, sender.congestion, now);
  if (step !== 'retransmit') return;
  if (tcb.ecn !== undefined) cwndReduced(tcb, tcb.ecn);
  retransmitFirst(sender);
}

function retransmitFirst(sender: Sender): void {
  sender.queue.markFirstLost();
  sender.retransmitNow = true;
}
