/**
 * Neighbour discovery that leaves, as datagrams in a port's scratch buffer: solicitations (RFC 4861
 * §7.2.2, §6.3.7), advertisements (§7.2.4), probes for duplicates with a nonce (RFC 4862 §5.4.2, RFC
 * 7527 §4.1), listener reports (RFC 3810).
 */
import { inPrefix, IpAddress } from '../wire/address.ts';
import { IPV6_HEADER, writeIpv6 } from '../wire/ipv6.ts';
import { IpHeader, Protocol, pseudoSum } from '../wire/ip.ts';
import type { MacAddress } from '../wire/mac.ts';
import {
  HOP_BY_HOP,
  ROUTER_ALERT,
  sealMld,
  writeMldReport,
  writeRouterAlert,
} from '../wire/mld.ts';
import {
  isLinkLocal,
  ND_HOP_LIMIT,
  sealNdp,
  writeNeighborAdvertisement,
  writeNeighborSolicitation,
  writeRouterSolicitation,
} from '../wire/ndp.ts';
import { NdOption, writeLinkLayerOption, writeNonce } from '../wire/ndp-options.ts';
import type { Counters } from './counters.ts';
import { PAYLOAD_START } from './ethernet-frames.ts';
import type { NetworkInterface } from './interface.ts';
import type { Claim } from './neighbour-claims.ts';

const UNSPECIFIED = new IpAddress(6, 0, 0, 0, 0);
/** ff02::1, ff02::2 (RFC 4291 §2.7.1) and ff02::16 (RFC 3810 §5.2.14). */
export const ALL_NODES: IpAddress = new IpAddress(6, 0xff020000, 0, 0, 1);
export const ALL_ROUTERS: IpAddress = new IpAddress(6, 0xff020000, 0, 0, 2);
export const ALL_MLD_ROUTERS: IpAddress = new IpAddress(6, 0xff020000, 0, 0, 0x16);

/** The group that all with the same last three octets listen to: RFC 4291 §2.7.1. */
export function solicitedNode(w3: number): IpAddress {
  return new IpAddress(6, 0xff020000, 0, 1, 0xff000000 | (w3 & 0xffffff));
}

/** Sends the datagram `view[start..end)` of the scratch buffer to the next hop `to`. */
export type Deliver = (now: number, to: IpAddress, start: number, end: number) => void;

export class NdpOut {
  readonly #iface: NetworkInterface;
  readonly #mac: MacAddress;
  readonly #view: DataView;
  readonly #counters: Counters;
  readonly #deliver: Deliver;
  readonly #ip: IpHeader = new IpHeader();

  constructor(
    iface: NetworkInterface,
    mac: MacAddress,
    view: DataView,
    counters: Counters,
    deliver: Deliver,
  ) {
    this.#iface = iface;
    this.#mac = mac;
    this.#view = view;
    this.#counters = counters;
    this.#deliver = deliver;
    this.#ip.version = 6;
  }

