/** ICMP errors of a script to octets: they quote the segment the script names, or the last that left. */
import { Unreachable } from '../../wire/icmpv4.ts';
import { forgeIcmp, withSequence } from '../ladder/forge.ts';
import type { IcmpPacket } from './ast.ts';
import { datagramOf, type Ends } from './datagram.ts';
import { Unsupported } from './scanner.ts';
import { ACK } from '../../wire/segment.ts';

type LadderError = Parameters<typeof forgeIcmp>[0];

const TYPES: Readonly<Record<string, LadderError['type']>> = {
  unreachable: 'unreachable',
  packet_too_big: 'too-big',
  time_exceeded: 'time-exceeded',
  parameter_problem: 'parameter-problem',
  source_quench: 'source-quench',
};

const CODES: Readonly<Record<string, number>> = {
  net_unreachable: Unreachable.NET,
  no_route: Unreachable.NET,
  host_unreachable: Unreachable.HOST,
  addr_unreachable: Unreachable.HOST,
  address_unreachable: Unreachable.HOST,
  protocol_unreachable: Unreachable.PROTOCOL,
  port_unreachable: Unreachable.PORT,
  frag_needed: Unreachable.FRAGMENTATION_NEEDED,
  source_route_failed: Unreachable.SOURCE_ROUTE_FAILED,
  net_unknown: 6,
  host_unknown: 7,
  source_host_isolated: 8,
  net_prohibited: 9,
  host_prohibited: 10,
  net_unreachable_for_tos: 11,
  host_unreachable_for_tos: 12,
  comm_prohibited: 13,
  admin_prohibited: 13,
};

/** @throws Unsupported for a code that has no number here, or not in this family. */
export function icmpDatagram(
  packet: IcmpPacket,
  ends: Ends,
  quotedSeq: number,
  line: number,
): Uint8Array {
  const type = TYPES[packet.type] ?? 'unreachable';
  const { family } = ends.source;
  if (type === 'too-big' && family === 4) throw new Unsupported('packet_too_big over IPv4', line);
  if (packet.code === 'frag_needed' && family === 6) {
    throw new Unsupported('frag_needed over IPv6', line);
  }
  const quoted = datagramOf(
    {
      kind: 'tcp',
      flags: ACK,
      seq: quotedSeq,
      length: packet.quoted?.length ?? 0,
      ack: 0,
      win: 0,
      urg: 0,
      options: [],
    },
    { ecn: undefined, tos: undefined, ttl: undefined, flowLabel: undefined },
    {
      source: ends.destination,
      sourcePort: ends.destinationPort,
      destination: ends.source,
      destinationPort: ends.sourcePort,
    },
  );
  const error = { type, code: codeOf(packet.code, line), mtu: packet.mtu };
  return forgeIcmp(error, withSequence(quoted, quotedSeq), ends.source, ends.destination);
}

function codeOf(code: string | undefined, line: number): number {
  if (code === undefined) return 0;
  if (/^\d+$/.test(code)) return Number(code);
  const known = CODES[code];
  if (known === undefined) throw new Unsupported(`the ICMP code ${code}`, line);
  return known;
}
