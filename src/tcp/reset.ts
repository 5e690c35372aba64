/**
 * Reset generation: RFC 9293 §3.5.2 and §3.10.7.1. A reset never answers a reset.
 */
import { NOT_ECT } from '../wire/ecn.ts';
import { ACK, RST, segLen, type Segment } from '../wire/segment.ts';
import { add, ZERO } from '../wire/seq.ts';
import { synchronized } from './state.ts';
import type { PendingReset, Tcb } from './tcb.ts';
import { nextInWindow } from './windows.ts';

/** §3.10.7.1: the answer to a segment that belongs to no connection; undefined for a reset. */
export function resetFor(seg: Segment): PendingReset | undefined {
  if (seg.ctl & RST) return undefined;
  if (seg.ctl & ACK) return { seq: seg.ack, ack: ZERO, ctl: RST }; // <SEQ=SEG.ACK><CTL=RST>
  // <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>
  return { seq: ZERO, ack: add(seg.seq, segLen(seg)), ctl: RST | ACK };
}

/** <SEQ=SEG.ACK><CTL=RST> */
export function answerReset(tcb: Tcb, seg: Segment, because: string): void {
  tcb.because = because;
  if (seg.ctl & RST) return;
  tcb.pendingReset = { seq: seg.ack, ack: ZERO, ctl: RST };
}

/**
 * <SEQ=SND.NXT><CTL=RST>: §3.10.5, and §3.6.1 when text would be lost (SHLD-3). Linux and FreeBSD say what they
 * have received, too: <SEQ=SND.NXT><ACK=RCV.NXT><CTL=RST,ACK>, which tells nobody more than any ACK.
 */
export function sendReset(tcb: Tcb): void {
  const seq = nextInWindow(tcb);
  const plain = tcb.options.profile === 'rfc' || !synchronized(tcb.state);
  tcb.pendingReset = plain
    ? { seq, ack: ZERO, ctl: RST }
    : { seq, ack: tcb.rcv.nxt, ctl: RST | ACK };
}

/** Writes a reset into `out`. */
export function fillReset(out: Segment, reset: PendingReset): void {
  out.clearOptions();
  out.ecn = NOT_ECT;
  out.seq = reset.seq;
  out.ack = reset.ack;
  out.ctl = reset.ctl;
  out.wnd = 0;
  out.up = 0;
  out.textEnd = out.textStart;
}