  /** "Who has `target`?", to its group or to the neighbour itself. */
  solicit(now: number, target: IpAddress, unicast: boolean): void {
    const source = this.sourceFor(target);
    const at = writeNeighborSolicitation(this.#view, PAYLOAD_START, target);
    const end = source === UNSPECIFIED ? at : this.#sourceOption(at);
    this.#send(now, source, unicast ? target : solicitedNode(target.w3), end);
  }

  /** "Does anybody have it?": from nobody yet. */
  probe(now: number, claim: Claim): void {
    const target = claim.address.cidr.address;
    const at = writeNeighborSolicitation(this.#view, PAYLOAD_START, target);
    const end = writeNonce(this.#view, at, claim.nonceHigh, claim.nonceLow);
    this.#send(now, UNSPECIFIED, solicitedNode(target.w3), end);
  }

  /** "I have `target`", to one who asked or to all. */
  advertise(now: number, target: IpAddress, to: IpAddress, solicited: boolean): void {
    const at = writeNeighborAdvertisement(this.#view, PAYLOAD_START, target, solicited, true);
    const { high, low } = this.#mac;
    const end = writeLinkLayerOption(this.#view, at, NdOption.TARGET_LINK_LAYER, high, low);
    this.#send(now, target, to, end);
  }

  /** "I have `target`, whoever asks", unasked: §7.2.6. */
  announce(now: number, target: IpAddress): void {
    this.advertise(now, target, ALL_NODES, false);
  }

  solicitRouters(now: number): void {
    const source = this.#linkLocal() ?? UNSPECIFIED;
    const at = writeRouterSolicitation(this.#view, PAYLOAD_START);
    const end = source === UNSPECIFIED ? at : this.#sourceOption(at);
    this.#send(now, source, ALL_ROUTERS, end);
  }

  /** From the link-local address, or from nobody while it is being checked (RFC 3590). */
  report(now: number, type: number, groups: readonly IpAddress[]): void {
    const ip = this.#ip;
    const start = PAYLOAD_START + ROUTER_ALERT;
    writeRouterAlert(this.#view, PAYLOAD_START, Protocol.ICMPV6);
    const end = writeMldReport(this.#view, start, type, groups);
    this.#addresses(this.#linkLocal() ?? UNSPECIFIED, ALL_MLD_ROUTERS);
    sealMld(this.#view, start, end, pseudoSum(ip, Protocol.ICMPV6, end - start));
    ip.protocol = HOP_BY_HOP;
    ip.ttl = 1;
    this.#datagram(now, ALL_MLD_ROUTERS, end);
  }

  /** Our address towards `target`: of its prefix, else link-local, else any; `::` with none. */
  sourceFor(target: IpAddress): IpAddress {
    let best = UNSPECIFIED;
    let bestRank = 0;
    for (const { cidr, usable } of this.#iface.addresses) {
      const { address } = cidr;
      if (!usable || address.family !== 6) continue;
      const shared = inPrefix(cidr, 6, target.w0, target.w1, target.w2, target.w3);
      const rank = shared ? 3 : isLinkLocal(address.w0) ? 2 : 1;
      if (rank <= bestRank) continue;
      best = address;
      bestRank = rank;
    }
    return best;
  }

  #linkLocal(): IpAddress | undefined {
    return this.#iface.addresses.find(
      ({ cidr, usable }) => usable && cidr.address.family === 6 && isLinkLocal(cidr.address.w0),
    )?.cidr.address;
  }

  #sourceOption(at: number): number {
    const { high, low } = this.#mac;
    return writeLinkLayerOption(this.#view, at, NdOption.SOURCE_LINK_LAYER, high, low);
  }

  #send(now: number, source: IpAddress, to: IpAddress, end: number): void {
    const ip = this.#ip;
    this.#addresses(source, to);
    const pseudo = pseudoSum(ip, Protocol.ICMPV6, end - PAYLOAD_START);
    sealNdp(this.#view, PAYLOAD_START, end, pseudo);
    ip.protocol = Protocol.ICMPV6;
    ip.ttl = ND_HOP_LIMIT;
    this.#datagram(now, to, end);
  }

  #addresses(source: IpAddress, to: IpAddress): void {
    const ip = this.#ip;
    ip.src0 = source.w0;
    ip.src1 = source.w1;
    ip.src2 = source.w2;
    ip.src3 = source.w3;
    ip.dst0 = to.w0;
    ip.dst1 = to.w1;
    ip.dst2 = to.w2;
    ip.dst3 = to.w3;
  }

  #datagram(now: number, to: IpAddress, end: number): void {
    writeIpv6(this.#view, PAYLOAD_START, this.#ip, end - PAYLOAD_START);
    this.#counters['datagrams-out']++;
    this.#deliver(now, to, PAYLOAD_START - IPV6_HEADER, end);
  }
}
