/**
 * Why octets were dropped. Readers return one of these names and change nothing else, so a host can
 * keep a counter per name. Nothing in this layer throws on input.
 */

export const IP_DROPS = [
  'ip-truncated', //           fewer octets than the fixed header, or than the header says there are
  'ip-version', //             neither 4 nor 6
  'ip-fragment', //            a fragment of no whole 8 octets, or one that ends beyond 65535
  'ipv4-header-length', //     IHL below 5, or beyond the datagram
  'ipv4-total-length', //      Total Length below the header's length
  'ipv4-checksum',
  'ipv4-option-length', //     0, 1 or past the end of the header
  'ipv6-extension-length', //  an extension header, or an option in one, past the end
  'ipv6-extension-count', //   more than eight
  'ipv6-extension-order', //   hop-by-hop options not directly after the fixed header
  'ipv6-option', //            an unknown option whose type says "discard", RFC 8200 §4.2
  'ipv6-routing', //           segments left, and this is not a router
] as const;

export const TCP_DROPS = [
  'tcp-truncated', //      fewer than 20 octets
  'tcp-data-offset', //    below 5, or beyond the segment
  'tcp-option-length', //  0, 1 or past the end of the header, RFC 9293 §3.1, MUST-7
  'tcp-checksum', //       RFC 9293 §3.1, MUST-3
] as const;

export const UDP_DROPS = [
  'udp-truncated', //  fewer than 8 octets
  'udp-length', //     Length below 8 or beyond the datagram
  'udp-checksum', //   wrong, or absent over IPv6 (RFC 8200 §8.1)
] as const;

export const ICMP_DROPS = [
  'icmp-truncated', //  fewer than 8 octets
  'icmp-checksum',
  'icmp-type', //       a type this host has no use for, RFC 1122 §3.2.2
  'icmp-quote', //      an error whose quoted datagram is too short, a later fragment, or not TCP or UDP
] as const;

export type IpDrop = (typeof IP_DROPS)[number];
export type TcpDrop = (typeof TCP_DROPS)[number];
export type UdpDrop = (typeof UDP_DROPS)[number];
export type IcmpDrop = (typeof ICMP_DROPS)[number];

/** Every named reason this layer gives. */
export type WireDrop = IpDrop | TcpDrop | UdpDrop | IcmpDrop;

export const WIRE_DROPS: readonly WireDrop[] = [
  ...IP_DROPS,
  ...TCP_DROPS,
  ...UDP_DROPS,
  ...ICMP_DROPS,
];
