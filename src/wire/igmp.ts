/**
 * IGMP version 2, as far as a host needs it: RFC 2236 §2 (queries read, reports and leaves written), in
 * a datagram with the Router Alert of RFC 2113. Routers of version 3 understand it (RFC 3376 §7.3).
 */
import { finish, sum } from './checksum.ts';
import type { IpHeader } from './ip-header.ts';
import { IPV4_HEADER, writeIpv4 } from './ipv4.ts';

export const IGMP = 2; // the protocol number
export const IGMP_MESSAGE = 8; // octets

export const IgmpType = { QUERY: 0x11, REPORT: 0x16, LEAVE: 0x17 } as const;

const ROUTER_ALERT = 0x94040000; // option 148, copied, four octets: RFC 2113 §2.1
const OPTION = 4; // octets
const VERSION_1_DELAY = 10_000; // ms: one without a Max Resp Time, RFC 2236 §4

export class IgmpQuery {
  /** How long the answer may take, ms. */
  maxResponseDelay = 0;
  /** The group asked about; 0 for any. */
  group = 0;
}

/** Reads a query in the payload of `ip`; false: something else, or wrong. */
export function readIgmpQuery(out: IgmpQuery, ip: IpHeader, view: DataView): boolean {
  const { payloadStart: start, payloadEnd: end } = ip;
  if (ip.ttl !== 1 || end - start < IGMP_MESSAGE) return false;
  if (view.getUint8(start) !== IgmpType.QUERY || finish(sum(view, start, end, 0)) !== 0)
    return false;
  const tenths = view.getUint8(start + 1);
  out.maxResponseDelay = tenths === 0 ? VERSION_1_DELAY : tenths * 100;
  out.group = view.getInt32(start + 4);
  return true;
}

/** Writes the message whose text starts at `start`, and the IP header before it; says where that is. */
export function writeIgmp(
  view: DataView,
  start: number,
  ip: IpHeader,
  type: number,
  group: number,
): number {
  view.setInt32(start, type << 24);
  view.setInt32(start + 4, group);
  view.setUint16(start + 2, finish(sum(view, start, start + IGMP_MESSAGE, 0)));
  const option = start - OPTION;
  view.setInt32(option, ROUTER_ALERT | 0);
  const header = writeIpv4(view, option, ip, OPTION + IGMP_MESSAGE);
  view.setUint8(header, 0x46); // the option is the header's
  view.setUint16(header + 10, 0);
  view.setUint16(header + 10, finish(sum(view, header, header + IPV4_HEADER + OPTION, 0)));
  return header;
}
