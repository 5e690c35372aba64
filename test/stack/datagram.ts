/** Datagrams that nobody sent, for hosts to be given. */
import type { IpAddress } from '../../src/wire/address.ts';
import { IcmpMessage, type IcmpKind } from '../../src/wire/icmp.ts';
import { writeIcmpv4 } from '../../src/wire/icmpv4.ts';
import { writeIcmpv6 } from '../../src/wire/icmpv6.ts';
import { IpHeader, Protocol, pseudoSum, writeIp } from '../../src/wire/ip.ts';
import { Segment } from '../../src/wire/segment.ts';
import { seq } from '../../src/wire/seq.ts';
import { sealTcp, writeTcp } from '../../src/wire/tcp.ts';

const HEADROOM = 120;

export interface Fields {
  readonly from: IpAddress;
  readonly to: IpAddress;
  readonly fromPort: number;
  readonly toPort: number;
  readonly seq?: number;
  readonly ack?: number;
  readonly ctl: number;
  readonly wnd?: number;
  readonly mss?: number;
  readonly wscale?: number;
  readonly sackPermitted?: boolean;
  /** Left and right edge of each block. */
  readonly sack?: readonly (readonly [number, number])[];
  /** TSval and TSecr. */
  readonly timestamps?: readonly [number, number];
  readonly text?: Uint8Array;
}

function header(from: IpAddress, to: IpAddress): IpHeader {
  const ip = new IpHeader();
  ip.version = from.family;
  ip.ttl = 64;
  ip.src0 = from.w0;
  ip.src1 = from.w1;
  ip.src2 = from.w2;
  ip.src3 = from.w3;
  ip.dst0 = to.w0;
  ip.dst1 = to.w1;
  ip.dst2 = to.w2;
  ip.dst3 = to.w3;
  return ip;
}

/** A whole IP datagram with one TCP segment. */
export function segment(f: Fields): Uint8Array {
  const text = f.text ?? new Uint8Array(0);
  const bytes = new Uint8Array(HEADROOM + text.length);
  const view = new DataView(bytes.buffer);
  bytes.set(text, HEADROOM);
  const seg = new Segment();
  seg.seq = seq(f.seq ?? 0);
  seg.ack = seq(f.ack ?? 0);
  seg.ctl = f.ctl;
  seg.wnd = f.wnd ?? 65535;
  seg.mss = f.mss ?? -1;
  seg.wscale = f.wscale ?? -1;
  seg.sackPermitted = f.sackPermitted ?? false;
  seg.sackCount = f.sack?.length ?? 0;
  f.sack?.forEach((edges, i) => seg.sack.set(edges, 2 * i));
  if (f.timestamps !== undefined) {
    seg.timestamps = true;
    [seg.tsval, seg.tsecr] = f.timestamps;
  }
  const ip = header(f.from, f.to);
  ip.protocol = Protocol.TCP;
  const start = writeTcp(view, HEADROOM, seg, f.fromPort, f.toPort);
  sealTcp(view, start, bytes.length, pseudoSum(ip, Protocol.TCP, bytes.length - start));
  return bytes.subarray(writeIp(view, start, ip, bytes.length - start));
}

export interface IcmpFields {
  readonly from: IpAddress;
  readonly to: IpAddress;
  readonly kind: IcmpKind;
  readonly code?: number;
  readonly mtu?: number;
  readonly identifier?: number;
  readonly sequence?: number;
  readonly body: Uint8Array;
}

/** A whole IP datagram with one ICMP message. */
export function icmp(f: IcmpFields): Uint8Array {
  const bytes = new Uint8Array(HEADROOM + f.body.length);
  const view = new DataView(bytes.buffer);
  bytes.set(f.body, HEADROOM);
  const message = new IcmpMessage();
  message.kind = f.kind;
  message.code = f.code ?? 0;
  message.mtu = f.mtu ?? 0;
  message.identifier = f.identifier ?? 0;
  message.sequence = f.sequence ?? 0;
  message.bodyStart = HEADROOM;
  message.bodyEnd = bytes.length;
  const ip = header(f.from, f.to);
  ip.protocol = ip.version === 4 ? Protocol.ICMP : Protocol.ICMPV6;
  const pseudo = pseudoSum(ip, ip.protocol, 8 + f.body.length);
  const start = ip.version === 4 ? writeIcmpv4(view, message) : writeIcmpv6(view, message, pseudo);
  return bytes.subarray(writeIp(view, start, ip, bytes.length - start));
}

/** A datagram of some protocol; fragment fields in octets. */
export function datagram(
  from: IpAddress,
  to: IpAddress,
  protocol: number,
  fragmentOffset = 0,
  moreFragments = false,
): Uint8Array {
  const bytes = new Uint8Array(HEADROOM + 64);
  const ip = header(from, to);
  ip.protocol = protocol;
  ip.fragmentOffset = fragmentOffset;
  ip.moreFragments = moreFragments;
  return bytes.subarray(writeIp(new DataView(bytes.buffer), HEADROOM, ip, 64));
}
