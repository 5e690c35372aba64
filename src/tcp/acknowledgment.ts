/**
 * When to acknowledge: RFC 9293 §3.8.6.3, and the budget of RFC 5961 §7 for acknowledgments that
 * answer segments an attacker may have made up.
 */
import { AckNeed, type Tcb } from './tcb.ts';
import { Timer } from './timers.ts';
import { effectiveSendMss } from './windows.ts';

const SECOND = 1000; // ms

/** <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, with the next poll. */
export function ackNow(tcb: Tcb): void {
  tcb.ack = AckNeed.now;
}

/** Text arrived in order: at least every second full-sized segment (SHLD-19), or soon (MUST-40). */
export function ackText(tcb: Tcb, octets: number, now: number): void {
  tcb.unackedText += octets;
  if (tcb.ack === AckNeed.now) return;
  if (tcb.unackedText >= 2 * fullSized(tcb) || tcb.options.delayedAck === 0) {
    tcb.ack = AckNeed.now;
    return;
  }
  if (tcb.ack === AckNeed.delayed) return;
  tcb.ack = AckNeed.delayed;
  tcb.timers.set(Timer.DelayedAck, now + tcb.options.delayedAck);
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
  tcb.ack = AckNeed.none;
  tcb.unackedText = 0;
  tcb.timers.stop(Timer.DelayedAck);
}

// The peer's full-sized segment: our RMSS bounds it, its own send MSS is like ours.
function fullSized(tcb: Tcb): number {
  return Math.min(tcb.options.receiveMss, effectiveSendMss(tcb));
}
