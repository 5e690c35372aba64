/**
 * How much SEND takes: two congestion windows, one in flight and one to follow it, so that nobody has
 * to know the path (as Linux's tcp_sndbuf_expand). But the part of cwnd that the peer never offered a
 * window for is not in flight. Memory is only what the user gave.
 */
import { cwndOf } from './sender.ts';
import { Signal, signal } from './signals.ts';
import type { Tcb } from './tcb.ts';

const MOST = 2 ** 30; // octets: more than a window, and far from where sequence numbers wrap

/** Octets the send buffer may hold now. It shrinks with cwnd; what is in it stays. */
export function sendCapacity(tcb: Tcb): number {
  const { sendBuffer, sendBufferMax } = tcb.options;
  const wanted = Math.max(sendBuffer, 2 * Math.min(cwndOf(tcb), tcb.snd.maxWnd));
  return Math.min(wanted, Math.max(sendBuffer, sendBufferMax), MOST);
}

/** Something was acknowledged, and SEND had left less than a third. */
export function writableAgain(tcb: Tcb): void {
  if (sendTight(tcb)) return;
  tcb.sendBuffer.full = false;
  signal(tcb, Signal.writable);
}

/** Less than a third is free: not worth telling the user that SEND takes something. */
export function sendTight(tcb: Tcb): boolean {
  const capacity = sendCapacity(tcb);
  return capacity - tcb.sendBuffer.length < capacity / 3;
}
