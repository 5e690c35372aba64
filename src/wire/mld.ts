/**
 * Multicast Listener Discovery version 2 as far as a host needs it for solicited-node groups: RFC
 * 3810 §5.1 (queries read), §5.2 (reports written, any source), in a datagram with the Router Alert
 * of RFC 2711 in hop-by-hop options.
 */
import type { IpAddress } from './address.ts';
import { finish, sum } from './checksum.ts';
import type { NdDrop } from './drop.ts';
import type { IpHeader } from './ip-header.ts';
import { isLinkLocal } from './ndp.ts';

export const MldType = { QUERY: 130, REPORT: 143 } as const;

/** Record types, RFC 3810 §5.2.12, for a listener that excludes no source or wants none. */
export const MldRecord = { IS_EXCLUDE: 2, TO_INCLUDE: 3, TO_EXCLUDE: 4 } as const;

export const HOP_BY_HOP = 0; // the Next Header of the IPv6 header, RFC 8200 §4.3
export const ROUTER_ALERT = 8; // octets of the hop-by-hop header that `writeRouterAlert` writes

const QUERY = 24; // octets at least, those of version 1
const REPORT = 8; // octets before the records
const RECORD = 20; // octets, without sources
const MULTICAST_LISTENER_DISCOVERY = 0; // the Router Alert's value, RFC 2711 §2.1

export class MldQuery {
  /** How long the answer may take, ms. */
  maxResponseDelay = 0;
  /** The group asked about; all zeros for any. */
  group0 = 0;
  group1 = 0;
  group2 = 0;
  group3 = 0;
}

/** Reads a query in the payload of `ip`: of a link-local router, not forwarded (RFC 3810 §6.2). */
export function readMldQuery(out: MldQuery, ip: IpHeader, view: DataView): NdDrop | undefined {
  const { payloadStart: start, payloadEnd: end } = ip;
  if (ip.ttl !== 1) return 'nd-hop-limit';
  if (end - start < QUERY) return 'nd-truncated';
  if (!isLinkLocal(ip.src0)) return 'nd-source';
  const code = view.getUint16(start + 4);
  out.maxResponseDelay = end - start > QUERY ? delayOf(code) : code;
  out.group0 = view.getInt32(start + 8);
  out.group1 = view.getInt32(start + 12);
  out.group2 = view.getInt32(start + 16);
  out.group3 = view.getInt32(start + 20);
  return undefined;
}

/** Maximum Response Code, RFC 3810 §5.1.3: from 32768 on a floating-point number. */
function delayOf(code: number): number {
  if (code < 0x8000) return code;
  return ((code & 0xfff) | 0x1000) << (((code >> 12) & 7) + 3);
}

/** Writes the 8 octets of a hop-by-hop header with a Router Alert, followed by `nextHeader`. */
export function writeRouterAlert(view: DataView, start: number, nextHeader: number): void {
  view.setUint8(start, nextHeader);
  view.setUint8(start + 1, 0);
  view.setUint16(start + 2, 0x0502); // Router Alert, of two octets
  view.setUint16(start + 4, MULTICAST_LISTENER_DISCOVERY);
  view.setUint16(start + 6, 0x0100); // PadN, of none
}

/** Writes a report of `type` records about `groups`, its checksum zero; returns where it ends. */
export function writeMldReport(
  view: DataView,
  start: number,
  type: number,
  groups: readonly IpAddress[],
): number {
  view.setInt32(start, MldType.REPORT << 24);
  view.setInt32(start + 4, groups.length);
  let at = start + REPORT;
  for (const group of groups) {
    view.setInt32(at, type << 24);
    view.setInt32(at + 4, group.w0);
    view.setInt32(at + 8, group.w1);
    view.setInt32(at + 12, group.w2);
    view.setInt32(at + 16, group.w3);
    at += RECORD;
  }
  return at;
}

/** The checksum of the message [start, end), given its `pseudoSum`; the field is zero before. */
export function sealMld(view: DataView, start: number, end: number, pseudo: number): void {
  view.setUint16(start + 2, finish(sum(view, start, end, pseudo)));
}
