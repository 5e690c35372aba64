/**
 * The headers of a captured TCP segment, also where the capture has cut the packet behind them, which
 * readIp() and readTcp() of wire/ rightly refuse. Never throws; what is no TCP is undefined.
 */
import type { CapturedPacket } from '../../pcap/read-pcapng.ts';
import { IpAddress, printAddress } from '../../wire/address.ts';

export interface Headers {
  /** `192.0.2.1:80`. */
  readonly from: string;
  readonly to: string;
  readonly seq: number;
  /** Octets of sequence space, and of text. */
  readonly length: number;
  readonly text: number;
  readonly ack: number | undefined;
  readonly window: number; // unscaled
  readonly syn: boolean;
  readonly rst: boolean;
  readonly wscale: number; // -1: absent
  readonly sack: readonly (readonly [number, number])[];
}

const TCP = 6;
/** Octets before the IP header, by link type, and where the EtherType is; -1: nowhere. */
const LINKS: Readonly<Record<number, readonly [number, number]>> = {
  0: [4, -1], //     BSD loopback
  1: [14, 12], //    Ethernet
  12: [0, -1], //    raw IP, as OpenBSD numbers it
  101: [0, -1], //   raw IP
  113: [16, 14], //  Linux cooked
  228: [0, -1], //   raw IPv4
  229: [0, -1], //   raw IPv6
  276: [20, 0], //   Linux cooked 2
};
const VLAN = new Set([0x8100, 0x88a8]);

export function readHeaders({ bytes, start, end, from }: CapturedPacket): Headers | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start);
  const link = LINKS[from.linkType];
  if (link === undefined) return undefined;
  let [at, type] = link;
  while (type >= 0 && type + 2 <= view.byteLength && VLAN.has(view.getUint16(type))) {
    type += 4;
    at += 4;
  }
  if (at + 20 > view.byteLength) return undefined;
  const version = view.getUint8(at) >> 4;
  if (version === 4) return inIpv4(view, at);
  return version === 6 ? inIpv6(view, at) : undefined;
}

function inIpv4(view: DataView, at: number): Headers | undefined {
  const header = (view.getUint8(at) & 0x0f) * 4;
  const fragment = view.getUint16(at + 6) & 0x1fff;
  if (view.getUint8(at + 9) !== TCP || header < 20 || fragment !== 0) return undefined;
  const address = (offset: number): IpAddress =>
    new IpAddress(4, 0, 0, 0, view.getInt32(at + offset));
  const length = view.getUint16(at + 2);
  const rest = (length === 0 ? view.byteLength - at : length) - header; // 0: the card cuts it later
  return inTcp(view, at + header, rest, address(12), address(16));
}

function inIpv6(view: DataView, at: number): Headers | undefined {
  if (at + 40 > view.byteLength) return undefined;
  const address = (o: number): IpAddress => {
    const word = (i: number): number => view.getInt32(at + o + 4 * i);
    return new IpAddress(6, word(0), word(1), word(2), word(3));
  };
  let next = view.getUint8(at + 6);
  let from = at + 40;
  const end = at + 40 + view.getUint16(at + 4);
  while (EXTENSIONS.has(next) && from + 8 <= view.byteLength) {
    next = view.getUint8(from);
    from += 8 + 8 * view.getUint8(from + 1);
  }
  return next === TCP ? inTcp(view, from, end - from, address(8), address(24)) : undefined;
}

const EXTENSIONS = new Set([0, 43, 60]); // hop-by-hop, routing, destination options

function inTcp(
  view: DataView,
  at: number,
  size: number,
  source: IpAddress,
  destination: IpAddress,
): Headers | undefined {
  if (at + 20 > view.byteLength || size < 20) return undefined;
  const header = (view.getUint8(at + 12) >> 4) * 4;
  const text = size - header;
  if (header < 20 || text < 0) return undefined;
  const ctl = view.getUint8(at + 13);
  const { wscale, sack } = optionsIn(view, at + 20, Math.min(at + header, view.byteLength));
  return {
    from: endpoint(source, view.getUint16(at)),
    to: endpoint(destination, view.getUint16(at + 2)),
    seq: view.getUint32(at + 4),
    length: text + ((ctl >> 1) & 1) + (ctl & 1),
    text,
    ack: (ctl & 0x10) === 0 ? undefined : view.getUint32(at + 8),
    window: view.getUint16(at + 14),
    syn: (ctl & 2) !== 0,
    rst: (ctl & 4) !== 0,
    wscale,
    sack,
  };
}

function optionsIn(
  view: DataView,
  start: number,
  end: number,
): { wscale: number; sack: (readonly [number, number])[] } {
  let wscale = -1;
  const sack: (readonly [number, number])[] = [];
  for (let at = start; at < end;) {
    const kind = view.getUint8(at);
    if (kind === 0) break;
    if (kind === 1) {
      at++;
      continue;
    }
    const length = at + 1 < end ? view.getUint8(at + 1) : 0;
    if (length < 2 || at + length > end) break;
    if (kind === 3 && length === 3) wscale = Math.min(14, view.getUint8(at + 2)); // RFC 7323 §2.3
    for (let block = at + 2; kind === 5 && block + 8 <= at + length; block += 8) {
      sack.push([view.getUint32(block), view.getUint32(block + 4)]);
    }
    at += length;
  }
  return { wscale, sack };
}

function endpoint(address: IpAddress, port: number): string {
  const text = printAddress(address);
  return address.family === 4 ? `${text}:${port}` : `[${text}]:${port}`;
}
