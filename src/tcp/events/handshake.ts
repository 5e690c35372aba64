/**
 * What the openings share: taking the peer's SYN, beginning our own sequence (RFC 9293 §3.10.1,
 * §3.10.7.2 and §3.10.7.3).
 */
import type { Segment } from '../../wire/segment.ts';
import { add, type Seq } from '../../wire/seq.ts';
import { negotiate } from '../syn-options.ts';
import type { Tcb } from '../tcb.ts';
import { userTimeoutArrives } from '../user-timeout.ts';

/**
 * RCV.NXT is set to SEG.SEQ+1, IRS is set to SEG.SEQ; SND.WND and what is negotiated from the SYN.
 * `offset` is that of our clock, for a TCB that has sent no SYN yet.
 */
export function takeSyn(tcb: Tcb, seg: Segment, offset: number, now: number): void {
  const { snd, rcv } = tcb;
  rcv.irs = seg.seq;
  rcv.nxt = add(seg.seq, 1);
  rcv.up = rcv.nxt;
  snd.wnd = seg.wnd; // the window of a SYN is never scaled (RFC 7323 §2.2)
  snd.maxWnd = Math.max(snd.maxWnd, seg.wnd);
  snd.wl1 = seg.seq;
  snd.wl2 = seg.ack;
  if (seg.mss > 0) snd.mss = seg.mss; // MUST-14; 0 or none: the default stays (MUST-15)
  negotiate(tcb, seg, offset, now);
  if (tcb.uto !== undefined) userTimeoutArrives(tcb, seg, tcb.uto, now);
}

/** SND.UNA = ISS, SND.NXT = ISS+1, and a SYN to send. */
export function beginSend(tcb: Tcb, iss: Seq): void {
  const { snd } = tcb;
  snd.iss = iss;
  snd.una = iss;
  snd.nxt = add(iss, 1);
  snd.up = iss;
  tcb.pushed = snd.nxt;
  tcb.synSentAt = -1;
  tcb.sendSyn = true;
}
