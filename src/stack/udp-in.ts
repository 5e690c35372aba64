/**
 * UDP that comes in: RFC 768, RFC 1122 §4.1.3. Each datagram goes to the one socket it is for, one to
 * a broadcast or multicast address to every socket that hears it; for one that nobody wants the
 * sender is told, unless it was for many (RFC 1122 §3.2.2.1, §4.1.3.1).
 */
import { isMulticast } from '../wire/address.ts';
import type { IpHeader } from '../wire/ip-header.ts';
import { Protocol, pseudoSum } from '../wire/ip.ts';
import type { IcmpMessage, Quoted } from '../wire/icmp.ts';
import { readUdp, UDP_HEADER, UdpDatagram, verifyUdp } from '../wire/udp.ts';
import type { Counters, DropReason } from './counters.ts';
import { FourTuple } from './four-tuple.ts';
import type { NetworkInterface } from './interface.ts';
import type { LocalAddresses } from './local-addresses.ts';
import { isHardUdpError, udpErrorReason } from './udp-errors.ts';
import { UdpInfo, type UdpSocket } from './udp-socket.ts';
import { hears, type UdpTable } from './udp-table.ts';

export class UdpIn {
  readonly #addresses: LocalAddresses;
  readonly #table: UdpTable;
  readonly #counters: Counters;
  readonly #datagram: UdpDatagram = new UdpDatagram();
  readonly #tuple: FourTuple = new FourTuple();
  readonly #info: UdpInfo = new UdpInfo();

  constructor(addresses: LocalAddresses, table: UdpTable, counters: Counters) {
    this.#addresses = addresses;
    this.#table = table;
    this.#counters = counters;
  }

  /**
   * The datagram in the payload of `ip`; says why it was dropped. 'udp-no-port': the sender is to be
   * told. What a user's function throws leaves it.
   */
  arrives(
    now: number,
    ip: IpHeader,
    bytes: Uint8Array,
    view: DataView,
    verified: boolean,
    iface: NetworkInterface,
  ): DropReason | undefined {
    const on = this.#cameOver(ip, iface);
    const destination = this.#addresses.destination(on, ip);
    if (destination === 'other') return 'ip-destination';
    const many = destination === 'many';
    const strange = this.#addresses.wrongSource(iface, ip);
    // A host that has no address yet asks everybody: RFC 1122 §3.2.1.3 (a).
    if (strange !== undefined && !(many && (ip.src0 | ip.src1 | ip.src2 | ip.src3) === 0)) {
      return strange;
    }
    const drop = this.#read(ip, view, verified);
    if (drop !== undefined) return drop;
    this.#counters['udp-in']++;
    const datagram = this.#datagram;
    this.#tuple.ofArrival(ip, datagram.sourcePort, datagram.destinationPort);
    this.#describe(ip, on, many);
    if (many) return this.#toMany(now, ip, bytes, on);
    const socket = this.#table.find(this.#tuple, on);
    if (socket === undefined) return 'udp-no-port';
    this.#hand(now, socket, bytes);
    return undefined;
  }

  /** Has the socket that sent the quoted datagram sent anything, connected or not? */
  sends(quoted: Quoted, iface: NetworkInterface): boolean {
    const t = this.#tuple;
    t.ofQuoted(quoted.ip, quoted.sourcePort, quoted.destinationPort);
    return (this.#table.find(t, iface)?.datagramsOut ?? 0) > 0;
  }

  /** An ICMP error quotes a datagram of ours: its connected socket hears of it. */
  icmp(
    now: number,
    version: number,
    message: IcmpMessage,
    quoted: Quoted,
    iface: NetworkInterface,
  ): DropReason | undefined {
    const t = this.#tuple;
    t.ofQuoted(quoted.ip, quoted.sourcePort, quoted.destinationPort);
    const socket = this.#table.find(t, iface);
    if (socket?.remoteAddress === undefined || socket.datagramsOut === 0) return 'icmp-unmatched';
    const reason = udpErrorReason(version, message);
    socket.onError?.(
      {
        reason,
        hard: isHardUdpError(reason),
        remote: socket.remoteAddress,
        remotePort: socket.remotePort,
      },
      now,
    );
    return undefined;
  }

  /** What this host sends to many comes to itself by `lo`, and belongs to the interface it left by. */
  #cameOver(ip: IpHeader, iface: NetworkInterface): NetworkInterface {
    if (!iface.loopback) return iface;
    const { version, src0, src1, src2, src3 } = ip;
    return this.#addresses.interfaceOf(version, src0, src1, src2, src3) ?? iface;
  }

