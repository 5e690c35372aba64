/**
 * Segments in the notation of RFC 9293's figures, `<SEQ=101><ACK=301><CTL=SYN,ACK>`, and a line for
 * any octets that claim to be a datagram.
 */
import { printWords } from './address.ts';
import { ECN_MASK } from './ecn.ts';
import { ICMP_HEADER, IcmpMessage, isIcmpError, Quoted, readQuoted } from './icmp.ts';
import { readIcmpv4 } from './icmpv4.ts';
import { readIcmpv6 } from './icmpv6.ts';
import { IpHeader, Protocol, pseudoSum, readIp } from './ip.ts';
import { ACK, AE, CWR, ECE, FIN, PSH, RST, Segment, SYN, textLength, URG } from './segment.ts';
import { toU32 } from './seq.ts';
import { destinationPort, readTcp, sourcePort, verifyTcp } from './tcp.ts';
import { readUdp, UdpDatagram, verifyUdp } from './udp.ts';

/** What to print beyond SEQ, ACK, CTL and DATA. Options are printed if the segment has them. */
export interface PrintOptions {
  readonly dataLength?: number; // octets of text, where `seg` does not say
  readonly wnd?: boolean; //       <WND=…>
  readonly up?: boolean; //        <UP=…>, with URG only
  readonly options?: boolean; //   <MSS=…><WS=…><SACKOK><SACK=…><TSVAL=…><TSECR=…><ACCECN0=…>
}

export const EVERYTHING: PrintOptions = { wnd: true, up: true, options: true };

/** In the order of the figures: SYN,ACK and FIN,ACK and RST,ACK and PSH,ACK. */
const CONTROL_BITS: readonly (readonly [number, string])[] = [
  [SYN, 'SYN'],
  [FIN, 'FIN'],
  [RST, 'RST'],
  [URG, 'URG'],
  [PSH, 'PSH'],
  [ACK, 'ACK'],
  [ECE, 'ECE'],
  [CWR, 'CWR'],
  [AE, 'AE'],
];

/** `SYN,ACK`; `none` for no control bit. */
export function printControl(ctl: number): string {
  if ((ctl & 0x1ff) === 0) return 'none';
  return CONTROL_BITS.filter(([bit]) => (ctl & bit) !== 0)
    .map(([, name]) => name)
    .join();
}

/** `<SEQ=101><ACK=301><CTL=ACK>`, then what `show` asks for, then `<DATA=n>` if there is text. */
export function printSegment(seg: Segment, show: PrintOptions = {}): string {
  const length = show.dataLength ?? textLength(seg);
  let line = `<SEQ=${toU32(seg.seq)}>`;
  if (seg.ctl & ACK) line += `<ACK=${toU32(seg.ack)}>`;
  line += `<CTL=${printControl(seg.ctl)}>`;
  if (show.wnd === true) line += `<WND=${seg.wnd}>`;
  if (show.up === true && seg.ctl & URG) line += `<UP=${seg.up}>`;
  if (show.options === true) line += printOptions(seg);
  if (length > 0) line += `<DATA=${length}>`;
  return line;
}

/**
 * One line for the octets [start, end), whatever they are: `10.0.0.1:4000 > 10.0.0.2:80 <SEQ=…>…`, or
 * what is wrong with them. Bounds outside of `bytes` are moved inside.
 */
export function printPacket(bytes: Uint8Array, start: number, end: number): string {
  const to = Math.max(0, Math.min(end, bytes.length));
  const from = Math.max(0, Math.min(start, to));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ip = new IpHeader();
  const drop = readIp(ip, view, from, to);
  if (drop !== undefined) return `${drop} (${to - from} octets)`;
  if (ip.fragmentOffset !== 0) return `${printEnds(ip)} ${printFragment(ip)}`;
  const line = printPayload(ip, bytes, view);
  return ip.moreFragments ? `${line} ${printFragment(ip)}` : line;
}

function printPayload(ip: IpHeader, bytes: Uint8Array, view: DataView): string {
  switch (ip.protocol) {
    case Protocol.TCP:
      return printTcp(ip, bytes, view);
    case Protocol.UDP:
      return printUdp(ip, view);
    case Protocol.ICMP:
    case Protocol.ICMPV6:
      return `${printEnds(ip)} ${printIcmp(ip, view)}`;
    default:
      return `${printEnds(ip)} protocol ${ip.protocol}, ${ip.payloadEnd - ip.payloadStart} octets`;
  }
}

function printTcp(ip: IpHeader, bytes: Uint8Array, view: DataView): string {
  const { payloadStart: start, payloadEnd: end } = ip;
  const seg = new Segment();
  const drop = readTcp(seg, bytes, view, start, end);
  if (drop !== undefined) return `${printEnds(ip)} ${drop} (${end - start} octets)`;
  const ends = printEnds(ip, sourcePort(view, start), destinationPort(view, start));
  const whole = ip.moreFragments || verifyTcp(view, start, end, pseudoOf(ip));
  const codepoint = CODEPOINTS[ip.tos & ECN_MASK]!;
  const ecn = codepoint === 'none' ? '' : `<ECN=${codepoint}>`;
  return `${ends} ${printSegment(seg, EVERYTHING)}${ecn}${whole ? '' : ' tcp-checksum'}`;
}

