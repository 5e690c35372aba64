/**
 * UDP that leaves: RFC 768, RFC 1122 §4.1.3.4 to §4.1.3.6. A send() is a datagram on its way at
 * once: the text is copied to where the link wants it and nothing is kept. What is too large for the
 * path leaves in fragments (ip-out.ts).
 */
import {
  IpAddress,
  isMulticast,
  isUnspecified,
  printAddress,
  sameAddress,
  type Family,
} from '../wire/address.ts';
import { IpHeader, ipHeaderLength, Protocol, pseudoSum } from '../wire/ip.ts';
import { unmapped } from '../wire/mapped-address.ts';
import { UDP_HEADER, writeUdp } from '../wire/udp.ts';
import type { Counters } from './counters.ts';
import { refuse, type HostRefusal } from './host-refusal.ts';
import type { NetworkInterface } from './interface.ts';
import type { IpOut } from './ip-out.ts';
import type { LocalAddresses } from './local-addresses.ts';
import { Path } from './path.ts';
import type { UdpSocket } from './udp-socket.ts';

/** Octets of text in a datagram: Total Length counts the IPv4 header, Payload Length no IPv6 header. */
export const MAX_UDP_TEXT: Readonly<Record<Family, number>> = { 4: 65_507, 6: 65_527 };

const MAX_PORT = 65_535;
const ANY = { 4: new IpAddress(4, 0, 0, 0, 0), 6: new IpAddress(6, 0, 0, 0, 0) } as const;

/** Does what is sent to many on `iface` come back to this host's own members? */
export type Joined = (iface: NetworkInterface, group: IpAddress) => boolean;

export class UdpOut {
  readonly #ipOut: IpOut;
  readonly #addresses: LocalAddresses;
  readonly #counters: Counters;
  readonly #lo: NetworkInterface;
  readonly #joined: Joined;
  readonly #ip: IpHeader = new IpHeader();
  readonly #loopPath: Path = new Path();
  #large: Uint8Array | undefined = undefined; // a datagram that no link takes whole
  #largeView: DataView | undefined = undefined;

  constructor(
    ipOut: IpOut,
    addresses: LocalAddresses,
    counters: Counters,
    lo: NetworkInterface,
    joined: Joined,
  ) {
    this.#ipOut = ipOut;
    this.#addresses = addresses;
    this.#counters = counters;
    this.#lo = lo;
    this.#joined = joined;
  }

  send(
    now: number,
    socket: UdpSocket,
    bytes: Uint8Array,
    start: number,
    end: number,
    to: IpAddress | undefined,
    toPort: number,
    iface: NetworkInterface | undefined,
  ): number | HostRefusal {
    const remote = to === undefined ? socket.remoteAddress : unmapped(to);
    const port = to === undefined ? socket.remotePort : toPort;
    const wrong = this.#wrongCall(socket, bytes, start, end, to, remote);
    if (wrong !== undefined) return wrong;
    if (remote === undefined) return NO_PEER;
    const many = this.#reaches(remote);
    if (many === 'broadcast' && !socket.broadcast) {
      return refuse(
        'not-permitted',
        `${printAddress(remote)} is a broadcast address: set broadcast on the socket`,
      );
    }
    if (!this.#knows(socket, remote, iface)) {
      const refusal = this.route(now, socket, remote, port, iface ?? socket.peerInterface);
      if (refusal !== undefined) return refusal;
    }
    if (wrongPort(port)) return refuse('invalid-port', `port is ${port}: use 1 to ${MAX_PORT}`);
    this.#prepare(socket, remote, many === 'multicast' ? socket.multicastTtl : socket.ttl);
    this.#datagram(now, socket.path, socket, bytes, start, end, port);
    socket.datagramsOut++;
    if (many !== undefined) this.#loopBack(now, socket, remote, bytes, start, end, port, many);
    return end - start;
  }

