/**
 * What a host counts, by name: every reason a datagram is dropped for, and what it does of its own
 * accord. Plain fields, so that counting costs an addition and JSON prints them.
 */
import type { WireDrop } from '../wire/drop.ts';

/** Reasons of the host's own, beside those of wire/drop.ts. */
export type HostDrop =
  | 'interface-gone' //        came over an interface that was removed
  | 'ip-destination' //        not addressed to this host
  | 'ip-source' //             the source names no single other host: unspecified, broadcast, ... (MUST-63)
  | 'ip-source-own' //         the source is our own address: LAND, CVE-1999-0016
  | 'ip-fragmented' //         a fragment in a datagram that was put together: nobody fragments twice
  | 'fragment-overlap' //      other octets than came before, or partly the same place (RFC 5722 §4)
  | 'fragment-end' //          beyond the end of its datagram, or two ends
  | 'fragment-count' //        more fragments than one datagram may have
  | 'fragment-ecn' //          congestion marked on some, others not ECN-capable (RFC 3168 §5.3)
  | 'fragment-duplicate' //    all of it was here before
  | 'fragment-abandoned' //    of a datagram that can never be whole (RFC 8200 §4.5)
  | 'fragment-headers' //      a first fragment without all headers (RFC 7112 §5)
  | 'fragment-room' //         no room for it, whatever is given up
  | 'ip-protocol' //           neither TCP nor ICMP
  | 'udp-no-port' //           nobody has the port; answered with port unreachable
  | 'udp-many-unheard' //      to a broadcast or multicast address, and nobody hears it
  | 'tcp-broadcast' //         to a broadcast or multicast address (MUST-57)
  | 'tcp-no-connection' //     no connection and no listener; answered with a reset unless it is one
  | 'tcp-not-syn' //           reached a listener and is no SYN (§3.10.7.2)
  | 'tcp-backlog' //           a SYN for a listener whose backlog is full
  | 'tcp-accept-queue' //      the ACK of a handshake whose listener's accept queue is full
  | 'igmp-unwanted' //         no query, or a wrong one
  | 'icmp-broadcast' //        any ICMP message to a broadcast or multicast address: unanswered
  | 'icmp-unwanted' //         an echo reply: nobody here asks
  | 'icmp-source-quench' //    MUST-55
  | 'icmp-unmatched' //        an error about no connection of ours
  | 'icmp-too-big' //          an error that claims what cannot be (RFC 5927 §7.2, RFC 8021)
  | 'icmp-limited' //          more echo requests or "too big" than may be in a second
  | 'ethernet-destination' //  a frame for another station
  | 'ethernet-group' //        a datagram for one host in a frame for many, RFC 1122 §3.3.6
  | 'arp-own' //               the sender's hardware address is ours: our own, come back
  | 'arp-unsolicited' //       about nobody we know or want to know: no entry is made
  | 'nd-unsolicited' //        likewise an advertisement of a neighbour, or a message with nothing for us
  | 'nd-router' //             a router's advertisement where none is listened to
  | 'nd-redirect' //           not from the first hop that is used for that destination, RFC 4861 §8.1
  | 'dhcp-unexpected' //       not ours, of another server, or not what is waited for
  | 'neighbour-unreachable' // outgoing: the next hop does not answer
  | 'neighbour-queue-full' //  outgoing: more packets wait for next hops than are kept
  | 'neighbour-frames-full' // outgoing: more of our own ARP, ND and DHCP waits than is kept
  | 'out-too-big' //           outgoing: larger than the link takes
  | 'out-no-route' //          outgoing: no interface leads there
  | 'out-replies-full'; //     outgoing: more resets and echo replies wait than are kept

export type DropReason = WireDrop | HostDrop;

export type HostEvent =
  | 'datagrams-in'
  | 'datagrams-out'
  | 'segments-in' //           whole TCP segments with the right checksum
  | 'segments-out'
  | 'udp-in' //                whole UDP datagrams with the right checksum, or none
  | 'udp-out'
  | 'resets-out' //            those that belong to no connection
  | 'resets-limited' //        not sent, more than may be in a second
  | 'echo-replies-out'
  | 'echo-requests-out'
  | 'icmp-errors-out'
  | 'icmp-errors-limited' //   not sent, more than may be in a second
  | 'fragments-in'
  | 'fragments-out'
  | 'fragmented' //            datagrams that left in fragments
  | 'reassembled' //           datagrams put together
  | 'reassembly-timeouts' //   those whose fragments did not all come in time
  | 'reassembly-evicted' //    those given up for room
  | 'path-mtu-lowered' //      errors "too big" that were believed
  | 'opened' //                active OPENs
  | 'accepted' //              connections of listeners that came to ESTABLISHED
  | 'half-open-ended' //       those that did not
  | 'syn-cookies-sent' //      SYNs answered without keeping anything (RFC 4987)
  | 'syn-cookies-accepted' //  connections made of the ACK of one; counted in 'accepted' too
  | 'syn-cookies-invalid' //   ACKs that might have been of one, and were not
  | 'fast-open-accepted' //   connections whose SYN had a cookie of ours (RFC 7413)
  | 'fast-open-granted' //    cookies sent, to who asked or had a wrong one
  | 'fast-open-invalid' //    SYNs with a cookie that we did not make for that client
  | 'fast-open-limited' //    SYNs that had to do without, too many wait already
  | 'time-wait-kept' //        connections compressed into a TIME-WAIT record
  | 'time-wait-evicted' //     records given up before their time, for room
  | 'address-conflicts' //     somebody else uses an address of ours (RFC 5227, RFC 4862 §5.4)
  | 'neighbours-evicted' //    neighbours forgotten for room
  | 'time-wait-reopened' //    records that a new SYN ended (MAY-2)
  | 'time-wait-returned'; //   those that came back, because nothing came of that SYN

