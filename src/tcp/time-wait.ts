/**
 * TIME-WAIT in a few dozen octets: RFC 9293 §3.4.2, §3.6.1. Once all is sent, little of a TCB matters:
 * where both sequence spaces ended, what acknowledgments say, and until when. `compress` takes that
 * out; `restore` puts it into another TCB, for which the same events/ then decide.
 */
import { add, type Seq, ZERO } from '../wire/seq.ts';
import { resume } from './state.ts';
import { AckNeed, type Tcb } from './tcb.ts';
import { Timer } from './timers.ts';
import { Timestamps } from './timestamps.ts';

export class TimeWaitRecord {
  sndNxt: Seq = ZERO;
  rcvNxt: Seq = ZERO;
  rcvWnd = 0; //         octets
  rcvShift = 0;
  maxWnd = 0; //         MAX.SND.WND, octets
  expiry = 0; //         ms, when the 2 MSL are over
  challengeAcks = 0; //  the connection's own budget (RFC 5961 §7)
  challengeSince = 0; // ms
  timestamps = false; // were they negotiated?
  tsOffset = 0; //        of our clock, an int32
  tsRecent = 0; //        TS.Recent, an int32
}

/** In TIME-WAIT, with nothing to send and nothing unread: would a record lose nothing? */
export function compressible(tcb: Tcb): boolean {
  return (
    tcb.state === 'TIME-WAIT' &&
    tcb.ack === AckNeed.none &&
    tcb.pendingReset === undefined &&
    tcb.happened === 0 &&
    tcb.receiveBuffer.unread === 0
  );
}

export function compress(tcb: Tcb, into: TimeWaitRecord): void {
  const { snd, rcv } = tcb;
  into.sndNxt = snd.nxt;
  into.rcvNxt = rcv.nxt;
  into.rcvWnd = rcv.wnd;
  into.rcvShift = rcv.shift;
  into.maxWnd = snd.maxWnd;
  into.expiry = tcb.timers.at(Timer.TimeWait);
  into.challengeAcks = tcb.challengeAcks;
  into.challengeSince = tcb.challengeSince;
  const { timestamps } = tcb;
  into.timestamps = timestamps !== undefined;
  into.tsOffset = timestamps === undefined ? 0 : timestamps.offset;
  into.tsRecent = timestamps === undefined ? 0 : timestamps.recent;
}

/** Into a new TCB, or one that was restored before; its options are the connection's. */
export function restore(tcb: Tcb, from: TimeWaitRecord): void {
  const { snd, rcv } = tcb;
  resume(tcb, 'TIME-WAIT');
  snd.una = snd.nxt = snd.up = from.sndNxt;
  snd.maxWnd = from.maxWnd;
  rcv.nxt = rcv.up = from.rcvNxt;
  rcv.wnd = from.rcvWnd;
  rcv.shift = from.rcvShift;
  rcv.fin = add(from.rcvNxt, -1);
  tcb.synAcked = true;
  tcb.finQueued = tcb.finSent = tcb.finSeen = tcb.finReceived = true;
  tcb.ack = AckNeed.none;
  tcb.pendingReset = undefined;
  tcb.happened = 0;
  tcb.ending = undefined;
  tcb.challengeAcks = from.challengeAcks;
  tcb.challengeSince = from.challengeSince;
  tcb.timers.stopAll();
  tcb.timers.set(Timer.TimeWait, from.expiry);
  restoreTimestamps(tcb, from);
}

/** All that was received is acknowledged, and TS.Recent is no older than TIME-WAIT: RFC 7323 §5.5 is far off. */
function restoreTimestamps(tcb: Tcb, from: TimeWaitRecord): void {
  if (!from.timestamps) {
    tcb.timestamps = undefined;
    return;
  }
  const timestamps = (tcb.timestamps ??= new Timestamps(from.tsOffset));
  timestamps.offset = from.tsOffset;
  timestamps.recent = from.tsRecent;
  timestamps.recentAt = ((from.expiry - 2 * tcb.options.msl) / 1000) | 0;
  timestamps.lastAckSent = from.rcvNxt;
  tcb.timestamps = timestamps;
}

/** The same once the 2 MSL are over: CLOSED, both FINs acknowledged, nothing unread. */
export function restoreClosed(tcb: Tcb): void {
  tcb.finSeen = tcb.finReceived = true;
}
