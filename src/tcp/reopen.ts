/**
 * When a SYN ends TIME-WAIT: RFC 9293 §3.6.1 (MAY-2), RFC 6191 §2, theirs as well as ours. Where RFC
 * 6191 would drop the SYN in silence, RFC 9293 §3.10.7.4 fourth has it challenged, and so do we.
 */
import { ACK, RST, SYN, type Segment } from '../wire/segment.ts';
import { add, ge, gt, type Seq } from '../wire/seq.ts';
import type { Tcb } from './tcb.ts';
import { tsBefore } from './timestamps.ts';

/** Linux's tcp_tw_reuse_delay, ms: the peer's clock has moved by then, whatever its tick is. */
const REUSE_DELAY = 1000;

/** Octets: a new ISS lies beyond all that a window of the old connection could hold, unscaled. */
const REOPEN_GAP = 65_537;

/**
 * | before     | in the SYN | honoured if                                                     |
 * | ---------- | ---------- | --------------------------------------------------------------- |
 * | timestamps | timestamps | TSval is later; or the same, and SEG.SEQ beyond the last one seen |
 * | timestamps | none       | SEG.SEQ is beyond the last one seen                             |
 * | none       | timestamps | always                                                          |
 * | none       | none       | SEG.SEQ is beyond the last one seen                             |
 *
 * The last one seen is the FIN's, RCV.NXT - 1. `tcb` is in TIME-WAIT. Who does not want timestamps
 * any more takes a SYN for one without.
 */
export function opensAgain(tcb: Tcb, seg: Segment): boolean {
  if ((seg.ctl & (SYN | ACK | RST)) !== SYN) return false;
  const beyond = ge(seg.seq, tcb.rcv.nxt);
  if (!seg.timestamps || !tcb.options.timestamps) return beyond;
  const { timestamps } = tcb;
  if (timestamps === undefined) return true;
  return tsBefore(timestamps.recent, seg.tsval) || (timestamps.recent === seg.tsval && beyond);
}

/**
 * May an active OPEN end TIME-WAIT? Only if the peer's table allows it for sure: with timestamps, which
 * are later than all of the old connection's. `since`: when TIME-WAIT began, ms.
 */
export function mayOpenAgain(hadTimestamps: boolean, since: number, now: number): boolean {
  return hadTimestamps && now - since >= REUSE_DELAY;
}

/** The ISS of the new connection, `next` unless it is not beyond SND.NXT of the old one. */
export const issBeyond = (next: Seq, oldNxt: Seq): Seq =>
  gt(next, oldNxt) ? next : add(oldNxt, REOPEN_GAP);
