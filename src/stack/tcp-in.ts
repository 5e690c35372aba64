/**
 * Where a TCP segment goes: RFC 9293 §3.10.7 as far as it is the host's. First the connection, then
 * a TIME-WAIT record, then who listens, then the reset of §3.10.7.1. What
 * comes to a connection over its own interface needs no look at addresses: it had one when it began.
 */
import type { IpHeader } from '../wire/ip-header.ts';
import { pseudoSum, Protocol } from '../wire/ip.ts';
import { ACK, RST, Segment, SYN } from '../wire/segment.ts';
import { add, gt, ZERO, type Seq } from '../wire/seq.ts';
import { destinationPort, readTcp, sourcePort, TCP_HEADER, verifyTcp } from '../wire/tcp.ts';
import { IpAddress } from '../wire/address.ts';
import { resetFor } from '../tcp/reset.ts';
import type { Connection } from '../tcp/connection.ts';
import type { Counters, DropReason } from './counters.ts';
import { FourTuple } from './four-tuple.ts';
import type { NetworkInterface } from './interface.ts';
import { Listener } from './listeners.ts';
import type { LocalAddresses } from './local-addresses.ts';
import type { PacketEvent } from './packet-event.ts';
import { RateLimit } from './rate-limit.ts';
import type { Replies } from './replies.ts';
import { NOBODY } from './socket-table.ts';
import type { Sockets } from './sockets.ts';
import type { TcpSettings } from './tcp-settings.ts';
import { DEFAULT_TTL, type TcpSocket } from './tcp-socket.ts';

const RESETS_PER_SECOND = 200; // for what belongs to no connection; FreeBSD's net.inet.icmp.icmplim
const REOPEN_GAP = 65_537; // octets: a new ISS lies beyond all that the old window could hold

export type NextIss = (now: number, tuple: FourTuple) => Seq;

export class TcpIn {
  readonly #addresses: LocalAddresses;
  readonly #sockets: Sockets;
  readonly #settings: TcpSettings;
  readonly #replies: Replies;
  readonly #counters: Counters;
  readonly #nextIss: NextIss;
  readonly #event: PacketEvent;
  readonly #seg: Segment = new Segment();
  readonly #tuple: FourTuple = new FourTuple();
  readonly #resets: RateLimit = new RateLimit(RESETS_PER_SECOND);
  #mtu = 0; // of the interface it came over

  constructor(
    addresses: LocalAddresses,
    sockets: Sockets,
    settings: TcpSettings,
    replies: Replies,
    counters: Counters,
    nextIss: NextIss,
    event: PacketEvent,
  ) {
    this.#addresses = addresses;
    this.#sockets = sockets;
    this.#settings = settings;
    this.#replies = replies;
    this.#counters = counters;
    this.#nextIss = nextIss;
    this.#event = event;
  }

  /** The segment in the payload of `ip`; says why it was dropped before any connection saw it. */
  arrives(
    now: number,
    ip: IpHeader,
    bytes: Uint8Array,
    view: DataView,
    checksumVerified: boolean,
    iface: NetworkInterface,
  ): DropReason | undefined {
    const start = ip.payloadStart;
    const end = ip.payloadEnd;
    if (end - start < TCP_HEADER) return this.#strange(ip, iface) ?? 'tcp-truncated';
    const tuple = this.#tuple;
    tuple.ofArrival(ip, sourcePort(view, start), destinationPort(view, start));
    const found = this.#sockets.table.find(tuple);
    if (found <= NOBODY || this.#sockets.table.socket(found).path?.iface !== iface) {
      const drop = this.#strange(ip, iface);
      if (drop !== undefined) return drop;
      this.#mtu = iface.mtu;
    }
    const seg = this.#seg;
    const drop = readTcp(seg, bytes, view, start, end);
    if (drop !== undefined) return drop;
    if (
      !checksumVerified &&
      !verifyTcp(view, start, end, pseudoSum(ip, Protocol.TCP, end - start))
    ) {
      return 'tcp-checksum';
    }
    this.#counters['segments-in']++;
    if (found > NOBODY) return this.#toConnection(now, this.#sockets.table.socket(found));
    if (found < NOBODY) return this.#toRecord(now, this.#sockets.table.record(found));
    return this.#toListener(now);
  }

