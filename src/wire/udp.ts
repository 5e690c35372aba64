/** The UDP header: RFC 768; over IPv6 RFC 8200 §8.1, where the checksum is not optional. */
import { finish, sum } from './checksum.ts';
import type { UdpDrop } from './drop.ts';

export const UDP_HEADER = 8; // octets

const wire = { sourcePort: 0, destinationPort: 2, length: 4, checksum: 6 } as const;

export class UdpDatagram {
  sourcePort = 0;
  destinationPort = 0;
  dataStart = 0;
  dataEnd = 0;
}

/**
 * Reads the datagram in [start, end); octets beyond Length are ignored. The checksum is not looked
 * at: `verifyUdp`. On a drop `out` is in no particular state.
 */
export function readUdp(
  out: UdpDatagram,
  view: DataView,
  start: number,
  end: number,
): UdpDrop | undefined {
  if (end - start < UDP_HEADER) return 'udp-truncated';
  const length = view.getUint16(start + wire.length);
  if (length < UDP_HEADER || start + length > end) return 'udp-length';
  out.sourcePort = view.getUint16(start + wire.sourcePort);
  out.destinationPort = view.getUint16(start + wire.destinationPort);
  out.dataStart = start + UDP_HEADER;
  out.dataEnd = start + length;
  return undefined;
}

/**
 * Does the checksum of the datagram in [start, end) hold, given its `pseudoSum`? `end` is where
 * `readUdp` found the data to end. Zero means that the sender computed none, as IPv4 allows.
 */
export function verifyUdp(
  version: number,
  view: DataView,
  start: number,
  end: number,
  pseudo: number,
): boolean {
  if (view.getUint16(start + wire.checksum) === 0) return version === 4;
  return finish(sum(view, start, end, pseudo)) === 0;
}

/**
 * Writes the header that ends at `dataStart`, with the checksum of all up to `dataEnd`, and returns
 * where it starts. `pseudo` is the `pseudoSum` for 8 octets more than the data's; undefined: nobody
 * on this link verifies, and there is no checksum.
 */
export function writeUdp(
  view: DataView,
  dataStart: number,
  dataEnd: number,
  source: number,
  destination: number,
  pseudo: number | undefined,
): number {
  const start = dataStart - UDP_HEADER;
  view.setUint16(start + wire.sourcePort, source);
  view.setUint16(start + wire.destinationPort, destination);
  view.setUint16(start + wire.length, dataEnd - start);
  view.setUint16(start + wire.checksum, 0);
  if (pseudo === undefined) return start;
  const checksum = finish(sum(view, start, dataEnd, pseudo));
  view.setUint16(start + wire.checksum, checksum === 0 ? 0xffff : checksum);
  return start;
}
