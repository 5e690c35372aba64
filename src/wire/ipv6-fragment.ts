/**
 * The IPv6 fragment header: RFC 8200 §4.5. Reading it is a part of ipv6.ts; here it is written, and a
 * first fragment is asked whether it holds all headers (RFC 7112 §5).
 */
import { Protocol } from './ip.ts';
import { NextHeader } from './ipv6-headers.ts';

export const FRAGMENT_HEADER = 8; // octets

const wire = { nextHeader: 0, reserved: 1, offset: 2, id: 4 } as const;

const { HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION_OPTIONS } = NextHeader;

const TCP_HEADER = 20; // octets, without options
const TCP_DATA_OFFSET = 12; // where the octet with the header's length is
const SHORT_HEADER = 8; // octets: UDP's, and what all of ICMPv6 have

/**
 * Writes the 8 octets that end at `payloadStart` and returns where they start. `offset` is in octets,
 * a multiple of 8; `id` an int32.
 */
export function writeFragmentHeader(
  view: DataView,
  payloadStart: number,
  nextHeader: number,
  offset: number,
  moreFragments: boolean,
  id: number,
): number {
  const start = payloadStart - FRAGMENT_HEADER;
  view.setUint8(start + wire.nextHeader, nextHeader);
  view.setUint8(start + wire.reserved, 0);
  view.setUint16(start + wire.offset, (offset & 0xfff8) | (moreFragments ? 1 : 0));
  view.setInt32(start + wire.id, id);
  return start;
}

/**
 * Does the text [start, end) of a first fragment, which `protocol` names, reach to the end of the
 * upper-layer header? A fragment header in it is never passed over: nobody fragments twice.
 */
export function holdsHeaderChain(
  view: DataView,
  protocol: number,
  start: number,
  end: number,
): boolean {
  let at = start;
  let next = protocol;
  while (next === HOP_BY_HOP || next === ROUTING || next === DESTINATION_OPTIONS) {
    if (at + 8 > end) return false;
    next = view.getUint8(at);
    at += (view.getUint8(at + 1) + 1) << 3;
  }
  switch (next) {
    case FRAGMENT:
      return false;
    case Protocol.TCP:
      return at + TCP_HEADER <= end && at + tcpHeader(view, at) <= end;
    case Protocol.UDP:
    case Protocol.ICMPV6:
      return at + SHORT_HEADER <= end;
    default:
      return at <= end;
  }
}

function tcpHeader(view: DataView, at: number): number {
  return (view.getUint8(at + TCP_DATA_OFFSET) >> 4) << 2;
}
