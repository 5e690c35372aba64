/**
 * From a segment to a datagram in the link's memory: text first at a fixed place, then TCP and IP
 * headers leftwards from it (ADR-0010). Nothing is copied here but an echo's data.
 */
import type { IpAddress } from '../wire/address.ts';
import { ECN_MASK } from '../wire/ecn.ts';
import { ICMP_HEADER, IcmpMessage, type IcmpKind } from '../wire/icmp.ts';
import { writeIcmpv4 } from '../wire/icmpv4.ts';
import { writeIcmpv6 } from '../wire/icmpv6.ts';
import { IpHeader, ipHeaderLength, Protocol, pseudoSum } from '../wire/ip.ts';
import { RST, Segment } from '../wire/segment.ts';
import { sealTcp, writeTcp } from '../wire/tcp.ts';
import type { Connection } from '../tcp/connection.ts';
import type { State } from '../tcp/state.ts';
import type { Counters } from './counters.ts';
import type { FourTuple } from './four-tuple.ts';
import type { SegmentHistory } from './history.ts';
import type { NetworkInterface } from './interface.ts';
import { Path, type IpOut } from './ip-out.ts';
import { NoOutlet, type Outlet } from './outlet.ts';
import type { PacketEvent } from './packet-event.ts';
import type { Reply } from './replies.ts';
import type { TcpSocket } from './tcp-socket.ts';

const MAX_TCP_HEADER = 60; // octets, with all options that fit
const TCP_WITHOUT_OPTIONS = 20; // octets
const MAX_DATAGRAM = 65_535; // octets

export class Transmit {
  readonly #ipOut: IpOut;
  readonly #counters: Counters;
  readonly #event: PacketEvent;
  readonly #observed: boolean;
  readonly #labelKey: number;
  readonly #history: SegmentHistory | undefined;
  readonly #ip: IpHeader = new IpHeader();
  readonly #seg: Segment = new Segment();
  readonly #icmp: IcmpMessage = new IcmpMessage();
  readonly #replyPath: Path = new Path();
  #pit: Outlet | undefined = undefined;
  #sourcePort = 0;
  #destinationPort = 0;

  /** `labelKey` makes IPv6 flow labels: an int32 out of the host's secret. */
  constructor(
    ipOut: IpOut,
    counters: Counters,
    event: PacketEvent,
    observed: boolean,
    labelKey: number,
    history: SegmentHistory | undefined,
  ) {
    this.#labelKey = labelKey;
    this.#history = history;
    this.#ipOut = ipOut;
    this.#counters = counters;
    this.#event = event;
    this.#observed = observed;
  }

