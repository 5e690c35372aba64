/**
 * Options of Neighbor Discovery: RFC 4861 §4.6, RDNSS of RFC 8106 §5.1, the nonce of RFC 3971 §5.3.2 as
 * RFC 7527 uses it. Those unknown are stepped over (§4.6); how many are kept is bounded.
 */
import { IpAddress } from './address.ts';
import type { NdDrop } from './drop.ts';

export const NdOption = {
  SOURCE_LINK_LAYER: 1,
  TARGET_LINK_LAYER: 2,
  PREFIX: 3,
  MTU: 5,
  NONCE: 14,
  RDNSS: 25,
} as const;

const MOST_PREFIXES = 16; // of one message; RFC 4861 sets no limit
const MOST_SERVERS = 8; //   of one message; RFC 8106 §5.3.1 asks for three

/** Octets. */
const LINK_LAYER = 8;
const PREFIX = 32;
const MTU = 8;
const NONCE = 8; // with 6 octets of nonce, the least there may be

const ON_LINK = 0x80;
const AUTONOMOUS = 0x40;

/** RFC 4861 §4.6.2. */
export interface PrefixInformation {
  readonly prefix: IpAddress;
  /** Bits, 0 to 128. */
  readonly length: number;
  readonly onLink: boolean;
  readonly autonomous: boolean;
  /** Seconds, 0 to 2^32-1; the last stands for infinity. */
  readonly validLifetime: number;
  readonly preferredLifetime: number;
}

/** RFC 8106 §5.1. */
export interface RecursiveServer {
  readonly address: IpAddress;
  /** Seconds, as above. */
  readonly lifetime: number;
}

export interface NdOptions {
  source: boolean; // Source Link-Layer Address
  sourceHigh: number;
  sourceLow: number;
  target: boolean; // Target Link-Layer Address
  targetHigh: number;
  targetLow: number;
  mtu: number; // octets, 0 when absent
  nonce: boolean;
  nonceHigh: number; // 16 bits
  nonceLow: number; //  an int32
  readonly prefixes: PrefixInformation[];
  readonly servers: RecursiveServer[];
}

export function newNdOptions(): NdOptions {
  return {
    source: false,
    sourceHigh: 0,
    sourceLow: 0,
    target: false,
    targetHigh: 0,
    targetLow: 0,
    mtu: 0,
    nonce: false,
    nonceHigh: 0,
    nonceLow: 0,
    prefixes: [],
    servers: [],
  };
}

/** Reads all options in [start, end). A length of zero drops the whole message (RFC 4861 §4.6). */
export function readNdOptions(
  out: NdOptions,
  view: DataView,
  start: number,
  end: number,
): NdDrop | undefined {
  out.source = out.target = out.nonce = false;
  out.mtu = 0;
  out.prefixes.length = 0;
  out.servers.length = 0;
  let at = start;
  while (at < end) {
    if (at + 2 > end) return 'nd-option-length';
    const length = view.getUint8(at + 1) << 3;
    if (length === 0 || at + length > end) return 'nd-option-length';
    readOption(out, view, at, length);
    at += length;
  }
  return undefined;
}

/** One of a length that its type cannot have is stepped over like one unknown. */
function readOption(out: NdOptions, view: DataView, at: number, length: number): void {
  switch (view.getUint8(at)) {
    case NdOption.SOURCE_LINK_LAYER:
      if (length !== LINK_LAYER) return;
      out.source = true;
      out.sourceHigh = view.getUint16(at + 2);
      out.sourceLow = view.getInt32(at + 4);
      return;
    case NdOption.TARGET_LINK_LAYER:
      if (length !== LINK_LAYER) return;
      out.target = true;
      out.targetHigh = view.getUint16(at + 2);
      out.targetLow = view.getInt32(at + 4);
      return;
    case NdOption.PREFIX:
      if (length === PREFIX) readPrefix(out, view, at);
      return;
    case NdOption.MTU:
      if (length === MTU) out.mtu = view.getUint32(at + 4);
      return;
    case NdOption.NONCE:
      if (length !== NONCE) return;
      out.nonce = true;
      out.nonceHigh = view.getUint16(at + 2);
      out.nonceLow = view.getInt32(at + 4);
      return;
    case NdOption.RDNSS:
      readServers(out, view, at, length);
      return;
    default:
  }
}

function readPrefix(out: NdOptions, view: DataView, at: number): void {
  const length = view.getUint8(at + 2);
  if (length > 128 || out.prefixes.length === MOST_PREFIXES) return;
  const flags = view.getUint8(at + 3);
  out.prefixes.push({
    prefix: addressAt(view, at + 16),
    length,
    onLink: (flags & ON_LINK) !== 0,
    autonomous: (flags & AUTONOMOUS) !== 0,
    validLifetime: view.getUint32(at + 4),
    preferredLifetime: view.getUint32(at + 8),
  });
}

/** Addresses come 16 octets each after the first 8; RFC 8106 §5.3.1 wants at least one. */
function readServers(out: NdOptions, view: DataView, at: number, length: number): void {
  const lifetime = view.getUint32(at + 4);
  for (let next = at + 8; next + 16 <= at + length; next += 16) {
    if (out.servers.length === MOST_SERVERS) return;
    out.servers.push({ address: addressAt(view, next), lifetime });
  }
}

function addressAt(view: DataView, at: number): IpAddress {
  return new IpAddress(
    6,
    view.getInt32(at),
    view.getInt32(at + 4),
    view.getInt32(at + 8),
    view.getInt32(at + 12),
  );
}

/** Writes a Source or Target Link-Layer Address option; returns where the next one starts. */
export function writeLinkLayerOption(
  view: DataView,
  at: number,
  type: number,
  high: number,
  low: number,
): number {
  view.setUint8(at, type);
  view.setUint8(at + 1, LINK_LAYER >> 3);
  view.setUint16(at + 2, high);
  view.setInt32(at + 4, low);
  return at + LINK_LAYER;
}

/** Writes the nonce of RFC 7527 §4.1, six octets of it; returns where the next option starts. */
export function writeNonce(view: DataView, at: number, high: number, low: number): number {
  return writeLinkLayerOption(view, at, NdOption.NONCE, high, low);
}