function printUdp(ip: IpHeader, view: DataView): string {
  const { payloadStart: start, payloadEnd: end } = ip;
  const udp = new UdpDatagram();
  const drop = readUdp(udp, view, start, end);
  if (drop !== undefined) return `${printEnds(ip)} ${drop} (${end - start} octets)`;
  const ends = printEnds(ip, udp.sourcePort, udp.destinationPort);
  const pseudo = pseudoSum(ip, Protocol.UDP, udp.dataEnd - start);
  const whole = ip.moreFragments || verifyUdp(ip.version, view, start, udp.dataEnd, pseudo);
  return `${ends} UDP <DATA=${udp.dataEnd - udp.dataStart}>${whole ? '' : ' udp-checksum'}`;
}

function printIcmp(ip: IpHeader, view: DataView): string {
  const { payloadStart: start, payloadEnd: end } = ip;
  const message = new IcmpMessage();
  const drop =
    ip.protocol === Protocol.ICMP
      ? readIcmpv4(message, view, start, end)
      : readIcmpv6(message, view, start, end, pseudoOf(ip));
  if (drop === 'icmp-type') return `ICMP type ${view.getUint8(start)}`;
  if (drop !== undefined) return `${drop} (${end - start} octets)`;
  const { kind, code, bodyStart, bodyEnd } = message;
  if (!isIcmpError(message)) {
    const { identifier, sequence } = message;
    const length = bodyEnd - bodyStart + ICMP_HEADER;
    return `ICMP ${kind} id=${identifier} seq=${sequence}, ${length} octets`;
  }
  const mtu = message.mtu > 0 ? ` mtu=${message.mtu}` : '';
  const quoted = new Quoted();
  const about = readQuoted(quoted, view, bodyStart, bodyEnd) ?? printQuoted(quoted);
  return `ICMP ${kind} code=${code}${mtu} about ${about}`;
}

function printQuoted({ ip, sourcePort: from, destinationPort: to, seq: s }: Quoted): string {
  const ends = printEnds(ip, from, to);
  return ip.protocol === Protocol.TCP ? `${ends} <SEQ=${toU32(s)}>` : `${ends} UDP`;
}

function pseudoOf(ip: IpHeader): number {
  return pseudoSum(ip, ip.protocol, ip.payloadEnd - ip.payloadStart);
}

function printEnds(ip: IpHeader, from = -1, to = -1): string {
  const { version, src0, src1, src2, src3, dst0, dst1, dst2, dst3 } = ip;
  const source = printEnd(version, printWords(version, src0, src1, src2, src3), from);
  return `${source} > ${printEnd(version, printWords(version, dst0, dst1, dst2, dst3), to)}`;
}

function printEnd(version: number, address: string, port: number): string {
  if (port < 0) return address;
  return version === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}

function printFragment(ip: IpHeader): string {
  const { fragmentOffset: from, moreFragments } = ip;
  const to = from + ip.payloadEnd - ip.payloadStart;
  return `fragment ${ip.id >>> 0} octets ${from} to ${to}${moreFragments ? '' : ', the last'}`;
}

function printOptions(seg: Segment): string {
  let line = '';
  if (seg.mss >= 0) line += `<MSS=${seg.mss}>`;
  if (seg.wscale >= 0) line += `<WS=${seg.wscale}>`;
  if (seg.sackPermitted) line += '<SACKOK>';
  if (seg.sackCount > 0) line += `<SACK=${printBlocks(seg)}>`;
  if (seg.timestamps) line += `<TSVAL=${seg.tsval >>> 0}><TSECR=${seg.tsecr >>> 0}>`;
  if (seg.accEcn >= 0) line += `<ACCECN${seg.accEcn}=${printCounters(seg)}>`;
  return line;
}

/** `1,0,1`, in the option's order; `none` for an empty option. */
export function printCounters(seg: Segment): string {
  if (seg.accEcnCount === 0) return 'none';
  return seg.counters.subarray(0, seg.accEcnCount).join();
}

/** The names of the four codepoints, RFC 3168 §5. */
export const CODEPOINTS = ['none', 'ECT1', 'ECT0', 'CE'] as const;

/** `100:200,300:400`, left and right edge of each block. */
function printBlocks(seg: Segment): string {
  const blocks: string[] = [];
  for (let i = 0; i < 2 * seg.sackCount; i += 2) {
    blocks.push(`${(seg.sack[i] ?? 0) >>> 0}:${(seg.sack[i + 1] ?? 0) >>> 0}`);
  }
  return blocks.join();
}
