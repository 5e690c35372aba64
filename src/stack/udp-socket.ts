/**
 * A UDP socket: RFC 768, RFC 1122 §4.1.3. A port on one address of ours or on all of them, perhaps
 * with a peer, and then it hears that peer alone and the ICMP errors about it. Nothing waits here:
 * a datagram is the user's during onMessage(), and what is sent is on its way when send() returns.
 */
import { IpAddress, type Family } from '../wire/address.ts';
import type { HostRefusal } from './host-refusal.ts';
import type { NetworkInterface } from './interface.ts';
import { Path } from './path.ts';

export const DEFAULT_HOPS = 64; // IANA's "IP parameters", default TTL
export const DEFAULT_MULTICAST_HOPS = 1; // RFC 1112 §6.1: this link, unless asked for more

/** What ended or may end a socket's exchange; `hard` when trying again does not help. */
export interface UdpError {
  readonly reason: UdpErrorReason;
  readonly hard: boolean;
  /** The datagram's destination as an ICMP error quotes it; undefined: the interface closed. */
  readonly remote: IpAddress | undefined;
  readonly remotePort: number;
}

export type UdpErrorReason =
  | 'port-unreachable' //      nobody has the port: hard
  | 'protocol-unreachable' //  hard
  | 'host-unreachable'
  | 'network-unreachable'
  | 'prohibited' //            by a filter on the way: hard
  | 'message-too-long' //      larger than some link takes, and might not be fragmented
  | 'time-exceeded'
  | 'parameter-problem'
  | 'interface-closed'; //     hard

/** Beside its text, what is known of a datagram; reused, valid during onMessage(). */
export class UdpInfo {
  family: Family = 4;
  to0 = 0;
  to1 = 0;
  to2 = 0;
  to3 = 0;
  ttl = 0;
  tos = 0;
  /** Sent to a broadcast or multicast address. */
  many = false;
  iface: NetworkInterface | undefined = undefined;

  /** Where it was sent to (RFC 1122 §4.1.3.5): a new object each time. */
  get to(): IpAddress {
    return new IpAddress(this.family, this.to0, this.to1, this.to2, this.to3);
  }
}

/** `bytes[start..end)` is the datagram's text, good until the call returns. */
export type UdpMessageHandler = (
  now: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  from: IpAddress,
  fromPort: number,
  info: UdpInfo,
) => void;

/** A group that a socket has joined on an interface. */
export interface Membership {
  readonly group: IpAddress;
  readonly iface: NetworkInterface;
}

export interface UdpSocketInfo {
  readonly family: Family;
  readonly local: IpAddress;
  readonly localPort: number;
  readonly remote: IpAddress | undefined;
  /** 0: anybody's. */
  readonly remotePort: number;
  readonly ipv6Only: boolean;
  readonly memberships: readonly Membership[];
  readonly datagramsIn: number;
  readonly datagramsOut: number;
  readonly socket: UdpSocket;
}

/** What a socket needs of its host. */
export interface UdpHost {
  connect(
    now: number,
    socket: UdpSocket,
    remote: IpAddress,
    port: number,
    iface: NetworkInterface | undefined,
  ): HostRefusal | undefined;
  disconnect(socket: UdpSocket): HostRefusal | undefined;
  send(
    now: number,
    socket: UdpSocket,
    bytes: Uint8Array,
    start: number,
    end: number,
    remote: IpAddress | undefined,
    port: number,
    iface: NetworkInterface | undefined,
  ): number | HostRefusal;
  join(
    now: number,
    socket: UdpSocket,
    group: IpAddress,
    iface: NetworkInterface | undefined,
  ): HostRefusal | undefined;
  leave(
    now: number,
    socket: UdpSocket,
    group: IpAddress,
    iface: NetworkInterface | undefined,
  ): HostRefusal | undefined;
  close(now: number, socket: UdpSocket): void;
}

export class UdpSocket {
  /** 6 and not `ipv6Only`: both families. */
  readonly family: Family;
  readonly ipv6Only: boolean;
  readonly reuseAddress: boolean;
  /** Bound to this one. */
  readonly iface: NetworkInterface | undefined;
  readonly localPort: number;
  /** Unspecified: all of ours. Of a connected socket what its datagrams leave from. */
  localAddress: IpAddress;
  remoteAddress: IpAddress | undefined = undefined;
  /** 0: not connected. */
  remotePort = 0;
  /** The interface that connect() named. */
  peerInterface: NetworkInterface | undefined = undefined;
  closed = false;

