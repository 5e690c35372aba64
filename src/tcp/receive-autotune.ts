/**
 * How large the receive buffer is: as large as what the user takes in a round trip needs, so that
 * nobody has to know the path. Dynamic right-sizing (Fisk and Feng, LA-UR 00-3221), as Linux's
 * tcp_rcv_space_adjust has it. Room is only promised here; memory is taken when octets arrive.
 */
import { textLength, type Segment } from '../wire/segment.ts';
import { add, diff, le } from '../wire/seq.ts';
import type { Receiver } from './receiver.ts';
import type { Tcb } from './tcb.ts';
import { timestampRtt } from './timestamps.ts';

const LEAST_RTT = 1; // ms, what timestamps can tell

/** RCV.BUFF, octets. */
export function receiveCapacity(tcb: Tcb): number {
  return tcb.receiver === undefined ? tcb.options.receiveBuffer : tcb.receiver.space;
}

/** Text arrived in order; RCV.NXT has moved. */
export function adjustReceiveSpace(tcb: Tcb, receiver: Receiver, seg: Segment, now: number): void {
  if (receiver.space >= tcb.options.receiveBufferMax) return;
  const measured = tcb.timestamps !== undefined && seg.tsecr === receiver.lastEcho;
  if (!measured) measureRoundTrip(tcb, receiver, seg, now);
  if (receiver.rtt < 0 || now - receiver.roundSince < receiver.rtt) return;
  // What the user does not take makes nothing grow (S15)
  const taken = add(tcb.rcv.nxt, -tcb.receiveBuffer.unread);
  const copied = diff(taken, receiver.taken);
  receiver.taken = taken;
  receiver.roundSince = now;
  if (copied > receiver.perRound) grow(tcb, receiver, copied);
}

/**
 * Twice as much as in the last round trip, for there may be losses, and once more as much as that
 * grew, for the sender may be in slow start.
 */
function grow(tcb: Tcb, receiver: Receiver, copied: number): void {
  let window = 2 * copied + 16 * receiver.mss;
  window += (2 * window * (copied - receiver.perRound)) / receiver.perRound;
  receiver.perRound = copied;
  const space = Math.floor(Math.min(window, tcb.options.receiveBufferMax));
  if (space > receiver.space) receiver.space = space;
}

/**
 * A full-sized segment that came at once measures by what it echoes; smaller ones the user may have
 * kept back. Without timestamps a window's worth of octets takes a round trip at least, and perhaps
 * the user's pauses with it: the shortest counts.
 */
function measureRoundTrip(tcb: Tcb, receiver: Receiver, seg: Segment, now: number): void {
  const { rcv } = tcb;
  if (tcb.timestamps !== undefined) {
    if (textLength(seg) < receiver.mss) return;
    const rtt = timestampRtt(tcb, seg, now);
    receiver.lastEcho = seg.tsecr;
    if (rtt >= 0) smooth(receiver, Math.max(LEAST_RTT, rtt));
    return;
  }
  if (receiver.rttSince >= 0) {
    if (!le(receiver.rttEdge, rcv.nxt)) return;
    const rtt = Math.max(LEAST_RTT, now - receiver.rttSince);
    if (receiver.rtt < 0 || rtt < receiver.rtt) receiver.rtt = rtt;
  }
  receiver.rttEdge = add(rcv.nxt, rcv.wnd);
  receiver.rttSince = now;
}

function smooth(receiver: Receiver, rtt: number): void {
  receiver.rtt = receiver.rtt < 0 ? rtt : receiver.rtt + (rtt - receiver.rtt) / 8;
}
