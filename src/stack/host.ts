/**
 * A host as whoever drives it sees it: several addresses of both families, all its TCP connections,
 * ICMP. It has no clock, no randomness and no I/O: `now` is in milliseconds and never decreases, the
 * secret is given, and what it sends goes to the link that `flush` is handed. RFC 9293 §3.9.
 */
import type { Cidr } from '../wire/address.ts';
import { IpHeader, Protocol, readIp } from '../wire/ip.ts';
import type { Seq } from '../wire/seq.ts';
import type { TcpDefaults } from '../tcp/options.ts';
import type { State } from '../tcp/state.ts';
import { Counters, type DropReason } from './counters.ts';
import type { HostRefusal } from './host-refusal.ts';
import { IcmpIn } from './icmp-in.ts';
import { Identification } from './identification.ts';
import { InitialSequence } from './isn.ts';
import { Keys } from './keys.ts';
import type { Listener } from './listeners.ts';
import { LocalAddresses } from './local-addresses.ts';
import { Opening, type ListenOptions, type OpenOptions, type PassiveOptions } from './opening.ts';
import type { Outlet } from './outlet.ts';
import { PacketEvent } from './packet-event.ts';
import { EphemeralPorts } from './ports.ts';
import { Replies } from './replies.ts';
import { socketList, type SocketInfo } from './socket-info.ts';
import { Sockets } from './sockets.ts';
import { TcpIn } from './tcp-in.ts';
import { TcpSettings } from './tcp-settings.ts';
import type { TcpSocket } from './tcp-socket.ts';
import { Transmit } from './transmit.ts';

export interface HostOptions {
  readonly name: string;
  /** Ours, of both families; at least one. */
  readonly addresses: readonly Cidr[];
  /** 16 octets of entropy or more: keys of RFC 6528, RFC 6056 and the tables come from it. */
  readonly secret: Uint8Array;
  /** Octets of the largest datagram of the link, 68 to 65535. Default 1500. */
  readonly mtu?: number;
  /** Defaults of all connections. */
  readonly tcp?: Partial<TcpDefaults>;
  /** Replaces RFC 6528, for ladders. */
  readonly nextIss?: (now: number) => Seq;
  /** Replaces RFC 6056, for ladders. */
  readonly nextPort?: () => number;
  readonly observer?: HostObserver;
}

/** Must call nothing of the host from inside. */
export interface HostObserver {
  /** Each datagram in and out; the event is reused, valid during the call. */
  packet?(event: PacketEvent): void;
  transition?(now: number, socket: TcpSocket, from: State, to: State): void;
}

const DEFAULT_MTU = 1500; // octets, Ethernet's
const MIN_MTU = 68; // RFC 791 §3.2
const MAX_MTU = 65_535; // RFC 791 §3.1

export class Host {
  readonly name: string;
  readonly counters: Counters = new Counters();
  readonly #mtu: number;
  readonly #observer: HostObserver | undefined;
  readonly #event: PacketEvent = new PacketEvent();
  readonly #ip: IpHeader = new IpHeader();
  readonly #replies: Replies = new Replies();
  readonly #sockets: Sockets;
  readonly #opening: Opening;
  readonly #tcp: TcpIn;
  readonly #icmp: IcmpIn;
  readonly #transmit: Transmit;
  #flushing = false;

