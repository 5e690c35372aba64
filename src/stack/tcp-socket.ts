/**
 * What a user holds of a connection: the calls of RFC 9293 §3.9.1 with the addresses and ports that
 * the core leaves to the host. It outlives its connection's TCB, which becomes a record in TIME-WAIT.
 */
import type { IpAddress } from '../wire/address.ts';
import { ipHeaderLength } from '../wire/ip.ts';
import { TCP_HEADER } from '../wire/tcp.ts';
import type { Seq } from '../wire/seq.ts';
import type { Connection } from '../tcp/connection.ts';
import type { SendOptions } from '../tcp/events/send.ts';
import type { Status } from '../tcp/events/status.ts';
import { tcpInfo, type TcpInfo } from '../tcp/info.ts';
import { checkRanges } from '../tcp/option-ranges.ts';
import type { ControllerName, TcpDefaults, TcpOptions } from '../tcp/options.ts';
import type { Answer, Refusal } from '../tcp/refusal.ts';
import type { TcpSignal } from '../tcp/signals.ts';
import type { State } from '../tcp/state.ts';
import type { RecentSegment } from './history.ts';
import type { Path } from './path.ts';

/** What a socket asks of its host. */
export interface SocketHome {
  /** A call of the user begins at `now`: the connection it goes to. */
  begin(now: number, socket: TcpSocket): Connection;
  /** The call is over; `before` is the state it found. */
  done(socket: TcpSocket, before: State): void;
  /** Like `done` where no state can have changed. */
  touch(socket: TcpSocket): void;
  /** The ISS with which a passive socket turns active, bound to a local address; or why not. */
  activate(now: number, socket: TcpSocket): Seq | Refusal;
  /** What the clock of its timestamps is off, once it has both its ends. */
  timestampOffset(socket: TcpSocket): number;
  /** Is the connection of `socket`, which has no TCB any more, in TIME-WAIT? */
  waits(socket: TcpSocket): boolean;
  /** A TCB as the record of `socket` says. */
  restored(socket: TcpSocket): Connection;
  recent(socket: TcpSocket): readonly RecentSegment[];
  /** Somebody wants to hear of the end of a connection that is a record. */
  hold(socket: TcpSocket): void;
}

/** The listener whose child a socket is, until it is handed over. */
export interface Parent {
  readonly closed: boolean;
  /** It has been handed over to an accept queue, and nobody has taken it from there. */
  readonly keeps: boolean;
  /** Nobody takes more of them. */
  readonly full: boolean;
  /** How many are in SYN-RECEIVED. */
  pending: number;
  /** One of them is established. */
  opened(): void;
  /** It is to be handed over, or to wait for that. */
  handOver(socket: TcpSocket): void;
}

/** Of keep-alive probing; times in ms. */
export interface KeepAliveTimes {
  readonly idle?: number | undefined;
  readonly interval?: number | undefined;
  readonly probes?: number | undefined;
}

/** What a passive OPEN waits for; undefined and 0 stand for any. */
export interface Wanted {
  readonly local: IpAddress | undefined;
  readonly remote: IpAddress | undefined;
  readonly remotePort: number;
  readonly tcp: Partial<TcpDefaults> | undefined;
}

export const DEFAULT_TTL = 64; // hops, RFC 1700, and what deployed stacks send

export class TcpSocket {
  // The host's own, hands off: where this socket is in its tables.
  /** Its number among the host's sockets, -1 when it has none; a record's when it is one. */
  slot = -1;
  /** Keyed hash of the pair of sockets. */
  hash = 0;
  heapIndex = -1;
  /** Which of the records that had this slot. */
  serial = 0;
  /** Awaits the next flush: 1; and its TIME-WAIT is over, which its user is to be told: 2. */
  dirty: 0 | 1 | 2 = 0;
  parent: Parent | undefined = undefined;
  /** Where its segments go, shared with others of the same addresses; looked up when needed. */
  path: Path | undefined = undefined;
  /** Type of Service << 8 | Time to Live: one field for two, 8 octets of each connection. */
  field: number = DEFAULT_TTL;
  /** The wishes of this connection. */
  options: TcpOptions;

  #localAddress: IpAddress | undefined = undefined;
  #localPort = 0;
  #remoteAddress: IpAddress | undefined = undefined;
  #remotePort = 0;
  #connection: Connection | undefined;
  #onSignal: ((signal: TcpSignal, now: number) => void) | undefined = undefined;
  readonly #home: SocketHome;

