/**
 * Where a TCP segment goes: RFC 9293 §3.10.7 as far as it is the host's. First the connection, then
 * a TIME-WAIT record, then who listens, then the reset of §3.10.7.1. What
 * comes to a connection over its own interface needs no look at addresses: it had one when it began.
 */
import { ECN_MASK } from '../wire/ecn.ts';
import type { IpHeader } from '../wire/ip-header.ts';
import { pseudoSum, Protocol } from '../wire/ip.ts';
import { ACK, RST, Segment, SYN } from '../wire/segment.ts';
import { add, gt, le, ZERO, type Seq } from '../wire/seq.ts';
import { destinationPort, readTcp, sourcePort, TCP_HEADER, verifyTcp } from '../wire/tcp.ts';
import { IpAddress } from '../wire/address.ts';
import { issBeyond, opensAgain } from '../tcp/reopen.ts';
import { resetFor } from '../tcp/reset.ts';
import { receiveShift } from '../tcp/syn-options.ts';
import { tsvalOf } from '../tcp/timestamps.ts';
import type { Connection } from '../tcp/connection.ts';
import { FastOpen } from '../tcp/fast-open.ts';
import type { TcpOptions } from '../tcp/options.ts';
import type { Counters, DropReason } from './counters.ts';
import type { FastOpenCookies } from './fast-open-cookies.ts';
import { FourTuple } from './four-tuple.ts';
import type { SegmentHistory } from './history.ts';
import type { NetworkInterface } from './interface.ts';
import type { FirstNumbers } from './isn.ts';
import type { Keys } from './keys.ts';
import { Listener } from './listener.ts';
import type { LocalAddresses } from './local-addresses.ts';
import type { PacketEvent } from './packet-event.ts';
import type { Path } from './path.ts';
import type { Replies, Reply } from './replies.ts';
import { ReplyLimit } from './reply-limit.ts';
import { NOBODY } from './socket-table.ts';
import type { Sockets } from './sockets.ts';
import { answerTsvalCookie, fromTsvalCookie, SynCookies, tsvalCookie } from './syn-cookies.ts';
import type { TcpSettings } from './tcp-settings.ts';
import { DEFAULT_TTL, type TcpSocket } from './tcp-socket.ts';

const RESETS_PER_SECOND = 200; // to one destination; FreeBSD's net.inet.icmp.icmplim, there for all
const MAX_WINDOW = 65_535; // octets, what a SYN,ACK can say

export class TcpIn {
  readonly #addresses: LocalAddresses;
  readonly #sockets: Sockets;
  readonly #settings: TcpSettings;
  readonly #replies: Replies;
  readonly #counters: Counters;
  readonly #first: FirstNumbers;
  readonly #event: PacketEvent;
  readonly #seg: Segment = new Segment();
  readonly #syn: Segment = new Segment();
  readonly #tuple: FourTuple = new FourTuple();
  readonly #history: SegmentHistory | undefined;
  readonly #cookies: SynCookies;
  readonly #fastOpens: FastOpenCookies;
  readonly #resets: ReplyLimit;
  #mtu = 0; // of the interface it came over

