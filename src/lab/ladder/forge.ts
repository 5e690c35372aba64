/**
 * Datagrams that no TCP of the ladder sent: old duplicates, forgeries, the segments of a scripted
 * peer, and ICMP errors about a segment (RFC 5927).
 */
import { ICMP_HEADER, IcmpMessage, type IcmpKind } from '../../wire/icmp.ts';
import { writeIcmpv4 } from '../../wire/icmpv4.ts';
import { writeIcmpv6 } from '../../wire/icmpv6.ts';
import { CODEPOINTS } from '../../wire/print.ts';
import { IpHeader, ipHeaderLength, Protocol, pseudoSum, writeIp } from '../../wire/ip.ts';
import type { IpAddress } from '../../wire/address.ts';
import { ACK, aceBits, RST, Segment } from '../../wire/segment.ts';
import { seq } from '../../wire/seq.ts';
import { sealTcp, tcpHeaderLength, writeTcp } from '../../wire/tcp.ts';
import type { IcmpItem, SegmentPattern, Side, Value } from './ast.ts';
import { controlOf, otherSide, type Shift } from './segment-match.ts';
import type { ValueTable } from './value-table.ts';

/** The two sockets of a ladder, seen from the sender. */
export interface Route {
  readonly source: IpAddress;
  readonly sourcePort: number;
  readonly destination: IpAddress;
  readonly destinationPort: number;
}

const HEADROOM = 120; // octets: 40 of IPv6, 60 of TCP
const DEFAULT_WINDOW = 65535; // octets, of a scripted segment that does not say

