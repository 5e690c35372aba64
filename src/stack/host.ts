/**
 * A host as whoever drives it sees it: interfaces with addresses of both families, routes, all its TCP
 * connections, ICMP. It has no clock, no randomness and no I/O: `now` is in milliseconds and never
 * decreases, the secret is given, and what it sends goes to its interfaces' outlets. RFC 9293 §3.9.
 */
import { Cidr, IpAddress } from '../wire/address.ts';
import { IpHeader } from '../wire/ip.ts';
import { MacAddress } from '../wire/mac.ts';
import { Counters } from './counters.ts';
import { FastOpenCookies, fastOpenKey } from './fast-open-cookies.ts';
import { FragmentIdentification, FragmentOut } from './fragment-out.ts';
import type { DhcpClient } from './dhcp-client.ts';
import { EthernetPort, ethernetPort } from './ethernet-port.ts';
import { endConnections } from './end-connections.ts';
import { historyOf } from './history.ts';
import type { HostObserver, HostOptions, HostPart } from './host-options.ts';
import type { HostRefusal } from './host-refusal.ts';
import { IcmpIn } from './icmp-in.ts';
import { IcmpOut } from './icmp-out.ts';
import { Identification } from './identification.ts';
import type { AddressState, InterfaceAddress } from './interface-address.ts';
import type { InterfaceOptions, NetworkInterface } from './interface.ts';
import { Interfaces, MAX_MTU, MIN_MTU, type AddressOptions } from './interfaces.ts';
import { IpIn } from './ip-in.ts';
import { IpOut } from './ip-out.ts';
import { firstNumbers, InitialSequence } from './isn.ts';
import { Keys } from './keys.ts';
import type { LinkLayerHome, LinkLayerMaker } from './link-layer-home.ts';
import type { Listener } from './listener.ts';
import { Opening, type ListenOptions, type OpenOptions, type PassiveOptions } from './opening.ts';
import type { NeighbourInfo } from './neighbour.ts';
import { NoOutlet, type Outlet } from './outlet.ts';
import { PacketEvent } from './packet-event.ts';
import { PathMtus } from './path-mtus.ts';
import { Pings, type Ping, type PingOptions } from './pings.ts';
import { EphemeralPorts } from './ports.ts';
import { Reassembly } from './reassembly.ts';
import { Replies } from './replies.ts';
import { ReplyLimit } from './reply-limit.ts';
import type { Route, RouteOptions } from './routes.ts';
import { socketList, type SocketInfo } from './socket-info.ts';
import { Sockets } from './sockets.ts';
import { TcpIn } from './tcp-in.ts';
import { TcpSettings } from './tcp-settings.ts';
import type { TcpSocket } from './tcp-socket.ts';
import { tell } from './tell.ts';
import { Transmit } from './transmit.ts';
import type { UdpSocket, UdpSocketInfo } from './udp-socket.ts';
import { UdpSockets, type UdpOptions } from './udp-sockets.ts';

export type { HostObserver, HostOptions } from './host-options.ts';

const DEFAULT_MTU = 1500; // octets, Ethernet's
const LAST_METRIC = 0x7fffffff; // routes that give way to all others
const ERRORS_TO_ONE = 20; // ICMP errors in a second
const ERRORS_TO_ALL = 500; // together
const MOST_LOOPED = 4 * 2 ** 20; // octets over `lo` in one flush(), a few ms: then others have a turn

