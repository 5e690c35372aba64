/**
 * ICMP that comes in: RFC 792, RFC 4443, RFC 9293 §3.9.2.2. Echo requests are answered, errors go to
 * the connection whose segment they quote (MUST-54); the core asks for its sequence number (RFC 5927
 * §4.1). "Too big" says what a path takes (RFC 1191, RFC 8201).
 */
import { IpAddress } from '../wire/address.ts';
import type { IpHeader } from '../wire/ip-header.ts';
import { IcmpMessage, isIcmpError, Quoted, readQuoted } from '../wire/icmp.ts';
import { readIcmpv4, Unreachable } from '../wire/icmpv4.ts';
import { readIcmpv6, Unreachable6 } from '../wire/icmpv6.ts';
import { ipHeaderLength, Protocol, pseudoSum } from '../wire/ip.ts';
import { TCP_HEADER } from '../wire/tcp.ts';
import type { Connection } from '../tcp/connection.ts';
import type { DropReason } from './counters.ts';
import { FourTuple } from './four-tuple.ts';
import type { NetworkInterface } from './interface.ts';
import type { LocalAddresses } from './local-addresses.ts';
import type { PacketEvent } from './packet-event.ts';
import { isForLinkLayer, neighbourDiscovery } from './neighbour-in.ts';
import { claimedMtu, type PathMtus } from './path-mtus.ts';
import type { Pings } from './pings.ts';
import { RateLimit } from './rate-limit.ts';
import type { Replies } from './replies.ts';
import type { Sockets } from './sockets.ts';
import { NOBODY } from './socket-table.ts';
import { DEFAULT_TTL } from './tcp-socket.ts';
import type { UdpIn } from './udp-in.ts';

const ECHOES_PER_SECOND = 1000; // Linux's net.ipv4.icmp_msgs_per_sec
const TOO_BIG_PER_SECOND = 200; // of those about a connection of ours; each makes paths be looked up

export class IcmpIn {
  readonly #addresses: LocalAddresses;
  readonly #sockets: Sockets;
  readonly #udp: UdpIn;
  readonly #pings: Pings;
  readonly #replies: Replies;
  readonly #pathMtus: PathMtus;
  readonly #event: PacketEvent;
  readonly #message: IcmpMessage = new IcmpMessage();
  readonly #quoted: Quoted = new Quoted();
  readonly #tuple: FourTuple = new FourTuple();
  readonly #echoes: RateLimit = new RateLimit(ECHOES_PER_SECOND);
  readonly #tooBigs: RateLimit = new RateLimit(TOO_BIG_PER_SECOND);

  constructor(
    addresses: LocalAddresses,
    sockets: Sockets,
    udp: UdpIn,
    pings: Pings,
    replies: Replies,
    pathMtus: PathMtus,
    event: PacketEvent,
  ) {
    this.#addresses = addresses;
    this.#sockets = sockets;
    this.#udp = udp;
    this.#pings = pings;
    this.#replies = replies;
    this.#pathMtus = pathMtus;
    this.#event = event;
  }

  /** The message in the payload of `ip`; says why it was dropped. */
  arrives(
    now: number,
    ip: IpHeader,
    bytes: Uint8Array,
    view: DataView,
    iface: NetworkInterface,
  ): DropReason | undefined {
    if (isForLinkLayer(ip, view)) {
      return neighbourDiscovery(now, this.#addresses, iface, ip, bytes, view);
    }
    const message = this.#message;
    const drop = this.#strange(ip, iface) ?? this.#read(ip, view);
    if (drop !== undefined) return drop;
    if (message.kind === 'echo-request') return this.#echo(now, ip, bytes);
    if (!isIcmpError(message)) return this.#replied(now, ip, bytes);
    if (message.kind === 'source-quench') return 'icmp-source-quench'; // MUST-55
    return this.#error(now, ip, view, iface);
  }

  /** A datagram of ours in [start, end) went nowhere: its next hop does not answer. */
  undeliverable(now: number, view: DataView, start: number, end: number): void {
    const quoted = this.#quoted;
    if (readQuoted(quoted, view, start, end) !== undefined) return;
    if (quoted.ip.protocol !== Protocol.TCP) {
      this.#undelivered(now, quoted);
      return;
    }
    this.#tuple.ofQuoted(quoted.ip, quoted.sourcePort, quoted.destinationPort);
    const found = this.#sockets.table.find(this.#tuple);
    if (found <= NOBODY) return;
    const socket = this.#sockets.table.socket(found);
    const connection = this.#sockets.begin(now, socket);
    const before = connection.state;
    connection.hostUnreachable();
    this.#sockets.done(socket, before);
  }

  #undelivered(now: number, quoted: Quoted): void {
    const { version, protocol, src0, src1, src2, src3 } = quoted.ip;
    const iface = this.#addresses.interfaceOf(version, src0, src1, src2, src3);
    const message = this.#message;
    message.kind = 'unreachable';
    message.code = version === 4 ? Unreachable.HOST : Unreachable6.ADDRESS;
    if (iface === undefined) return;
    if (protocol === Protocol.UDP) this.#udp.icmp(now, version, message, quoted, iface);
    else this.#pings.failed(now, quoted, sourceOf(quoted.ip), 'host unreachable');
  }