  /**
   * Addresses that no segment for a new connection may have (MUST-57, MUST-63), nor one for an old
   * connection that comes over another interface than its own (ADR-0014).
   */
  #strange(ip: IpHeader, iface: NetworkInterface): DropReason | undefined {
    const destination = this.#addresses.destination(iface, ip);
    if (destination !== 'ours') return destination === 'many' ? 'tcp-broadcast' : 'ip-destination';
    return this.#addresses.wrongSource(iface, ip);
  }

  #toConnection(now: number, socket: TcpSocket): undefined {
    const connection = this.#sockets.begin(now, socket);
    const before = connection.state;
    connection.segmentArrives(now, this.#seg);
    this.#sockets.done(socket, before);
    this.#tell(socket, before, connection);
    return undefined;
  }

  /** TIME-WAIT: the same code decides, on a TCB made of the record. */
  #toRecord(now: number, slot: number): DropReason | undefined {
    const { records } = this.#sockets.table;
    const connection = this.#sockets.recordTcb(now, slot);
    if (this.#opensAgain(connection)) return this.#reopen(now, slot, connection);
    const holder = records.holder(slot);
    connection.segmentArrives(now, this.#seg);
    const field = records.field(slot);
    while (this.#pollReply(now, connection, holder, field >>> 8, field & 0xff));
    this.#sockets.storeRecord(slot, connection);
    this.#tell(holder, 'TIME-WAIT', connection);
    return undefined;
  }

  /** MAY-2: a SYN beyond all that the old connection received, and somebody who waits for one. */
  #opensAgain(connection: Connection): boolean {
    const seg = this.#seg;
    if ((seg.ctl & (SYN | ACK | RST)) !== SYN || !gt(seg.seq, connection.tcb.rcv.nxt)) return false;
    return this.#sockets.listeners.find(this.#tuple) !== undefined;
  }

  #reopen(now: number, slot: number, connection: Connection): DropReason | undefined {
    const old = connection.tcb.snd.nxt;
    this.#counters['time-wait-reopened']++;
    this.#sockets.endRecord(now, slot);
    const iss = this.#nextIss(now, this.#tuple);
    return this.#toListener(now, gt(iss, old) ? iss : add(old, REOPEN_GAP));
  }

  #toListener(now: number, iss?: Seq): DropReason | undefined {
    const waiting = this.#sockets.listeners.find(this.#tuple);
    if (waiting === undefined) return this.#refuse(now, '§3.10.7.1: no such connection');
    if (!(waiting instanceof Listener)) return this.#toPassive(now, waiting, iss);
    const { ctl } = this.#seg;
    if (ctl & RST) return 'tcp-not-syn';
    if (ctl & ACK)
      return this.#refuse(now, '§3.10.7.2 second: LISTEN answers any ACK with a reset');
    if (!(ctl & SYN)) return 'tcp-not-syn';
    if (waiting.pending >= waiting.backlog) return 'tcp-backlog';
    waiting.pending++;
    this.#toChild(now, waiting, iss);
    return undefined;
  }

  #toChild(now: number, listener: Listener, iss: Seq | undefined): void {
    const sockets = this.#sockets;
    const tuple = this.#tuple;
    const socket = sockets.create(this.#settings.options(tuple.family, listener.tcp, this.#mtu));
    socket.parent = listener;
    this.#bind(socket);
    const connection = sockets.begin(now, socket);
    connection.openPassive();
    connection.segmentArrives(now, this.#seg, iss ?? this.#nextIss(now, tuple));
    sockets.done(socket, 'LISTEN');
    this.#tell(socket, 'LISTEN', connection);
  }

  /** The RFC's passive OPEN: its TCB takes the SYN; all else it answers, if at all, in LISTEN. */
  #toPassive(now: number, socket: TcpSocket, iss: Seq | undefined): DropReason | undefined {
    const sockets = this.#sockets;
    const tuple = this.#tuple;
    const wantsReset = (this.#seg.ctl & (ACK | RST)) === ACK;
    if (wantsReset && (this.#noRoom() || !this.#mayReset(now))) return 'tcp-not-syn';
    this.#bind(socket);
    const options = this.#settings.options(tuple.family, socket.wanted?.tcp, this.#mtu);
    sockets.inFamily(now, socket, options);
    const connection = sockets.begin(now, socket);
    const opens = (this.#seg.ctl & (SYN | ACK | RST)) === SYN;
    const first = opens ? (iss ?? this.#nextIss(now, tuple)) : ZERO;
    connection.segmentArrives(now, this.#seg, first);
    const listens = connection.state === 'LISTEN';
    if (listens) {
      this.#pollReply(now, connection, socket, socket.tos, socket.hops);
      sockets.unbind(socket);
    } else sockets.done(socket, 'LISTEN');
    this.#tell(socket, 'LISTEN', connection);
    return listens ? 'tcp-not-syn' : undefined;
  }

  /** The local address is the one the SYN came to (MUST-45). */
  #bind(socket: TcpSocket): void {
    const t = this.#tuple;
    const { family, local0, local1, local2, local3, remote0, remote1, remote2, remote3 } = t;
    const local = this.#addresses.find(family, local0, local1, local2, local3);
    socket.bindLocal(local, t.localPort);
    const remote = new IpAddress(family, remote0, remote1, remote2, remote3);
    socket.bindRemote(remote, t.remotePort);
  }

  /** §3.10.7.1: what belongs to no connection is answered with a reset, a reset with nothing. */
  #refuse(now: number, because: string): DropReason {
    this.#event.because = because;
    const reset = resetFor(this.#seg);
    if (reset === undefined) return 'tcp-no-connection';
    if (!this.#mayReset(now)) return 'tcp-no-connection';
    const reply = this.#replies.add();
    if (reply === undefined) {
      this.#counters['out-replies-full']++;
      return 'tcp-no-connection';
    }
    reply.tuple.copy(this.#tuple);
    reply.segment.seq = reset.seq;
    reply.segment.ack = reset.ack;
    reply.segment.ctl = reset.ctl;
    reply.tos = 0;
    reply.hops = DEFAULT_TTL;
    reply.because = because;
    return 'tcp-no-connection';
  }

  /** A reset that cannot be kept must not be made: the TCB would send it to whom it meets next. */
  #noRoom(): boolean {
    if (this.#replies.full) this.#counters['out-replies-full']++;
    return this.#replies.full;
  }

  #mayReset(now: number): boolean {
    if (this.#resets.allows(now)) return true;
    this.#counters['resets-limited']++;
    return false;
  }

  /** What `connection`, which has no place in the next flush, wants to say; never text. */
  #pollReply(
    now: number,
    connection: Connection,
    socket: TcpSocket | undefined,
    tos: number,
    hops: number,
  ): boolean {
    const reply = this.#replies.add();
    if (reply === undefined) {
      this.#counters['out-replies-full']++;
      return false;
    }
    if (!connection.poll(now, reply.segment)) {
      this.#replies.withdraw();
      return false;
    }
    reply.tuple.copy(this.#tuple);
    reply.tos = tos;
    reply.hops = hops;
    reply.socket = socket;
    reply.because = connection.tcb.because;
    return true;
  }

  #tell(
    socket: TcpSocket | undefined,
    before: PacketEvent['before'],
    connection: Connection,
  ): void {
    const event = this.#event;
    event.socket = socket;
    event.before = before;
    event.after = connection.state;
    event.because = connection.tcb.because;
  }
}
