/**
 * A packet that a script expects against one that left, both with the numbers of the script. Options are compared
 * exactly, their order and fillers too; payload is not, it is octets of 0 on both sides.
 */
import { ACK, PSH, SYN } from '../../wire/segment.ts';
import type { EcnSpec, IpInfo, TcpOption, TcpPacket } from './ast.ts';
import type { Departed } from './datagram.ts';
import type { Numbers } from './numbers.ts';
import { printFlags, printOption } from './print.ts';

export interface Comparison {
  /** What differs, in words: 'ack is 1, not 2'. */
  readonly differences: readonly string[];
  /** PSH differs, which is a habit and no matter of RFC 9293. */
  readonly push: boolean;
}

export function compare(
  expected: TcpPacket,
  actual: TcpPacket,
  numbers: Numbers,
  tolerance: number,
): Comparison {
  const differences: string[] = [];
  const differ = (what: string, is: number | string, not: number | string): void => {
    if (is !== not) differences.push(`${what} is ${is}, not ${not}`);
  };
  differ('seq', actual.seq, expected.seq >>> 0);
  differ('length', actual.length, expected.length);
  const others = ~PSH;
  const flags = (packet: TcpPacket): string => printFlags(packet.flags & others);
  if (flags(actual) !== flags(expected)) {
    differ('flags', printFlags(actual.flags), printFlags(expected.flags));
  }
  if ((expected.flags & ACK) !== 0) differ('ack', actual.ack ?? 0, (expected.ack ?? 0) >>> 0);
  if (expected.win !== undefined) differ('win', actual.win ?? 0, expected.win);
  if ((expected.urg ?? 0) !== (actual.urg ?? 0)) differ('urg', actual.urg ?? 0, expected.urg ?? 0);
  const options = optionDifference(expected.options, actual.options ?? [], numbers, tolerance);
  if (options !== undefined) differences.push(options);
  return { differences, push: ((expected.flags ^ actual.flags) & PSH) !== 0 };
}

function optionDifference(
  expected: readonly TcpOption[] | undefined,
  actual: readonly TcpOption[],
  numbers: Numbers,
  tolerance: number,
): string | undefined {
  if (expected === undefined) return undefined;
  const same =
    expected.length === actual.length &&
    expected.every((option, i) => optionAgrees(option, actual[i]!, numbers, tolerance));
  if (same) return undefined;
  return `options are <${actual.map(printOption).join(',')}>, not <${expected.map(printOption).join(',')}>`;
}

function optionAgrees(
  expected: TcpOption,
  actual: TcpOption,
  numbers: Numbers,
  tolerance: number,
): boolean {
  if (expected.kind === 'TS' && actual.kind === 'TS') {
    return expected.ecr === actual.ecr && numbers.stampAgrees(expected.val, actual.val, tolerance);
  }
  return printOption(expected) === printOption(actual);
}

/** What differs in the IP header from what the script says of it. */
export function compareIp(expected: IpInfo, actual: Departed): readonly string[] {
  const { ecn, tos, ttl, flowLabel } = expected;
  const differences: string[] = [];
  if (ecn !== undefined && !ecnAgrees(ecn, actual.tos & 3)) {
    differences.push(`the ECN field is ${CODEPOINTS[actual.tos & 3]}, not ${ecn}`);
  }
  if (tos !== undefined && tos !== actual.tos) differences.push(`tos is ${actual.tos}, not ${tos}`);
  if (ttl !== undefined && ttl !== actual.ttl) differences.push(`ttl is ${actual.ttl}, not ${ttl}`);
  if (flowLabel !== undefined && flowLabel !== actual.flowLabel) {
    differences.push(`flowlabel is ${actual.flowLabel}, not ${flowLabel}`);
  }
  return differences;
}

const CODEPOINTS = ['noecn', 'ect1', 'ect0', 'ce'] as const;

const ecnAgrees = (expected: EcnSpec, bits: number): boolean =>
  expected === 'ect01' ? bits === 1 || bits === 2 : CODEPOINTS[bits] === expected;

/**
 * Successive segments as the one that a script expects, which may have been cut otherwise: text that follows on,
 * in pieces of equal size but the last. Flags are those of the last, number and CWR those of the first.
 */
export function joined(first: TcpPacket, next: TcpPacket, piece: number): TcpPacket | undefined {
  const follows = next.seq === (first.seq + first.length) >>> 0;
  const same = first.ack === next.ack && ((first.flags | next.flags) & SYN) === 0;
  const even = first.length % piece === 0 && next.length <= piece;
  if (!follows || !same || !even || next.length === 0) return undefined;
  return {
    ...first,
    length: first.length + next.length,
    flags: next.flags | (first.flags & CWR_BIT),
  };
}

const CWR_BIT = 0x80;