  /** Sends all that `connection`, the one of `socket`, has to say. */
  segments(now: number, socket: TcpSocket, connection: Connection): void {
    const { localAddress, remoteAddress } = socket;
    if (localAddress === undefined || remoteAddress === undefined) return; // LISTEN says nothing
    this.#from(socket, localAddress, remoteAddress);
    let path = this.path(now, socket, localAddress, remoteAddress);
    const { iface } = path;
    if (iface === undefined) {
      this.#swallow(now, connection);
      return;
    }
    const { outlet } = iface;
    const mss = path.mtu - ipHeaderLength(this.#ip.version) - TCP_WITHOUT_OPTIONS;
    if (mss !== connection.tcb.pathLimit) {
      this.#pathChanged(now, path, mss, remoteAddress, connection);
      path = this.path(now, socket, localAddress, remoteAddress); // over the same interface
    }
    this.#ip.dontFragment = path.dontFragment;
    const headers = iface.headroom + ipHeaderLength(this.#ip.version) + MAX_TCP_HEADER;
    const room = iface.headroom + iface.mtu - TCP_WITHOUT_OPTIONS + MAX_TCP_HEADER;
    const seg = this.#seg;
    for (;;) {
      const textStart = outlet.claim(room) + headers;
      seg.bytes = outlet.bytes;
      seg.textStart = textStart;
      seg.textEnd = textStart;
      const before = connection.state;
      if (!connection.poll(now, seg)) return;
      this.#history?.add(now, true, socket.hash, seg);
      this.#segment(now, path, outlet, seg, socket, before, connection);
    }
  }

  /** Either the path takes another size now, or this connection is the first to know. */
  #pathChanged(
    now: number,
    path: Path,
    mss: number,
    remote: IpAddress,
    connection: Connection,
  ): void {
    const { pathMtu, pathLimit } = connection.tcb;
    if (pathMtu?.news !== true) {
      connection.pathMss(now, mss);
      return;
    }
    pathMtu.news = false;
    const { family, w0, w1, w2, w3 } = remote;
    const mtu = path.mtu + pathLimit - mss;
    this.#ipOut.pathMtus.lowered(now, family, w0, w1, w2, w3, mtu);
  }

  /** Where the segments of `socket` go. */
  path(now: number, socket: TcpSocket, local: IpAddress, remote: IpAddress): Path {
    let { path } = socket;
    if (path === undefined || path.generation !== this.#ipOut.routes.generation) {
      const { w0, w1, w2, w3 } = local;
      const { family, w0: r0, w1: r1, w2: r2, w3: r3 } = remote;
      path = this.#ipOut.shared(now, family, r0, r1, r2, r3, w0, w1, w2, w3);
      socket.path = path;
    }
    return path;
  }

  /** Sends what belongs to no TCB. */
  reply(now: number, reply: Reply): void {
    const path = this.#replyPath;
    const t = reply.tuple;
    this.#fromTuple(t, reply.tos, reply.hops);
    const { family, remote0, remote1, remote2, remote3, local0, local1, local2, local3 } = t;
    this.#ipOut.resolve(
      now,
      path,
      family,
      remote0,
      remote1,
      remote2,
      remote3,
      local0,
      local1,
      local2,
      local3,
      reply.iface,
    );
    const { iface } = path;
    if (iface === undefined) {
      this.#counters['out-no-route']++;
      return;
    }
    if (reply.data !== undefined) {
      this.#message(now, path, iface, reply, reply.data);
      return;
    }
    this.#ip.dontFragment = path.dontFragment;
    const seg = reply.segment;
    const { outlet } = iface;
    const headers = iface.headroom + ipHeaderLength(this.#ip.version) + MAX_TCP_HEADER;
    const textStart = outlet.claim(headers) + headers;
    seg.bytes = outlet.bytes;
    seg.textStart = textStart;
    seg.textEnd = textStart;
    if (seg.ctl & RST) this.#counters['resets-out']++;
    this.#event.because = reply.because;
    this.#segment(now, path, outlet, seg, reply.socket, undefined, undefined);
  }

  /** No route: what it says is lost, and it says it again later (RFC 9293 §3.8.1). */
  #swallow(now: number, connection: Connection): void {
    this.#pit ??= new NoOutlet(MAX_DATAGRAM);
    const seg = this.#seg;
    const start = this.#pit.claim(MAX_DATAGRAM);
    seg.bytes = this.#pit.bytes;
    do {
      seg.textStart = seg.textEnd = start;
      this.#counters['out-no-route']++;
    } while (connection.poll(now, seg));
    this.#counters['out-no-route']--; // the last one there was not
  }

