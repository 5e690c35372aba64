/**
 * The TCP header: RFC 9293 §3.1, Figure 1; the control bits ECE and CWR as in RFC 3168, AE as in RFC
 * 9768. The checksum has its own functions, since a link may vouch for it.
 */
import { finish, sum } from './checksum.ts';
import type { TcpDrop } from './drop.ts';
import type { Segment } from './segment.ts';
import { seq, toI32 } from './seq.ts';
import { readTcpOptions, tcpOptionsLength, writeTcpOptions } from './tcp-options.ts';

export const TCP_HEADER = 20; // octets, without options

const wire = {
  sourcePort: 0,
  destinationPort: 2,
  seq: 4,
  ack: 8,
  offset: 12,
  ctl: 13,
  wnd: 14,
  checksum: 16,
  up: 18,
  options: 20,
} as const;

/**
 * Reads the segment in [start, end) of `bytes`, of which `view` is a view. The ports stay where they
 * are, see `sourcePort`. The checksum is not looked at: `verifyTcp`. On a drop `out` is in no
 * particular state.
 */
export function readTcp(
  out: Segment,
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
): TcpDrop | undefined {
  if (end - start < TCP_HEADER) return 'tcp-truncated';
  const first = view.getUint8(start + wire.offset);
  const length = (first >> 4) << 2;
  const textStart = start + length;
  if (length < TCP_HEADER || textStart > end) return 'tcp-data-offset';
  out.clearOptions();
  out.seq = seq(view.getInt32(start + wire.seq));
  out.ack = seq(view.getInt32(start + wire.ack));
  out.ctl = ((first & 1) << 8) | view.getUint8(start + wire.ctl); // the other reserved bits say nothing
  out.wnd = view.getUint16(start + wire.wnd); // unsigned: MUST-1
  out.up = view.getUint16(start + wire.up);
  out.bytes = bytes;
  out.textStart = textStart;
  out.textEnd = end;
  if (length === TCP_HEADER) return undefined;
  return readTcpOptions(out, view, start + wire.options, textStart)
    ? undefined
    : 'tcp-option-length';
}

/** The source port of the segment at `start`, of which `readTcp` has found that it is one. */
export function sourcePort(view: DataView, start: number): number {
  return view.getUint16(start + wire.sourcePort);
}

/** The destination port of the segment at `start`, of which `readTcp` has found that it is one. */
export function destinationPort(view: DataView, start: number): number {
  return view.getUint16(start + wire.destinationPort);
}

/** Does the checksum of the segment in [start, end) hold, given its `pseudoSum`? MUST-3. */
export function verifyTcp(view: DataView, start: number, end: number, pseudo: number): boolean {
  return finish(sum(view, start, end, pseudo)) === 0;
}

/** Octets of header and options that `writeTcp` writes: 20 to 60. */
export function tcpHeaderLength(seg: Segment): number {
  return TCP_HEADER + tcpOptionsLength(seg);
}

/**
 * Writes header and options so that they end at `textStart`, and returns where they start. The
 * checksum is left 0: `sealTcp`, unless the link computes it.
 */
export function writeTcp(
  view: DataView,
  textStart: number,
  seg: Segment,
  source: number,
  destination: number,
): number {
  const length = tcpHeaderLength(seg);
  const start = textStart - length;
  view.setUint16(start + wire.sourcePort, source);
  view.setUint16(start + wire.destinationPort, destination);
  view.setInt32(start + wire.seq, toI32(seg.seq));
  view.setInt32(start + wire.ack, toI32(seg.ack));
  view.setUint8(start + wire.offset, (length << 2) | ((seg.ctl >> 8) & 1)); // all others are zero
  view.setUint8(start + wire.ctl, seg.ctl & 0xff);
  view.setUint16(start + wire.wnd, seg.wnd);
  view.setUint16(start + wire.checksum, 0);
  view.setUint16(start + wire.up, seg.up);
  if (length > TCP_HEADER) writeTcpOptions(view, start + wire.options, seg);
  return start;
}

/** Computes and stores the checksum of the segment in [start, end). MUST-2. */
export function sealTcp(view: DataView, start: number, end: number, pseudo: number): void {
  view.setUint16(start + wire.checksum, 0);
  view.setUint16(start + wire.checksum, finish(sum(view, start, end, pseudo)));
}