export class Counters implements Record<DropReason | HostEvent, number> {
  'datagrams-in' = 0;
  'datagrams-out' = 0;
  'segments-in' = 0;
  'segments-out' = 0;
  'udp-in' = 0;
  'udp-out' = 0;
  'resets-out' = 0;
  'resets-limited' = 0;
  'echo-replies-out' = 0;
  'echo-requests-out' = 0;
  'icmp-errors-out' = 0;
  'icmp-errors-limited' = 0;
  'fragments-in' = 0;
  'fragments-out' = 0;
  fragmented = 0;
  reassembled = 0;
  'reassembly-timeouts' = 0;
  'reassembly-evicted' = 0;
  'path-mtu-lowered' = 0;
  opened = 0;
  accepted = 0;
  'half-open-ended' = 0;
  'fast-open-accepted' = 0;
  'fast-open-granted' = 0;
  'fast-open-invalid' = 0;
  'fast-open-limited' = 0;
  'syn-cookies-sent' = 0;
  'syn-cookies-accepted' = 0;
  'syn-cookies-invalid' = 0;
  'time-wait-kept' = 0;
  'time-wait-evicted' = 0;
  'time-wait-reopened' = 0;
  'time-wait-returned' = 0;
  'ip-truncated' = 0;
  'ip-version' = 0;
  'ip-fragment' = 0;
  'ipv4-header-length' = 0;
  'ipv4-total-length' = 0;
  'ipv4-checksum' = 0;
  'ipv4-option-length' = 0;
  'ipv6-extension-length' = 0;
  'ipv6-extension-count' = 0;
  'ipv6-extension-order' = 0;
  'ipv6-option' = 0;
  'ipv6-routing' = 0;
  'interface-gone' = 0;
  'ip-destination' = 0;
  'ip-source' = 0;
  'ip-source-own' = 0;
  'ip-fragmented' = 0;
  'fragment-overlap' = 0;
  'fragment-end' = 0;
  'fragment-count' = 0;
  'fragment-ecn' = 0;
  'fragment-duplicate' = 0;
  'fragment-abandoned' = 0;
  'fragment-headers' = 0;
  'fragment-room' = 0;
  'ip-protocol' = 0;
  'tcp-truncated' = 0;
  'tcp-data-offset' = 0;
  'tcp-option-length' = 0;
  'tcp-checksum' = 0;
  'tcp-broadcast' = 0;
  'tcp-no-connection' = 0;
  'tcp-not-syn' = 0;
  'tcp-backlog' = 0;
  'tcp-accept-queue' = 0;
  'udp-truncated' = 0;
  'udp-length' = 0;
  'udp-checksum' = 0;
  'udp-no-port' = 0;
  'udp-many-unheard' = 0;
  'icmp-truncated' = 0;
  'icmp-checksum' = 0;
  'icmp-type' = 0;
  'icmp-quote' = 0;
  'igmp-unwanted' = 0;
  'icmp-broadcast' = 0;
  'icmp-unwanted' = 0;
  'icmp-source-quench' = 0;
  'icmp-unmatched' = 0;
  'icmp-too-big' = 0;
  'icmp-limited' = 0;
  'ethernet-truncated' = 0;
  'ethernet-vlan' = 0;
  'ethernet-type' = 0;
  'ethernet-source' = 0;
  'arp-truncated' = 0;
  'arp-format' = 0;
  'arp-operation' = 0;
  'arp-sender' = 0;
  'nd-truncated' = 0;
  'nd-hop-limit' = 0;
  'nd-fragmented' = 0;
  'nd-code' = 0;
  'nd-option-length' = 0;
  'nd-source' = 0;
  'nd-destination' = 0;
  'nd-target' = 0;
  'dhcp-truncated' = 0;
  'dhcp-format' = 0;
  'dhcp-option-length' = 0;
  'dhcp-message-type' = 0;
  'ethernet-destination' = 0;
  'ethernet-group' = 0;
  'arp-own' = 0;
  'arp-unsolicited' = 0;
  'nd-unsolicited' = 0;
  'nd-redirect' = 0;
  'nd-router' = 0;
  'dhcp-unexpected' = 0;
  'neighbour-unreachable' = 0;
  'neighbour-queue-full' = 0;
  'neighbour-frames-full' = 0;
  'address-conflicts' = 0;
  'neighbours-evicted' = 0;
  'out-too-big' = 0;
  'out-no-route' = 0;
  'out-replies-full' = 0;
}