  #segment(
    now: number,
    path: Path,
    outlet: Outlet,
    seg: Segment,
    socket: TcpSocket | undefined,
    before: State | undefined,
    connection: Connection | undefined,
  ): void {
    const { view } = outlet;
    const ip = this.#ip;
    const end = seg.textEnd;
    const start = writeTcp(view, seg.textStart, seg, this.#sourcePort, this.#destinationPort);
    const length = end - start;
    if (!outlet.checksumOffload) sealTcp(view, start, end, pseudoSum(ip, Protocol.TCP, length));
    ip.protocol = Protocol.TCP;
    ip.tos = (ip.tos & ~ECN_MASK) | seg.ecn;
    this.#counters['segments-out']++;
    if (this.#observed) {
      const event = this.#event;
      event.socket = socket;
      event.before = before ?? socket?.state;
      event.after = connection === undefined ? socket?.state : connection.state;
      if (connection !== undefined) event.because = connection.tcb.because;
    }
    this.#ipOut.send(now, path, ip, start, end);
  }

  /** ICMP, written where it leaves from; what the path does not take whole is written elsewhere. */
  #message(now: number, path: Path, iface: NetworkInterface, reply: Reply, data: Uint8Array): void {
    const ip = this.#ip;
    const message = this.#icmp;
    const ipHeader = ipHeaderLength(ip.version);
    const headers = iface.headroom + ipHeader + ICMP_HEADER;
    const fits = ipHeader + ICMP_HEADER + data.length <= path.mtu;
    const room = fits ? iface.outlet : (this.#pit ??= new NoOutlet(MAX_DATAGRAM));
    message.kind = reply.kind;
    message.code = reply.code;
    message.pointer = reply.pointer;
    message.identifier = reply.identifier;
    message.sequence = reply.sequence;
    message.bodyStart = room.claim(headers + data.length) + headers;
    message.bodyEnd = message.bodyStart + data.length;
    const { view } = room;
    room.bytes.set(data, message.bodyStart);
    ip.protocol = ip.version === 4 ? Protocol.ICMP : Protocol.ICMPV6;
    const pseudo = pseudoSum(ip, ip.protocol, ICMP_HEADER + data.length);
    const start =
      ip.version === 4 ? writeIcmpv4(view, message) : writeIcmpv6(view, message, pseudo);
    this.#count(reply.kind);
    this.#event.because = reply.because;
    ip.dontFragment = false;
    if (fits) this.#ipOut.send(now, path, ip, start, message.bodyEnd);
    else this.#ipOut.sendLarge(now, path, ip, room.bytes, start, message.bodyEnd);
  }

  #count(kind: IcmpKind): void {
    if (kind === 'echo-reply') this.#counters['echo-replies-out']++;
    else if (kind === 'echo-request') this.#counters['echo-requests-out']++;
    else this.#counters['icmp-errors-out']++;
  }

  #from(socket: TcpSocket, local: IpAddress, remote: IpAddress): void {
    const ip = this.#ip;
    ip.version = local.family;
    ip.src0 = local.w0;
    ip.src1 = local.w1;
    ip.src2 = local.w2;
    ip.src3 = local.w3;
    ip.dst0 = remote.w0;
    ip.dst1 = remote.w1;
    ip.dst2 = remote.w2;
    ip.dst3 = remote.w3;
    ip.tos = socket.tos;
    ip.ttl = socket.hops;
    ip.flowLabel = flowLabel(socket.hash ^ this.#labelKey);
    this.#sourcePort = socket.localPort;
    this.#destinationPort = socket.remotePort;
  }

  #fromTuple(t: FourTuple, tos: number, hops: number): void {
    const ip = this.#ip;
    ip.version = t.family;
    ip.src0 = t.local0;
    ip.src1 = t.local1;
    ip.src2 = t.local2;
    ip.src3 = t.local3;
    ip.dst0 = t.remote0;
    ip.dst1 = t.remote1;
    ip.dst2 = t.remote2;
    ip.dst3 = t.remote3;
    ip.tos = tos;
    ip.ttl = hops;
    ip.flowLabel = 0;
    this.#sourcePort = t.localPort;
    this.#destinationPort = t.remotePort;
  }
}

/** RFC 6437 §3: 20 bits, the same for all of a connection, and nobody can tell of which. */
function flowLabel(keyed: number): number {
  const mixed = Math.imul(keyed ^ (keyed >>> 15), 0x85ebca6b);
  return Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) >>> 12;
}
