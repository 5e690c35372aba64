/**
 * Timeouts: RFC 9293 §3.10.8, with the persist timer (§3.8.6.1), delayed acknowledgments (§3.8.6.3) and
 * keep-alives (§3.8.4). Sets what is to be sent; output.ts sends it.
 */
import { diff } from '../../wire/seq.ts';
import { ackTimeout } from '../acknowledgment.ts';
import { ecnTimedOut } from '../ecn/sender.ts';
import { closeNormally, endConnection } from '../lifecycle.ts';
import { noteSmallerLost, pathTimedOut } from '../path-mtu.ts';
import { rtoRecovery } from '../recovery/rto-recovery.ts';
import { ptoExpired } from '../recovery/tail-loss-probe.ts';
import { reorderingTimeout } from '../recovery/take-ack.ts';
import { Armed, restartRto, senderInFlight } from '../sender.ts';
import { Signal, signal } from '../signals.ts';
import { synchronized } from '../state.ts';
import type { Tcb } from '../tcb.ts';
import { Timer } from '../timers.ts';
import { keepAliveIdle } from '../user-timeout.ts';

export function timeouts(tcb: Tcb, now: number): void {
  const { timers } = tcb;
  if (timers.expire(Timer.User, now)) return userTimeout(tcb);
  if (timers.expire(Timer.TimeWait, now)) return timeWaitTimeout(tcb);
  if (timers.expire(Timer.FinWait2, now)) return finWait2Timeout(tcb);
  if (timers.expire(Timer.Retransmit, now)) retransmitTimer(tcb, now);
  if (timers.expire(Timer.Persist, now)) persistTimeout(tcb, now);
  if (timers.expire(Timer.DelayedAck, now)) ackTimeout(tcb);
  if (timers.expire(Timer.KeepAlive, now)) keepAliveTimeout(tcb, now);
  timers.expire(Timer.Pace, now); // output.ts asks the pacer again
}

/** USER TIMEOUT, and R2: flush all queues, tell the user, CLOSED (MUST-20). */
function userTimeout(tcb: Tcb): void {
  tcb.because = '§3.10.8: user timeout';
  endConnection(tcb, 'timeout');
}

/** TIME-WAIT TIMEOUT */
function timeWaitTimeout(tcb: Tcb): void {
  tcb.because = '§3.10.8: 2 MSL are over';
  closeNormally(tcb);
}

function finWait2Timeout(tcb: Tcb): void {
  tcb.because = 'an orphan was long enough in FIN-WAIT-2';
  endConnection(tcb, 'timeout');
}

/** One timer for three: RFC 8985 §8. */
function retransmitTimer(tcb: Tcb, now: number): void {
  const sender = senderInFlight(tcb);
  if (sender === undefined || sender.armed === Armed.rto) {
    retransmissionTimeout(tcb, now);
    return;
  }
  const { armed } = sender;
  sender.armed = Armed.rto;
  tcb.timers.set(Timer.Retransmit, sender.rtoAt);
  if (armed === Armed.reo) {
    reorderingTimeout(tcb, sender, now);
    return;
  }
  if (ptoExpired(tcb, sender)) {
    if (sender.rtoAt <= now) restartRto(tcb, now); // RFC 8985 §7.2: a probe when the timeout would have been, in its place
    return;
  }
  if (tcb.timers.expire(Timer.Retransmit, now)) retransmissionTimeout(tcb, now);
}

/** RETRANSMISSION TIMEOUT: RFC 6298 §5.4 to §5.7, RFC 5681 §3.1. */
function retransmissionTimeout(tcb: Tcb, now: number): void {
  const { snd } = tcb;
  if (tcb.synAcked && snd.wnd === 0) {
    // The window shrank to zero over text in flight: probe, do not time out (MUST-35, SHLD-17).
    persistTimeout(tcb, now);
    return;
  }
  tcb.because = '§3.10.8: retransmission timeout';
  tcb.retransmissions++;
  if (tcb.retransmissions === tcb.options.r1) signal(tcb, Signal.r1); // MUST-20, SHLD-9
  tcb.rto.backOff(tcb.options);
  if (!tcb.synAcked) {
    tcb.sendSyn = true;
    tcb.totalRetrans = (tcb.totalRetrans + 1) | 0;
  }
  const { sender } = tcb;
  const handshake = tcb.state === 'SYN-SENT' || tcb.state === 'SYN-RECEIVED';
  if (sender !== undefined && !sender.queue.empty && !handshake) {
    const flightSize = diff(snd.nxt, snd.una);
    if (tcb.ecn !== undefined) ecnTimedOut(tcb, tcb.ecn);
    if (tcb.retransmissions === 1) noteSmallerLost(tcb, sender);
    sender.congestion.timedOut(flightSize, tcb.retransmissions === 1, now);
    rtoRecovery(tcb, sender, now);
    pathTimedOut(tcb);
  }
  restartRto(tcb, now);
}

/** Send one octet into the closed window, or what the override timeout frees (MUST-36, SHLD-29). */
function persistTimeout(tcb: Tcb, now: number): void {
  if (tcb.snd.wnd > 0) {
    tcb.because = '§3.8.6.2.1: the override timeout';
    tcb.forced = true;
    return;
  }
  tcb.because = '§3.8.6.1: a window probe';
  tcb.probe = true;
  tcb.persistBackoffs++;
  tcb.timers.set(Timer.Persist, now + persistInterval(tcb)); // SHLD-30
  if (!tcb.timers.running(Timer.User)) tcb.timers.set(Timer.User, now + tcb.userTimeout);
}

/** RTO, then twice as long each time (SHLD-30), up to the largest RTO. */
export function persistInterval(tcb: Tcb): number {
  const doubled = tcb.rto.base(tcb.options) * 2 ** Math.min(tcb.persistBackoffs, 30);
  return Math.min(doubled, tcb.options.maxRto);
}

/** §3.8.4: only when nothing is outstanding and nothing came for the interval (MUST-26). */
function keepAliveTimeout(tcb: Tcb, now: number): void {
  if (!tcb.keepAlive || !synchronized(tcb.state) || tcb.state === 'TIME-WAIT') return;
  const options = tcb.knobs ?? tcb.options;
  const due = tcb.lastArrival + keepAliveIdle(tcb); // never a difference: rounding may keep it
  const outstanding = tcb.snd.una !== tcb.snd.nxt; //     above zero for ever
  if (now < due || outstanding) {
    tcb.keepAliveUnanswered = 0;
    tcb.timers.set(Timer.KeepAlive, outstanding ? now + options.keepAliveInterval : due);
    return;
  }
  if (tcb.keepAliveUnanswered >= options.keepAliveProbes) {
    tcb.because = '§3.8.4: no answer to any keep-alive probe';
    endConnection(tcb, 'timeout');
    return;
  }
  tcb.because = '§3.8.4: a keep-alive probe';
  tcb.keepAliveUnanswered++;
  tcb.keepAliveProbe = true;
  tcb.timers.set(Timer.KeepAlive, now + options.keepAliveInterval);
}
