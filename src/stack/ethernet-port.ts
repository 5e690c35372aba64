/**
 * Between IP and an Ethernet: frames around datagrams (RFC 894, RFC 2464), group addresses mapped (RFC
 * 1112 §6.4, RFC 2464 §7), the rest resolved by ARP (RFC 826) or neighbour discovery (RFC 4861) and held
 * back until it is. Sends nothing of its own but in flush().
 */
import {
  IpAddress,
  isLimitedBroadcast,
  isMulticast,
  isSubnetBroadcast,
  printWords,
  type Family,
} from '../wire/address.ts';
import {
  ETHERNET_HEADER,
  EthernetHeader,
  EtherType,
  readEthernet,
  writeEthernet,
} from '../wire/ethernet.ts';
import type { IpHeader } from '../wire/ip-header.ts';
import {
  BROADCAST_HIGH,
  BROADCAST_LOW,
  isGroupMac,
  multicastHigh,
  multicastLow,
  printMacWords,
  type MacAddress,
} from '../wire/mac.ts';
import { Arp } from './arp.ts';
import type { DropReason } from './counters.ts';
import { DhcpClient } from './dhcp-client.ts';
import { DhcpOut } from './dhcp-out.ts';
import { EthernetFrames } from './ethernet-frames.ts';
import type { InterfaceAddress } from './interface-address.ts';
import type { NetworkInterface } from './interface.ts';
import { KeyedRandom } from './keyed-random.ts';
import type { LinkLayer } from './link-layer.ts';
import type { LinkLayerHome } from './link-layer-home.ts';
import { IgmpGroups } from './igmp-groups.ts';
import { MldGroups } from './mld-groups.ts';
import { Ndp } from './ndp.ts';
import { NdpOut, solicitedNode } from './ndp-out.ts';
import { NdpRouters } from './ndp-routers.ts';
import { NeighbourCache } from './neighbour-cache.ts';
import { Claims, type Claim } from './neighbour-claims.ts';
import type { Neighbour, NeighbourInfo } from './neighbour.ts';
import { SipHash } from './siphash.ts';
import { Slaac } from './slaac.ts';

export class EthernetPort implements LinkLayer {
  readonly headroom: number = ETHERNET_HEADER;
  readonly routers: NdpRouters;
  readonly neighbours: NeighbourCache;
  /** The client of this interface, once there is one. */
  dhcp: DhcpClient | undefined = undefined;
  readonly #iface: NetworkInterface;
  readonly #mac: MacAddress;
  readonly #home: LinkLayerHome;
  readonly #random: KeyedRandom;
  readonly #frames: EthernetFrames;
  readonly #claims: Claims;
  readonly #arp: Arp;
  readonly #ndpOut: NdpOut;
  readonly #ndp: Ndp;
  readonly #groups: MldGroups;
  readonly #igmp: IgmpGroups;
  readonly #slaac: Slaac;
  readonly #header: EthernetHeader = new EthernetHeader();

