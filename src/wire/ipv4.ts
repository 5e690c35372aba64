/**
 * The IPv4 header: RFC 791 §3.1, checked as RFC 1122 §3.2.1 wants it. Options are stepped over and
 * none is acted upon (RFC 9293 §3.9.2, MUST-50); none is ever written.
 */
import { finish, sum } from './checksum.ts';
import type { IpDrop } from './drop.ts';
import type { IpHeader } from './ip-header.ts';

export const IPV4_HEADER = 20; // octets, without options

const wire = {
  versionIhl: 0,
  tos: 1,
  totalLength: 2,
  id: 4,
  fragment: 6,
  ttl: 8,
  protocol: 9,
  checksum: 10,
  source: 12,
  destination: 16,
  options: 20,
} as const;

const DF = 0x4000;
const MF = 0x2000;
const OFFSET = 0x1fff; // in units of 8 octets
const MAX_DATAGRAM = 65535; // octets, RFC 791 §3.1

/**
 * Reads the datagram in [start, end) and sets `payloadStart` and `payloadEnd`; octets beyond Total
 * Length are a link's padding. On a drop `out` is in no particular state.
 */
export function readIpv4(
  out: IpHeader,
  view: DataView,
  start: number,
  end: number,
): IpDrop | undefined {
  if (end - start < IPV4_HEADER) return 'ip-truncated';
  const versionIhl = view.getUint8(start);
  if (versionIhl >> 4 !== 4) return 'ip-version';
  const length = (versionIhl & 0xf) << 2;
  if (length < IPV4_HEADER || start + length > end) return 'ipv4-header-length';
  const total = view.getUint16(start + wire.totalLength);
  if (total < length) return 'ipv4-total-length';
  if (start + total > end) return 'ip-truncated';
  if (finish(sum(view, start, start + length, 0)) !== 0) return 'ipv4-checksum';
  if (length > IPV4_HEADER && !optionsAreWhole(view, start + wire.options, start + length)) {
    return 'ipv4-option-length';
  }
  readFields(out, view, start);
  out.payloadStart = start + length;
  out.payloadEnd = start + total;
  return fragmentIsWhole(out) ? undefined : 'ip-fragment';
}

/**
 * Reads the header of a datagram quoted in an ICMP error: what follows may be cut off and a router
 * may have changed what the checksum covers, so neither is held against it (RFC 5508 §4.2).
 */
export function readQuotedIpv4(
  out: IpHeader,
  view: DataView,
  start: number,
  end: number,
): IpDrop | undefined {
  if (end - start < IPV4_HEADER) return 'ip-truncated';
  const versionIhl = view.getUint8(start);
  if (versionIhl >> 4 !== 4) return 'ip-version';
  const length = (versionIhl & 0xf) << 2;
  if (length < IPV4_HEADER || start + length > end) return 'ipv4-header-length';
  readFields(out, view, start);
  out.payloadStart = start + length;
  out.payloadEnd = end;
  return undefined;
}

/**
 * Writes 20 octets that end at `payloadStart` and returns where they start, which must not be
 * before the view. Source, destination, protocol, ttl, tos, id and the fragment fields are taken
 * from `header`; `payloadLength` is at most 65515 octets.
 */
export function writeIpv4(
  view: DataView,
  payloadStart: number,
  header: IpHeader,
  payloadLength: number,
): number {
  const start = payloadStart - IPV4_HEADER;
  const flags = (header.dontFragment ? DF : 0) | (header.moreFragments ? MF : 0);
  view.setUint8(start, 0x45);
  view.setUint8(start + wire.tos, header.tos);
  view.setUint16(start + wire.totalLength, IPV4_HEADER + payloadLength);
  view.setUint16(start + wire.id, header.id);
  view.setUint16(start + wire.fragment, flags | (header.fragmentOffset >>> 3));
  view.setUint8(start + wire.ttl, header.ttl);
  view.setUint8(start + wire.protocol, header.protocol);
  view.setUint16(start + wire.checksum, 0);
  view.setInt32(start + wire.source, header.src3);
  view.setInt32(start + wire.destination, header.dst3);
  view.setUint16(start + wire.checksum, finish(sum(view, start, payloadStart, 0)));
  return start;
}

function readFields(out: IpHeader, view: DataView, start: number): void {
  const fragment = view.getUint16(start + wire.fragment);
  out.version = 4;
  out.src0 = 0;
  out.src1 = 0;
  out.src2 = 0;
  out.src3 = view.getInt32(start + wire.source);
  out.dst0 = 0;
  out.dst1 = 0;
  out.dst2 = 0;
  out.dst3 = view.getInt32(start + wire.destination);
  out.protocol = view.getUint8(start + wire.protocol);
  out.ttl = view.getUint8(start + wire.ttl);
  out.tos = view.getUint8(start + wire.tos);
  out.id = view.getUint16(start + wire.id);
  out.dontFragment = (fragment & DF) !== 0;
  out.moreFragments = (fragment & MF) !== 0;
  out.fragmentOffset = (fragment & OFFSET) << 3;
  out.flowLabel = 0;
  out.headerStart = start;
}

/** A fragment that is not the last has whole 8 octets; none ends beyond 65535 ("ping of death"). */
function fragmentIsWhole(ip: IpHeader): boolean {
  const length = ip.payloadEnd - ip.payloadStart;
  if (ip.moreFragments && (length === 0 || (length & 7) !== 0)) return false;
  return ip.payloadStart - ip.headerStart + ip.fragmentOffset + length <= MAX_DATAGRAM;
}

function optionsAreWhole(view: DataView, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    const kind = view.getUint8(at);
    if (kind === 0) return true; // End of Option List
    if (kind === 1) {
      at += 1;
      continue;
    }
    if (at + 1 >= end) return false;
    const length = view.getUint8(at + 1);
    if (length < 2 || at + length > end) return false;
    at += length;
  }
  return true;
}