/** A datagram with the segment the pattern describes. */
export function forgeSegment(
  pattern: SegmentPattern,
  from: Side,
  route: Route,
  shift: Shift,
  values: ValueTable,
): Uint8Array {
  const number = (value: Value | undefined, otherwise: number): number =>
    value === undefined ? otherwise : (values.resolve(value) ?? otherwise);
  const seg = new Segment();
  seg.ctl = controlOf(pattern.ctl ?? []);
  if (pattern.ace !== undefined) seg.ctl |= aceBits(number(pattern.ace, 0));
  const seqNumber = number(pattern.seq, 0);
  const outOfNothing = (seg.ctl & (RST | ACK)) === (RST | ACK) && seqNumber === 0;
  seg.seq = seq(outOfNothing ? 0 : seqNumber + shift[from]);
  seg.ack = seq((seg.ctl & ACK) === 0 ? 0 : number(pattern.ack, 0) + shift[otherSide(from)]);
  seg.wnd = number(pattern.wnd, DEFAULT_WINDOW);
  seg.up = number(pattern.up, 0);
  seg.mss = number(pattern.mss, -1);
  seg.wscale = number(pattern.ws, -1);
  seg.sackPermitted = pattern.sackOk === true;
  if (pattern.tsval !== undefined) {
    seg.timestamps = true;
    seg.tsval = (number(pattern.tsval, 0) + shift[from]) | 0;
    const echo = number(pattern.tsecr, 0) + shift[otherSide(from)];
    seg.tsecr = (seg.ctl & ACK) === 0 ? 0 : echo | 0;
  }
  const blocks = (pattern.sack ?? []).slice(0, MOST_BLOCKS);
  seg.sackCount = blocks.length;
  blocks.forEach(({ left, right }, i) => {
    seg.sack[2 * i] = number(left, 0) + shift[otherSide(from)];
    seg.sack[2 * i + 1] = number(right, 0) + shift[otherSide(from)];
  });
  if (pattern.accEcn !== undefined && pattern.accEcn !== 'no') {
    const { order, counters } = pattern.accEcn;
    seg.accEcn = order;
    seg.accEcnCount = counters.length;
    counters.forEach((counter, i) => (seg.counters[i] = number(counter, 0)));
  }
  const hex = cookieOf(pattern, values);
  if (hex !== undefined) {
    seg.cookieLength = hex.length / 2;
    seg.cookieExperimental =
      pattern.fo !== undefined && 'experimental' in pattern.fo && pattern.fo.experimental;
    for (let i = 0; i < seg.cookieLength; i++) {
      seg.cookie[i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
    }
  }
  if (typeof pattern.uto === 'number') seg.userTimeout = utoBits(pattern.uto);
  const length = pattern.len === 'some' ? 1 : number(pattern.len, 0);
  return datagram(seg, length, route, pattern.ecn ?? 'none');
}

/** In hexadecimal, '' for a request; undefined: no option. */
function cookieOf({ fo }: SegmentPattern, values: ValueTable): string | undefined {
  switch (fo?.kind) {
    case 'request':
      return '';
    case 'octets':
      return fo.hex;
    case 'name':
      return values.cookie(fo.name);
    default:
      return undefined;
  }
}

function utoBits(ms: number): number {
  return ms <= 32_767_000 ? ms / 1000 : 0x8000 | (ms / 60_000);
}

const MOST_BLOCKS = 4; // RFC 2018 §3

/** The ECN field of a datagram. */
export function ecnOf(datagramBytes: Uint8Array): NonNullable<SegmentPattern['ecn']> {
  const [first = 0, second = 0] = datagramBytes;
  return CODEPOINTS[(first >> 4 === 6 ? second >> 4 : second) & 3]!;
}

function datagram(
  seg: Segment,
  length: number,
  route: Route,
  ecn: NonNullable<SegmentPattern['ecn']>,
): Uint8Array {
  const bytes = new Uint8Array(HEADROOM + length);
  const view = new DataView(bytes.buffer);
  seg.bytes = bytes;
  seg.textStart = HEADROOM;
  seg.textEnd = HEADROOM + length;
  const at = writeTcp(view, HEADROOM, seg, route.sourcePort, route.destinationPort);
  const header = ipHeader(route.source, route.destination, Protocol.TCP);
  header.tos = CODEPOINTS.indexOf(ecn);
  const tcpLength = tcpHeaderLength(seg) + length;
  sealTcp(view, at, seg.textEnd, pseudoSum(header, Protocol.TCP, tcpLength));
  const start = writeIp(view, at, header, tcpLength);
  return bytes.slice(start);
}

/** An ICMP error to the sender of `quoted`, a whole datagram, from the host it went to. */
export function forgeIcmp(
  error: Pick<IcmpItem, 'type' | 'code' | 'mtu'>,
  quoted: Uint8Array,
  from: IpAddress,
  to: IpAddress,
): Uint8Array {
  const body = quoted.slice(0, ipHeaderLength(from.family) + QUOTED_TCP);
  const bytes = new Uint8Array(HEADROOM + body.length);
  bytes.set(body, HEADROOM);
  const view = new DataView(bytes.buffer);
  const message = new IcmpMessage();
  const { kind, code } = from.family === 4 ? kindOf(error) : kindOverIpv6(error);
  message.kind = kind;
  message.code = code;
  message.mtu = error.mtu ?? 0;
  message.bodyStart = HEADROOM;
  message.bodyEnd = bytes.length;
  const length = ICMP_HEADER + body.length;
  const protocol = from.family === 4 ? Protocol.ICMP : Protocol.ICMPV6;
  const header = ipHeader(from, to, protocol);
  const at =
    from.family === 4
      ? writeIcmpv4(view, message)
      : writeIcmpv6(view, message, pseudoSum(header, protocol, length));
  return bytes.slice(writeIp(view, at, header, length));
}

/** The sequence number of a quoted segment is another one: a blind guess (RFC 5927 §4). */
export function withSequence(datagramBytes: Uint8Array, seqNumber: number): Uint8Array {
  const copy = datagramBytes.slice();
  const at = ipHeaderLength(copy[0]! >> 4) + SEQ_OFFSET;
  new DataView(copy.buffer).setInt32(at, seqNumber | 0);
  return copy;
}

const QUOTED_TCP = 8; // octets: what RFC 792 promises
const SEQ_OFFSET = 4; // of the TCP header

type KindAndCode = { readonly kind: IcmpKind; readonly code: number };

function kindOf({ type, code }: Pick<IcmpItem, 'type' | 'code'>): KindAndCode {
  return type === 'too-big' ? { kind: 'packet-too-big', code: 0 } : { kind: type, code };
}

/** What RFC 4443 has for the codes of RFC 792: protocol unreachable is a parameter problem there. */
function kindOverIpv6({ type, code }: Pick<IcmpItem, 'type' | 'code'>): KindAndCode {
  if (type !== 'unreachable') return kindOf({ type, code });
  switch (code) {
    case 2:
      return { kind: 'parameter-problem', code: 1 };
    case 3:
      return { kind: 'unreachable', code: 4 };
    case 4:
      return { kind: 'packet-too-big', code: 0 };
    case 0:
      return { kind: 'unreachable', code: 0 };
    default:
      return { kind: 'unreachable', code: 3 };
  }
}

function ipHeader(source: IpAddress, destination: IpAddress, protocol: number): IpHeader {
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
  header.protocol = protocol;
  header.ttl = 64;
  return header;
}