  #read(ip: IpHeader, view: DataView, verified: boolean): DropReason | undefined {
    const datagram = this.#datagram;
    const { version, payloadStart } = ip;
    const drop = readUdp(datagram, view, payloadStart, ip.payloadEnd);
    if (drop !== undefined || verified) return drop;
    const length = datagram.dataEnd - datagram.dataStart + UDP_HEADER;
    const pseudo = pseudoSum(ip, Protocol.UDP, length);
    if (verifyUdp(version, view, payloadStart, datagram.dataEnd, pseudo)) return undefined;
    return 'udp-checksum';
  }

  #describe(ip: IpHeader, iface: NetworkInterface, many: boolean): void {
    const info = this.#info;
    info.family = ip.version;
    info.to0 = ip.dst0;
    info.to1 = ip.dst1;
    info.to2 = ip.dst2;
    info.to3 = ip.dst3;
    info.ttl = ip.ttl;
    info.tos = ip.tos;
    info.many = many;
    info.iface = iface;
  }

  #toMany(
    now: number,
    ip: IpHeader,
    bytes: Uint8Array,
    iface: NetworkInterface,
  ): DropReason | undefined {
    const t = this.#tuple;
    const multicast = isMulticast(ip.version, ip.dst0, ip.dst1, ip.dst2, ip.dst3);
    const sockets = this.#table.ofPort(t.localPort);
    const { dataStart, dataEnd, sourcePort } = this.#datagram;
    let heard = false;
    for (let i = 0; i < sockets.length; i++) {
      const socket = sockets[i]!;
      if (socket.closed || !hears(socket, t, iface)) continue;
      if (multicast && !isMember(socket, ip, iface)) continue;
      heard = true;
      socket.datagramsIn++;
      const { family, remote0, remote1, remote2, remote3 } = t;
      const from = socket.sender(family, remote0, remote1, remote2, remote3);
      socket.onMessage?.(now, bytes, dataStart, dataEnd, from, sourcePort, this.#info);
      // Nothing else came in meanwhile: a host takes in one datagram after the other.
    }
    return heard ? undefined : 'udp-many-unheard';
  }

  #hand(now: number, socket: UdpSocket, bytes: Uint8Array): void {
    const { family, remote0, remote1, remote2, remote3, remotePort } = this.#tuple;
    const { dataStart, dataEnd } = this.#datagram;
    socket.datagramsIn++;
    if (socket.onMessage === undefined) return;
    const from = socket.sender(family, remote0, remote1, remote2, remote3);
    socket.onMessage(now, bytes, dataStart, dataEnd, from, remotePort, this.#info);
  }
}

/** Has the socket joined the group on the interface, or is the group one that all nodes are in? */
function isMember(socket: UdpSocket, ip: IpHeader, iface: NetworkInterface): boolean {
  const { version, dst0, dst1, dst2, dst3 } = ip;
  if (isAllNodes(version, dst0, dst1, dst2, dst3)) return true;
  const { memberships } = socket;
  for (let i = 0; i < memberships.length; i++) {
    const { group, iface: on } = memberships[i]!;
    if (on !== iface || group.family !== version) continue;
    if (group.w3 === dst3 && group.w2 === dst2 && group.w1 === dst1 && group.w0 === dst0) {
      return true;
    }
  }
  return false;
}

/** 224.0.0.1 (RFC 1112 §4), ff01::1 and ff02::1 (RFC 4291 §2.7.1). */
function isAllNodes(version: number, w0: number, w1: number, w2: number, w3: number): boolean {
  if (version === 4) return w3 >>> 0 === 0xe0000001;
  return (w0 >>> 16 === 0xff01 || w0 >>> 16 === 0xff02) && (w1 | w2) === 0 && w3 === 1;
}
