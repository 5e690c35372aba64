/** What a host does with a datagram up to the point where TCP, UDP or ICMP would look at it. */
import { IcmpMessage, isIcmpError, Quoted, readQuoted } from '../../src/wire/icmp.ts';
import { readIcmpv4 } from '../../src/wire/icmpv4.ts';
import { readIcmpv6 } from '../../src/wire/icmpv6.ts';
import type { WireDrop } from '../../src/wire/drop.ts';
import { IpHeader, Protocol, pseudoSum, readIp } from '../../src/wire/ip.ts';
import { Segment } from '../../src/wire/segment.ts';
import { readTcp, verifyTcp } from '../../src/wire/tcp.ts';
import { readUdp, UdpDatagram, verifyUdp } from '../../src/wire/udp.ts';
import { viewOf } from './samples.ts';

export class Received {
  readonly ip: IpHeader = new IpHeader();
  readonly seg: Segment = new Segment();
  readonly udp: UdpDatagram = new UdpDatagram();
  readonly icmp: IcmpMessage = new IcmpMessage();
  readonly quoted: Quoted = new Quoted();
}

export type Receipt = WireDrop | 'fragment' | 'tcp' | 'udp' | 'icmp' | 'other-protocol';

export function receive(
  bytes: Uint8Array,
  start = 0,
  end: number = bytes.length,
  into: Received = new Received(),
): Receipt {
  const view = viewOf(bytes);
  const { ip } = into;
  const drop = readIp(ip, view, start, end);
  if (drop !== undefined) return drop;
  if (ip.moreFragments || ip.fragmentOffset !== 0) return 'fragment';
  switch (ip.protocol) {
    case Protocol.TCP:
      return receiveTcp(bytes, view, into);
    case Protocol.UDP:
      return receiveUdp(view, into);
    case Protocol.ICMP:
    case Protocol.ICMPV6:
      return receiveIcmp(view, into);
    default:
      return 'other-protocol';
  }
}

function receiveTcp(bytes: Uint8Array, view: DataView, { ip, seg }: Received): Receipt {
  const { payloadStart: start, payloadEnd: end } = ip;
  const drop = readTcp(seg, bytes, view, start, end);
  if (drop !== undefined) return drop;
  const pseudo = pseudoSum(ip, Protocol.TCP, end - start);
  return verifyTcp(view, start, end, pseudo) ? 'tcp' : 'tcp-checksum';
}

function receiveUdp(view: DataView, { ip, udp }: Received): Receipt {
  const { payloadStart: start, payloadEnd } = ip;
  const drop = readUdp(udp, view, start, payloadEnd);
  if (drop !== undefined) return drop;
  const pseudo = pseudoSum(ip, Protocol.UDP, udp.dataEnd - start);
  return verifyUdp(ip.version, view, start, udp.dataEnd, pseudo) ? 'udp' : 'udp-checksum';
}

function receiveIcmp(view: DataView, { ip, icmp, quoted }: Received): Receipt {
  const { payloadStart: start, payloadEnd: end } = ip;
  const drop =
    ip.protocol === Protocol.ICMP
      ? readIcmpv4(icmp, view, start, end)
      : readIcmpv6(icmp, view, start, end, pseudoSum(ip, Protocol.ICMPV6, end - start));
  if (drop !== undefined) return drop;
  if (!isIcmpError(icmp)) return 'icmp';
  return readQuoted(quoted, view, icmp.bodyStart, icmp.bodyEnd) ?? 'icmp';
}
