/**
 * How a connection comes to its states' ends: established, TIME-WAIT, back to LISTEN, CLOSED. The
 * steps of RFC 9293 §3.10 call these; only here are timers and queues cleared as a whole.
 */
import type { Segment } from '../wire/segment.ts';
import { ZERO } from '../wire/seq.ts';
import { openedFast } from './fast-open.ts';
import { beginSearch } from './path-mtu.ts';
import { sendCapacity } from './send-autotune.ts';
import { senderEstablished } from './sender.ts';
import { Signal, signal, type Ending } from './signals.ts';
import { enter } from './state.ts';
import { forgetOptions } from './syn-options.ts';
import { AckNeed, synRepeated, type Tcb } from './tcb.ts';
import { Timer } from './timers.ts';
import { timestampRtt } from './timestamps.ts';
import { keepAliveIdle } from './user-timeout.ts';

/** Our SYN is acknowledged, in whatever state: after a CLOSE in SYN-RECEIVED that is FIN-WAIT-1. */
export function synAcknowledged(tcb: Tcb, seg: Segment, now: number): void {
  tcb.synAcked = true;
  tcb.sendSyn = false;
  tcb.lastArrival = now;
  measureSyn(tcb, seg, now);
  beginSearch(tcb);
  if (tcb.sender !== undefined) senderEstablished(tcb, tcb.sender, now);
  restartKeepAlive(tcb, now);
  if (!openedFast(tcb)) signal(tcb, Signal.established); // its user knows
  const { length } = tcb.sendBuffer;
  if (length === 0 || length < sendCapacity(tcb)) signal(tcb, Signal.writable);
}

// Karn: only of one that was sent once; or by its timestamp, which tells which of them was answered.
function measureSyn(tcb: Tcb, seg: Segment, now: number): void {
  const { rto, options } = tcb;
  if (tcb.synSentAt >= 0) rto.measure(now - tcb.synSentAt, options);
  if (!synRepeated(tcb)) return;
  const rtt = timestampRtt(tcb, seg, now);
  const lastSent = tcb.timers.at(Timer.Retransmit) - rto.rto;
  tcb.synTooEarly = options.undo && rtt >= 0 && Math.floor(now) - rtt < Math.floor(lastSent);
  if (tcb.synTooEarly) rto.measure(rtt, options);
  else rto.synRetransmitted(options);
}

/** Both SYNs are acknowledged: ESTABLISHED, or on to what CLOSE was queued for (§3.10.4). */
export function enterEstablished(tcb: Tcb): void {
  enter(tcb, 'ESTABLISHED');
  if (tcb.finQueued) enter(tcb, 'FIN-WAIT-1');
}

/** §3.10.7.4: start the time-wait timer, turn off the other timers. */
export function enterTimeWait(tcb: Tcb, now: number): void {
  enter(tcb, 'TIME-WAIT');
  tcb.timers.stopAll();
  restartTimeWait(tcb, now);
}

/** Restart the 2 MSL timeout. */
export function restartTimeWait(tcb: Tcb, now: number): void {
  tcb.timers.set(Timer.TimeWait, now + 2 * tcb.options.msl);
}

/** FIN-WAIT-2; nobody waits for ever for a FIN that no user will read. */
export function enterFinWait2(tcb: Tcb, now: number): void {
  enter(tcb, 'FIN-WAIT-2');
  if (tcb.released) tcb.timers.set(Timer.FinWait2, now + tcb.options.finWait2Timeout);
}

/** Both FINs are acknowledged: nothing is lost, the user may still take what is unread. */
export function closeNormally(tcb: Tcb): void {
  stop(tcb);
  enter(tcb, 'CLOSED');
  signal(tcb, Signal.closed);
}

/**
 * The connection ends early: flush the queues, tell the user why, delete the TCB. What had arrived in
 * order can still be taken, unless it was the user who ended it: DEVIATION(receive-after-reset).
 */
export function endConnection(tcb: Tcb, why: Ending): void {
  stop(tcb);
  if (why === 'aborted' || why === 'closed') tcb.receiveBuffer.clear();
  tcb.ending = why;
  enter(tcb, 'CLOSED');
  signal(tcb, Signal[why]);
  signal(tcb, Signal.closed);
}

/** SYN-RECEIVED after a passive OPEN: as if the SYN had never come; the user is not told. */
export function returnToListen(tcb: Tcb): void {
  if (tcb.finQueued) {
    endConnection(tcb, 'closed'); // the user called CLOSE and listens no more (§3.10.4)
    return;
  }
  stop(tcb);
  const { snd, rcv } = tcb;
  tcb.pathMss = tcb.pathLimit;
  tcb.pathMtu = undefined;
  snd.una = snd.nxt = snd.iss = snd.wl1 = snd.wl2 = snd.up = ZERO;
  snd.wnd = snd.maxWnd = 0;
  snd.mss = tcb.options.defaultSendMss;
  forgetOptions(tcb);
  rcv.nxt = rcv.irs = rcv.up = ZERO;
  rcv.wnd = 0;
  tcb.synAcked = false;
  tcb.ecn = undefined;
  tcb.synTooEarly = false;
  tcb.rto.restart(tcb.options);
  tcb.sender = undefined;
  tcb.receiver = undefined;
  tcb.retransmissions = 0;
  tcb.segsIn = tcb.segsOut = tcb.totalRetrans = 0;
  enter(tcb, 'LISTEN');
}

/** Something moved forward, or nothing waits any more: the user timeout begins anew (MUST-21). */
export function restartUserTimer(tcb: Tcb, now: number): void {
  if (tcb.sendBuffer.length > 0 || tcb.snd.una !== tcb.snd.nxt) {
    tcb.timers.set(Timer.User, now + tcb.userTimeout);
  } else tcb.timers.stop(Timer.User);
}

/** §3.8.4: the connection is idle from now on. */
export function restartKeepAlive(tcb: Tcb, now: number): void {
  tcb.keepAliveUnanswered = 0;
  if (tcb.keepAlive) tcb.timers.set(Timer.KeepAlive, now + keepAliveIdle(tcb));
  else tcb.timers.stop(Timer.KeepAlive);
}

function stop(tcb: Tcb): void {
  tcb.timers.stopAll();
  tcb.sender?.queue.clear();
  tcb.sendBuffer.clear();
  tcb.receiveBuffer.dropGaps();
  tcb.ack = AckNeed.none;
  tcb.sendSyn = false;
  tcb.probe = false;
  tcb.forced = false;
  tcb.keepAliveProbe = false;
}
