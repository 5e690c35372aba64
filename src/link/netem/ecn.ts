/** Congestion Experienced, RFC 3168 §5: set on the way in datagrams whose sender understands it. */
import { ETHERNET_HEADER, EtherType } from '../../wire/ethernet.ts';
import type { Medium } from '../link.ts';

/**
 * Sets CE in the packet `view[start..end)` if it says ECT(0), ECT(1) or CE; false when it does not, or is
 * no IP datagram. The checksum of an IPv4 header is brought up to date (RFC 1624 §3).
 */
export function markCongestion(
  medium: Medium,
  view: DataView,
  start: number,
  end: number,
): boolean {
  const ip = medium === 'ip' ? start : datagramIn(view, start, end);
  if (end - ip < SHORTEST_HEADER) return false;
  const word = view.getUint16(ip);
  if (word >> 12 === 4) return markIpv4(view, ip, word);
  if (word >> 12 !== 6 || ((word >> 4) & CE) === 0) return false;
  view.setUint16(ip, word | (CE << 4));
  return true;
}

const CE = 0b11; // both bits of the ECN field; 00 is not ECN-capable
const SHORTEST_HEADER = 20; // octets, IPv4's

function markIpv4(view: DataView, ip: number, word: number): boolean {
  if ((word & CE) === 0) return false;
  const marked = word | CE;
  view.setUint16(ip, marked);
  // HC' = ~(~HC + ~m + m')
  let sum = (~view.getUint16(ip + 10) & 0xffff) + (~word & 0xffff) + marked;
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(ip + 10, ~sum & 0xffff);
  return true;
}

/** Where the datagram of a frame begins, with one VLAN tag at most; `end` when it carries none. */
function datagramIn(view: DataView, start: number, end: number): number {
  let at = start + ETHERNET_HEADER;
  if (end < at) return end;
  let type = view.getUint16(at - 2);
  if (type === VLAN && end >= at + 4) {
    at += 4;
    type = view.getUint16(at - 2);
  }
  return type === EtherType.IPV4 || type === EtherType.IPV6 ? at : end;
}

const VLAN = 0x8100;
