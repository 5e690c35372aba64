/**
 * Writing a segment that output.ts decided on: its sequence number, what it acknowledges, its text,
 * and its options. RFC 9293 §3.1, §3.8.5 and §3.9.1.2; RFC 7323 §3.2, RFC 2018 §3.
 */
import { NOT_ECT } from '../wire/ecn.ts';
import { ACK, FIN, PSH, URG, type Segment } from '../wire/segment.ts';
import { add, diff, gt, le, lt, type Seq } from '../wire/seq.ts';
import { acked, answered } from './acknowledgment.ts';
import { fillEcn } from './ecn/receiver.ts';
import { textEnd } from './events/send.ts';
import { fillSack } from './sack-out.ts';
import type { Tcb } from './tcb.ts';
import { fillTimestamps } from './timestamps.ts';
import { fillUserTimeout } from './user-timeout.ts';
import { advertisedWindow } from './windows.ts';

const MAX_URGENT = 65535; // §3.8.5: a pointer farther away is sent when it comes nearer

/** A segment of `length` octets of sequence space from `start`; the FIN is the last of all. */
export function fillText(
  tcb: Tcb,
  out: Segment,
  start: Seq,
  length: number,
  offset: number,
  now: number,
): void {
  begin(out, start);
  fillAck(tcb, out, now);
  const end = add(start, length);
  const fin = finOctet(tcb, end);
  const text = length - fin;
  if (text > 0) {
    const syn = tcb.synAcked ? 0 : 1;
    tcb.sendBuffer.copy(offset - syn, text, out.bytes, out.textStart);
    answered(tcb, now);
    out.textEnd = out.textStart + text;
    const last = add(start, text);
    // On the last buffered octet, and where the user pushed (MUST-61, SHLD-27)
    if (last === textEnd(tcb) || (lt(start, tcb.pushed) && le(tcb.pushed, last))) out.ctl |= PSH;
  }
  if (fin > 0) out.ctl |= FIN;
  if (urgent(tcb, start)) {
    out.ctl |= URG;
    out.up = Math.min(diff(tcb.snd.up, start), MAX_URGENT);
  }
}

export const urgent = (tcb: Tcb, start: Seq): boolean => gt(tcb.snd.up, start);

/** Is `end` one past our FIN? */
export const finOctet = (tcb: Tcb, end: Seq): number =>
  tcb.finSent && end === tcb.snd.nxt ? 1 : 0;

export function begin(out: Segment, start: Seq): void {
  out.clearOptions();
  out.ecn = NOT_ECT;
  out.seq = start;
  out.ctl = 0;
  out.up = 0;
  out.textEnd = out.textStart;
}

export function fillAck(tcb: Tcb, out: Segment, now: number): void {
  out.ctl |= ACK;
  out.ack = tcb.rcv.nxt;
  out.wnd = advertisedWindow(tcb);
  fillTimestamps(tcb, out, now);
  if (tcb.receiver !== undefined && tcb.receiver.sack !== undefined) fillSack(tcb, out);
  if (tcb.uto !== undefined) fillUserTimeout(out, tcb.uto);
  if (tcb.ecn !== undefined) fillEcn(tcb, tcb.ecn, out);
  acked(tcb);
}
