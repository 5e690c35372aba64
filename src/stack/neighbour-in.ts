/**
 * ICMPv6 that belongs to the link layer: neighbour discovery (RFC 4861) and the listener queries it
 * depends on (RFC 3810). It may come to groups, and from hosts that have no address yet.
 */
import { isUnspecified } from '../wire/address.ts';
import { finish, sum } from '../wire/checksum.ts';
import type { IpHeader } from '../wire/ip-header.ts';
import { Protocol, pseudoSum } from '../wire/ip.ts';
import { MldType } from '../wire/mld.ts';
import { NdType } from '../wire/ndp.ts';
import type { DropReason } from './counters.ts';
import type { NetworkInterface } from './interface.ts';
import type { LocalAddresses } from './local-addresses.ts';

/** Is the ICMPv6 message in the payload of `ip` one of these? */
export function isForLinkLayer(ip: IpHeader, view: DataView): boolean {
  if (ip.version !== 6 || ip.payloadStart >= ip.payloadEnd) return false;
  const type = view.getUint8(ip.payloadStart);
  return (type >= NdType.ROUTER_SOLICITATION && type <= NdType.REDIRECT) || type === MldType.QUERY;
}

/** Checks what every ICMPv6 message must stand, then asks the link layer. */
export function neighbourDiscovery(
  now: number,
  addresses: LocalAddresses,
  iface: NetworkInterface,
  ip: IpHeader,
  bytes: Uint8Array,
  view: DataView,
): DropReason | undefined {
  const { payloadStart: start, payloadEnd: end } = ip;
  const { linkLayer } = iface;
  if (linkLayer === undefined) return 'icmp-type';
  if (addresses.destination(iface, ip) === 'other') return 'ip-destination';
  const { src0, src1, src2, src3 } = ip;
  if (!isUnspecified(6, src0, src1, src2, src3)) {
    const wrong = addresses.wrongSource(iface, ip);
    if (wrong !== undefined) return wrong;
  }
  const pseudo = pseudoSum(ip, Protocol.ICMPV6, end - start);
  if (finish(sum(view, start, end, pseudo)) !== 0) return 'icmp-checksum';
  return linkLayer.neighbourDiscovery(now, ip, bytes, view, start, end);
}