  /** @throws RangeError when an option is out of its range. */
  constructor(options: HostOptions) {
    const { mtu = DEFAULT_MTU, observer, nextIss, nextPort } = options;
    if (!Number.isInteger(mtu) || mtu < MIN_MTU || mtu > MAX_MTU) {
      throw new RangeError(`mtu is ${mtu}, it must be an integer from ${MIN_MTU} to ${MAX_MTU}`);
    }
    this.name = options.name;
    this.#mtu = mtu;
    this.#observer = observer;
    const { counters } = this;
    const event = this.#event;
    const keys = new Keys(options.secret);
    const addresses = new LocalAddresses(options.addresses);
    const settings = new TcpSettings(mtu, options.tcp);
    const isn = new InitialSequence(keys.sipHash());
    const ports = new EphemeralPorts(keys.sipHash());
    const issFor: InitialSequence['next'] =
      nextIss === undefined ? (now, tuple) => isn.next(now, tuple) : (now) => nextIss(now);
    const told = observer?.transition && observer.transition.bind(observer);
    this.#sockets = new Sockets(
      keys,
      counters,
      (now, socket) => this.#opening.activate(now, socket),
      observer !== undefined,
      told,
    );
    const sockets = this.#sockets;
    this.#opening = new Opening(addresses, sockets, settings, counters, ports, nextPort, issFor);
    this.#tcp = new TcpIn(addresses, sockets, settings, this.#replies, counters, issFor, event);
    this.#icmp = new IcmpIn(addresses, sockets, this.#replies, mtu, event);
    const identification = new Identification(keys.word(), keys.word());
    const packet = observer?.packet && observer.packet.bind(observer);
    this.#transmit = new Transmit(mtu, counters, identification, event, packet);
  }

  /**
   * One IP datagram, `bytes[start..end)`, of which `view` is a view, has come; nothing of it is kept.
   * Sends nothing: flush() does. `checksumVerified`: the link vouches for the TCP checksum.
   */
  packetArrives(
    now: number,
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    checksumVerified = false,
  ): void {
    this.counters['datagrams-in']++;
    if (this.#observer?.packet === undefined) {
      const drop = this.#arrives(now, bytes, view, start, end, checksumVerified);
      if (drop !== undefined) this.counters[drop]++;
      return;
    }
    const event = this.#event;
    event.socket = event.before = event.after = undefined;
    event.because = '';
    const drop = this.#arrives(now, bytes, view, start, end, checksumVerified);
    if (drop !== undefined) this.counters[drop]++;
    event.now = now;
    event.direction = 'in';
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
  }

  /** When to call timeout(), ms; Infinity for never. Right after a flush. */
  nextTimeout(): number {
    return this.#sockets.nextTimeout();
  }

  /**
   * Tells users their signals, then sends everything due through `link`; goes on until all is quiet.
   * What a user's function throws leaves it; the next flush goes on from there.
   * @throws RangeError when the link's MTU is smaller than the host's.
   */
  flush(now: number, link: Outlet): void {
    if (this.#flushing) return;
    if (link.mtu < this.#mtu) throw this.#tooSmall(link.mtu);
    this.#flushing = true;
    try {
      const { dirty } = this.#sockets;
      this.#sendReplies(now, link);
      for (let socket = dirty.first; socket !== undefined; socket = dirty.first) {
        tell(now, socket);
        dirty.shift();
        this.#say(now, link, socket);
      }
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

  /** Listeners, connections and TIME-WAIT records, as `ss` lists them. */
  sockets(): readonly SocketInfo[] {
    return socketList(this.#sockets);
  }

  #arrives(
    now: number,
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    checksumVerified: boolean,
  ): DropReason | undefined {
    const ip = this.#ip;
    const drop = readIp(ip, view, start, end);
    if (drop !== undefined) return drop;
    if (ip.moreFragments || ip.fragmentOffset !== 0) return 'ip-fragmented';
    switch (ip.protocol) {
      case Protocol.TCP:
        return this.#tcp.arrives(now, ip, bytes, view, checksumVerified);
      case Protocol.ICMP:
        return ip.version === 4 ? this.#icmp.arrives(now, ip, bytes, view) : 'ip-protocol';
      case Protocol.ICMPV6:
        return ip.version === 6 ? this.#icmp.arrives(now, ip, bytes, view) : 'ip-protocol';
      default:
        return 'ip-protocol';
    }
  }

  #tooSmall(mtu: number): RangeError {
    return new RangeError(
      `host ${this.name} sends up to ${this.#mtu} octets, the link takes ${mtu}: set the host's mtu`,
    );
  }

  #sendReplies(now: number, link: Outlet): void {
    const replies = this.#replies;
    for (let i = 0; i < replies.count; i++) this.#transmit.reply(now, link, replies.at(i));
    if (replies.count > 0) replies.clear();
  }

  #say(now: number, link: Outlet, socket: TcpSocket): void {
    const connection = socket.tcbHeld;
    if (connection === undefined) return;
    this.#sockets.begin(now, socket);
    this.#transmit.segments(now, link, socket, connection);
    this.#sockets.settle(now, socket);
  }
}

/** Tells the user what happened; a listener's child is handed over when it is established. */
function tell(now: number, socket: TcpSocket): void {
  const connection = socket.tcbHeld;
  if (connection === undefined) {
    if (!socket.farewell) return;
    socket.farewell = false;
    socket.onSignal?.('closed', now);
    return;
  }
  let signal = connection.nextSignal();
  while (signal !== undefined) {
    const { parent } = socket;
    if (parent === undefined) socket.onSignal?.(signal, now);
    else if (signal === 'established') {
      socket.parent = undefined;
      if (parent.closed) socket.abort(now);
      else parent.accept(socket);
    }
    signal = connection.nextSignal();
  }
}
