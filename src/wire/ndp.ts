/**
 * Neighbor Discovery messages: RFC 4861 §4, validated as §6.1, §7.1 and §8.1 want it; RDNSS of RFC
 * 8106, the nonce of RFC 7527 (an option of RFC 3971), no fragments by RFC 6980. The ICMPv6 checksum is
 * somebody else's: readers do not look at it, `sealNdp` writes it.
 */
import { isMulticast, type IpAddress } from './address.ts';
import { finish, sum } from './checksum.ts';
import type { NdDrop } from './drop.ts';
import type { IpHeader } from './ip-header.ts';
import { readNdOptions, type NdOptions, newNdOptions } from './ndp-options.ts';

/** ICMPv6 types, RFC 4861 §4. */
export const NdType = {
  ROUTER_SOLICITATION: 133,
  ROUTER_ADVERTISEMENT: 134,
  NEIGHBOR_SOLICITATION: 135,
  NEIGHBOR_ADVERTISEMENT: 136,
  REDIRECT: 137,
} as const;

export const ND_HOP_LIMIT = 255; // no router can have forwarded it

/** Octets before the options. */
const ROUTER_SOLICITATION = 8;
const ROUTER_ADVERTISEMENT = 16;
const NEIGHBOR = 24; // solicitation and advertisement
const REDIRECT = 40;

const FRAGMENT = 44; // RFC 8200 §4.5
const LINK_LOCAL_MULTICAST = 0xff020000 | 0; // ff02::/16, RFC 4291 §2.7

const wire = {
  type: 0,
  code: 1,
  checksum: 2,
  flags: 4,
  curHopLimit: 4,
  routerLifetime: 6,
  reachableTime: 8,
  retransTimer: 12,
  target: 8,
  destination: 24,
} as const;

const MANAGED = 0x80;
const OTHER = 0x40;
const ROUTER = 0x80;
const SOLICITED = 0x40;
const OVERRIDE = 0x20;

/** One message of any type; only the fields of its own type mean anything. */
export class NdMessage {
  type = 0;
  // Router Advertisement
  hopLimit = 0; //       0: unspecified by this router
  managed = false; //    addresses by DHCPv6
  other = false; //      other things by DHCPv6
  routerLifetime = 0; // s; 0: no default router
  reachableTime = 0; //  ms; 0: unspecified
  retransTimer = 0; //   ms; 0: unspecified
  // Neighbor Advertisement
  router = false;
  solicited = false;
  override = false;
  // Neighbor Solicitation and Advertisement, Redirect
  target0 = 0;
  target1 = 0;
  target2 = 0;
  target3 = 0;
  // Redirect
  destination0 = 0;
  destination1 = 0;
  destination2 = 0;
  destination3 = 0;
  readonly options: NdOptions = newNdOptions();
}

/**
 * Reads the message in the payload of `ip`, all checks of the RFC done that need no knowledge of this
 * host. On a drop `out` is in no particular state.
 */
export function readNdp(out: NdMessage, ip: IpHeader, view: DataView): NdDrop | undefined {
  const { payloadStart: start, payloadEnd: end } = ip;
  if (ip.ttl !== ND_HOP_LIMIT) return 'nd-hop-limit';
  if (hasFragmentHeader(ip, view)) return 'nd-fragmented';
  if (end - start < ROUTER_SOLICITATION) return 'nd-truncated';
  if (view.getUint8(start + wire.code) !== 0) return 'nd-code';
  out.type = view.getUint8(start + wire.type);
  const fixed = fixedLength(out.type);
  if (fixed === 0) return 'icmp-type';
  if (end - start < fixed) return 'nd-truncated';
  readFixed(out, view, start);
  return readNdOptions(out.options, view, start + fixed, end) ?? checkAddresses(out, ip);
}

function fixedLength(type: number): number {
  switch (type) {
    case NdType.ROUTER_SOLICITATION:
      return ROUTER_SOLICITATION;
    case NdType.ROUTER_ADVERTISEMENT:
      return ROUTER_ADVERTISEMENT;
    case NdType.NEIGHBOR_SOLICITATION:
    case NdType.NEIGHBOR_ADVERTISEMENT:
      return NEIGHBOR;
    case NdType.REDIRECT:
      return REDIRECT;
    default:
      return 0;
  }
}

function readFixed(out: NdMessage, view: DataView, start: number): void {
  if (out.type === NdType.ROUTER_SOLICITATION) return;
  const flags = view.getUint8(start + wire.flags);
  if (out.type === NdType.ROUTER_ADVERTISEMENT) {
    const bits = view.getUint8(start + wire.curHopLimit + 1);
    out.hopLimit = flags;
    out.managed = (bits & MANAGED) !== 0;
    out.other = (bits & OTHER) !== 0;
    out.routerLifetime = view.getUint16(start + wire.routerLifetime);
    out.reachableTime = view.getUint32(start + wire.reachableTime);
    out.retransTimer = view.getUint32(start + wire.retransTimer);
    return;
  }
  out.router = (flags & ROUTER) !== 0;
  out.solicited = (flags & SOLICITED) !== 0;
  out.override = (flags & OVERRIDE) !== 0;
  out.target0 = view.getInt32(start + wire.target);
  out.target1 = view.getInt32(start + wire.target + 4);
  out.target2 = view.getInt32(start + wire.target + 8);
  out.target3 = view.getInt32(start + wire.target + 12);
  if (out.type !== NdType.REDIRECT) return;
  out.destination0 = view.getInt32(start + wire.destination);
  out.destination1 = view.getInt32(start + wire.destination + 4);
  out.destination2 = view.getInt32(start + wire.destination + 8);
  out.destination3 = view.getInt32(start + wire.destination + 12);
}

