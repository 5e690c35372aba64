/** ICMP for IPv4: RFC 792, with the next-hop MTU of RFC 1191 §4. */
import { finish, sum } from './checksum.ts';
import type { IcmpDrop } from './drop.ts';
import { ICMP_HEADER, type IcmpKind, type IcmpMessage } from './icmp.ts';

/** Codes of 'unreachable' that TCP tells apart: RFC 1122 §4.2.3.9. */
export const Unreachable = {
  NET: 0,
  HOST: 1,
  PROTOCOL: 2,
  PORT: 3,
  FRAGMENTATION_NEEDED: 4,
  SOURCE_ROUTE_FAILED: 5,
  ADMINISTRATIVELY_PROHIBITED: 13,
} as const;

const wire = {
  type: 0,
  code: 1,
  checksum: 2,
  identifier: 4,
  sequence: 6,
  pointer: 4,
  mtu: 6,
} as const;

/** Reads and verifies the message in [start, end). On a drop `out` is in no particular state. */
export function readIcmpv4(
  out: IcmpMessage,
  view: DataView,
  start: number,
  end: number,
): IcmpDrop | undefined {
  if (end - start < ICMP_HEADER) return 'icmp-truncated';
  if (finish(sum(view, start, end, 0)) !== 0) return 'icmp-checksum';
  const kind = kindOf(view.getUint8(start + wire.type));
  if (kind === undefined) return 'icmp-type';
  const code = view.getUint8(start + wire.code);
  const echo = kind === 'echo-request' || kind === 'echo-reply';
  const tooBig = kind === 'unreachable' && code === Unreachable.FRAGMENTATION_NEEDED;
  out.kind = kind;
  out.code = code;
  out.identifier = echo ? view.getUint16(start + wire.identifier) : 0;
  out.sequence = echo ? view.getUint16(start + wire.sequence) : 0;
  out.mtu = tooBig ? view.getUint16(start + wire.mtu) : 0;
  out.pointer = kind === 'parameter-problem' ? view.getUint8(start + wire.pointer) : 0;
  out.bodyStart = start + ICMP_HEADER;
  out.bodyEnd = end;
  return undefined;
}

/**
 * Writes the 8 octets before `message.bodyStart`, with the checksum of all up to `message.bodyEnd`,
 * and returns where they start. A 'packet-too-big' is written as what IPv4 has for it.
 */
export function writeIcmpv4(view: DataView, message: IcmpMessage): number {
  const { kind, bodyStart, bodyEnd } = message;
  const start = bodyStart - ICMP_HEADER;
  const code = kind === 'packet-too-big' ? Unreachable.FRAGMENTATION_NEEDED : message.code;
  view.setUint8(start + wire.type, typeOf(kind));
  view.setUint8(start + wire.code, code);
  view.setUint16(start + wire.checksum, 0);
  view.setInt32(start + wire.identifier, 0);
  if (kind === 'echo-request' || kind === 'echo-reply') {
    view.setUint16(start + wire.identifier, message.identifier);
    view.setUint16(start + wire.sequence, message.sequence);
  } else if (kind === 'unreachable' || kind === 'packet-too-big') {
    view.setUint16(start + wire.mtu, code === Unreachable.FRAGMENTATION_NEEDED ? message.mtu : 0);
  } else if (kind === 'parameter-problem') {
    view.setUint8(start + wire.pointer, message.pointer);
  }
  view.setUint16(start + wire.checksum, finish(sum(view, start, bodyEnd, 0)));
  return start;
}

function kindOf(type: number): IcmpKind | undefined {
  switch (type) {
    case 0:
      return 'echo-reply';
    case 3:
      return 'unreachable';
    case 4:
      return 'source-quench';
    case 8:
      return 'echo-request';
    case 11:
      return 'time-exceeded';
    case 12:
      return 'parameter-problem';
    default:
      return undefined;
  }
}

function typeOf(kind: IcmpKind): number {
  switch (kind) {
    case 'echo-reply':
      return 0;
    case 'unreachable':
    case 'packet-too-big':
      return 3;
    case 'source-quench':
      return 4;
    case 'echo-request':
      return 8;
    case 'time-exceeded':
      return 11;
    case 'parameter-problem':
      return 12;
  }
}