  constructor(
    keys: Keys,
    addresses: LocalAddresses,
    sockets: Sockets,
    settings: TcpSettings,
    replies: Replies,
    counters: Counters,
    first: FirstNumbers,
    event: PacketEvent,
    fastOpens: FastOpenCookies,
  ) {
    this.#fastOpens = fastOpens;
    this.#addresses = addresses;
    this.#sockets = sockets;
    this.#settings = settings;
    this.#replies = replies;
    this.#counters = counters;
    this.#first = first;
    this.#event = event;
    this.#history = sockets.history;
    this.#cookies = new SynCookies(keys.sipHash(), keys.sipHash());
    this.#resets = new ReplyLimit(keys.sipHash(), RESETS_PER_SECOND);
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
    seg.ecn = ip.tos & ECN_MASK;
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

  #toConnection(now: number, socket: TcpSocket): DropReason | undefined {
    const connection = this.#sockets.begin(now, socket);
    const before = connection.state;
    if (connection.ackGoesFirst)
      this.#pollReply(now, connection, true, socket, socket.hash, socket.field);
    this.#history?.add(now, false, socket.hash, this.#seg);
    if (socket.parent?.full && this.#completes(connection)) return 'tcp-accept-queue';
    const { snd, rcv } = connection.tcb;
    const { una } = snd;
    const { nxt } = rcv;
    connection.segmentArrives(now, this.#seg);
    if (snd.una !== una || rcv.nxt !== nxt) progress(now, socket.path);
    this.#sockets.done(socket, before);
    this.#tell(socket, before, connection);
    return undefined;
  }

  /** As Linux has it: stays in SYN-RECEIVED, repeats its SYN,ACK, and the next ACK may find room. */
  #completes({ state, tcb: { snd } }: Connection): boolean {
    const { ctl, ack } = this.#seg;
    if (state !== 'SYN-RECEIVED' || (ctl & (ACK | RST)) !== ACK) return false;
    return gt(ack, snd.una) && le(ack, snd.nxt);
  }

  /** TIME-WAIT: the same code decides, on a TCB made of the record. */
  #toRecord(now: number, slot: number): DropReason | undefined {
    const { records } = this.#sockets.table;
    const connection = this.#sockets.recordTcb(now, slot);
    this.#history?.add(now, false, records.hash(slot), this.#seg);
    if (opensAgain(connection.tcb, this.#seg)) {
      const waiting = this.#sockets.listeners.find(this.#tuple);
      if (waiting !== undefined) return this.#reopen(now, slot, connection, waiting);
    }
    const holder = records.holder(slot);
    connection.segmentArrives(now, this.#seg);
    const field = records.field(slot);
    const hash = records.hash(slot);
    while (this.#pollReply(now, connection, false, holder, hash, field));
    this.#sockets.storeRecord(slot, connection);
    this.#tell(holder, 'TIME-WAIT', connection);
    return undefined;
  }

  /** MAY-2: a new connection, whose ISS lies beyond what the old one sent. No cookie can promise that. */
  #reopen(
    now: number,
    slot: number,
    connection: Connection,
    waiting: Listener | TcpSocket,
  ): DropReason | undefined {
    const listens = waiting instanceof Listener;
    if (listens && (waiting.full || waiting.pending >= waiting.backlog)) return 'tcp-backlog';
    const old = connection.tcb.snd.nxt;
    const record = this.#sockets.suspend(now, slot);
    const iss = issBeyond(this.#first.next(now, this.#tuple), old);
    this.#counters['time-wait-reopened']++;
    if (!listens) {
      this.#toPassive(now, waiting, iss);
      this.#sockets.replaces(waiting, record);
    } else this.#sockets.replaces(this.#toChild(now, waiting, iss), record);
    return undefined;
  }

  #toListener(now: number): DropReason | undefined {
    const waiting = this.#sockets.listeners.find(this.#tuple);
    if (waiting === undefined) return this.#refuse(now, '§3.10.7.1: no such connection');
    if (!(waiting instanceof Listener)) return this.#toPassive(now, waiting, undefined);
    const { ctl } = this.#seg;
    if (ctl & RST) return 'tcp-not-syn';
    if (ctl & ACK) return this.#ackToListener(now, waiting);
    if (!(ctl & SYN)) return 'tcp-not-syn';
    if (waiting.full) return 'tcp-backlog';
    const cookie = this.#wantsCookie(waiting);
    if (cookie) return this.#answerCookie(now, waiting);
    if (waiting.pending >= waiting.backlog) return 'tcp-backlog';
    this.#toChild(now, waiting, this.#first.next(now, this.#tuple));
    return undefined;
  }

  #toChild(now: number, listener: Listener, iss: Seq): TcpSocket {
    const socket = this.#child(listener);
    const connection = this.#sockets.begin(now, socket);
    connection.openPassive();
    const fast = this.#fastOpen(now, socket.options, listener);
    connection.fastOpen(fast);
    connection.segmentArrives(now, this.#seg, iss, this.#first.timestampOffset(this.#tuple));
    this.#sockets.done(socket, 'LISTEN');
    if (fast?.accepted === true) this.#sockets.openedFast(socket, listener);
    this.#history?.add(now, false, socket.hash, this.#seg);
    this.#tell(socket, 'LISTEN', connection);
    return socket;
  }

  /** What the Fast Open option of a SYN comes to: RFC 7413 §4.2.2. */
  #fastOpen(
    now: number,
    { fastOpen }: TcpOptions,
    listener: Listener | undefined,
  ): FastOpen | undefined {
    const { cookieLength, cookieExperimental } = this.#seg;
    if (cookieLength < 0 || (fastOpen !== 'server' && fastOpen !== 'both')) return undefined;
    const counters = this.#counters;
    if (listener?.mayOpenFast(now) === false) {
      counters['fast-open-limited']++; // RFC 7413 §5.1: as if nobody here knew the option
      return undefined;
    }
    const age = this.#fastOpens.check(now, this.#tuple, this.#seg);
    if (age !== undefined) counters['fast-open-accepted']++;
    else if (cookieLength > 0) counters['fast-open-invalid']++;
    if (age === 'present') return new FastOpen(undefined, cookieExperimental, true, 0);
    counters['fast-open-granted']++;
    const cookie = this.#fastOpens.make(now, this.#tuple);
    return new FastOpen(cookie, cookieExperimental, age === 'previous', 0);
  }

  #child(listener: Listener): TcpSocket {
    const options = this.#settings.options(this.#tuple.family, listener.tcp, this.#mtu);
    const socket = this.#sockets.create(options);
    socket.parent = listener;
    listener.pending++;
    this.#bind(socket);
    return socket;
  }