  /** Finds the way to `remote` and the address to send from, and writes both into the socket. */
  route(
    now: number,
    socket: UdpSocket,
    remote: IpAddress,
    port: number,
    wanted: NetworkInterface | undefined,
  ): HostRefusal | undefined {
    if (wrongPort(port)) return refuse('invalid-port', `port is ${port}: use 1 to ${MAX_PORT}`);
    const { family, w0, w1, w2, w3 } = remote;
    if (isUnspecified(family, w0, w1, w2, w3)) {
      return refuse('invalid-address', `${printAddress(remote)} names no host: give its address`);
    }
    if (!speaks(socket, family)) {
      return refuse('no-route', `the socket does not speak IPv${family}: open one that does`);
    }
    const bound = isUnspecifiedAddress(socket.bound) ? ANY[family] : socket.bound;
    const multicast = isMulticast(family, w0, w1, w2, w3);
    const iface = wanted ?? (multicast ? socket.multicastInterface : undefined) ?? socket.iface;
    const { path } = socket;
    socket.pathTo = undefined;
    const from = isMulticastAddress(bound) ? ANY[family] : bound; // bound to a group: RFC 1112 §6.2
    const found = this.#ipOut.resolve(
      now,
      path,
      family,
      w0,
      w1,
      w2,
      w3,
      from.w0,
      from.w1,
      from.w2,
      from.w3,
      iface,
    );
    const on = path.iface;
    if (!found || on === undefined) return noRoute(remote);
    const source = isUnspecifiedAddress(from) ? this.#addresses.sourceOn(on, remote) : from;
    if (source === undefined) return noRoute(remote);
    socket.pathTo = remote;
    socket.pathVia = wanted;
    socket.pathFrom = source;
    return undefined;
  }

  /** Was the last datagram sent there, and have no routes changed since? */
  #knows(socket: UdpSocket, remote: IpAddress, iface: NetworkInterface | undefined): boolean {
    const { path, pathTo } = socket;
    if (path.generation !== this.#ipOut.routes.generation || pathTo === undefined) return false;
    if ((iface ?? socket.peerInterface) !== socket.pathVia) return false;
    return pathTo === remote || sameAddress(pathTo, remote);
  }

  #wrongCall(
    socket: UdpSocket,
    bytes: Uint8Array,
    start: number,
    end: number,
    to: IpAddress | undefined,
    remote: IpAddress | undefined,
  ): HostRefusal | undefined {
    if (socket.closed) return refuse('socket-closed', 'the socket is closed: open another');
    if (to !== undefined && socket.remoteAddress !== undefined) {
      return refuse('already-connected', 'the socket has a peer: disconnect it, or name no other');
    }
    if (remote === undefined) return NO_PEER;
    if (!(start >= 0 && start <= end && end <= bytes.length)) {
      return refuse('invalid-option', `[${start}, ${end}) is outside ${bytes.length} octets`);
    }
    const most = MAX_UDP_TEXT[remote.family];
    if (end - start <= most) return undefined;
    return refuse('message-too-long', `${end - start} octets: a datagram holds ${most}`);
  }

  /** What kind of many the address names. */
  #reaches({ family, w0, w1, w2, w3 }: IpAddress): 'broadcast' | 'multicast' | undefined {
    if (isMulticast(family, w0, w1, w2, w3)) return 'multicast';
    if (family === 6) return undefined;
    return this.#addresses.reachesMany(family, w0, w1, w2, w3) ? 'broadcast' : undefined;
  }

  /** The IP header. */
  #prepare(socket: UdpSocket, remote: IpAddress, ttl: number): void {
    const ip = this.#ip;
    const { family, w0, w1, w2, w3 } = remote;
    const source = socket.pathFrom;
    ip.version = family;
    ip.src0 = source.w0;
    ip.src1 = source.w1;
    ip.src2 = source.w2;
    ip.src3 = source.w3;
    ip.dst0 = w0;
    ip.dst1 = w1;
    ip.dst2 = w2;
    ip.dst3 = w3;
    ip.protocol = Protocol.UDP;
    ip.tos = socket.tos;
    ip.ttl = ttl;
    ip.dontFragment = false;
    ip.flowLabel = 0;
  }

  #datagram(
    now: number,
    path: Path,
    socket: UdpSocket,
    bytes: Uint8Array,
    start: number,
    end: number,
    port: number,
  ): void {
    const { iface } = path;
    if (iface === undefined) return; // it had one a moment ago
    this.#counters['udp-out']++;
    const { outlet, headroom } = iface;
    const ip = this.#ip;
    const length = end - start + UDP_HEADER;
    const headers = headroom + ipHeaderLength(ip.version) + UDP_HEADER;
    if (ipHeaderLength(ip.version) + length > path.mtu) {
      this.#inFragments(now, path, socket, bytes, start, end, port);
      return;
    }
    const at = outlet.claim(headers + end - start) + headers;
    const { view } = outlet;
    outlet.bytes.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), at);
    const pseudo = outlet.checksumOffload ? undefined : pseudoSum(ip, Protocol.UDP, length);
    const from = writeUdp(view, at, at + end - start, socket.localPort, port, pseudo);
    this.#ipOut.send(now, path, ip, from, at + end - start);
  }

  #inFragments(
    now: number,
    path: Path,
    socket: UdpSocket,
    bytes: Uint8Array,
    start: number,
    end: number,
    port: number,
  ): void {
    const large = (this.#large ??= new Uint8Array(MAX_UDP_TEXT[6] + UDP_HEADER));
    const view = (this.#largeView ??= new DataView(large.buffer));
    const length = end - start + UDP_HEADER;
    large.set(bytes.subarray(start, end), UDP_HEADER);
    const pseudo = pseudoSum(this.#ip, Protocol.UDP, length);
    writeUdp(view, UDP_HEADER, length, socket.localPort, port, pseudo);
    this.#ipOut.sendLarge(now, path, this.#ip, large, 0, length);
  }

  /** Members on this host get it, too: RFC 1112 §6.1; and so does everybody what is broadcast. */
  #loopBack(
    now: number,
    socket: UdpSocket,
    remote: IpAddress,
    bytes: Uint8Array,
    start: number,
    end: number,
    port: number,
    many: 'broadcast' | 'multicast',
  ): void {
    const { iface } = socket.path;
    if (iface === undefined || iface.loopback) return; // it has come already
    if (many === 'multicast' && (!socket.multicastLoop || !this.#joined(iface, remote))) return;
    const path = this.#loopPath;
    path.family = remote.family;
    path.iface = this.#lo;
    path.mtu = this.#lo.mtu;
    path.generation = this.#ipOut.routes.generation;
    this.#datagram(now, path, socket, bytes, start, end, port);
  }
}

const NO_PEER = refuse('not-connected', 'the socket has no peer: connect it or name one');

function wrongPort(port: number): boolean {
  return !(Number.isInteger(port) && port >= 1 && port <= MAX_PORT);
}

function noRoute(remote: IpAddress): HostRefusal {
  return refuse('no-route', `no interface leads to ${printAddress(remote)}: add a route`);
}

/** Can the socket send to this family? */
export function speaks(socket: UdpSocket, family: Family): boolean {
  const { bound } = socket;
  if (!isUnspecifiedAddress(bound)) return bound.family === family;
  return socket.family === family || (socket.family === 6 && !socket.ipv6Only);
}

export function isUnspecifiedAddress(a: IpAddress): boolean {
  return isUnspecified(a.family, a.w0, a.w1, a.w2, a.w3);
}

export function isMulticastAddress(a: IpAddress): boolean {
  return isMulticast(a.family, a.w0, a.w1, a.w2, a.w3);
}
