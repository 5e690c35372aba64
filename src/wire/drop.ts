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

export const ETHERNET_DROPS = [
  'ethernet-truncated', //  fewer than 14 octets
  'ethernet-vlan', //       tagged: IEEE 802.1Q or 802.1ad
  'ethernet-type', //       a length in place of a type, or a type this host has no use for
  'ethernet-source', //     a group address
] as const;

export const ARP_DROPS = [
  'arp-truncated', //  fewer than 28 octets
  'arp-format', //     not Ethernet and IPv4
  'arp-operation', //  neither request nor reply
  'arp-sender', //     a hardware or protocol address that names no single host
] as const;

/** Neighbor Discovery, and the part of MLD that serves it. */
export const ND_DROPS = [
  'nd-truncated', //      shorter than its type's fixed part
  'nd-hop-limit', //      not 255: a router may have forwarded it, RFC 4861 §6.1, §7.1, §8.1
  'nd-fragmented', //     came with a fragment header, RFC 6980 §5
  'nd-code', //           not 0
  'nd-option-length', //  0, or past the end
  'nd-source', //         not link-local where it must be, or unspecified where it must not
  'nd-destination', //    multicast where it must not be, or the other way around
  'nd-target', //         multicast, or none that a redirect may name
] as const;

export const DHCP_DROPS = [
  'dhcp-truncated', //      fewer than the 240 octets before the options
  'dhcp-format', //         not a reply over Ethernet, or without the magic cookie
  'dhcp-option-length', //  past the end, or not what the option must have
  'dhcp-message-type', //   none, or one that no server sends
] as const;

export type IpDrop = (typeof IP_DROPS)[number];
export type TcpDrop = (typeof TCP_DROPS)[number];
export type UdpDrop = (typeof UDP_DROPS)[number];
export type IcmpDrop = (typeof ICMP_DROPS)[number];
export type EthernetDrop = (typeof ETHERNET_DROPS)[number];
export type ArpDrop = (typeof ARP_DROPS)[number];
/** What a reader of Neighbor Discovery gives: its own reasons, and a type that is none of it. */
export type NdDrop = (typeof ND_DROPS)[number] | 'icmp-type';
export type DhcpDrop = (typeof DHCP_DROPS)[number];

/** Every named reason this layer gives. */
export type WireDrop =
  IpDrop | TcpDrop | UdpDrop | IcmpDrop | EthernetDrop | ArpDrop | NdDrop | DhcpDrop;

export const WIRE_DROPS: readonly WireDrop[] = [
  ...IP_DROPS,
  ...TCP_DROPS,
  ...UDP_DROPS,
  ...ICMP_DROPS,
  ...ETHERNET_DROPS,
  ...ARP_DROPS,
  ...ND_DROPS,
  ...DHCP_DROPS,
];