export class Host implements LinkLayerHome {
  readonly name: string;
  readonly counters: Counters = new Counters();
  readonly ipOut: IpOut;
  readonly #observer: HostObserver | undefined;
  readonly #event: PacketEvent = new PacketEvent();
  readonly #reassembly: Reassembly;
  readonly #pathMtus: PathMtus;
  readonly #fastOpens: FastOpenCookies;
  readonly #replies: Replies = new Replies();
  readonly #keys: Keys;
  readonly #interfaces: Interfaces;
  readonly #linkLayer: LinkLayerMaker;
  readonly #parts: HostPart[] = [];
  readonly #plain: NetworkInterface | undefined;
  readonly #sockets: Sockets;
  readonly #opening: Opening;
  readonly #ipIn: IpIn;
  readonly #icmp: IcmpIn;
  readonly #pings: Pings;
  readonly #udp: UdpSockets;
  readonly #transmit: Transmit;
  readonly #loops = (bytes: Uint8Array, view: DataView, start: number, end: number): void => {
    this.datagramArrives(this.#now, this.#interfaces.lo, bytes, view, start, end, true);
  };
  #now = 0; // of the last flush
  #flushing = false;

  /** @throws RangeError when an option is out of its range. */
  constructor(options: HostOptions) {
    const { observer, nextPort } = options;
    this.name = options.name;
    this.#observer = observer;
    const { counters } = this;
    const event = this.#event;
    const keys = new Keys(options.secret);
    this.#keys = keys;
    this.#fastOpens = new FastOpenCookies(fastOpenKey(options.secret));
    this.#linkLayer = options.linkLayer ?? ethernetPort;
    this.#interfaces = new Interfaces((now, address) =>
      endConnections(this.#sockets, now, address),
    );
    const { addresses, routes, lo } = this.#interfaces;
    const settings = new TcpSettings(options.tcp);
    const first = firstNumbers(new InitialSequence(keys.sipHash()), options);
    const ports = new EphemeralPorts(keys.sipHash());
    this.#sockets = new Sockets(
      keys,
      counters,
      (now, socket) => this.#opening.activate(now, socket),
      first,
      observer,
      historyOf(options.history),
    );
    const sockets = this.#sockets;
    const identification = new Identification(keys.word(), keys.word());
    const packet = observer?.packet && observer.packet.bind(observer);
    const list = (): readonly NetworkInterface[] => this.#interfaces.list;
    const fragments = new FragmentOut(new FragmentIdentification(keys.sipHash()));
    const pathMtus = new PathMtus(keys.sipHash(), counters, () => routes.changed());
    const ipOut = new IpOut(
      routes,
      addresses,
      lo,
      list,
      counters,
      identification,
      fragments,
      pathMtus,
      event,
      packet,
    );
    this.ipOut = ipOut;
    this.#pathMtus = pathMtus;
    this.#udp = new UdpSockets(keys.sipHash(), addresses, ipOut, lo, counters);
    this.#opening = new Opening(
      addresses,
      ipOut,
      sockets,
      settings,
      counters,
      ports,
      nextPort,
      first,
    );
    const tcp = new TcpIn(
      keys,
      addresses,
      sockets,
      settings,
      this.#replies,
      counters,
      first,
      event,
      this.#fastOpens,
    );
    const each = new ReplyLimit(keys.sipHash(), ERRORS_TO_ONE);
    const all = new ReplyLimit(keys.sipHash(), ERRORS_TO_ALL);
    const icmpOut = new IcmpOut(addresses, this.#replies, counters, each, all);
    this.#reassembly = new Reassembly(
      new IpHeader(),
      counters,
      (now, bytes, view, start, end, iface) =>
        icmpOut.reassemblyTimedOut(now, bytes, view, start, end, iface),
    );
    const udp = this.#udp.in;
    this.#pings = new Pings(addresses, ipOut, this.#replies, keys.word());
    this.#icmp = new IcmpIn(addresses, sockets, udp, this.#pings, this.#replies, pathMtus, event);
    this.#ipIn = new IpIn(addresses, this.#reassembly, tcp, udp, this.#icmp, icmpOut);
    this.#transmit = new Transmit(
      ipOut,
      counters,
      event,
      packet !== undefined,
      keys.word(),
      sockets.history,
    );
    this.#plain = this.#plainInterface(options);
  }

  // Interfaces, addresses, routes

  /** `lo` first, which is always there: 127.0.0.1/8 and ::1. */
  get interfaces(): readonly NetworkInterface[] {
    return this.#interfaces.list;
  }

  /** @throws RangeError when the MTU is out of its range. */
  addInterface(now: number, options: InterfaceOptions): NetworkInterface | HostRefusal {
    if (options.outlet.medium === 'ip') {
      return this.#interfaces.add(now, options, undefined, undefined);
    }
    const make = this.#linkLayer;
    const iface = this.#interfaces.add(now, options, options.mac ?? this.#ownMac(), (it) =>
      make(this, it),
    );
    if ('linkLayer' in iface && iface.linkLayer !== undefined) this.#parts.push(iface.linkLayer);
    return iface;
  }

  /** Its link is gone: connections from its addresses end with a signal, nothing hangs. */
  removeInterface(now: number, iface: NetworkInterface): void {
    if (iface.present) this.#udp.interfaceClosed(now, iface);
    this.#interfaces.remove(now, iface);
    const at = this.#parts.findIndex((part) => part === iface.linkLayer);
    if (at >= 0) this.#parts.splice(at, 1);
  }

  addAddress(
    now: number,
    iface: NetworkInterface,
    cidr: Cidr,
    options: AddressOptions = {},
  ): InterfaceAddress | HostRefusal {
    return this.#interfaces.addAddress(now, iface, cidr, options);
  }

  /** Connections from it end with a signal. */
  removeAddress(now: number, iface: NetworkInterface, address: IpAddress): void {
    this.#interfaces.removeAddress(now, iface, address);
  }

  addressBecomes(
    now: number,
    iface: NetworkInterface,
    address: InterfaceAddress,
    state: AddressState,
  ): void {
    this.#interfaces.becomes(now, iface, address, state);
  }

  extendAddress(address: InterfaceAddress, preferredUntil: number, validUntil: number): void {
    this.#interfaces.extend(address, preferredUntil, validUntil);
  }

  addRoute(options: RouteOptions): void {
    this.#interfaces.routes.add(options);
  }

  /** Says whether there was such a route. */
  removeRoute(options: RouteOptions): boolean {
    return this.#interfaces.routes.remove(options);
  }

  routes(): readonly Route[] {
    return this.#interfaces.routes.list;
  }

  /** What a resolver answered, in the order in which it is to be tried: RFC 6724 §6. */
  sortDestinations(now: number, destinations: readonly IpAddress[]): IpAddress[] {
    return this.ipOut.sortDestinations(now, destinations);
  }

  /** The local address of a datagram to `remote`: RFC 6724 §5. Undefined: there is no way. */
  sourceFor(now: number, remote: IpAddress, iface?: NetworkInterface): IpAddress | undefined {
    return this.ipOut.sourceFor(now, remote, iface);
  }

  /** For connections from now on. @throws RangeError when it is out of the range of the link. */
  setMtu(iface: NetworkInterface, mtu: number): void {
    this.#interfaces.mtuBecomes(iface, mtu);
  }

  /** Starts a DHCP client; undefined when the interface is no Ethernet. The same one when asked again. */
  dhcp(now: number, iface: NetworkInterface): DhcpClient | undefined {
    return portOf(iface)?.startDhcp(now, this.name);
  }

  /** Listens to IPv6 routers and makes addresses of their prefixes, or stops that. */
  slaac(now: number, iface: NetworkInterface, on: boolean): void {
    portOf(iface)?.slaac(now, on);
  }

  /** As `ip neigh` lists them. */
  neighbours(): readonly NeighbourInfo[] {
    return this.interfaces.flatMap((iface) => portOf(iface)?.neighbourInfo() ?? []);
  }

  /** Name servers that DHCP and routers have told of. */
  nameservers(): readonly IpAddress[] {
    return this.interfaces.flatMap((iface) => portOf(iface)?.nameservers ?? []);
  }

  undeliverable(now: number, _bytes: Uint8Array, view: DataView, start: number, end: number): void {
    this.#icmp.undeliverable(now, view, start, end);
  }

  /** Cookies of TCP Fast Open are others from now on; those of before are good until the next time. */
  rotateFastOpenKey(): void {
    this.#fastOpens.rotate();
  }

  secretWord(): number {
    return this.#keys.word();
  }

  // Things that happen

  /**
   * What the link of `iface` carries, `bytes[start..end)` of which `view` is a view, has come: an IP
   * datagram or a frame. Nothing of it is kept. Sends nothing: flush() does. `checksumVerified`: the
   * link vouches for transport checksums.
   */
  packetArrives(
    now: number,
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    checksumVerified = false,
    iface: NetworkInterface = this.#plain ?? this.ipOut.first,
  ): void {
    if (!iface.present) {
      this.counters['interface-gone']++;
      return;
    }
    if (iface.linkLayer === undefined) {
      this.datagramArrives(now, iface, bytes, view, start, end, checksumVerified);
      return;
    }
    const drop = iface.linkLayer.arrives(now, bytes, view, start, end, checksumVerified);
    if (drop !== undefined) this.counters[drop]++;
  }

  datagramArrives(
    now: number,
    iface: NetworkInterface,
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    verified: boolean,
  ): void {
    this.counters['datagrams-in']++;
    if (this.#observer?.packet === undefined) {
      const drop = this.#ipIn.arrives(now, iface, bytes, view, start, end, verified);
      if (drop !== undefined) this.counters[drop]++;
      return;
    }
    const event = this.#event;
    event.socket = event.before = event.after = undefined;
    event.because = '';
    const drop = this.#ipIn.arrives(now, iface, bytes, view, start, end, verified);
    if (drop !== undefined) this.counters[drop]++;
    event.now = now;
    event.direction = 'in';
    event.iface = iface;
    event.bytes = bytes;
    event.view = view;
    event.start = start;
    event.end = end;
    event.drop = drop;
    this.#observer.packet(event);
  }

  /** Some deadline of nextTimeout() may have come. */
  timeout(now: number): void {
    this.#sockets.timeout(now);
    this.#interfaces.timeout(now);
    this.#reassembly.timeout(now);
    this.#pathMtus.timeout(now);
    for (const part of this.#parts) part.timeout(now);
  }

  /** When to call timeout(), ms; Infinity for never. Right after a flush. */
  nextTimeout(): number {
    if (this.#interfaces.loopback.count > 0) return this.#now;
    let next = Math.min(this.#sockets.nextTimeout(), this.#interfaces.nextTimeout());
    next = Math.min(next, this.#reassembly.nextTimeout(), this.#pathMtus.nextTimeout());
    for (const part of this.#parts) next = Math.min(next, part.nextTimeout());
    return next;
  }

  /**
   * Tells users their signals, then sends everything due; goes on until all is quiet, or for so long
   * that others should have a turn: nextTimeout() is now then. What a user's function throws leaves
   * it; the next flush goes on from there. `link`: the device of the interface made of `addresses`.
   * @throws RangeError when its MTU is smaller than the host's.
   */
  flush(now: number, link?: Outlet): void {
    if (this.#flushing) return;
    if (link !== undefined) this.#plug(link);
    this.#now = now;
    this.#flushing = true;
    try {
      const { dirty } = this.#sockets;
      const { loopback } = this.#interfaces;
      let looped = 0; // octets
      do {
        this.#sendReplies(now);
        for (let socket = dirty.first; socket !== undefined; socket = dirty.first) {
          tell(now, socket);
          dirty.shift();
          this.#say(now, socket);
          looped += loopback.deliverSome(MOST_LOOPED - looped, this.#loops);
        }
        for (const part of this.#parts) part.flush(now);
        looped += loopback.deliverSome(MOST_LOOPED - looped, this.#loops);
      } while (this.#replies.count > 0 || dirty.first !== undefined);
    } finally {
      this.#flushing = false;
    }
  }
  /**
   * An active OPEN: RFC 9293 §3.9.1.1, §3.10.1. The SYN leaves with the next flush.
   * @throws RangeError when a number of `tcp` is out of its range.
   */
  open(now: number, options: OpenOptions): TcpSocket | HostRefusal {
    return this.#opening.open(now, options);
  }

  /**
   * The RFC's passive OPEN: one TCB in LISTEN, which becomes the connection (MUST-11, MUST-41).
   * @throws RangeError when a number of `tcp` is out of its range.
   */
  openPassive(now: number, options: PassiveOptions): TcpSocket | HostRefusal {
    return this.#opening.openPassive(now, options);
  }

  /**
   * BSD's listen(): `onConnection` gets a socket for each connection that comes to ESTABLISHED.
   * @throws RangeError when a number of `tcp` is out of its range.
   */
  listen(now: number, options: ListenOptions): Listener | HostRefusal {
    return this.#opening.listen(now, options);
  }

  /** A UDP socket on a port: RFC 768. What is sent to it is heard from now on. */
  openUdp(_now: number, options: UdpOptions): UdpSocket | HostRefusal {
    return this.#udp.open(options);
  }

  /**
   * Echo requests to one host, and what comes of them: each `send()` of what it answers is one.
   * @throws RangeError when the TTL is out of its range.
   */
  ping(now: number, options: PingOptions): Ping | HostRefusal {
    return this.#pings.open(now, options);
  }

  /** UDP sockets, as `ss -u` lists them. */
  udpSockets(): readonly UdpSocketInfo[] {
    return this.#udp.list();
  }

  /** Listeners, connections and TIME-WAIT records, as `ss` lists them. */
  sockets(): readonly SocketInfo[] {
    return socketList(this.#sockets);
  }

  /** The one interface of a host that was given addresses: all others are behind it. */
  #plainInterface(options: HostOptions): NetworkInterface | undefined {
    const { name, addresses, mtu = DEFAULT_MTU } = options;
    if (!Number.isInteger(mtu) || mtu < MIN_MTU || mtu > MAX_MTU) {
      throw new RangeError(`mtu is ${mtu}, it must be an integer from ${MIN_MTU} to ${MAX_MTU}`);
    }
    if (addresses === undefined) return undefined;
    if (addresses.length === 0) throw new RangeError(`addresses of ${name} must not be empty`);
    const outlet = new NoOutlet(mtu);
    const iface = this.addInterface(0, { name: 'ip0', outlet, addresses });
    if ('error' in iface) throw new RangeError(iface.message);
    for (const family of [4, 6] as const) {
      const to = new Cidr(new IpAddress(family, 0, 0, 0, 0), 0);
      this.addRoute({ to, iface, metric: LAST_METRIC });
    }
    return iface;
  }

  #plug(link: Outlet): void {
    const iface = this.#plain;
    if (iface === undefined || iface.outlet === link) return;
    if (link.mtu < iface.mtu) {
      throw new RangeError(
        `host ${this.name} sends up to ${iface.mtu} octets, the link takes ${link.mtu}: set the host's mtu`,
      );
    }
    iface.outlet = link;
  }

  /** Locally administered (IEEE 802), out of the secret: the same for the same host every time. */
  #ownMac(): MacAddress {
    return new MacAddress((this.#keys.word() & 0xfcff) | 0x0200, this.#keys.word());
  }

  #sendReplies(now: number): void {
    const replies = this.#replies;
    for (let i = 0; i < replies.count; i++) this.#transmit.reply(now, replies.at(i));
    if (replies.count > 0) replies.clear();
  }

  #say(now: number, socket: TcpSocket): void {
    const connection = socket.tcbHeld;
    if (connection === undefined) return;
    this.#sockets.begin(now, socket);
    this.#transmit.segments(now, socket, connection);
    this.#sockets.settle(now, socket);
  }
}

function portOf({ linkLayer }: NetworkInterface): EthernetPort | undefined {
  return linkLayer instanceof EthernetPort ? linkLayer : undefined;
}