/** What §6.1, §7.1 and §8.1 say of addresses. */
function checkAddresses(m: NdMessage, ip: IpHeader): NdDrop | undefined {
  const unspecified = (ip.src0 | ip.src1 | ip.src2 | ip.src3) === 0;
  switch (m.type) {
    case NdType.ROUTER_SOLICITATION:
      return unspecified && m.options.source ? 'nd-source' : undefined;
    case NdType.ROUTER_ADVERTISEMENT:
      return isLinkLocal(ip.src0) ? undefined : 'nd-source';
    case NdType.NEIGHBOR_SOLICITATION:
      if (isMulticast(6, m.target0, 0, 0, 0)) return 'nd-target';
      if (!unspecified) return undefined;
      if (m.options.source) return 'nd-source';
      return isSolicitedNode(ip.dst0, ip.dst1, ip.dst2, ip.dst3) ? undefined : 'nd-destination';
    case NdType.NEIGHBOR_ADVERTISEMENT:
      if (isMulticast(6, m.target0, 0, 0, 0)) return 'nd-target';
      if (unspecified) return 'nd-source';
      return m.solicited && isMulticast(6, ip.dst0, 0, 0, 0) ? 'nd-destination' : undefined;
    default: // a redirect
      if (!isLinkLocal(ip.src0)) return 'nd-source';
      if (isMulticast(6, m.destination0, 0, 0, 0)) return 'nd-destination';
      return isLinkLocal(m.target0) || targetIsDestination(m) ? undefined : 'nd-target';
  }
}

/** `fe80::/10`, RFC 4291 §2.5.6. */
export function isLinkLocal(w0: number): boolean {
  return w0 >>> 22 === 0x3fa;
}

/** `ff02::1:ff00:0/104`, RFC 4291 §2.7.1. */
export function isSolicitedNode(w0: number, w1: number, w2: number, w3: number): boolean {
  return w0 === LINK_LOCAL_MULTICAST && w1 === 0 && w2 === 1 && w3 >>> 24 === 0xff;
}

/** A redirect's way of saying that the destination is on the link itself. */
export function targetIsDestination(m: NdMessage): boolean {
  return (
    m.target3 === m.destination3 &&
    m.target2 === m.destination2 &&
    m.target1 === m.destination1 &&
    m.target0 === m.destination0
  );
}

/** RFC 6980 §5. Extension headers were walked by `readIpv6`, so they are whole. */
function hasFragmentHeader(ip: IpHeader, view: DataView): boolean {
  let at = ip.headerStart + 40;
  let next = view.getUint8(ip.headerStart + 6);
  while (at < ip.payloadStart) {
    if (next === FRAGMENT) return true;
    next = view.getUint8(at);
    at += (view.getUint8(at + 1) + 1) << 3;
  }
  return false;
}

/** Writes the 8 octets of a Router Solicitation; returns where its options start. */
export function writeRouterSolicitation(view: DataView, start: number): number {
  view.setInt32(start, NdType.ROUTER_SOLICITATION << 24);
  view.setInt32(start + 4, 0);
  return start + ROUTER_SOLICITATION;
}

/** Writes the 24 octets of a Neighbor Solicitation; returns where its options start. */
export function writeNeighborSolicitation(
  view: DataView,
  start: number,
  target: IpAddress,
): number {
  return writeNeighbor(view, start, NdType.NEIGHBOR_SOLICITATION, 0, target);
}

/** Writes the 24 octets of a Neighbor Advertisement, never a router's. */
export function writeNeighborAdvertisement(
  view: DataView,
  start: number,
  target: IpAddress,
  solicited: boolean,
  override: boolean,
): number {
  const flags = (solicited ? SOLICITED : 0) | (override ? OVERRIDE : 0);
  return writeNeighbor(view, start, NdType.NEIGHBOR_ADVERTISEMENT, flags, target);
}

function writeNeighbor(
  view: DataView,
  start: number,
  type: number,
  flags: number,
  target: IpAddress,
): number {
  view.setInt32(start, type << 24);
  view.setInt32(start + wire.flags, flags << 24);
  view.setInt32(start + wire.target, target.w0);
  view.setInt32(start + wire.target + 4, target.w1);
  view.setInt32(start + wire.target + 8, target.w2);
  view.setInt32(start + wire.target + 12, target.w3);
  return start + NEIGHBOR;
}

/** The checksum of the message [start, end), given its `pseudoSum`; the field is zero before. */
export function sealNdp(view: DataView, start: number, end: number, pseudo: number): void {
  view.setUint16(start + wire.checksum, finish(sum(view, start, end, pseudo)));
}