  constructor(home: LinkLayerHome, iface: NetworkInterface, mac: MacAddress) {
    const { counters } = home;
    const random = new KeyedRandom(keyOf(home));
    const frames = new EthernetFrames(mac, counters);
    this.#iface = iface;
    this.#mac = mac;
    this.#home = home;
    this.#random = random;
    this.#frames = frames;
    this.#slaac = new Slaac(iface, home, keyOf(home));
    this.neighbours = new NeighbourCache(ETHERNET_HEADER, random, counters, {
      solicit: (now, n, unicast) => this.#solicit(now, n, unicast),
      release: (n, packet) => frames.addWaited(packet, n.high, n.low, etherType(n.family)),
      lost: (_now, n) => this.routers.lost(n),
      undeliverable: (now, packet) => this.#undeliverable(now, packet),
    });
    const { neighbours } = this;
    this.#claims = new Claims(random, counters, () => neighbours.retransTimer, {
      probe: (now, claim) => this.#probe(now, claim),
      announce: (now, claim) => this.#announce(now, claim),
      settled: (now, claim, duplicate) => this.#settled(now, claim, duplicate),
    });
    this.#ndpOut = new NdpOut(iface, mac, frames.view, counters, this.#deliver);
    this.routers = new NdpRouters(iface, this.#ndpOut, neighbours, random, home, (now, prefix) =>
      this.#slaac.prefix(now, prefix),
    );
    this.#groups = new MldGroups(this.#ndpOut, random);
    this.#igmp = new IgmpGroups(iface, frames.view, random, this.#deliver);
    this.#arp = new Arp(iface, mac, frames, neighbours, this.#claims);
    const { routers } = this;
    this.#ndp = new Ndp(mac, neighbours, this.#claims, routers, this.#groups, this.#ndpOut);
  }

  /** Name servers that DHCP and routers have told of. */
  get nameservers(): readonly IpAddress[] {
    return [...(this.dhcp?.nameservers ?? []), ...this.routers.servers];
  }

  neighbourInfo(): readonly NeighbourInfo[] {
    return this.neighbours.list.map((n) => ({
      address: printWords(n.family, n.w0, n.w1, n.w2, n.w3),
      interface: this.#iface.name,
      mac: n.state === 'INCOMPLETE' ? undefined : printMacWords(n.high, n.low),
      state: n.state,
      router: n.isRouter,
      usedAt: n.usedAt,
      confirmedAt: n.confirmedAt,
    }));
  }

  /** Listens to routers and makes addresses of what they advertise, or stops that. */
  slaac(now: number, on: boolean): void {
    if (on === this.routers.listening) return;
    this.routers.listening = on;
    if (on) {
      this.#slaac.linkLocal(now);
      this.routers.solicit(now);
      return;
    }
    this.routers.stop();
    this.#slaac.stop(now);
  }

  /** The DHCP client, started; one of an interface is enough. */
  startDhcp(now: number, hostName: string): DhcpClient {
    if (this.dhcp !== undefined && this.dhcp.state !== 'STOPPED') return this.dhcp;
    const home = this.#home;
    const nextHop = (to: IpAddress): IpAddress =>
      home.ipOut.routes.lookup(4, 0, 0, 0, to.w3, this.#iface)?.via ?? to;
    const random = this.#random;
    const out = new DhcpOut(this.#frames.view, home.counters, random, this.#deliver, nextHop);
    this.dhcp = new DhcpClient(this.#iface, home, this.#mac, random, out, hostName);
    this.dhcp.timeout(now);
    return this.dhcp;
  }

  transmit(
    now: number,
    family: Family,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    start: number,
    end: number,
  ): void {
    const known = this.neighbours.ready(now, family, w0, w1, w2, w3);
    if (known !== undefined) {
      this.#transmit(start, end, known.high, known.low, family);
      return;
    }
    if (this.#isGroup(family, w0, w1, w2, w3)) {
      const { high, low } = group(family, w3);
      this.#transmit(start, end, high, low, family);
      return;
    }
    const { outlet } = this.#iface;
    const n = this.neighbours.use(now, family, w0, w1, w2, w3);
    if (n.state === 'INCOMPLETE') this.neighbours.hold(n, outlet.bytes, start, end);
    else this.#transmit(start, end, n.high, n.low, family);
  }

  arrives(
    now: number,
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    verified: boolean,
  ): DropReason | undefined {
    const header = this.#header;
    const drop = readEthernet(header, view, start, end);
    if (drop !== undefined) return drop;
    const { destinationHigh, destinationLow, type } = header;
    const toMany = isGroupMac(destinationHigh);
    if (!toMany && (destinationLow !== this.#mac.low || destinationHigh !== this.#mac.high)) {
      return 'ethernet-destination';
    }
    const at = start + ETHERNET_HEADER;
    switch (type) {
      case EtherType.IPV4:
      case EtherType.IPV6:
        if (!isVersion(view, at, end, type)) return 'ip-version';
        if (type === EtherType.IPV4 && this.dhcp?.wants(view, at, end) === true) {
          return this.dhcp.arrives(now, view, at, end);
        }
        if (toMany && this.#forOne(view, at, end, type)) return 'ethernet-group';
        this.#home.datagramArrives(now, this.#iface, bytes, view, at, end, verified);
        return undefined;
      case EtherType.ARP:
        return this.#arp.arrives(now, view, at, end);
      default:
        return 'ethernet-type';
    }
  }

  neighbourDiscovery(
    now: number,
    ip: IpHeader,
    _bytes: Uint8Array,
    view: DataView,
    _start: number,
    _end: number,
  ): DropReason | undefined {
    return this.#ndp.arrives(now, ip, view);
  }

  confirm(now: number, family: Family, w0: number, w1: number, w2: number, w3: number): void {
    this.neighbours.confirm(now, family, w0, w1, w2, w3);
  }

  addressAdded(now: number, address: InterfaceAddress): void {
    const { family, w3 } = address.cidr.address;
    if (family === 6) {
      this.#slaac.linkLocal(now); // every interface with IPv6 has one: RFC 4291 §2.1
      this.#groups.join(now, solicitedNode(w3));
    } else if (address.origin === 'manual' && address.state === 'tentative') {
      // Who configures an address by hand means it: announced and defended, not asked for (ADR-0018).
      this.#home.addressBecomes(now, this.#iface, address, 'preferred');
    }
    this.#claims.add(now, address);
  }

  addressRemoved(now: number, address: InterfaceAddress): void {
    this.#claims.remove(address);
    const { family, w3 } = address.cidr.address;
    if (family === 6) this.#groups.leave(now, solicitedNode(w3));
  }

  groupJoined(now: number, group: IpAddress): void {
    if (group.family === 4) this.#igmp.join(now, group);
    else if (isReported(group)) this.#groups.join(now, group);
  }

  groupLeft(now: number, group: IpAddress): void {
    if (group.family === 4) this.#igmp.leave(now, group);
    else if (isReported(group)) this.#groups.leave(now, group);
  }

  groupManagement(now: number, ip: IpHeader, view: DataView): DropReason | undefined {
    return this.#igmp.queried(now, ip, view) ? undefined : 'igmp-unwanted';
  }

  nextTimeout(): number {
    if (!this.#frames.empty) return -Infinity;
    return Math.min(
      this.neighbours.nextTimeout(),
      this.#claims.nextTimeout(),
      this.routers.nextTimeout(),
      this.#groups.nextTimeout(),
      this.#igmp.nextTimeout(),
      this.dhcp?.nextTimeout() ?? Infinity,
    );
  }

  timeout(now: number): void {
    this.#groups.timeout(now); // a group is joined before anything is asked through it
    this.#igmp.timeout(now);
    this.#claims.timeout(now);
    this.neighbours.timeout(now);
    this.routers.timeout(now);
    this.dhcp?.timeout(now);
  }

  flush(now: number): void {
    if (this.nextTimeout() <= now) this.timeout(now);
    if (!this.#frames.empty) this.#frames.flush(this.#iface.outlet);
  }

  /** The datagram in the outlet's room, with the header in front. */
  #transmit(start: number, end: number, high: number, low: number, family: Family): void {
    const { outlet } = this.#iface;
    const mac = this.#mac;
    outlet.transmit(
      writeEthernet(outlet.view, start, high, low, mac.high, mac.low, etherType(family)),
      end,
    );
  }

  /** A datagram of our own in the scratch buffer. */
  readonly #deliver = (now: number, to: IpAddress, start: number, end: number): void => {
    const { family, w0, w1, w2, w3 } = to;
    const frames = this.#frames;
    if (this.#isGroup(family, w0, w1, w2, w3)) {
      const { high, low } = group(family, w3);
      frames.add(start, end, high, low, etherType(family));
      return;
    }
    // What is known is not used by an answer: a liar's question would be worth three of ours.
    const n =
      this.neighbours.find(family, w0, w1, w2, w3) ??
      this.neighbours.use(now, family, w0, w1, w2, w3);
    if (n.state === 'INCOMPLETE') this.neighbours.hold(n, frames.scratch, start, end);
    else frames.add(start, end, n.high, n.low, etherType(family));
  };

  #solicit(now: number, n: Neighbour, unicast: boolean): void {
    if (n.family === 4) this.#arp.request(n, unicast);
    else this.#ndpOut.solicit(now, new IpAddress(6, n.w0, n.w1, n.w2, n.w3), unicast);
  }

  #probe(now: number, claim: Claim): void {
    const { address } = claim.address.cidr;
    if (address.family === 4) this.#arp.probe(address.w3);
    else this.#ndpOut.probe(now, claim);
  }

  #announce(now: number, claim: Claim): void {
    const { address } = claim.address.cidr;
    if (address.family === 4) this.#arp.announce(address.w3);
    else this.#ndpOut.announce(now, address);
  }

  #settled(now: number, { address }: Claim, duplicate: boolean): void {
    const late = !duplicate && address.preferredUntil <= now;
    const state = duplicate ? 'duplicate' : late ? 'deprecated' : 'preferred';
    this.#home.addressBecomes(now, this.#iface, address, state);
    if (duplicate) this.#slaac.duplicate(now, address);
    this.dhcp?.settled(now, address, duplicate);
  }

  #undeliverable(now: number, packet: Uint8Array): void {
    const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
    this.#home.undeliverable(now, packet, view, ETHERNET_HEADER, packet.length);
  }

  #isGroup(family: Family, w0: number, w1: number, w2: number, w3: number): boolean {
    if (isMulticast(family, w0, w1, w2, w3)) return true;
    return family === 4 && this.#isBroadcast(w3);
  }

  #isBroadcast(w3: number): boolean {
    if (isLimitedBroadcast(4, 0, 0, 0, w3)) return true;
    const { addresses } = this.#iface;
    for (let i = 0; i < addresses.length; i++) {
      if (isSubnetBroadcast(addresses[i]!.cidr, w3)) return true;
    }
    return false;
  }

  /** RFC 1122 §3.3.6: a frame to many around a datagram to one. */
  #forOne(view: DataView, start: number, end: number, type: number): boolean {
    if (type === EtherType.IPV6) {
      return start + 40 <= end && !isMulticast(6, view.getInt32(start + 24), 0, 0, 0);
    }
    if (start + 20 > end) return false;
    return !this.#isGroup(4, 0, 0, 0, view.getInt32(start + 16));
  }
}

