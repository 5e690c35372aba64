/**
 * ARP: RFC 826's "Packet Reception" with what RFC 1122 §2.3.2 and RFC 5227 add. Only what is meant for
 * us, and comes from our own subnet, makes an entry; a gratuitous announcement changes one at most.
 */
import { inPrefix, isSubnetBroadcast, isLoopback } from '../wire/address.ts';
import { ARP_LENGTH, ArpOperation, ArpPacket, readArp, writeArp } from '../wire/arp.ts';
import { EtherType } from '../wire/ethernet.ts';
import { BROADCAST_HIGH, BROADCAST_LOW, type MacAddress } from '../wire/mac.ts';
import type { DropReason } from './counters.ts';
import { PAYLOAD_START, type EthernetFrames } from './ethernet-frames.ts';
import type { InterfaceAddress } from './interface-address.ts';
import type { NetworkInterface } from './interface.ts';
import type { NeighbourCache } from './neighbour-cache.ts';
import type { Claims } from './neighbour-claims.ts';
import type { Neighbour } from './neighbour.ts';

const FIRST_NOT_UNICAST = 224; // the first octet from which on no address is one host's

export class Arp {
  readonly #iface: NetworkInterface;
  readonly #mac: MacAddress;
  readonly #frames: EthernetFrames;
  readonly #neighbours: NeighbourCache;
  readonly #claims: Claims;
  readonly #in: ArpPacket = new ArpPacket();
  readonly #out: ArpPacket = new ArpPacket();

  constructor(
    iface: NetworkInterface,
    mac: MacAddress,
    frames: EthernetFrames,
    neighbours: NeighbourCache,
    claims: Claims,
  ) {
    this.#iface = iface;
    this.#mac = mac;
    this.#frames = frames;
    this.#neighbours = neighbours;
    this.#claims = claims;
  }

  /** The packet in [start, end). */
  arrives(now: number, view: DataView, start: number, end: number): DropReason | undefined {
    const arp = this.#in;
    const drop = readArp(arp, view, start, end);
    if (drop !== undefined) return drop;
    if (arp.senderHigh === this.#mac.high && arp.senderLow === this.#mac.low) return 'arp-own';
    if (!this.#possible(arp.sender)) return 'arp-sender';
    if (this.#conflicts(now, arp)) return undefined;
    if (arp.sender === 0) return this.#answer(arp, arp.target) ? undefined : 'arp-unsolicited';
    return this.#learn(now, arp);
  }

  /** Asks for a neighbour: by broadcast, or the one it is thought to be (RFC 1122 §2.3.2.1). */
  request(neighbour: Neighbour, unicast: boolean): void {
    const out = this.#out;
    out.operation = ArpOperation.REQUEST;
    out.sender = this.#senderFor(neighbour.w3);
    out.target = neighbour.w3;
    out.targetHigh = unicast ? neighbour.high : 0;
    out.targetLow = unicast ? neighbour.low : 0;
    if (unicast) this.#send(neighbour.high, neighbour.low);
    else this.#send(BROADCAST_HIGH, BROADCAST_LOW);
  }

  /** RFC 5227 §2.1.1: the sender's address is zero, so that nobody's cache is spoilt. */
  probe(target: number): void {
    this.#broadcast(0, target);
  }

  /** RFC 5227 §2.3: sender and target are the address. */
  announce(address: number): void {
    this.#broadcast(address, address);
  }

  #broadcast(sender: number, target: number): void {
    const out = this.#out;
    out.operation = ArpOperation.REQUEST;
    out.sender = sender;
    out.target = target;
    out.targetHigh = 0;
    out.targetLow = 0;
    this.#send(BROADCAST_HIGH, BROADCAST_LOW);
  }

  /** Zero is a probe's; others must name a single host. */
  #possible(sender: number): boolean {
    if (sender === 0) return true;
    const first = sender >>> 24;
    if (first === 0 || first >= FIRST_NOT_UNICAST || isLoopback(4, 0, 0, 0, sender)) return false;
    return !this.#iface.addresses.some(({ cidr }) => isSubnetBroadcast(cidr, sender));
  }

  /** RFC 5227 §2.1.1 while we ask, §2.4 when we have it. */
  #conflicts(now: number, arp: ArpPacket): boolean {
    const claimed = arp.sender === 0 ? undefined : this.#claims.find(4, 0, 0, 0, arp.sender);
    if (claimed !== undefined) {
      this.#claims.conflict(now, claimed);
      return true;
    }
    if (arp.sender !== 0 || arp.operation !== ArpOperation.REQUEST) return false;
    const wanted = this.#claims.find(4, 0, 0, 0, arp.target);
    if (wanted?.phase !== 'probing') return false;
    this.#claims.conflict(now, wanted);
    return true;
  }

  #learn(now: number, arp: ArpPacket): DropReason | undefined {
    const { sender, senderHigh, senderLow, target } = arp;
    const forUs = this.#own(target) !== undefined;
    const n = this.#neighbours.find(4, 0, 0, 0, sender);
    if (forUs && arp.operation === ArpOperation.REQUEST) {
      if (n !== undefined || this.#onLink(sender)) {
        this.#neighbours.heard(now, 4, 0, 0, 0, sender, senderHigh, senderLow);
      }
      this.#answer(arp, target);
      return undefined;
    }
    if (n === undefined) return 'arp-unsolicited';
    // A reply is believed to prove reachability only while one is waited for.
    const asked = n.state === 'INCOMPLETE' || n.state === 'PROBE';
    const reply = forUs && arp.operation === ArpOperation.REPLY;
    this.#neighbours.advertised(now, n, true, senderHigh, senderLow, reply && asked, true);
    return undefined;
  }

  #answer(arp: ArpPacket, target: number): boolean {
    if (arp.operation !== ArpOperation.REQUEST || this.#own(target) === undefined) return false;
    const out = this.#out;
    out.operation = ArpOperation.REPLY;
    out.sender = target;
    out.target = arp.sender;
    out.targetHigh = arp.senderHigh;
    out.targetLow = arp.senderLow;
    this.#send(arp.senderHigh, arp.senderLow);
    return true;
  }

  #send(high: number, low: number): void {
    const out = this.#out;
    out.senderHigh = this.#mac.high;
    out.senderLow = this.#mac.low;
    const end = PAYLOAD_START + ARP_LENGTH;
    writeArp(this.#frames.view, PAYLOAD_START, out);
    this.#frames.add(PAYLOAD_START, end, high, low, EtherType.ARP);
  }

  #own(target: number): InterfaceAddress | undefined {
    return this.#iface.addresses.find(
      ({ cidr, usable }) => usable && cidr.address.family === 4 && cidr.address.w3 === target,
    );
  }

  #onLink(address: number): boolean {
    return this.#iface.addresses.some(
      ({ cidr, usable }) => usable && inPrefix(cidr, 4, 0, 0, 0, address),
    );
  }

  /** Of the subnet of the one asked for, else any; with none at all it looks like a probe. */
  #senderFor(target: number): number {
    let sender = 0;
    for (const { cidr, usable } of this.#iface.addresses) {
      if (!usable || cidr.address.family !== 4) continue;
      if (inPrefix(cidr, 4, 0, 0, 0, target)) return cidr.address.w3;
      if (sender === 0) sender = cidr.address.w3;
    }
    return sender;
  }
}