  constructor(home: SocketHome, connection: Connection) {
    this.#home = home;
    this.#connection = connection;
    this.options = connection.tcb.options;
  }

  /** Type of Service: DSCP << 2 (RFC 2474), ECN 0. */
  get tos(): number {
    return this.field >> 8;
  }

  get hops(): number {
    return this.field & 0xff;
  }

  /** Undefined in LISTEN when the OPEN did not say. */
  get localAddress(): IpAddress | undefined {
    return this.#localAddress;
  }

  get localPort(): number {
    return this.#localPort;
  }

  /** Undefined in LISTEN when the OPEN did not say. */
  get remoteAddress(): IpAddress | undefined {
    return this.#remoteAddress;
  }

  /** 0 in LISTEN when the OPEN did not say. */
  get remotePort(): number {
    return this.#remotePort;
  }

  /** One of the eleven states; right also when nothing but a TIME-WAIT record is left. */
  get state(): State {
    if (this.#connection !== undefined) return this.#connection.state;
    return this.#home.waits(this) ? 'TIME-WAIT' : 'CLOSED';
  }

  /** To be looked at. Of a connection that is a record, a new one that says what the record says. */
  get connection(): Connection {
    return this.#connection ?? this.#home.restored(this);
  }

  /** Octets that receive() can take now. */
  get unread(): number {
    return this.#connection === undefined ? 0 : this.#connection.unread;
  }

  /** Octets that send() would take now. */
  get sendSpace(): number {
    return this.#connection === undefined ? 0 : this.#connection.sendSpace;
  }

  /** Why the connection ended early, if it did. */
  get ending(): TcpSignal | undefined {
    return this.#connection?.ending;
  }

  /** Told from inside the host's flush(); every call of this class may be made from it. */
  get onSignal(): ((signal: TcpSignal, now: number) => void) | undefined {
    return this.#onSignal;
  }

  set onSignal(told: ((signal: TcpSignal, now: number) => void) | undefined) {
    this.#onSignal = told;
    if (told !== undefined && this.#connection === undefined) this.#home.hold(this);
  }

  /** An active OPEN of a passive socket whose foreign socket was given: RFC 9293 §3.10.1. */
  open(now: number): Answer {
    const connection = this.#home.begin(now, this);
    const before = connection.state;
    if (before !== 'LISTEN') return 'error: connection already exists';
    const iss = this.#home.activate(now, this);
    if (typeof iss === 'string') return iss;
    const answer = connection.openActive(iss, this.#home.timestampOffset(this));
    this.#home.done(this, before);
    return answer;
  }

  /** SEND: §3.10.2. Copies; answers how many octets of `bytes[start..end)` were taken. */
  send(
    now: number,
    bytes: Uint8Array,
    start = 0,
    end: number = bytes.length,
    options?: SendOptions,
  ): number | Refusal {
    const connection = this.#home.begin(now, this);
    const before = connection.state;
    let wishes = options;
    if (before === 'LISTEN') {
      const iss = this.#home.activate(now, this);
      if (typeof iss === 'string') return iss;
      wishes = { ...options, iss, timestampOffset: this.#home.timestampOffset(this) };
    }
    const taken = connection.send(now, bytes, start, end, wishes);
    this.#home.done(this, before);
    return taken;
  }

  /** RECEIVE: §3.10.3. Answers how many octets were written to `into[at..]`; 0: none yet. */
  receive(now: number, into: Uint8Array, at = 0, max: number = into.length - at): number | Refusal {
    const connection = this.#home.begin(now, this);
    const before = connection.state;
    const taken = connection.receive(into, at, max);
    this.#home.done(this, before);
    return taken;
  }

  /** CLOSE: §3.10.4. Sending is over, receiving goes on. */
  close(now: number): Answer {
    const connection = this.#home.begin(now, this);
    const before = connection.state;
    const answer = connection.close();
    this.#home.done(this, before);
    return answer;
  }

  /** The application is gone: CLOSE, and a reset if text is or gets lost (§3.6.1, SHLD-3). */
  release(now: number): Answer {
    const connection = this.#home.begin(now, this);
    const before = connection.state;
    const answer = connection.release(now);
    this.#home.done(this, before);
    return answer;
  }

  /** ABORT: §3.10.5. */
  abort(now: number): Answer {
    const connection = this.#home.begin(now, this);
    const before = connection.state;
    const answer = connection.abort();
    this.#home.done(this, before);
    return answer;
  }

  /** STATUS: §3.10.6. */
  status(): Status | Refusal {
    return this.connection.status();
  }

  /** What `ss -i` shows, at `now`. */
  info(now: number): TcpInfo {
    const headers = ipHeaderLength(this.#localAddress?.family ?? 4) + TCP_HEADER;
    return tcpInfo(this.connection.tcb, now, headers);
  }

  /**
   * What came and left last, the oldest first; none once the host has seen many others, and none if
   * its `history` is 0. printRecent() prints them.
   */
  recentSegments(): readonly RecentSegment[] {
    return this.#home.recent(this);
  }

  /** Turns the Nagle algorithm off or on: §3.7.4, MUST-17. */
  noDelay(on: boolean): void {
    this.#connection?.noDelay(on);
    this.#home.touch(this);
  }

  /** Turns keep-alives on or off: §3.8.4, MUST-24. */
  keepAlive(now: number, on: boolean): void {
    this.#connection?.keepAlive(now, on);
    this.#home.touch(this);
  }

  /**
   * Idle time and interval in ms, and unanswered probes, of this connection: §3.8.4. What is not there
   * stays as it was. @throws RangeError when one is out of its range.
   */
  keepAliveTimes(now: number, times: KeepAliveTimes): void {
    const { idle, interval, probes } = times;
    checkRanges({
      ...(idle !== undefined && { keepAliveIdle: idle }),
      ...(interval !== undefined && { keepAliveInterval: interval }),
      ...(probes !== undefined && { keepAliveProbes: probes }),
    });
    this.#connection?.keepAliveTimes(now, idle, interval, probes);
    this.#home.touch(this);
  }

  /** On: text waits for full segments, 200 ms at most. Off: what waits leaves. TCP_CORK of Linux. */
  cork(on: boolean): void {
    this.#connection?.cork(on);
    this.#home.touch(this);
  }

  /** Acknowledges at once, or not; does not last. TCP_QUICKACK of Linux. */
  quickAck(on: boolean): void {
    this.#connection?.quickAck(on);
    this.#home.touch(this);
  }

  /**
   * Octets of text in a segment at most: lowers what the peer and the path take. TCP_MAXSEG.
   * @throws RangeError unless `octets` is an integer of 1 to 65535.
   */
  maxSeg(octets: number): void {
    checkRange('maxSeg', octets, 1, 65_535);
    this.#connection?.maxSeg(octets);
    this.#home.touch(this);
  }

  /**
   * Another congestion controller from now on: cwnd and ssthresh are carried over. False when the
   * connection is over. TCP_CONGESTION.
   * @throws RangeError when there is none of that name.
   */
  congestionControl(now: number, name: ControllerName): boolean {
    checkRanges({ congestionControl: name });
    const chosen = this.#connection?.congestionControl(now, name) ?? false;
    this.#home.touch(this);
    return chosen;
  }

  /** R2 in ms, Infinity for none: §3.8.3, MUST-21. */
  userTimeout(now: number, after: number): void {
    this.#connection?.userTimeout(now, after);
    this.#home.touch(this);
  }

  /**
   * The Differentiated Services field of all that leaves from now on: §3.9.1.5, MUST-48.
   * @throws RangeError unless `value` is an integer of 0 to 63.
   */
  dscp(value: number): void {
    checkRange('dscp', value, 0, 63);
    this.field = (value << 10) | this.hops;
  }

  /**
   * Time to Live or Hop Limit of all that leaves from now on: §3.9.2, MUST-49.
   * @throws RangeError unless `value` is an integer of 1 to 255.
   */
  ttl(value: number): void {
    checkRange('ttl', value, 1, 255);
    this.field = (this.tos << 8) | value;
  }

  // The host's own, hands off.

  /** The TCB; undefined when it is a record or nothing. */
  get tcbHeld(): Connection | undefined {
    return this.#connection;
  }

  adopt(connection: Connection | undefined): void {
    this.#connection = connection;
  }

  bindLocal(address: IpAddress | undefined, port: number): void {
    this.#localAddress = address;
    this.#localPort = port;
  }

  bindRemote(address: IpAddress | undefined, port: number): void {
    this.#remoteAddress = address;
    this.#remotePort = port;
  }

  nextTimeout(): number {
    return this.#connection === undefined ? Infinity : this.#connection.nextTimeout();
  }
}

function checkRange(what: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new RangeError(`${what} is ${value}, it must be an integer from ${min} to ${max}`);
}
