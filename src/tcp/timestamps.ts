/**
 * Timestamps: RFC 7323 §3 (the option), §4 (round trips), §5 (PAWS: protection against wrapped
 * sequence numbers). TSvals are int32, compared modulo 2^32, one tick a millisecond (§5.4).
 */
import { ACK, RST, SYN, type Segment } from '../wire/segment.ts';
import { gt, ZERO, type Seq } from '../wire/seq.ts';
import type { Tcb } from './tcb.ts';

/** Octets the option takes in a segment, filled up with two NOPs: Appendix A. */
export const TIMESTAMP_OCTETS = 12;

const SECOND = 1000; // ms
const OUTDATED = 24 * 24 * 3600; // s: §5.5, half of what 2^32 ms are, rounded down to days

export class Timestamps {
  /** What our clock is off: secret, so that TSvals do not tell how long the host runs (§5.4, §7.1). */
  offset: number;
  /** TS.Recent, the TSval that is echoed. */
  recent = 0;
  /** When TS.Recent was set, in whole seconds: a double would cost every connection 16 octets. */
  recentAt = 0;
  /** Last.ACK.sent */
  lastAckSent: Seq = ZERO;

  constructor(offset: number) {
    this.offset = offset;
  }
}

/** Our clock as `tcb`, which has timestamps, shows it: int32, ms. */
export function tsvalAt(tcb: Tcb, now: number): number {
  const { timestamps } = tcb;
  return timestamps === undefined ? 0 : tsvalOf(timestamps.offset, now);
}

export const tsvalOf = (offset: number, now: number): number => ((now | 0) + offset) | 0;

/** Is `a` before `b`, modulo 2^32 (§5.2)? */
export const tsBefore = (a: number, b: number): boolean => ((a - b) | 0) < 0;

/**
 * The round trip that SEG.TSecr measured, ms; -1 when it says nothing: none was negotiated, no ACK
 * bit (§3.2), an echo of what was not sent yet, or of longer ago than the RTO can ever be. Only for what
 * acknowledges something new (§4.1).
 */
export function timestampRtt(tcb: Tcb, seg: Segment, now: number): number {
  const { timestamps } = tcb;
  if (timestamps === undefined || !seg.timestamps || !(seg.ctl & ACK)) return -1;
  const rtt = (tsvalOf(timestamps.offset, now) - seg.tsecr) | 0;
  return rtt < 0 || rtt > tcb.options.maxRto ? -1 : rtt;
}

/** §3.2: in every segment once negotiated. What is echoed is acknowledged up to here. */
export function fillTimestamps(tcb: Tcb, out: Segment, now: number): void {
  const { timestamps } = tcb;
  if (timestamps === undefined) return;
  out.timestamps = true;
  out.tsval = tsvalOf(timestamps.offset, now);
  if (!(out.ctl & ACK)) return; // TSecr is 0 then
  out.tsecr = timestamps.recent;
  if (!(out.ctl & RST)) timestamps.lastAckSent = out.ack;
}

/** The peer's SYN: are there timestamps from now on? `offset` is for a TCB that has none yet. */
export function negotiateTimestamps(tcb: Tcb, syn: Segment, offset: number, now: number): void {
  if (!tcb.options.timestamps || !syn.timestamps) {
    tcb.timestamps = undefined;
    return;
  }
  const timestamps = (tcb.timestamps ??= new Timestamps(offset));
  timestamps.recent = syn.tsval;
  timestamps.recentAt = (now / SECOND) | 0;
  timestamps.lastAckSent = tcb.rcv.nxt;
}

/**
 * §3.2: once negotiated, a segment without them is dropped, but a reset. A SYN is let through to the
 * challenge of RFC 5961 §4: a peer that forgot the connection would never hear of it otherwise.
 */
export function lacksTimestamps(tcb: Tcb, seg: Segment): boolean {
  return tcb.timestamps !== undefined && !seg.timestamps && !(seg.ctl & (RST | SYN));
}

/** §5.3 R1: SEG.TSval < TS.Recent, which is valid, and no reset: an old duplicate. */
export function failsPaws(tcb: Tcb, seg: Segment, now: number): boolean {
  const { timestamps } = tcb;
  if (timestamps === undefined || !seg.timestamps) return false;
  return tsBefore(seg.tsval, timestamps.recent) && !(seg.ctl & RST) && !outdated(timestamps, now);
}

/** §4.3 (2), §5.3 R3; called once the ACK was found acceptable as well: a forgery must pass that. */
export function updateRecent(tcb: Tcb, seg: Segment, now: number): void {
  const { timestamps } = tcb;
  if (timestamps === undefined || !seg.timestamps) return;
  // SEG.TSval >= TSrecent and SEG.SEQ <= Last.ACK.sent
  if (gt(seg.seq, timestamps.lastAckSent)) return;
  if (tsBefore(seg.tsval, timestamps.recent) && !outdated(timestamps, now)) return;
  timestamps.recent = seg.tsval;
  timestamps.recentAt = (now / SECOND) | 0;
}

/** §5.5: after 24 days without a new one the sign of a comparison says nothing any more. */
function outdated(timestamps: Timestamps, now: number): boolean {
  return now / SECOND - timestamps.recentAt > OUTDATED;
}