/** Makes the port of an Ethernet interface: what a host is given as its `linkLayer`. */
export function ethernetPort(home: LinkLayerHome, iface: NetworkInterface): EthernetPort {
  const { mac } = iface;
  if (mac === undefined) throw new RangeError(`${iface.name} has no Ethernet address`);
  return new EthernetPort(home, iface, mac);
}

function keyOf(home: LinkLayerHome): SipHash {
  return new SipHash(home.secretWord(), home.secretWord(), home.secretWord(), home.secretWord());
}

function etherType(family: Family): number {
  return family === 4 ? EtherType.IPV4 : EtherType.IPV6;
}

/** Does the datagram begin with the version that the frame says? */
function isVersion(view: DataView, start: number, end: number, type: number): boolean {
  if (start >= end) return true; // IP's to say
  return view.getUint8(start) >> 4 === (type === EtherType.IPV4 ? 4 : 6);
}

/** Not all nodes, nor what stays on this host: RFC 3810 §6. */
function isReported({ w0, w1, w2, w3 }: IpAddress): boolean {
  const scope = (w0 >>> 16) & 0xf;
  return scope > 1 && !(scope === 2 && (w1 | w2) === 0 && w3 === 1);
}

function group(family: Family, w3: number): { readonly high: number; readonly low: number } {
  if (family === 4 && w3 >>> 28 !== 14) return { high: BROADCAST_HIGH, low: BROADCAST_LOW };
  return { high: multicastHigh(family), low: multicastLow(family, w3) };
}
