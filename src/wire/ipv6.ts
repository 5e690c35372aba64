/**
 * The IPv6 header and its extension headers: RFC 8200 §3 and §4. Hop-by-hop options, destination
 * options, a spent routing header and an atomic fragment (RFC 6946) are stepped over.
 */
import type { IpDrop } from './drop.ts';
import type { IpHeader } from './ip-header.ts';
import { NextHeader } from './ipv6-headers.ts';

export const IPV6_HEADER = 40; // octets, without extension headers

const { HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION_OPTIONS } = NextHeader;

const MAX_EXTENSIONS = 8; // headers; RFC 8200 sets no limit, RFC 8504 §5.3 lets a host set one
const MAX_PAYLOAD = 65535; // octets, RFC 8200 §4.5
const DISCARD = 0xc0; // the bits of an option type that say what to do when it is unknown, §4.2

const wire = {
  versionClassFlow: 0,
  payloadLength: 4,
  nextHeader: 6,
  hopLimit: 7,
  source: 8,
  destination: 24,
} as const;

const fragment = { nextHeader: 0, offset: 2, id: 4, length: 8 } as const;

/**
 * Reads the datagram in [start, end) and sets `payloadStart` and `payloadEnd`; octets beyond Payload
 * Length are a link's padding. On a drop `out` is in no particular state.
 *
 * Of a datagram that must be reassembled first, `protocol` is what the fragment header says: it may
 * name a further extension header, so read the whole again when all fragments are there.
 */
export function readIpv6(
  out: IpHeader,
  view: DataView,
  start: number,
  end: number,
): IpDrop | undefined {
  if (end - start < IPV6_HEADER) return 'ip-truncated';
  if (view.getUint8(start) >> 4 !== 6) return 'ip-version';
  const payloadEnd = start + IPV6_HEADER + view.getUint16(start + wire.payloadLength);
  if (payloadEnd > end) return 'ip-truncated';
  readFields(out, view, start, payloadEnd);
  return readExtensions(out, view);
}

/** Reads the headers of a datagram quoted in an ICMP error: what follows may be cut off. */
export function readQuotedIpv6(
  out: IpHeader,
  view: DataView,
  start: number,
  end: number,
): IpDrop | undefined {
  if (end - start < IPV6_HEADER) return 'ip-truncated';
  if (view.getUint8(start) >> 4 !== 6) return 'ip-version';
  readFields(out, view, start, end);
  const drop = readExtensions(out, view);
  return drop === 'ip-fragment' ? undefined : drop; // its length is that of the quote
}

/**
 * Writes 40 octets that end at `payloadStart` and returns where they start, which must not be
 * before the view. Source, destination, protocol, ttl, tos and flowLabel are taken from `header`;
 * `payloadLength` is at most 65535 octets.
 */
export function writeIpv6(
  view: DataView,
  payloadStart: number,
  header: IpHeader,
  payloadLength: number,
): number {
  const start = payloadStart - IPV6_HEADER;
  const { source, destination } = wire;
  view.setUint32(start, (6 << 28) | ((header.tos & 0xff) << 20) | (header.flowLabel & 0xfffff));
  view.setUint16(start + wire.payloadLength, payloadLength);
  view.setUint8(start + wire.nextHeader, header.protocol);
  view.setUint8(start + wire.hopLimit, header.ttl);
  view.setInt32(start + source, header.src0);
  view.setInt32(start + source + 4, header.src1);
  view.setInt32(start + source + 8, header.src2);
  view.setInt32(start + source + 12, header.src3);
  view.setInt32(start + destination, header.dst0);
  view.setInt32(start + destination + 4, header.dst1);
  view.setInt32(start + destination + 8, header.dst2);
  view.setInt32(start + destination + 12, header.dst3);
  return start;
}

