/**
 * Windows: RFC 9293 §3.8.6 and the tests of §3.4, Table 6. Both silly-window rules are here: the
 * receiver's (§3.8.6.2.2, MUST-39) in `advertisedWindow`, the sender's in output.ts.
 */
import { segLen, type Segment } from '../wire/segment.ts';
import { add, diff, gt, inWindow, le, lt, type Seq } from '../wire/seq.ts';
import { ecnOctets } from './ecn/accecn-option.ts';
import { receiveCapacity } from './receive-autotune.ts';
import { sackOctets } from './sack-out.ts';
import { restartRto, senderInFlight } from './sender.ts';
import { effectiveSendMss } from './smss.ts';
import type { ReceiveSpace, SendSpace, Tcb } from './tcb.ts';
import { Timer } from './timers.ts';
import { userTimeoutOctets } from './user-timeout.ts';

const MAX_FIELD = 65535; // §3.1, the Window field has 16 bits (MUST-1)

/** Octets of text in the largest segment sent now: less for SACK and AccECN options it will have. */
export function largestText(tcb: Tcb): number {
  return effectiveSendMss(tcb) - sackOctets(tcb) - ecnOctets(tcb) - userTimeoutOctets(tcb);
}

/** The four cases of §3.4, Table 6, for a receive window that is not zero or a segment of none. */
export function acceptable(rcv: ReceiveSpace, seg: Segment): boolean {
  const length = segLen(seg);
  if (length === 0) {
    return rcv.wnd === 0 ? seg.seq === rcv.nxt : inWindow(seg.seq, rcv.nxt, rcv.wnd);
  }
  if (rcv.wnd === 0) return false;
  const first = diff(seg.seq, rcv.nxt);
  return (first >= 0 && first < rcv.wnd) || (first < 0 && first + length > 0);
}

/** U: octets that may be sent beyond SND.NXT; negative when the window shrank (MUST-34). */
export function usableWindow(tcb: Tcb): number {
  const { snd } = tcb;
  return snd.wnd - diff(snd.nxt, snd.una);
}

/**
 * May what ends `beyond` octets outside the window, and was in it once, leave again? A scaled window
 * seems to shrink when it is only rounded: RFC 7323 §2.4 (4), (5).
 */
export function retracted({ shift }: SendSpace, retransmissions: number, beyond: number): boolean {
  return shift > 0 && (retransmissions === 0 || beyond < 1 << shift);
}

/**
 * SEG.SEQ of a segment without text. DEVIATION(ack-in-window): SND.NXT, as the RFC says, but not beyond
 * the window: while the octet of a probe is outstanding, and after the window shrank, the peer would
 * drop it by the first check, and learn nothing of what we acknowledge or that we abort.
 */
export function nextInWindow(tcb: Tcb): Seq {
  const { snd } = tcb;
  const edge = add(snd.una, snd.wnd);
  return tcb.synAcked && gt(snd.nxt, edge) ? edge : snd.nxt;
}

/**
 * The Window field of the segment being sent; moves RCV.WND's right edge, never to the left
 * (SHLD-14), and only by min(RCV.BUFF / 2, Eff.snd.MSS) or more (MUST-39). Scaled, it is rounded up as
 * long as there is room for that: otherwise the edge the peer sees would move left with every few octets
 * that arrive. Without room it does, and what was promised once is taken all the same: RFC 7323 §2.4.
 */
export function advertisedWindow(tcb: Tcb): number {
  const { rcv } = tcb;
  widen(tcb);
  if (rcv.shift > 0) roundUp(tcb);
  return Math.min(rcv.wnd >> rcv.shift, MAX_FIELD);
}

function roundUp(tcb: Tcb): void {
  const { rcv, receiveBuffer } = tcb;
  const granules = (rcv.wnd + (1 << rcv.shift) - 1) >> rcv.shift; // RCV.WND is at most 2^30
  const rounded = Math.min(granules, MAX_FIELD) << rcv.shift;
  const room = receiveCapacity(tcb) - receiveBuffer.unread;
  if (rounded > rcv.wnd && rounded <= room) rcv.wnd = rounded;
}

/**
 * That of a SYN, which is never scaled: RFC 7323 §2.2. A SYN,ACK that is sent again takes nothing back
 * of what an ACK has promised since (SHLD-14).
 */
export function synWindow(tcb: Tcb): number {
  const { rcv, options } = tcb;
  rcv.wnd = Math.max(rcv.wnd, Math.min(options.receiveBuffer, MAX_FIELD));
  return Math.min(rcv.wnd, MAX_FIELD);
}

function widen(tcb: Tcb): void {
  const growth = windowGrowth(tcb);
  if (growth > 0 && growth >= Math.min(receiveCapacity(tcb) / 2, effectiveSendMss(tcb))) {
    tcb.rcv.wnd += growth;
  }
}

/** The user took text: is the wider window worth a segment of its own? */
export function windowUpdateDue(tcb: Tcb): boolean {
  const half = receiveCapacity(tcb) / 2;
  const growth = windowGrowth(tcb);
  const mss = effectiveSendMss(tcb);
  return growth >= Math.min(half, tcb.rcv.wnd < mss ? mss : 2 * mss);
}

// RCV.BUFF - RCV.USER - RCV.WND
function windowGrowth(tcb: Tcb): number {
  const room = Math.min(receiveCapacity(tcb), MAX_FIELD << tcb.rcv.shift);
  return room - tcb.receiveBuffer.unread - tcb.rcv.wnd;
}

/** §3.10.7.4 fifth check: may this segment update SND.WND? Old ones must not. */
export function newerWindow(tcb: Tcb, seg: Segment): boolean {
  const { snd } = tcb;
  return lt(snd.wl1, seg.seq) || (snd.wl1 === seg.seq && le(snd.wl2, seg.ack));
}

/** SND.WND, SND.WL1 and SND.WL2 from this segment. A window that reopens ends the persist state. */
export function updateSendWindow(tcb: Tcb, seg: Segment, now: number): void {
  const { snd } = tcb;
  const before = snd.wnd;
  snd.wnd = seg.wnd << snd.shift;
  snd.wl1 = seg.seq;
  snd.wl2 = seg.ack;
  if (snd.wnd > snd.maxWnd) snd.maxWnd = snd.wnd;
  if (snd.wnd > 0 && before === 0) windowReopened(tcb, now);
}

// What was sent into the closed window was most likely discarded: send it again at once.
function windowReopened(tcb: Tcb, now: number): void {
  tcb.timers.stop(Timer.Persist);
  tcb.persistBackoffs = 0;
  tcb.probe = false;
  const sender = senderInFlight(tcb);
  if (sender === undefined || sender.queue.empty) return;
  tcb.timers.set(Timer.User, now + tcb.userTimeout); // stopped while the window was zero
  sender.queue.markAllLost(now);
  sender.retransmitNow = true;
  sender.why = 'RFC 9293 §3.8.6.1: sent into a window that was closed';
  restartRto(tcb, now);
}
