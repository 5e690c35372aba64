/**
 * Segments that no TCP sent: every field as the test wants it, checksums right. ICMP is in
 * test/stack/datagram.ts.
 */
import type { IpAddress } from '../../src/wire/address.ts';
import { IpHeader, Protocol, pseudoSum, writeIp } from '../../src/wire/ip.ts';
import { Segment } from '../../src/wire/segment.ts';
import { seq } from '../../src/wire/seq.ts';
import { sealTcp, writeTcp } from '../../src/wire/tcp.ts';
import { UDP_HEADER, writeUdp } from '../../src/wire/udp.ts';
import { A4, A6, B4, B6 } from '../stack/two-hosts.ts';

/** From whom to whom. */
export interface Ends {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** From B to A of test/stack/two-hosts.ts. */
export function ends(family: 4 | 6, sourcePort: number, destinationPort: number): Ends {
  return family === 4
    ? { source: B4, destination: A4, sourcePort, destinationPort }
    : { source: B6, destination: A6, sourcePort, destinationPort };
}

export interface Fields {
  readonly seq: number;
  readonly ack?: number;
  readonly ctl: number;
  readonly wnd?: number;
  readonly up?: number;
  readonly mss?: number;
  readonly wscale?: number;
  readonly sackPermitted?: boolean;
  readonly timestamps?: boolean;
  /** Of TCP Fast Open; empty asks for one. */
  readonly cookie?: Uint8Array;
  /** Octets, or how many of them. */
  readonly text?: Uint8Array | number;
}

const ROOM = 128; // octets of headroom in which a datagram is built

export function tcp(between: Ends, fields: Fields): Uint8Array {
  const text = typeof fields.text === 'object' ? fields.text : new Uint8Array(fields.text ?? 0);
  const bytes = new Uint8Array(ROOM + text.length);
  const view = new DataView(bytes.buffer);
  bytes.set(text, ROOM);
  const seg = new Segment();
  seg.seq = seq(fields.seq);
  seg.ack = seq(fields.ack ?? 0);
  seg.ctl = fields.ctl;
  seg.wnd = fields.wnd ?? 65_535;
  seg.up = fields.up ?? 0;
  seg.mss = fields.mss ?? -1;
  seg.wscale = fields.wscale ?? -1;
  seg.sackPermitted = fields.sackPermitted ?? false;
  seg.timestamps = fields.timestamps ?? false;
  if (fields.cookie !== undefined) {
    seg.cookieLength = fields.cookie.length;
    seg.cookie.set(fields.cookie);
  }
  const start = writeTcp(view, ROOM, seg, between.sourcePort, between.destinationPort);
  const ip = headerOf(between, Protocol.TCP);
  const length = bytes.length - start;
  sealTcp(view, start, bytes.length, pseudoSum(ip, Protocol.TCP, length));
  return bytes.slice(writeIp(view, start, ip, length));
}

export function udp(between: Ends, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(ROOM + data.length);
  const view = new DataView(bytes.buffer);
  bytes.set(data, ROOM);
  const ip = headerOf(between, Protocol.UDP);
  const length = UDP_HEADER + data.length;
  const pseudo = pseudoSum(ip, Protocol.UDP, length);
  const { sourcePort, destinationPort } = between;
  const start = writeUdp(view, ROOM, bytes.length, sourcePort, destinationPort, pseudo);
  return bytes.slice(writeIp(view, start, ip, length));
}

function headerOf({ source, destination }: Ends, protocol: number): IpHeader {
  const ip = new IpHeader();
  ip.version = source.family;
  ip.src0 = source.w0;
  ip.src1 = source.w1;
  ip.src2 = source.w2;
  ip.src3 = source.w3;
  ip.dst0 = destination.w0;
  ip.dst1 = destination.w1;
  ip.dst2 = destination.w2;
  ip.dst3 = destination.w3;
  ip.protocol = protocol;
  ip.ttl = 64;
  return ip;
}