  /** What it throws leaves packetArrives(). */
  onMessage: UdpMessageHandler | undefined = undefined;
  onError: ((error: UdpError, now: number) => void) | undefined = undefined;

  /** May send to broadcast addresses (RFC 1122 §4.1.3.4 and SO_BROADCAST). */
  broadcast = false;
  /** 1 to 255. */
  ttl: number = DEFAULT_HOPS;
  /** 0 to 255. */
  multicastTtl: number = DEFAULT_MULTICAST_HOPS;
  /** What it sends to a group comes to members on this host, too. */
  multicastLoop = true;
  /** Where multicast leaves; undefined: by the routes. */
  multicastInterface: NetworkInterface | undefined = undefined;
  /** Type of Service or Traffic Class, ECN bits included: 0 to 255. */
  tos = 0;

  readonly memberships: Membership[] = [];
  datagramsIn = 0;
  datagramsOut = 0;

  /** The host's: where it was bound before it was connected. */
  readonly bound: IpAddress;
  /** The host's: the way to the last destination, which one that was, and what is sent from. */
  readonly path: Path = new Path();
  pathTo: IpAddress | undefined = undefined;
  pathVia: NetworkInterface | undefined = undefined;
  pathFrom: IpAddress;
  readonly #host: UdpHost;
  #lastFrom: IpAddress | undefined = undefined;

  constructor(
    host: UdpHost,
    family: Family,
    local: IpAddress,
    localPort: number,
    iface: NetworkInterface | undefined,
    ipv6Only: boolean,
    reuseAddress: boolean,
  ) {
    this.#host = host;
    this.family = family;
    this.bound = local;
    this.localAddress = local;
    this.pathFrom = local;
    this.localPort = localPort;
    this.iface = iface;
    this.ipv6Only = ipv6Only;
    this.reuseAddress = reuseAddress;
  }

  /** From now on hears `remote` alone and sends to it; connects anew when it is connected. */
  connect(
    now: number,
    remote: IpAddress,
    port: number,
    iface?: NetworkInterface,
  ): HostRefusal | undefined {
    return this.#host.connect(now, this, remote, port, iface);
  }

  disconnect(): HostRefusal | undefined {
    return this.#host.disconnect(this);
  }

  /**
   * Sends `bytes[start..end)` as one datagram, to the peer when no other is named; octets sent, or
   * why not. The octets are the caller's again when it returns. `iface`: over no other, which a
   * link-local address needs where there are several.
   */
  send(
    now: number,
    bytes: Uint8Array,
    start = 0,
    end: number = bytes.length,
    remote?: IpAddress,
    port = 0,
    iface?: NetworkInterface,
  ): number | HostRefusal {
    return this.#host.send(now, this, bytes, start, end, remote, port, iface);
  }

  /** Hears what is sent to `group` on `iface`; default: where its route leads. */
  join(now: number, group: IpAddress, iface?: NetworkInterface): HostRefusal | undefined {
    return this.#host.join(now, this, group, iface);
  }

  leave(now: number, group: IpAddress, iface?: NetworkInterface): HostRefusal | undefined {
    return this.#host.leave(now, this, group, iface);
  }

  close(now: number): void {
    if (!this.closed) this.#host.close(now, this);
  }

  info(): UdpSocketInfo {
    return {
      family: this.family,
      local: this.localAddress,
      localPort: this.localPort,
      remote: this.remoteAddress,
      remotePort: this.remotePort,
      ipv6Only: this.ipv6Only,
      memberships: this.memberships.slice(),
      datagramsIn: this.datagramsIn,
      datagramsOut: this.datagramsOut,
      socket: this,
    };
  }

  /** The host's: the sender's address, the same object as long as it is the same sender. */
  sender(family: Family, w0: number, w1: number, w2: number, w3: number): IpAddress {
    const last = this.#lastFrom;
    if (
      last !== undefined &&
      last.w3 === w3 &&
      last.w2 === w2 &&
      last.w1 === w1 &&
      last.w0 === w0 &&
      last.family === family
    ) {
      return last;
    }
    this.#lastFrom = new IpAddress(family, w0, w1, w2, w3);
    return this.#lastFrom;
  }
}
