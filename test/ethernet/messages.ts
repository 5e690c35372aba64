/** Frames made by hand: what routers, neighbours and liars send. */
import { writeIpv6 } from '../../src/wire/ipv6.ts';
import { finish, sum } from '../../src/wire/checksum.ts';
import { IpHeader, Protocol, pseudoSum } from '../../src/wire/ip.ts';
import { EtherType, writeEthernet } from '../../src/wire/ethernet.ts';
import { parseMac, type MacAddress } from '../../src/wire/mac.ts';
import { octets, viewOf, zeros } from '../wire/frames.ts';
import { address } from './lan.ts';

const HEADERS = 14 + 40;

export const mac = (text: string): MacAddress => parseMac(text)!;
export const ROUTER = 'fe80::1';
export const ROUTER_MAC = '02:00:00:00:00:01';
export const ALL_NODES = 'ff02::1';

const u8 = (n: number): string => n.toString(16).padStart(2, '0');
const u16 = (n: number): string => n.toString(16).padStart(4, '0');
const u32 = (n: number): string => (n >>> 0).toString(16).padStart(8, '0');

/** The 16 octets of an IPv6 address. */
export function ip6(text: string): string {
  const { w0, w1, w2, w3 } = address(text);
  return u32(w0) + u32(w1) + u32(w2) + u32(w3);
}

export const linkLayer = (type: number, text: string): string =>
  u8(type) + '01' + text.replaceAll(':', '');

export interface Ends {
  readonly from?: string;
  readonly to?: string;
  readonly fromMac?: string;
  readonly toMac?: string;
  readonly hopLimit?: number;
}

/** An ICMPv6 message, its checksum filled in. */
export function icmp6(message: string, ends: Ends = {}): Uint8Array {
  const { from = ROUTER, to = ALL_NODES, fromMac = ROUTER_MAC, hopLimit = 255 } = ends;
  const { toMac = '33:33:00:00:00:01' } = ends;
  const text = octets(message);
  const bytes = new Uint8Array(HEADERS + text.length);
  const view = viewOf(bytes);
  bytes.set(text, HEADERS);
  const ip = new IpHeader();
  const [source, destination] = [address(from), address(to)];
  ip.version = 6;
  [ip.src0, ip.src1, ip.src2, ip.src3] = [source.w0, source.w1, source.w2, source.w3];
  [ip.dst0, ip.dst1, ip.dst2, ip.dst3] = [
    destination.w0,
    destination.w1,
    destination.w2,
    destination.w3,
  ];
  ip.protocol = Protocol.ICMPV6;
  ip.ttl = hopLimit;
  writeIpv6(view, HEADERS, ip, text.length);
  view.setUint16(HEADERS + 2, 0);
  const pseudo = pseudoSum(ip, Protocol.ICMPV6, text.length);
  view.setUint16(HEADERS + 2, finish(sum(view, HEADERS, bytes.length, pseudo)));
  const [out, back] = [mac(toMac), mac(fromMac)];
  writeEthernet(view, 14, out.high, out.low, back.high, back.low, EtherType.IPV6);
  return bytes;
}

export interface Prefix {
  readonly prefix: string;
  readonly length?: number;
  /** Seconds. */
  readonly valid?: number;
  readonly preferred?: number;
  /** L and A. Default both. */
  readonly flags?: number;
}

export function prefixOption(p: Prefix): string {
  const { prefix, length = 64, valid = 86_400, preferred = 14_400, flags = 0xc0 } = p;
  return `0304${u8(length)}${u8(flags)}${u32(valid)}${u32(preferred)}00000000${ip6(prefix)}`;
}

export const mtuOption = (mtu: number): string => `05010000${u32(mtu)}`;

export const rdnssOption = (lifetime: number, ...servers: readonly string[]): string =>
  `19${u8(1 + 2 * servers.length)}0000${u32(lifetime)}${servers.map(ip6).join('')}`;

/** A router's advertisement; `lifetime` in seconds. */
export function routerAdvertisement(
  options: readonly string[],
  lifetime = 1800,
  ends: Ends = {},
): Uint8Array {
  const own = linkLayer(1, ends.fromMac ?? ROUTER_MAC);
  return icmp6(`860000004000${u16(lifetime)}${zeros(8)}${own}${options.join('')}`, ends);
}

export function neighbourSolicitation(target: string, ends: Ends, own = true): Uint8Array {
  const option = own ? linkLayer(1, ends.fromMac ?? ROUTER_MAC) : '';
  return icmp6(`8700000000000000${ip6(target)}${option}`, ends);
}

/** `flags`: R 80, S 40, O 20. */
export function neighbourAdvertisement(target: string, flags: number, ends: Ends): Uint8Array {
  const option = linkLayer(2, ends.fromMac ?? ROUTER_MAC);
  return icmp6(`88000000${u8(flags)}000000${ip6(target)}${option}`, ends);
}

export function redirect(destination: string, target: string, ends: Ends = {}): Uint8Array {
  return icmp6(`8900000000000000${ip6(target)}${ip6(destination)}`, ends);
}

export interface ArpFields {
  readonly operation?: number;
  readonly sender: string;
  readonly senderMac: string;
  readonly target: string;
  readonly targetMac?: string;
  readonly toMac?: string;
}

export function arp(fields: ArpFields): Uint8Array {
  const { operation = 1, sender, senderMac, target, targetMac = '00:00:00:00:00:00' } = fields;
  const { toMac = 'ff:ff:ff:ff:ff:ff' } = fields;
  const plain = (text: string): string => text.replaceAll(':', '');
  return octets(
    `${plain(toMac)}${plain(senderMac)}0806 0001080006 04${u16(operation)}
     ${plain(senderMac)}${u32(address(sender).w3)}${plain(targetMac)}${u32(address(target).w3)}`,
  );
}
