/**
 * From a segment to a datagram in the link's memory: text first at a fixed place, then TCP and IP
 * headers leftwards from it (ADR-0010). Nothing is copied here but an echo's data.
 */
import type { IpAddress } from '../wire/address.ts';
import { ICMP_HEADER, IcmpMessage } from '../wire/icmp.ts';
import { writeIcmpv4 } from '../wire/icmpv4.ts';
import { writeIcmpv6 } from '../wire/icmpv6.ts';
import { IpHeader, ipHeaderLength, Protocol, pseudoSum, writeIp } from '../wire/ip.ts';
import { RST, Segment } from '../wire/segment.ts';
import { sealTcp, writeTcp } from '../wire/tcp.ts';
import type { Connection } from '../tcp/connection.ts';
import type { State } from '../tcp/state.ts';
import type { Counters } from './counters.ts';
import type { FourTuple } from './four-tuple.ts';
import type { Identification } from './identification.ts';
import type { Outlet } from './outlet.ts';
import type { PacketEvent } from './packet-event.ts';
import type { Reply } from './replies.ts';
import type { TcpSocket } from './tcp-socket.ts';

const MAX_TCP_HEADER = 60; // octets, with all options that fit
const TCP_WITHOUT_OPTIONS = 20; // octets

type Told = (event: PacketEvent) => void;

export class Transmit {
  readonly #mtu: number;
  readonly #counters: Counters;
  readonly #identification: Identification;
  readonly #event: PacketEvent;
  readonly #told: Told | undefined;
  readonly #ip: IpHeader = new IpHeader();
  readonly #seg: Segment = new Segment();
  readonly #icmp: IcmpMessage = new IcmpMessage();
  #sourcePort = 0;
  #destinationPort = 0;

  constructor(
    mtu: number,
    counters: Counters,
    identification: Identification,
    event: PacketEvent,
    told: Told | undefined,
  ) {
    this.#mtu = mtu;
    this.#counters = counters;
    this.#identification = identification;
    this.#event = event;
    this.#told = told;
  }

  /** Sends all that `connection`, the one of `socket`, has to say. */
  segments(now: number, outlet: Outlet, socket: TcpSocket, connection: Connection): void {
    const { localAddress, remoteAddress } = socket;
    if (localAddress === undefined || remoteAddress === undefined) return; // LISTEN says nothing
    this.#from(socket, localAddress, remoteAddress);
    const headers = ipHeaderLength(this.#ip.version) + MAX_TCP_HEADER;
    const room = this.#mtu - TCP_WITHOUT_OPTIONS + MAX_TCP_HEADER;
    const seg = this.#seg;
    for (;;) {
      const textStart = outlet.claim(room) + headers;
      seg.bytes = outlet.bytes;
      seg.textStart = textStart;
      seg.textEnd = textStart;
      const before = connection.state;
      if (!connection.poll(now, seg)) return;
      this.#segment(now, outlet, seg, socket, before, connection);
    }
  }

  /** Sends what belongs to no TCB. */
  reply(now: number, outlet: Outlet, reply: Reply): void {
    this.#fromTuple(reply.tuple, reply.tos, reply.hops);
    if (reply.echo !== undefined) {
      this.#echo(now, outlet, reply, reply.echo);
      return;
    }
    const seg = reply.segment;
    const headers = ipHeaderLength(this.#ip.version) + MAX_TCP_HEADER;
    const textStart = outlet.claim(headers) + headers;
    seg.bytes = outlet.bytes;
    seg.textStart = textStart;
    seg.textEnd = textStart;
    if (seg.ctl & RST) this.#counters['resets-out']++;
    this.#event.because = reply.because;
    this.#segment(now, outlet, seg, reply.socket, undefined, undefined);
  }

  #segment(
    now: number,
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
    this.#counters['segments-out']++;
    if (this.#told !== undefined) {
      const event = this.#event;
      event.socket = socket;
      event.before = before ?? socket?.state;
      event.after = connection === undefined ? socket?.state : connection.state;
      if (connection !== undefined) event.because = connection.tcb.because;
    }
    this.#datagram(now, outlet, start, end);
  }

  #echo(now: number, outlet: Outlet, reply: Reply, data: Uint8Array): void {
    const ip = this.#ip;
    const message = this.#icmp;
    const headers = ipHeaderLength(ip.version) + ICMP_HEADER;
    message.kind = 'echo-reply';
    message.code = 0;
    message.identifier = reply.identifier;
    message.sequence = reply.sequence;
    message.bodyStart = outlet.claim(headers + data.length) + headers;
    message.bodyEnd = message.bodyStart + data.length;
    const { view } = outlet;
    outlet.bytes.set(data, message.bodyStart);
    ip.protocol = ip.version === 4 ? Protocol.ICMP : Protocol.ICMPV6;
    const pseudo = pseudoSum(ip, ip.protocol, ICMP_HEADER + data.length);
    const start =
      ip.version === 4 ? writeIcmpv4(view, message) : writeIcmpv6(view, message, pseudo);
    this.#counters['echo-replies-out']++;
    this.#event.socket = undefined;
    this.#event.before = undefined;
    this.#event.after = undefined;
    this.#event.because = reply.because;
    this.#datagram(now, outlet, start, message.bodyEnd);
  }

  /** The IP header before `payloadStart`, and away. */
  #datagram(now: number, outlet: Outlet, payloadStart: number, end: number): void {
    const ip = this.#ip;
    if (ip.version === 4) ip.id = this.#identification.next();
    const start = writeIp(outlet.view, payloadStart, ip, end - payloadStart);
    const fits = end - start <= outlet.mtu;
    if (this.#told !== undefined) this.#tell(now, outlet, start, end, fits, this.#told);
    if (!fits) {
      this.#counters['out-too-big']++;
      return;
    }
    this.#counters['datagrams-out']++;
    outlet.transmit(start, end);
  }

  #tell(now: number, outlet: Outlet, start: number, end: number, fits: boolean, told: Told): void {
    const event = this.#event;
    event.now = now;
    event.direction = 'out';
    event.bytes = outlet.bytes;
    event.view = outlet.view;
    event.start = start;
    event.end = end;
    event.drop = fits ? undefined : 'out-too-big';
    told(event);
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
    this.#sourcePort = t.localPort;
    this.#destinationPort = t.remotePort;
  }
}