function readFields(out: IpHeader, view: DataView, start: number, payloadEnd: number): void {
  const { source, destination } = wire;
  const first = view.getInt32(start + wire.versionClassFlow);
  out.version = 6;
  out.src0 = view.getInt32(start + source);
  out.src1 = view.getInt32(start + source + 4);
  out.src2 = view.getInt32(start + source + 8);
  out.src3 = view.getInt32(start + source + 12);
  out.dst0 = view.getInt32(start + destination);
  out.dst1 = view.getInt32(start + destination + 4);
  out.dst2 = view.getInt32(start + destination + 8);
  out.dst3 = view.getInt32(start + destination + 12);
  out.protocol = view.getUint8(start + wire.nextHeader);
  out.ttl = view.getUint8(start + wire.hopLimit);
  out.tos = (first >>> 20) & 0xff;
  out.id = 0;
  out.dontFragment = true; // routers do not fragment IPv6
  out.moreFragments = false;
  out.fragmentOffset = 0;
  out.flowLabel = first & 0xfffff;
  out.headerStart = start;
  out.payloadStart = start + IPV6_HEADER;
  out.payloadEnd = payloadEnd;
}

function readExtensions(out: IpHeader, view: DataView): IpDrop | undefined {
  for (let count = 0; isExtension(out.protocol); count++) {
    if (count === MAX_EXTENSIONS) return 'ipv6-extension-count';
    if (out.protocol === HOP_BY_HOP && count > 0) return 'ipv6-extension-order';
    if (out.payloadStart + 8 > out.payloadEnd) return 'ipv6-extension-length';
    const drop = out.protocol === FRAGMENT ? readFragment(out, view) : readExtension(out, view);
    if (drop !== undefined) return drop;
    if (out.moreFragments || out.fragmentOffset !== 0) return undefined;
  }
  return undefined;
}

function isExtension(protocol: number): boolean {
  return (
    protocol === HOP_BY_HOP ||
    protocol === ROUTING ||
    protocol === FRAGMENT ||
    protocol === DESTINATION_OPTIONS
  );
}

function readFragment(out: IpHeader, view: DataView): IpDrop | undefined {
  const at = out.payloadStart;
  const offset = view.getUint16(at + fragment.offset);
  out.protocol = view.getUint8(at + fragment.nextHeader);
  out.fragmentOffset = offset & 0xfff8;
  out.moreFragments = (offset & 1) !== 0;
  out.id = view.getInt32(at + fragment.id);
  out.payloadStart = at + fragment.length;
  const length = out.payloadEnd - out.payloadStart;
  if (out.moreFragments && (length === 0 || (length & 7) !== 0)) return 'ip-fragment';
  return out.fragmentOffset + length > MAX_PAYLOAD ? 'ip-fragment' : undefined;
}

/** One header of the common form: next header, length in units of 8 octets beyond the first 8. */
function readExtension(out: IpHeader, view: DataView): IpDrop | undefined {
  const at = out.payloadStart;
  const next = at + ((view.getUint8(at + 1) + 1) << 3);
  if (next > out.payloadEnd) return 'ipv6-extension-length';
  if (out.protocol === ROUTING) {
    if (view.getUint8(at + 3) !== 0) return 'ipv6-routing';
  } else {
    const drop = checkOptions(view, at + 2, next);
    if (drop !== undefined) return drop;
  }
  out.protocol = view.getUint8(at);
  out.payloadStart = next;
  return undefined;
}

/** Every option is stepped over, unless its type asks for the datagram to be discarded. */
function checkOptions(view: DataView, start: number, end: number): IpDrop | undefined {
  let at = start;
  while (at < end) {
    const type = view.getUint8(at);
    if (type === 0) {
      at += 1; // Pad1
      continue;
    }
    if (at + 2 > end) return 'ipv6-extension-length';
    at += 2 + view.getUint8(at + 1);
    if (at > end) return 'ipv6-extension-length';
    if ((type & DISCARD) !== 0) return 'ipv6-option';
  }
  return undefined;
}