  /** Only an error may come from anywhere, and only to us alone. */
  #strange(ip: IpHeader, iface: NetworkInterface): DropReason | undefined {
    const destination = this.#addresses.destination(iface, ip);
    if (destination !== 'ours') return destination === 'many' ? 'icmp-broadcast' : 'ip-destination';
    return this.#addresses.wrongSource(iface, ip);
  }

  #read(ip: IpHeader, view: DataView): DropReason | undefined {
    const { version, payloadStart, payloadEnd } = ip;
    if (version === 4) return readIcmpv4(this.#message, view, payloadStart, payloadEnd);
    const pseudo = pseudoSum(ip, Protocol.ICMPV6, payloadEnd - payloadStart);
    return readIcmpv6(this.#message, view, payloadStart, payloadEnd, pseudo);
  }

  #echo(now: number, ip: IpHeader, bytes: Uint8Array): DropReason | undefined {
    const { bodyStart, bodyEnd, identifier, sequence } = this.#message;
    if (!this.#echoes.allows(now)) return 'icmp-limited';
    const reply = this.#replies.add();
    if (reply === undefined) return 'out-replies-full';
    reply.tuple.ofArrival(ip, 0, 0);
    reply.kind = 'echo-reply';
    reply.data = bytes.slice(bodyStart, bodyEnd); // the packet is the link's again soon
    reply.identifier = identifier;
    reply.sequence = sequence;
    reply.tos = 0;
    reply.hops = DEFAULT_TTL;
    reply.because = 'an echo request is answered';
    return undefined;
  }

  #replied(now: number, ip: IpHeader, bytes: Uint8Array): DropReason | undefined {
    const wanted = this.#pings.replied(now, ip, this.#message, sourceOf(ip), bytes);
    return wanted ? undefined : 'icmp-unwanted';
  }

  #error(
    now: number,
    ip: IpHeader,
    view: DataView,
    iface: NetworkInterface,
  ): DropReason | undefined {
    const message = this.#message;
    const quoted = this.#quoted;
    const drop = readQuoted(quoted, view, message.bodyStart, message.bodyEnd);
    if (drop !== undefined) return drop;
    const { version, protocol } = quoted.ip;
    if (version !== ip.version) return 'icmp-quote';
    if (protocol === Protocol.UDP) {
      const told = this.#udp.icmp(now, version, message, quoted, iface);
      const sent = isTooBig(version, message) && this.#udp.sends(quoted, iface);
      return sent ? this.#pathTakesLess(now) : told;
    }
    if (protocol !== Protocol.TCP) {
      const reason = version === 4 ? reason4(message) : reason6(message);
      if (!this.#pings.failed(now, quoted, sourceOf(ip), reason)) return 'icmp-unmatched';
      return isTooBig(version, message) ? this.#pathTakesLess(now) : undefined;
    }
    this.#tuple.ofQuoted(quoted.ip, quoted.sourcePort, quoted.destinationPort);
    const found = this.#sockets.table.find(this.#tuple);
    if (found <= NOBODY) return 'icmp-unmatched'; // a TIME-WAIT record has nothing in flight
    const socket = this.#sockets.table.socket(found);
    const connection = this.#sockets.begin(now, socket);
    const before = connection.state;
    const wrong = isTooBig(version, message)
      ? this.#tooBig(now, connection)
      : this.#says(connection, version);
    this.#sockets.done(socket, before);
    if (wrong !== undefined) return wrong;
    this.#event.socket = socket;
    this.#event.before = before;
    this.#event.after = connection.state;
    this.#event.because = connection.tcb.because;
    return undefined;
  }

  #says(connection: Connection, version: number): undefined {
    const message = this.#message;
    const hard = version === 4 ? isHard4(message) : isHard6(message);
    connection.icmp({
      severity: hard ? 'hard' : 'soft',
      reason: version === 4 ? reason4(message) : reason6(message),
      seq: this.#quoted.seq,
    });
  }

  /** The same for what is no TCP; datagrams to come leave in fragments. */
  #pathTakesLess(now: number): DropReason | undefined {
    const { ip, length } = this.#quoted;
    const mtu = claimedMtu(ip.version, this.#message.mtu, length);
    if (mtu === undefined) return 'icmp-too-big';
    if (!this.#tooBigs.allows(now)) return 'icmp-limited';
    this.#pathMtus.lowered(now, ip.version, ip.dst0, ip.dst1, ip.dst2, ip.dst3, mtu);
    return undefined;
  }

  /** RFC 1191, RFC 8201: what the path takes, if the connection believes it. */
  #tooBig(now: number, connection: Connection): DropReason | undefined {
    const { ip, length, seq } = this.#quoted;
    const mtu = claimedMtu(ip.version, this.#message.mtu, length);
    if (mtu === undefined) return 'icmp-too-big';
    if (!this.#tooBigs.allows(now)) return 'icmp-limited';
    connection.tooBig(now, seq, mtu - ipHeaderLength(ip.version) - TCP_HEADER);
    return undefined;
  }
}

function sourceOf(ip: IpHeader): IpAddress {
  return new IpAddress(ip.version, ip.src0, ip.src1, ip.src2, ip.src3);
}

/** RFC 792's "fragmentation needed and DF set", RFC 4443's "packet too big". */
function isTooBig(version: number, message: IcmpMessage): boolean {
  if (version === 6) return message.kind === 'packet-too-big';
  return message.kind === 'unreachable' && message.code === Unreachable.FRAGMENTATION_NEEDED;
}

/** Protocol or port unreachable (SHLD-26). */
function isHard4(message: IcmpMessage): boolean {
  const { kind, code } = message;
  return kind === 'unreachable' && (code === Unreachable.PROTOCOL || code === Unreachable.PORT);
}

function isHard6(message: IcmpMessage): boolean {
  return message.kind === 'unreachable' && message.code === Unreachable6.PORT;
}

function reason4(message: IcmpMessage): string {
  if (message.kind !== 'unreachable') return inWords(message);
  switch (message.code) {
    case Unreachable.NET:
      return 'network unreachable';
    case Unreachable.HOST:
      return 'host unreachable';
    case Unreachable.PROTOCOL:
      return 'protocol unreachable';
    case Unreachable.PORT:
      return 'port unreachable';
    case Unreachable.FRAGMENTATION_NEEDED:
      return `fragmentation needed, next hop takes ${message.mtu} octets`;
    case Unreachable.SOURCE_ROUTE_FAILED:
      return 'source route failed';
    case Unreachable.ADMINISTRATIVELY_PROHIBITED:
      return 'administratively prohibited';
    default:
      return `destination unreachable, code ${message.code}`;
  }
}

function reason6(message: IcmpMessage): string {
  if (message.kind !== 'unreachable') return inWords(message);
  switch (message.code) {
    case Unreachable6.NO_ROUTE:
      return 'no route to destination';
    case Unreachable6.ADMINISTRATIVELY_PROHIBITED:
      return 'administratively prohibited';
    case Unreachable6.BEYOND_SCOPE:
      return 'beyond scope of source address';
    case Unreachable6.ADDRESS:
      return 'address unreachable';
    case Unreachable6.PORT:
      return 'port unreachable';
    default:
      return `destination unreachable, code ${message.code}`;
  }
}

function inWords(message: IcmpMessage): string {
  switch (message.kind) {
    case 'time-exceeded':
      return message.code === 1 ? 'fragment reassembly time exceeded' : 'time to live exceeded';
    case 'packet-too-big':
      return `packet too big, next hop takes ${message.mtu} octets`;
    default:
      return `parameter problem at octet ${message.pointer}`;
  }
}
