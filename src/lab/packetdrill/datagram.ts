/**
 * Packets of a script to octets, and octets that left to packets of a script. Options keep their order and their
 * fillers both ways, which the wire layer's own reader and writer do not care for.
 */
import type { IpAddress } from '../../wire/address.ts';
import { IpHeader, Protocol, pseudoSum, readIp, writeIp } from '../../wire/ip.ts';
import { Segment } from '../../wire/segment.ts';
import { toU32 } from '../../wire/seq.ts';
import { readTcp, sealTcp, TCP_HEADER } from '../../wire/tcp.ts';
import type { AccEcnCounter, EcnSpec, IpInfo, TcpOption, TcpPacket } from './ast.ts';

/** From whom to whom. */
export interface Ends {
  readonly source: IpAddress;
  readonly sourcePort: number;
  readonly destination: IpAddress;
  readonly destinationPort: number;
}

const IP_ROOM = 40; //     octets: IPv6's header
const MOST_OPTIONS = 40;
const HOPS = 255;

const Kind = {
  EOL: 0,
  NOP: 1,
  MSS: 2,
  WSCALE: 3,
  SACK_OK: 4,
  SACK: 5,
  TS: 8,
  FO: 34,
  ACC_ECN_0: 172,
  ACC_ECN_1: 174,
  EXPERIMENT: 254,
} as const;
const FO_EXPERIMENT = 0xf989; // RFC 7413, appendix B
const FO_MAGIC = FO_EXPERIMENT.toString(16);

/** Octets of `options` in whole words; too many are cut. */
function optionOctets(options: readonly TcpOption[]): number[] {
  const octets = options.flatMap(octetsOf).slice(0, MOST_OPTIONS);
  while (octets.length % 4 !== 0) octets.push(Kind.EOL);
  return octets;
}

function octetsOf(option: TcpOption): number[] {
  switch (option.kind) {
    case 'nop':
      return [Kind.NOP];
    case 'eol':
      return [Kind.EOL];
    case 'sackOK':
      return [Kind.SACK_OK, 2];
    case 'mss':
      return [Kind.MSS, 4, ...bigEndian(option.value, 2)];
    case 'wscale':
      return [Kind.WSCALE, 3, option.value & 0xff];
    case 'sack':
      return [Kind.SACK, 2 + 8 * option.blocks.length, ...option.blocks.flat().flatMap(word)];
    case 'TS':
      return [Kind.TS, 10, ...word(option.val), ...word(option.ecr)];
    case 'FO':
      return withLength(Kind.FO, fromHex(option.cookie));
    case 'FOEXP':
      return withLength(Kind.EXPERIMENT, fromHex(`${FO_MAGIC}${option.cookie}`));
    case 'ECN':
      return withLength(
        option.counters[0]?.name === 'e0b' ? Kind.ACC_ECN_0 : Kind.ACC_ECN_1,
        option.counters.flatMap(({ value }) => bigEndian(value, 3)),
      );
    case 'unknown':
      return withLength(option.number, fromHex(option.hex));
  }
}

const withLength = (kind: number, body: readonly number[]): number[] => [
  kind,
  body.length + 2,
  ...body,
];

const bigEndian = (value: number, octets: number): number[] =>
  Array.from({ length: octets }, (_, i) => Math.floor(value / 256 ** (octets - 1 - i)) & 0xff);

const word = (value: number): number[] => bigEndian(value >>> 0, 4);

const fromHex = (hex: string): number[] =>
  (hex.match(/../g) ?? []).map((octet) => Number.parseInt(octet, 16));

/** The ECN field of the IP header: RFC 3168 §5. */
const ECN_BITS: Readonly<Record<EcnSpec, number>> = { noecn: 0, ect1: 1, ect0: 2, ce: 3, ect01: 2 };

/** A whole datagram; text is octets of 0. */
export function datagramOf(packet: TcpPacket, ip: IpInfo, ends: Ends): Uint8Array {
  const options = optionOctets(packet.options ?? []);
  const at = IP_ROOM;
  const length = TCP_HEADER + options.length + packet.length;
  const bytes = new Uint8Array(at + length);
  const view = new DataView(bytes.buffer);
  view.setUint16(at, ends.sourcePort);
  view.setUint16(at + 2, ends.destinationPort);
  view.setUint32(at + 4, packet.seq >>> 0);
  view.setUint32(at + 8, (packet.ack ?? 0) >>> 0);
  view.setUint8(at + 12, ((TCP_HEADER + options.length) << 2) | ((packet.flags >> 8) & 1));
  view.setUint8(at + 13, packet.flags & 0xff);
  view.setUint16(at + 14, packet.win ?? 0);
  view.setUint16(at + 18, packet.urg ?? 0);
  bytes.set(options, at + TCP_HEADER);
  const header = headerOf(ends, ip);
  sealTcp(view, at, bytes.length, pseudoSum(header, Protocol.TCP, length));
  return bytes.slice(writeIp(view, at, header, length));
}