  #wantsCookie(listener: Listener): boolean {
    if (listener.synCookies === 'overflow') return listener.pending >= listener.backlog;
    return listener.synCookies === 'always';
  }

  /** The SYN,ACK that the core would send, but for the ISS; nothing is kept (RFC 4987 §3.6). */
  #answerCookie(now: number, listener: Listener): DropReason | undefined {
    const { family } = this.#tuple;
    const syn = this.#seg;
    const options = this.#settings.options(family, listener.tcp, this.#mtu);
    const reply = this.#reply('RFC 4987 §3.6: the backlog is full, a SYN cookie is sent');
    if (reply === undefined) return 'tcp-backlog';
    const mss = syn.mss > 0 ? syn.mss : options.defaultSendMss;
    const { segment } = reply;
    segment.seq = this.#cookies.make(now, this.#tuple, syn, mss);
    segment.ack = add(syn.seq, 1);
    segment.ctl = SYN | ACK;
    segment.wnd = Math.min(options.receiveBuffer, MAX_WINDOW);
    segment.mss = Math.min(options.receiveMss, options.maxSeg);
    segment.freebsdOrder = options.synOrder === 'freebsd';
    if (options.timestamps && syn.timestamps) {
      const clock = tsvalOf(this.#first.timestampOffset(this.#tuple), now);
      const tsval = tsvalCookie(clock, syn, options);
      answerTsvalCookie(segment, tsval, syn, receiveShift(options));
    }
    listener.cookiesUntil = this.#cookies.validUntil(now);
    this.#counters['syn-cookies-sent']++;
    return undefined;
  }

  /** §3.10.7.2 second: any ACK is bad, unless a cookie of ours is what it acknowledges. */
  #ackToListener(now: number, listener: Listener): DropReason | undefined {
    const seg = this.#seg;
    if (now < listener.cookiesUntil && !(seg.ctl & SYN)) {
      const mss = this.#cookies.check(now, this.#tuple, seg);
      if (mss !== undefined) return this.#fromCookie(now, listener, mss);
      this.#counters['syn-cookies-invalid']++;
    }
    return this.#refuse(now, '§3.10.7.2 second: LISTEN answers any ACK with a reset');
  }

  /** The handshake again, as if it had been kept; then the ACK, with all that is in it. */
  #fromCookie(now: number, listener: Listener, mss: number): DropReason | undefined {
    if (listener.full) return 'tcp-accept-queue';
    const seg = this.#seg;
    const syn = this.#syn;
    syn.clear();
    syn.seq = add(seg.seq, -1);
    syn.ctl = SYN;
    syn.wnd = seg.wnd;
    syn.mss = mss;
    if (seg.timestamps) {
      syn.timestamps = true;
      syn.tsval = seg.tsval;
      fromTsvalCookie(seg.tsecr, syn);
    }
    const sockets = this.#sockets;
    const socket = this.#child(listener);
    const connection = sockets.begin(now, socket);
    connection.openPassive();
    const offset = this.#first.timestampOffset(this.#tuple);
    connection.synCookie(now, syn, add(seg.ack, -1), offset);
    sockets.done(socket, 'LISTEN');
    this.#history?.add(now, false, socket.hash, seg);
    connection.segmentArrives(now, seg);
    sockets.done(socket, 'SYN-RECEIVED');
    this.#counters['syn-cookies-accepted']++;
    this.#tell(socket, 'LISTEN', connection);
    return undefined;
  }

  /** The RFC's passive OPEN: its TCB takes the SYN; all else it answers, if at all, in LISTEN. */
  #toPassive(now: number, socket: TcpSocket, iss: Seq | undefined): DropReason | undefined {
    const sockets = this.#sockets;
    const tuple = this.#tuple;
    const wantsReset = (this.#seg.ctl & (ACK | RST)) === ACK;
    if (wantsReset && (this.#noRoom() || !this.#mayReset(now))) return 'tcp-not-syn';
    this.#bind(socket);
    const options = this.#settings.options(tuple.family, sockets.wantedBy(socket)?.tcp, this.#mtu);
    sockets.inFamily(now, socket, options);
    const connection = sockets.begin(now, socket);
    const opens = (this.#seg.ctl & (SYN | ACK | RST)) === SYN;
    const first = opens ? (iss ?? this.#first.next(now, tuple)) : ZERO;
    if (opens) connection.fastOpen(this.#fastOpen(now, options, undefined));
    connection.segmentArrives(now, this.#seg, first, this.#first.timestampOffset(tuple));
    const listens = connection.state === 'LISTEN';
    if (listens) {
      this.#pollReply(now, connection, false, socket, socket.hash, socket.field);
      sockets.unbind(socket);
    } else {
      sockets.done(socket, 'LISTEN');
      this.#history?.add(now, false, socket.hash, this.#seg);
    }
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
    const reply = this.#reply(because);
    if (reply === undefined) return 'tcp-no-connection';
    reply.segment.seq = reset.seq;
    reply.segment.ack = reset.ack;
    reply.segment.ctl = reset.ctl;
    return 'tcp-no-connection';
  }

  /** An answer of no connection, to be filled in; undefined: too many wait. */
  #reply(because: string): Reply | undefined {
    this.#event.because = because;
    const reply = this.#replies.add();
    if (reply === undefined) {
      this.#counters['out-replies-full']++;
      return undefined;
    }
    reply.tuple.copy(this.#tuple);
    reply.tos = 0;
    reply.hops = DEFAULT_TTL;
    reply.because = because;
    return reply;
  }

  /** A reset that cannot be kept must not be made: the TCB would send it to whom it meets next. */
  #noRoom(): boolean {
    if (this.#replies.full) this.#counters['out-replies-full']++;
    return this.#replies.full;
  }

  #mayReset(now: number): boolean {
    if (this.#resets.allows(now, this.#tuple)) return true;
    this.#counters['resets-limited']++;
    return false;
  }

  /** What `connection` wants to say before the next flush, or without a place in it; never text. */
  #pollReply(
    now: number,
    connection: Connection,
    onlyAck: boolean,
    socket: TcpSocket | undefined,
    hash: number,
    field: number,
  ): boolean {
    const reply = this.#replies.add();
    if (reply === undefined) {
      this.#counters['out-replies-full']++;
      return false;
    }
    if (onlyAck) connection.pollAck(now, reply.segment);
    else if (!connection.poll(now, reply.segment)) {
      this.#replies.withdraw();
      return false;
    }
    this.#history?.add(now, true, hash, reply.segment);
    reply.tuple.copy(this.#tuple);
    reply.tos = field >>> 8;
    reply.hops = field & 0xff;
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

/** What we sent over `path`, text or acknowledgments, has arrived: RFC 4861 §7.3.1. */
function progress(now: number, path: Path | undefined): void {
  const linkLayer = path?.iface?.linkLayer;
  if (path === undefined || linkLayer === undefined) return;
  linkLayer.confirm(now, path.family, path.hop0, path.hop1, path.hop2, path.hop3);
}
