/**
 * Where in a refused datagram the trouble is, as ICMP's pointer counts it: octets from its start. RFC
 * 792 and RFC 4443 §3.4. Bounded like the reader in wire/ipv6.ts, of which these repeat the steps.
 */
import type { IpHeader } from '../wire/ip-header.ts';
import { IPV4_HEADER } from '../wire/ipv4.ts';
import { NextHeader } from '../wire/ipv6-headers.ts';
import { IPV6_HEADER } from '../wire/ipv6.ts';

const NEXT_HEADER = 6; // where in the IPv6 header
const FRAGMENT_HEADER = 8; // octets
const MOST_HEADERS = 64;

/** The octet that says what begins at `at`: in the IPv6 header or in the last one before `at`. */
export function nextHeaderField(view: DataView, start: number, at: number): number {
  let field = start + NEXT_HEADER;
  let header = start + IPV6_HEADER;
  while (header < at && header + 2 <= view.byteLength) {
    const length = lengthOf(view, view.getUint8(field), header);
    field = header;
    header += length;
  }
  return field - start;
}

/** The option at which stepping over the options of an IPv4 header went wrong. */
export function badOption4(view: DataView, ip: IpHeader): number {
  const { headerStart: start, payloadStart: end } = ip;
  let at = start + IPV4_HEADER;
  while (at < end) {
    const kind = view.getUint8(at);
    if (kind === 0) break;
    const length = kind === 1 ? 1 : at + 1 < end ? view.getUint8(at + 1) : 0;
    if (kind !== 1 && (length < 2 || at + length > end)) break;
    at += length;
  }
  return at - start;
}

/** The first option in the header at `ip.payloadStart` that asks to be discarded; -1: none. */
export function badOption6(view: DataView, ip: IpHeader): number {
  const { payloadStart: header, payloadEnd } = ip;
  if (header + 2 > payloadEnd) return -1;
  const end = Math.min(header + lengthOf(view, ip.protocol, header), payloadEnd);
  let at = header + 2;
  while (at < end) {
    const type = view.getUint8(at);
    if (type >> 6 !== 0) return at - ip.headerStart;
    if (type === 0) at += 1;
    else if (at + 1 < end) at += 2 + view.getUint8(at + 1);
    else break;
  }
  return -1;
}

/** Where `protocol` begins, at `ip.payloadStart` or behind further headers; -1: it does not come. */
export function upperLayer6(view: DataView, ip: IpHeader, protocol: number): number {
  let next = ip.protocol;
  let at = ip.payloadStart;
  for (let count = 0; count < MOST_HEADERS; count++) {
    if (next === protocol) return at;
    if (!isHeader(next) || at + FRAGMENT_HEADER > ip.payloadEnd) return -1;
    const length = lengthOf(view, next, at);
    next = view.getUint8(at);
    at += length;
  }
  return -1;
}

function isHeader(next: number): boolean {
  return (
    next === NextHeader.HOP_BY_HOP ||
    next === NextHeader.ROUTING ||
    next === NextHeader.FRAGMENT ||
    next === NextHeader.DESTINATION_OPTIONS
  );
}

function lengthOf(view: DataView, kind: number, at: number): number {
  if (kind === NextHeader.FRAGMENT) return FRAGMENT_HEADER;
  return (view.getUint8(at + 1) + 1) << 3;
}