function headerOf({ source, destination }: Ends, { ecn, tos, ttl }: IpInfo): IpHeader {
  const header = new IpHeader();
  header.version = source.family;
  header.src0 = source.w0;
  header.src1 = source.w1;
  header.src2 = source.w2;
  header.src3 = source.w3;
  header.dst0 = destination.w0;
  header.dst1 = destination.w1;
  header.dst2 = destination.w2;
  header.dst3 = destination.w3;
  header.protocol = Protocol.TCP;
  header.ttl = ttl ?? HOPS;
  header.tos = tos ?? ECN_BITS[ecn ?? 'noecn'];
  return header;
}

/** A datagram that left, taken apart. */
export interface Departed {
  /** ms since the script began. */
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly tos: number;
  readonly ttl: number;
  readonly flowLabel: number;
  /** With the numbers of the wire. */
  readonly packet: TcpPacket;
  /** For the ladder; the same numbers. */
  readonly seg: Segment;
}

/** Undefined for what is no TCP segment. */
export function departed(bytes: Uint8Array, at: number): Departed | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = new IpHeader();
  if (readIp(header, view, 0, bytes.length) !== undefined) return undefined;
  if (header.protocol !== Protocol.TCP) return undefined;
  const start = header.payloadStart;
  const seg = new Segment();
  if (readTcp(seg, bytes, view, start, header.payloadEnd) !== undefined) return undefined;
  return {
    at,
    bytes,
    sourcePort: view.getUint16(start),
    destinationPort: view.getUint16(start + 2),
    tos: header.tos,
    ttl: header.ttl,
    flowLabel: header.version === 6 ? view.getUint32(0) & 0xfffff : 0,
    packet: {
      kind: 'tcp',
      flags: seg.ctl,
      seq: toU32(seg.seq),
      length: seg.textEnd - seg.textStart,
      ack: toU32(seg.ack),
      win: seg.wnd,
      urg: seg.up,
      options: optionsIn(view, start + TCP_HEADER, seg.textStart),
    },
    seg,
  };
}

function optionsIn(view: DataView, start: number, end: number): TcpOption[] {
  const options: TcpOption[] = [];
  for (let at = start; at < end;) {
    const kind = view.getUint8(at);
    if (kind === Kind.NOP || kind === Kind.EOL) {
      options.push({ kind: kind === Kind.NOP ? 'nop' : 'eol' });
      at += 1;
      continue;
    }
    const length = Math.max(2, at + 1 < end ? view.getUint8(at + 1) : 2);
    options.push(optionAt(view, kind, at + 2, Math.min(at + length, end)));
    at += length;
  }
  return options;
}

function optionAt(view: DataView, kind: number, at: number, end: number): TcpOption {
  const hex = (from: number): string =>
    Array.from({ length: Math.max(0, end - from) }, (_, i) =>
      view
        .getUint8(from + i)
        .toString(16)
        .padStart(2, '0'),
    ).join('');
  const length = end - at;
  switch (true) {
    case kind === Kind.MSS && length === 2:
      return { kind: 'mss', value: view.getUint16(at) };
    case kind === Kind.WSCALE && length === 1:
      return { kind: 'wscale', value: view.getUint8(at) };
    case kind === Kind.SACK_OK && length === 0:
      return { kind: 'sackOK' };
    case kind === Kind.SACK && length % 8 === 0:
      return { kind: 'sack', blocks: blocksIn(view, at, end) };
    case kind === Kind.TS && length === 8:
      return { kind: 'TS', val: view.getUint32(at), ecr: view.getUint32(at + 4) };
    case kind === Kind.FO:
      return { kind: 'FO', cookie: hex(at) };
    case kind === Kind.EXPERIMENT && length >= 2 && view.getUint16(at) === FO_EXPERIMENT:
      return { kind: 'FOEXP', cookie: hex(at + 2) };
    case kind === Kind.ACC_ECN_0 || kind === Kind.ACC_ECN_1:
      return { kind: 'ECN', counters: countersIn(view, kind, at, end) };
    default:
      return { kind: 'unknown', number: kind, hex: hex(at) };
  }
}

function blocksIn(view: DataView, start: number, end: number): (readonly [number, number])[] {
  const blocks: (readonly [number, number])[] = [];
  for (let at = start; at + 8 <= end; at += 8) {
    blocks.push([view.getUint32(at), view.getUint32(at + 4)]);
  }
  return blocks;
}

const COUNTERS = ['e0b', 'ceb', 'e1b'] as const;

function countersIn(view: DataView, kind: number, start: number, end: number): AccEcnCounter[] {
  const names = kind === Kind.ACC_ECN_0 ? COUNTERS : [...COUNTERS].reverse();
  return names
    .slice(0, Math.floor((end - start) / 3))
    .map((name, i) => ({ name, value: view.getUint32(start + 3 * i - 1) & 0xffffff }));
}
