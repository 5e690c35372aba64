/**
 * A datagram of either version: RFC 791 and RFC 8200, and the pseudo-header that both put under the
 * checksums of TCP, UDP and ICMPv6 (RFC 9293 §3.1, RFC 8200 §8.1). TCP sees nothing of IP but this.
 */
import { fromWords } from './checksum.ts';
import type { IpDrop } from './drop.ts';
import type { IpHeader } from './ip-header.ts';
import { IPV4_HEADER, readIpv4, writeIpv4 } from './ipv4.ts';
import { IPV6_HEADER, readIpv6, writeIpv6 } from './ipv6.ts';

export { IpHeader } from './ip-header.ts';

/** Assigned protocol numbers. */
export const Protocol = { ICMP: 1, TCP: 6, UDP: 17, ICMPV6: 58, NONE: 59 } as const;

/** Reads the datagram in [start, end) by its version; see `readIpv4` and `readIpv6`. */
export function readIp(
  out: IpHeader,
  view: DataView,
  start: number,
  end: number,
): IpDrop | undefined {
  if (start >= end) return 'ip-truncated';
  const version = view.getUint8(start) >> 4;
  if (version === 4) return readIpv4(out, view, start, end);
  return version === 6 ? readIpv6(out, view, start, end) : 'ip-version';
}

/**
 * Writes the header that ends at `payloadStart` and returns where it starts. Nothing but the fields
 * that `writeIpv4` and `writeIpv6` name is read from `header`.
 */
export function writeIp(
  view: DataView,
  payloadStart: number,
  header: IpHeader,
  payloadLength: number,
): number {
  return header.version === 4
    ? writeIpv4(view, payloadStart, header, payloadLength)
    : writeIpv6(view, payloadStart, header, payloadLength);
}

/** Octets of the header that `writeIp` writes. */
export function ipHeaderLength(version: number): number {
  return version === 4 ? IPV4_HEADER : IPV6_HEADER;
}

/**
 * The pseudo-header's partial sum for checksum.ts. `length` is the upper-layer packet's, in octets.
 * The two versions lay their pseudo-headers out differently and sum them alike.
 */
export function pseudoSum(header: IpHeader, protocol: number, length: number): number {
  const { src0, src1, src2, src3, dst0, dst1, dst2, dst3 } = header;
  let words = protocol + (length & 0xffff) + (length >>> 16);
  words += (src3 >>> 16) + (src3 & 0xffff) + (dst3 >>> 16) + (dst3 & 0xffff);
  if (header.version === 6) {
    words += (src0 >>> 16) + (src0 & 0xffff) + (src1 >>> 16) + (src1 & 0xffff);
    words += (src2 >>> 16) + (src2 & 0xffff) + (dst0 >>> 16) + (dst0 & 0xffff);
    words += (dst1 >>> 16) + (dst1 & 0xffff) + (dst2 >>> 16) + (dst2 & 0xffff);
  }
  return fromWords(words);
}
