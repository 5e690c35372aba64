/**
 * All UDP of a host: opening and closing sockets, connecting them, groups, and what happens when an
 * interface goes. RFC 1122 §4.1.4 is what a user may ask; what cannot be is refused with a reason
 * before anything is changed.
 */
import {
  IpAddress,
  isLimitedBroadcast,
  printAddress,
  sameAddress,
  type Family,
} from '../wire/address.ts';
import { unmapped } from '../wire/mapped-address.ts';
import type { Counters } from './counters.ts';
import { refuse, type HostRefusal } from './host-refusal.ts';
import type { NetworkInterface } from './interface.ts';
import type { IpOut } from './ip-out.ts';
import type { LocalAddresses } from './local-addresses.ts';
import { Path } from './path.ts';
import type { SipHash } from './siphash.ts';
import { UdpGroups } from './udp-groups.ts';
import { UdpIn } from './udp-in.ts';
import { isMulticastAddress, isUnspecifiedAddress, UdpOut } from './udp-out.ts';
import { UdpPorts } from './udp-ports.ts';
import { UdpSocket, type UdpHost, type UdpSocketInfo } from './udp-socket.ts';
import { UdpTable, type Place } from './udp-table.ts';

export interface UdpOptions {
  /** Default: all of ours, of `family`. `::` hears both families unless `ipv6Only`. */
  readonly local?: IpAddress | undefined;
  /** Default, and 0: an ephemeral one (RFC 6056). */
  readonly localPort?: number | undefined;
  /** Over no other. Default: all. */
  readonly iface?: NetworkInterface | undefined;
  /** Others that say so may have the same address and port; the last one hears. Default false. */
  readonly reuseAddress?: boolean | undefined;
  readonly ipv6Only?: boolean | undefined;
  /** Where `local` does not say it. Default 6: both, unless `ipv6Only`. */
  readonly family?: Family | undefined;
}

const MAX_PORT = 65_535;
const MOST_MEMBERSHIPS = 64; // of one socket; Linux allows 20 (net.ipv4.igmp_max_memberships)

export class UdpSockets implements UdpHost {
  readonly table: UdpTable = new UdpTable();
  readonly groups: UdpGroups = new UdpGroups();
  readonly in: UdpIn;
  readonly #out: UdpOut;
  readonly #ports: UdpPorts;
  readonly #ipOut: IpOut;
  readonly #addresses: LocalAddresses;
  readonly #path: Path = new Path();

