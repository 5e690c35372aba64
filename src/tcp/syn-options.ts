/**
 * The options of SYNs: what we offer, and what both sides' SYNs agree on. RFC 9293 §3.7.1 (MSS), RFC
 * 7323 §2.2, §3.2 and RFC 7323 §2.3 (window scale, timestamps), RFC 2018 §2 (SACK-permitted).
 */
import type { Segment } from '../wire/segment.ts';
import type { TcpOptions } from './options.ts';
import type { Tcb } from './tcb.ts';
import { fillTimestamps, negotiateTimestamps } from './timestamps.ts';
import { synWindow } from './windows.ts';

/** RFC 7323 §2.3: windows of 1 GiB; a larger shift count is taken for this one. */
export const MAX_SHIFT = 14;

const MAX_FIELD = 65535; // octets, of the Window field

/** MSS (MUST-14, SHLD-5), and in a SYN all that we can, in a SYN,ACK what was offered (RFC 7323 §1.3). */
export function fillSynOptions(tcb: Tcb, out: Segment, opening: boolean, now: number): void {
  const { options } = tcb;
  out.wnd = synWindow(tcb);
  out.mss = Math.min(options.receiveMss, options.maxSeg);
  if (opening ? options.windowScaling : tcb.scaled) out.wscale = receiveShift(options);
  out.sackPermitted = opening ? options.sack : tcb.sackOn;
  out.freebsdOrder = options.synOrder === 'freebsd';
  fillTimestamps(tcb, out, now);
}

/** The peer's SYN, or SYN,ACK: an option is in use when both had it. */
export function negotiate(tcb: Tcb, syn: Segment, offset: number, now: number): void {
  const { options, snd, rcv } = tcb;
  tcb.scaled = options.windowScaling && syn.wscale >= 0;
  snd.shift = tcb.scaled ? Math.min(syn.wscale, MAX_SHIFT) : 0;
  rcv.shift = tcb.scaled ? receiveShift(options) : 0;
  tcb.sackOn = options.sack && syn.sackPermitted;
  negotiateTimestamps(tcb, syn, offset, now);
}

/** Back in LISTEN nothing is agreed on. */
export function forgetOptions(tcb: Tcb): void {
  tcb.scaled = false;
  tcb.snd.shift = 0;
  tcb.rcv.shift = 0;
  tcb.sackOn = false;
  tcb.timestamps = undefined;
}

/** Rcv.Wind.Shift, for good: the smallest with which the largest buffer fits, as Linux has it. */
export function receiveShift({ receiveBuffer, receiveBufferMax }: TcpOptions): number {
  const most = Math.max(receiveBuffer, receiveBufferMax);
  const shift = 32 - Math.clz32(Math.ceil(most / MAX_FIELD) - 1);
  return Math.min(shift, MAX_SHIFT);
}
