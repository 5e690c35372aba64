/** ICMPv6: RFC 4443. Errors are read, echoes and errors written; its checksum has a pseudo-header. */
import { finish, sum } from './checksum.ts';
import type { IcmpDrop } from './drop.ts';
import { ICMP_HEADER, type IcmpKind, type IcmpMessage } from './icmp.ts';

/** Codes of 'unreachable' that TCP tells apart: RFC 4443 §3.1, RFC 5461 §2.1. */
export const Unreachable6 = {
  NO_ROUTE: 0,
  ADMINISTRATIVELY_PROHIBITED: 1,
  BEYOND_SCOPE: 2,
  ADDRESS: 3,
  PORT: 4,
} as const;

const wire = {
  type: 0,
  code: 1,
  checksum: 2,
  identifier: 4,
  sequence: 6,
  pointer: 4,
  mtu: 4,
} as const;

/**
 * Reads and verifies the message in [start, end), given its `pseudoSum`. On a drop `out` is in no
 * particular state.
 */
export function readIcmpv6(
  out: IcmpMessage,
  view: DataView,
  start: number,
  end: number,
  pseudo: number,
): IcmpDrop | undefined {
  if (end - start < ICMP_HEADER) return 'icmp-truncated';
  if (finish(sum(view, start, end, pseudo)) !== 0) return 'icmp-checksum';
  const kind = kindOf(view.getUint8(start + wire.type));
  if (kind === undefined) return 'icmp-type';
  const echo = kind === 'echo-request' || kind === 'echo-reply';
  out.kind = kind;
  out.code = view.getUint8(start + wire.code);
  out.identifier = echo ? view.getUint16(start + wire.identifier) : 0;
  out.sequence = echo ? view.getUint16(start + wire.sequence) : 0;
  out.mtu = kind === 'packet-too-big' ? view.getUint32(start + wire.mtu) : 0;
  out.pointer = kind === 'parameter-problem' ? view.getUint32(start + wire.pointer) : 0;
  out.bodyStart = start + ICMP_HEADER;
  out.bodyEnd = end;
  return undefined;
}

/**
 * Writes the 8 octets before `message.bodyStart`, with the checksum of all up to `message.bodyEnd`,
 * and returns where they start. `pseudo` is the `pseudoSum` for 8 octets more than the body's. There
 * is no 'source-quench' in IPv6: it is written as 'unreachable'.
 */
export function writeIcmpv6(view: DataView, message: IcmpMessage, pseudo: number): number {
  const { kind, bodyStart, bodyEnd } = message;
  const start = bodyStart - ICMP_HEADER;
  view.setUint8(start + wire.type, typeOf(kind));
  view.setUint8(start + wire.code, message.code);
  view.setUint16(start + wire.checksum, 0);
  view.setInt32(start + wire.identifier, 0);
  if (kind === 'echo-request' || kind === 'echo-reply') {
    view.setUint16(start + wire.identifier, message.identifier);
    view.setUint16(start + wire.sequence, message.sequence);
  } else if (kind === 'packet-too-big') {
    view.setUint32(start + wire.mtu, message.mtu);
  } else if (kind === 'parameter-problem') {
    view.setUint32(start + wire.pointer, message.pointer);
  }
  view.setUint16(start + wire.checksum, finish(sum(view, start, bodyEnd, pseudo)));
  return start;
}

function kindOf(type: number): IcmpKind | undefined {
  switch (type) {
    case 1:
      return 'unreachable';
    case 2:
      return 'packet-too-big';
    case 3:
      return 'time-exceeded';
    case 4:
      return 'parameter-problem';
    case 128:
      return 'echo-request';
    case 129:
      return 'echo-reply';
    default:
      return undefined;
  }
}

function typeOf(kind: IcmpKind): number {
  switch (kind) {
    case 'unreachable':
    case 'source-quench':
      return 1;
    case 'packet-too-big':
      return 2;
    case 'time-exceeded':
      return 3;
    case 'parameter-problem':
      return 4;
    case 'echo-request':
      return 128;
    case 'echo-reply':
      return 129;
  }
}