  constructor(
    key: SipHash,
    addresses: LocalAddresses,
    ipOut: IpOut,
    lo: NetworkInterface,
    counters: Counters,
  ) {
    this.#addresses = addresses;
    this.#ipOut = ipOut;
    this.#ports = new UdpPorts(key);
    this.in = new UdpIn(addresses, this.table, counters);
    this.#out = new UdpOut(ipOut, addresses, counters, lo, (iface, group) =>
      this.groups.has(iface, group),
    );
  }

  open(options: UdpOptions): UdpSocket | HostRefusal {
    const { localPort = 0, iface, reuseAddress = false, ipv6Only = false } = options;
    const family = options.local?.family ?? options.family ?? 6;
    const local = options.local === undefined ? ANY[family] : unmapped(options.local);
    const wrong = this.#wrongPlace(local, localPort, iface);
    if (wrong !== undefined) return wrong;
    const place = {
      family: local.family,
      ipv6Only,
      localAddress: local,
      iface,
      localPort,
      reuseAddress: localPort !== 0 && reuseAddress, // nobody asks to share what he did not name
    };
    if (localPort !== 0 && this.table.conflict(place)) {
      return refuse(
        'address-in-use',
        `port ${localPort} of ${printAddress(local)} is in use: close that or use another port`,
      );
    }
    const port = localPort === 0 ? this.#choosePort(place) : localPort;
    if (port === 0) {
      return refuse('ports-exhausted', 'every ephemeral port is in use: close some sockets');
    }
    const socket = new UdpSocket(this, local.family, local, port, iface, ipv6Only, reuseAddress);
    this.table.add(socket);
    return socket;
  }

  connect(
    now: number,
    socket: UdpSocket,
    to: IpAddress,
    port: number,
    iface: NetworkInterface | undefined,
  ): HostRefusal | undefined {
    if (socket.closed) return refuse('socket-closed', 'the socket is closed: open another');
    const remote = unmapped(to);
    const refusal = this.#out.route(now, socket, remote, port, iface);
    if (refusal !== undefined) return refusal;
    if (!socket.broadcast && this.#isBroadcast(remote)) {
      return refuse(
        'not-permitted',
        `${printAddress(remote)} is a broadcast address: set broadcast on the socket`,
      );
    }
    socket.localAddress = socket.pathFrom;
    socket.remoteAddress = remote;
    socket.remotePort = port;
    socket.peerInterface = iface;
    return undefined;
  }

  disconnect(socket: UdpSocket): HostRefusal | undefined {
    if (socket.remoteAddress === undefined) {
      return refuse('not-connected', 'the socket has no peer to leave');
    }
    socket.localAddress = socket.bound;
    socket.remoteAddress = undefined;
    socket.remotePort = 0;
    socket.peerInterface = undefined;
    return undefined;
  }

  send(
    now: number,
    socket: UdpSocket,
    bytes: Uint8Array,
    start: number,
    end: number,
    remote: IpAddress | undefined,
    port: number,
    iface: NetworkInterface | undefined,
  ): number | HostRefusal {
    return this.#out.send(now, socket, bytes, start, end, remote, port, iface);
  }

  join(
    now: number,
    socket: UdpSocket,
    group: IpAddress,
    wanted: NetworkInterface | undefined,
  ): HostRefusal | undefined {
    const iface = this.#groupInterface(now, socket, group, wanted);
    if ('error' in iface) return iface;
    const { memberships } = socket;
    if (membershipOf(socket, group, iface) >= 0) {
      return refuse('already-a-member', `the socket is in ${printAddress(group)} on ${iface.name}`);
    }
    if (memberships.length >= MOST_MEMBERSHIPS || this.groups.full) {
      return refuse('too-many-groups', `a socket joins up to ${MOST_MEMBERSHIPS}: open another`);
    }
    memberships.push({ group, iface });
    if (this.groups.join(iface, group)) iface.linkLayer?.groupJoined(now, group);
    return undefined;
  }

  leave(
    now: number,
    socket: UdpSocket,
    group: IpAddress,
    wanted: NetworkInterface | undefined,
  ): HostRefusal | undefined {
    const at =
      wanted === undefined
        ? socket.memberships.findIndex((m) => sameAddress(m.group, group))
        : membershipOf(socket, group, wanted);
    const [left] = at < 0 ? [] : socket.memberships.splice(at, 1);
    if (left === undefined) {
      return refuse('not-a-member', `the socket is not in ${printAddress(group)}`);
    }
    if (this.groups.leave(left.iface, group)) left.iface.linkLayer?.groupLeft(now, group);
    return undefined;
  }

  close(now: number, socket: UdpSocket): void {
    if (socket.closed) return;
    socket.closed = true;
    this.table.remove(socket);
    for (const { group, iface } of socket.memberships.splice(0)) {
      if (this.groups.leave(iface, group)) iface.linkLayer?.groupLeft(now, group);
    }
  }

  /** Sockets on an interface that is gone hear of it, those that have a peer by it, too. */
  interfaceClosed(now: number, iface: NetworkInterface): void {
    const gone = this.table.all().filter((socket) => {
      const connected = socket.remoteAddress !== undefined && socket.path.iface === iface;
      return socket.iface === iface || connected || this.#isOn(iface, socket.bound);
    });
    for (const socket of this.table.all()) {
      const rest = socket.memberships.filter((m) => m.iface !== iface);
      for (const m of socket.memberships.splice(0)) {
        if (m.iface === iface) this.groups.leave(iface, m.group);
      }
      socket.memberships.push(...rest);
      if (socket.multicastInterface === iface) socket.multicastInterface = undefined;
      if (socket.path.iface === iface) socket.pathTo = undefined;
    }
    for (const socket of gone) {
      const { remoteAddress: remote, remotePort } = socket;
      socket.onError?.({ reason: 'interface-closed', hard: true, remote, remotePort }, now);
    }
  }

  list(): UdpSocketInfo[] {
    return this.table.all().map((socket) => socket.info());
  }

  /** 0: none is left. */
  #choosePort(place: Omit<Place, 'localPort'> & { localPort: number }): number {
    return this.#ports.choose((port) => {
      place.localPort = port;
      return this.table.has(port) && this.table.conflict(place);
    });
  }

  #wrongPlace(
    local: IpAddress,
    port: number,
    iface: NetworkInterface | undefined,
  ): HostRefusal | undefined {
    if (!(Number.isInteger(port) && port >= 0 && port <= MAX_PORT)) {
      return refuse('invalid-port', `localPort is ${port}: use an integer from 0 to ${MAX_PORT}`);
    }
    if (iface !== undefined && !iface.present) {
      return refuse('no-such-interface', `${iface.name} is removed: use one of this host's`);
    }
    if (isUnspecifiedAddress(local) || isMulticastAddress(local)) return undefined;
    if (this.#isBroadcast(local) || this.#addresses.owned(local) !== undefined) return undefined;
    return refuse(
      'address-not-ours',
      `${printAddress(local)} is no address of this host: use one of its own`,
    );
  }

  #isBroadcast(a: IpAddress): boolean {
    if (a.family === 6 || isMulticastAddress(a)) return false;
    const { family, w0, w1, w2, w3 } = a;
    if (isLimitedBroadcast(family, w0, w1, w2, w3)) return true;
    return this.#addresses.reachesMany(family, w0, w1, w2, w3);
  }

  #isOn(iface: NetworkInterface, { family, w0, w1, w2, w3 }: IpAddress): boolean {
    if ((w0 | w1 | w2 | w3) === 0) return false;
    return iface.addresses.some(({ cidr: { address: a } }) => {
      return a.family === family && a.w3 === w3 && a.w2 === w2 && a.w1 === w1 && a.w0 === w0;
    });
  }

  #groupInterface(
    now: number,
    socket: UdpSocket,
    group: IpAddress,
    wanted: NetworkInterface | undefined,
  ): NetworkInterface | HostRefusal {
    if (socket.closed) return refuse('socket-closed', 'the socket is closed: open another');
    if (!isMulticastAddress(group)) {
      return refuse('invalid-address', `${printAddress(group)} is no multicast address`);
    }
    const { family, w0, w1, w2, w3 } = group;
    let iface = wanted ?? socket.iface;
    if (iface === undefined) {
      this.#ipOut.resolve(now, this.#path, family, w0, w1, w2, w3);
      iface = this.#path.iface;
    }
    if (iface?.present) return iface;
    return refuse('no-such-interface', `no interface leads to ${printAddress(group)}: name one`);
  }
}

const ANY = { 4: new IpAddress(4, 0, 0, 0, 0), 6: new IpAddress(6, 0, 0, 0, 0) } as const;

function membershipOf(socket: UdpSocket, group: IpAddress, iface: NetworkInterface): number {
  return socket.memberships.findIndex((m) => m.iface === iface && sameAddress(m.group, group));
}
