/** One good datagram of every kind this layer writes, each in an array that ends where it ends. */
import { ICMP_HEADER, IcmpMessage, type IcmpKind } from '../../src/wire/icmp.ts';
import { writeIcmpv4 } from '../../src/wire/icmpv4.ts';
import { writeIcmpv6 } from '../../src/wire/icmpv6.ts';
import { IpHeader, Protocol, pseudoSum, writeIp } from '../../src/wire/ip.ts';
import { ACK, PSH, Segment, SYN } from '../../src/wire/segment.ts';
import { seq } from '../../src/wire/seq.ts';
import { sealTcp, writeTcp } from '../../src/wire/tcp.ts';
import { UDP_HEADER, writeUdp } from '../../src/wire/udp.ts';

export const VERSIONS = [4, 6] as const;

export const SOURCE_PORT = 43210;
export const DESTINATION_PORT = 80;

const ROOM = 256; // octets of headroom in which a datagram is built

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export function headerOf(version: 4 | 6, protocol: number): IpHeader {
  const ip = new IpHeader();
  ip.version = version;
  ip.src3 = 0xc0000201 | 0; // 192.0.2.1
  ip.dst3 = 0xc6336402 | 0; // 198.51.100.2
  if (version === 6) {
    ip.src0 = 0x20010db8;
    ip.dst0 = 0x20010db8;
    ip.src2 = 0xfeed;
    ip.dst1 = 0x00010002;
    ip.flowLabel = 0xabcde;
  } else {
    ip.id = 0x1234;
    ip.dontFragment = true;
  }
  ip.protocol = protocol;
  ip.ttl = 64;
  ip.tos = 0x28;
  return ip;
}

export function synWithOptions(): Segment {
  const seg = new Segment();
  seg.seq = seq(0xfffffff0);
  seg.ctl = SYN;
  seg.wnd = 65535;
  seg.mss = 1460;
  seg.wscale = 7;
  seg.sackPermitted = true;
  seg.timestamps = true;
  seg.tsval = 0x80000001 | 0;
  return seg;
}

export function textSegment(): Segment {
  const seg = new Segment();
  seg.seq = seq(101);
  seg.ack = seq(301);
  seg.ctl = ACK | PSH;
  seg.wnd = 512;
  seg.timestamps = true;
  seg.tsval = 7;
  seg.tsecr = 9;
  return seg;
}

/** The octets of `seg` with `text` in a datagram of that version. */
export function tcpDatagram(version: 4 | 6, seg: Segment, text: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(ROOM + text.length);
  const view = viewOf(bytes);
  bytes.set(text, ROOM);
  const ip = headerOf(version, Protocol.TCP);
  const start = writeTcp(view, ROOM, seg, SOURCE_PORT, DESTINATION_PORT);
  const length = bytes.length - start;
  sealTcp(view, start, bytes.length, pseudoSum(ip, Protocol.TCP, length));
  return bytes.slice(writeIp(view, start, ip, length));
}

export function udpDatagram(version: 4 | 6, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(ROOM + data.length);
  const view = viewOf(bytes);
  bytes.set(data, ROOM);
  const ip = headerOf(version, Protocol.UDP);
  const length = UDP_HEADER + data.length;
  const pseudo = pseudoSum(ip, Protocol.UDP, length);
  const start = writeUdp(view, ROOM, bytes.length, SOURCE_PORT, DESTINATION_PORT, pseudo);
  return bytes.slice(writeIp(view, start, ip, length));
}

export function icmpDatagram(version: 4 | 6, message: IcmpMessage, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(ROOM + body.length);
  const view = viewOf(bytes);
  bytes.set(body, ROOM);
  message.bodyStart = ROOM;
  message.bodyEnd = bytes.length;
  const ip = headerOf(version, version === 4 ? Protocol.ICMP : Protocol.ICMPV6);
  const length = ICMP_HEADER + body.length;
  const start =
    version === 4
      ? writeIcmpv4(view, message)
      : writeIcmpv6(view, message, pseudoSum(ip, Protocol.ICMPV6, length));
  return bytes.slice(writeIp(view, start, ip, length));
}

export function icmpMessage(kind: IcmpKind): IcmpMessage {
  const message = new IcmpMessage();
  message.kind = kind;
  message.identifier = 0x0102;
  message.sequence = 0xfffe;
  message.mtu = 1280;
  message.pointer = 9;
  return message;
}

const TEXT = Uint8Array.from({ length: 33 }, (_, i) => (i * 37 + 11) & 0xff);

export interface Sample {
  readonly name: string;
  readonly version: 4 | 6;
  readonly bytes: Uint8Array;
}

export const SAMPLES: readonly Sample[] = VERSIONS.flatMap((version) => {
  const syn = tcpDatagram(version, synWithOptions(), new Uint8Array(0));
  const quote = syn.slice(0, syn.length - 32); // IP header and 8 octets
  const sample = (name: string, bytes: Uint8Array): Sample => ({
    name: `IPv${version} ${name}`,
    version,
    bytes,
  });
  const error = (kind: IcmpKind): Sample =>
    sample(`ICMP ${kind}`, icmpDatagram(version, icmpMessage(kind), quote));
  return [
    sample('TCP SYN with options', syn),
    sample('TCP segment with text', tcpDatagram(version, textSegment(), TEXT)),
    sample('UDP', udpDatagram(version, TEXT)),
    sample('ICMP echo', icmpDatagram(version, icmpMessage('echo-request'), TEXT)),
    error('unreachable'),
    error('time-exceeded'),
    error('parameter-problem'),
    error(version === 4 ? 'source-quench' : 'packet-too-big'),
  ];
});
