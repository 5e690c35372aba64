/**
 * When to acknowledge: RFC 9293 §3.8.6.3 and RFC 5681 §4.2, at once for a while where a profile has
 * quickAcks, and the budget of RFC 5961 §7 for acknowledgments that answer segments an attacker may
 * have made up.
 */
import { PSH, textLength, type Segment } from '../wire/segment.ts';
import { adjustReceiveSpace } from './receive-autotune.ts';
import { receiverOf, type Receiver } from './receiver.ts';
import { synchronized } from './state.ts';
import { AckNeed, type Tcb } from './tcb.ts';
import { Timer } from './timers.ts';

const SECOND = 1000; // ms

// Below these a segment is full-sized only if the next is as long, and nothing pushed it: Linux.
const SURELY_FULL = 536; // octets, the default MSS (§3.7.1)
const LEAST_FULL = 88; //   octets

/** <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, with the next poll. */
export function ackNow(tcb: Tcb): void {
  tcb.ack = AckNeed.now;
}

/**
 * Text arrived in order, and moved RCV.NXT by `octets`: at least every second full-sized segment
 * (SHLD-19), or soon (MUST-40), or at once (RFC 5681 §4.2: where it fills a gap, in part or whole).
 */
export function ackText(
  tcb: Tcb,
  seg: Segment,
  octets: number,
  fillsGap: boolean,
  now: number,
): void {
  const receiver = receiverOf(tcb);
  measureSegment(tcb, receiver, seg);
  adjustReceiveSpace(tcb, receiver, seg, now);
  if (now - receiver.lastText > tcb.rto.rto && receiver.lastText >= 0) acknowledgeQuickly(tcb);
  receiver.lastText = now;
  receiver.unacked += octets;
  receiver.duplicates = 0;
  if (tcb.ack === AckNeed.now) return;
  if (fillsGap || dueAtOnce(tcb, receiver)) {
    tcb.ack = AckNeed.now;
    return;
  }
  if (tcb.ack === AckNeed.delayed) {
    // FreeBSD does not ask how long they are: two segments are enough.
    if (tcb.options.profile === 'freebsd') tcb.ack = AckNeed.now;
    return;
  }
  tcb.ack = AckNeed.delayed;
  tcb.timers.set(Timer.DelayedAck, now + tcb.options.delayedAck);
}

function dueAtOnce(tcb: Tcb, receiver: Receiver): boolean {
  const { options } = tcb;
  if (receiver.quickAcks > 0 && !receiver.interactive) return true;
  // Linux acknowledges what is more than one segment, the RFC asks for two.
  const enough = options.quickAcks > 0 ? receiver.mss + 1 : 2 * receiver.mss;
  return receiver.unacked >= enough || options.delayedAck === 0;
}

/**
 * The peer's full-sized segment: what the largest measure, and what the smaller ones do when two in a
 * row are alike (its MSS may be smaller than ours). Never more than we said we take.
 */
function measureSegment(tcb: Tcb, receiver: Receiver, seg: Segment): void {
  const size = textLength(seg);
  const isPushed = (seg.ctl & PSH) !== 0;
  if (size >= receiver.mss) {
    receiver.mss = Math.min(size, tcb.options.receiveMss);
    receiver.lastSize = 0;
    if (isPushed) receiver.shorts++;
    return;
  }
  receiver.shorts++;
  if (size < (isPushed ? SURELY_FULL : LEAST_FULL)) return;
  if (size === receiver.lastSize) receiver.mss = size;
  receiver.lastSize = size;
}

/**
 * The acknowledgment of the last segment is not to be merged with that of the next one of a batch
 * (MUST-58 is for text in order): each segment beyond a gap has a duplicate ACK (RFC 5681 §4.2), which the
 * peer counts and which tells it what is missing though another is lost; and the quick ones are quick.
 * As Linux has it, from the fourth duplicate on one for all that arrive together is enough.
 */
export function ackGoesFirst(tcb: Tcb): boolean {
  const { receiver } = tcb;
  if (tcb.ack !== AckNeed.now || receiver === undefined || !synchronized(tcb.state)) return false;
  if (tcb.receiveBuffer.reassembly !== undefined) return receiver.duplicates <= MOST_DUPLICATES;
  return receiver.quickAcks > 0 && !receiver.interactive;
}

const MOST_DUPLICATES = 3; // TCP_FASTRETRANS_THRESH of Linux

/**
 * The user took all the text there is, whose last segment may be the end of a write: it was pushed, or
 * short. The peer may be waiting, so Linux acknowledges it then. Who answers has time for one of these.
 */
export function readAckDue(tcb: Tcb): boolean {
  const { receiver, receiveBuffer } = tcb;
  if (receiver === undefined || tcb.ack !== AckNeed.delayed) return false;
  if (tcb.options.quickAcks === 0 || receiveBuffer.unread > 0) return false;
  return receiver.shorts > (receiver.interactive ? 1 : 0);
}

/** The peer may be waiting with a small window: acknowledge the next segments one by one. */
export function acknowledgeQuickly(tcb: Tcb): void {
  const { quickAcks } = tcb.options;
  if (quickAcks === 0) return;
  const receiver = receiverOf(tcb);
  receiver.interactive = false;
  receiver.quickAcks = quickAcks;
}

/** TCP_QUICKACK: at once from now on, or with what the user sends. It does not last, as in Linux. */
export function quickAck(tcb: Tcb, on: boolean): void {
  const receiver = receiverOf(tcb);
  receiver.interactive = !on;
  receiver.quickAcks = on ? Math.max(tcb.options.quickAcks, QUICK) : 0;
  if (on && tcb.ack === AckNeed.delayed) ackNow(tcb);
}

const QUICK = 16; // TCP_MAX_QUICKACKS of Linux

/** Text leaves: soon after the peer's it is an answer, and will carry the acknowledgments. */
export function answered(tcb: Tcb, now: number): void {
  const { receiver } = tcb;
  if (receiver === undefined) return;
  if (now - receiver.lastText < tcb.options.delayedAck) receiver.interactive = true;
}

/** The timer of the delayed acknowledgment expired: our text was no answer to the peer's. */
export function ackTimeout(tcb: Tcb): void {
  if (tcb.receiver !== undefined) tcb.receiver.interactive = false;
  if (tcb.ack === AckNeed.delayed) ackNow(tcb);
}

/** An ACK for a segment that changes nothing, within the connection's budget (RFC 5961 §7). */
export function challengeAck(tcb: Tcb, now: number, because: string): void {
  tcb.because = because;
  if (now - tcb.challengeSince >= SECOND) {
    tcb.challengeSince = now;
    tcb.challengeAcks = 0;
  }
  if (tcb.challengeAcks >= tcb.options.challengeAckLimit) return;
  tcb.challengeAcks++;
  tcb.ack = AckNeed.now;
}

/** An acknowledgment left with some segment. */
export function acked(tcb: Tcb): void {
  const { receiver } = tcb;
  if (receiver !== undefined) {
    if (receiver.quickAcks > 0 && tcb.ack !== AckNeed.none) receiver.quickAcks--;
    receiver.unacked = 0;
    receiver.shorts = 0;
  }
  tcb.ack = AckNeed.none;
  tcb.timers.stop(Timer.DelayedAck);
}
