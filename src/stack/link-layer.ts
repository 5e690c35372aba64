/**
 * What sits between IP and a link with addresses of its own: framing, neighbours, and the checks
 * for duplicate addresses (RFC 826, RFC 4861, RFC 4862, RFC 5227). An interface that carries bare IP
 * datagrams has none.
 */
import type { Family, IpAddress } from '../wire/address.ts';
import type { IpHeader } from '../wire/ip-header.ts';
import type { DropReason } from './counters.ts';
import type { InterfaceAddress } from './interface-address.ts';

export interface LinkLayer {
  /** Octets it writes in front of a datagram: 14. */
  readonly headroom: number;
  /**
   * `outlet.bytes[start..end)`, an IP datagram with `headroom` octets free in front, goes to the next
   * hop in these words: unicast, multicast or broadcast. May keep a copy (bounded) until the
   * neighbour is known.
   */
  transmit(
    now: number,
    family: Family,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    start: number,
    end: number,
  ): void;
  /** A frame came: hands a datagram in it to the host, or says why it was dropped. */
  arrives(
    now: number,
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    verified: boolean,
  ): DropReason | undefined;
  /** ICMPv6 133 to 137 in [start, end): hop limit and checksum are right. */
  neighbourDiscovery(
    now: number,
    ip: IpHeader,
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
  ): DropReason | undefined;
  /** An upper layer made progress with that neighbour: RFC 4861 §7.3.1. */
  confirm(now: number, family: Family, w0: number, w1: number, w2: number, w3: number): void;
  /** The interface has one more address; tentative ones are to be checked. */
  addressAdded(now: number, address: InterfaceAddress): void;
  addressRemoved(now: number, address: InterfaceAddress): void;
  /** A socket is the first of this host to join a group on the interface, or the last to leave it. */
  groupJoined(now: number, group: IpAddress): void;
  groupLeft(now: number, group: IpAddress): void;
  /** IGMP in the payload of `ip`; says why it was dropped. */
  groupManagement(now: number, ip: IpHeader, view: DataView): DropReason | undefined;
  timeout(now: number): void;
  /** ms, Infinity for never. */
  nextTimeout(): number;
  /** Sends what it has to say itself: solicitations, advertisements. */
  flush(now: number): void;
}
