/**
 * What ICMP (RFC 792) and ICMPv6 (RFC 4443) have in common for a host: one message, and the datagram
 * that an error quotes. Only the numbers differ, and those are in icmpv4.ts and icmpv6.ts.
 */
import type { IcmpDrop } from './drop.ts';
import { IpHeader, Protocol } from './ip.ts';
import { readQuotedIpv4 } from './ipv4.ts';
import { IPV6_HEADER, readQuotedIpv6 } from './ipv6.ts';
import { seq, ZERO, type Seq } from './seq.ts';

export const ICMP_HEADER = 8; // octets, the same for every message here

export type IcmpKind =
  | 'echo-request'
  | 'echo-reply'
  | 'unreachable' //        the code says what is; for IPv4 code 4 is "fragmentation needed"
  | 'packet-too-big' //     IPv6 only
  | 'time-exceeded'
  | 'parameter-problem'
  | 'source-quench'; //     IPv4 only, deprecated by RFC 6633

export class IcmpMessage {
  kind: IcmpKind = 'echo-request';
  code = 0;
  identifier = 0; // echoes
  sequence = 0; //   echoes
  mtu = 0; //        next-hop MTU in octets; 0 when the router did not say (RFC 1191 §4)
  pointer = 0; //    parameter problem: the octet of the quoted datagram that is wrong
  bodyStart = 0; //  an echo's data, or the quoted datagram
  bodyEnd = 0;
}

/** Does this message quote a datagram? No error is ever sent about one that does (RFC 1122 §3.2.2). */
export function isIcmpError(message: IcmpMessage): boolean {
  return message.kind !== 'echo-request' && message.kind !== 'echo-reply';
}

/** The start of a datagram this host has sent, as an ICMP error brings it back. */
export class Quoted {
  readonly ip: IpHeader = new IpHeader();
  /** Octets of the whole datagram as its header says, which a router may have got wrong. */
  length = 0;
  sourcePort = 0; //      ours; of an echo request, its identifier
  destinationPort = 0; // the peer's; of an echo request, its sequence number
  seq: Seq = ZERO; //     SEG.SEQ when `ip.protocol` is TCP
}

/**
 * Reads the quoted datagram in [start, end), an error's body: the IP header and the first 8 octets
 * of TCP, UDP or an echo request, which is all that RFC 792 promises. Nothing in it is to be believed before it has
 * matched a connection (RFC 5927 §4).
 */
export function readQuoted(
  out: Quoted,
  view: DataView,
  start: number,
  end: number,
): IcmpDrop | undefined {
  if (start >= end) return 'icmp-quote';
  const { ip } = out;
  const version = view.getUint8(start) >> 4;
  const read = version === 6 ? readQuotedIpv6 : readQuotedIpv4;
  if (read(ip, view, start, end) !== undefined || ip.fragmentOffset !== 0) return 'icmp-quote';
  const at = ip.payloadStart;
  if (at + 8 > end) return 'icmp-quote';
  const echo = isEchoRequest(version, ip.protocol, view.getUint8(at));
  if (ip.protocol !== Protocol.TCP && ip.protocol !== Protocol.UDP && !echo) return 'icmp-quote';
  out.length = version === 6 ? IPV6_HEADER + view.getUint16(start + 4) : view.getUint16(start + 2);
  out.sourcePort = view.getUint16(echo ? at + 4 : at);
  out.destinationPort = view.getUint16(echo ? at + 6 : at + 2);
  out.seq = ip.protocol === Protocol.TCP ? seq(view.getInt32(at + 4)) : ZERO;
  return undefined;
}

function isEchoRequest(version: number, protocol: number, type: number): boolean {
  return version === 4
    ? protocol === Protocol.ICMP && type === 8
    : protocol === Protocol.ICMPV6 && type === 128;
}
