/**
 * The life of a host's sockets: into the tables and out of them as their connections change state,
 * from TCB to TIME-WAIT record and back, who has a deadline and who awaits the next flush.
 */
import type { Seq } from '../wire/seq.ts';
import { Connection } from '../tcp/connection.ts';
import type { FastOpen } from '../tcp/fast-open.ts';
import type { TcpOptions } from '../tcp/options.ts';
import type { Refusal } from '../tcp/refusal.ts';
import type { State, TransitionObserver } from '../tcp/state.ts';
import {
  compress,
  compressible,
  restore,
  restoreClosed,
  TimeWaitRecord,
} from '../tcp/time-wait.ts';
import { Tracer, type TraceEvent } from '../tcp/trace.ts';
import type { Counters } from './counters.ts';
import { Deadlines } from './deadlines.ts';
import { DirtyQueue } from './dirty-queue.ts';
import { FastOpenCache } from './fast-open-cache.ts';
import { FourTuple } from './four-tuple.ts';
import type { HostObserver } from './host-options.ts';
import type { FirstNumbers } from './isn.ts';
import type { Keys } from './keys.ts';
import type { Listener } from './listener.ts';
import { Listeners } from './listeners.ts';
import { SocketTable } from './socket-table.ts';
import type { RecentSegment, SegmentHistory } from './history.ts';
import { TcpSocket, type SocketHome, type Wanted } from './tcp-socket.ts';
import { Suspended } from './time-wait-table.ts';

export type SocketTransition = (now: number, socket: TcpSocket, from: State, to: State) => void;

export type SocketTrace = (now: number, socket: TcpSocket, event: TraceEvent) => void;

/** Binds a socket in LISTEN whose foreign socket is known, and finds its ISS. */
export type Activate = (now: number, socket: TcpSocket) => Seq | Refusal;

export class Sockets implements SocketHome {
  readonly table: SocketTable;
  readonly history: SegmentHistory | undefined;
  readonly listeners: Listeners;
  /** What is known of servers: RFC 7413. */
  readonly fastOpens: FastOpenCache = new FastOpenCache();
  readonly dirty: DirtyQueue = new DirtyQueue();
  /** Of the connection that is being worked on. */
  now = 0;
  #current: TcpSocket | undefined = undefined;
  readonly #deadlines: Deadlines<TcpSocket> = new Deadlines();
  readonly #counters: Counters;
  readonly #activate: Activate;
  readonly #first: FirstNumbers;
  readonly #onTransition: TransitionObserver | undefined;
  readonly #observed: boolean;
  readonly #trace: SocketTrace | undefined;
  readonly #record: TimeWaitRecord = new TimeWaitRecord();
  readonly #tuple: FourTuple = new FourTuple();
  #scratch: Connection | undefined = undefined;
  /** What passive OPENs said: it is all that is known again on return to LISTEN. */
  readonly #wanted: WeakMap<TcpSocket, Wanted> = new WeakMap();
  /** What connections in SYN-RECEIVED took the place of. */
  readonly #replaced: Map<TcpSocket, Suspended> = new Map();
  /** Who is handed over in SYN-RECEIVED: RFC 7413 §4.2.2. */
  readonly #fastOpening: Map<TcpSocket, Listener> = new Map();

  constructor(
    keys: Keys,
    counters: Counters,
    activate: Activate,
    first: FirstNumbers,
    observer: HostObserver | undefined,
    history: SegmentHistory | undefined,
  ) {
    this.history = history;
    this.table = new SocketTable(keys);
    this.listeners = new Listeners((t) => this.table.hash(t));
    this.#counters = counters;
    this.#activate = activate;
    this.#first = first;
    this.#observed = observer !== undefined;
    this.#trace = observer?.trace && observer.trace.bind(observer);
    const transition = observer?.transition && observer.transition.bind(observer);
    // One function for all connections: a closure each would cost memory.
    this.#onTransition = transition && ((from, to) => this.#transition(transition, from, to));
  }

  // New ones

  /** A socket in CLOSED, in no table. */
  create(options: TcpOptions): TcpSocket {
    const connection = this.connection(options);
    const socket = new TcpSocket(this, connection);
    this.#watch(socket, connection);
    return socket;
  }

  #watch(socket: TcpSocket, connection: Connection): void {
    const trace = this.#trace;
    if (trace === undefined) return;
    const tracer = new Tracer(connection.tcb, (now, event) => trace(now, socket, event));
    tracer.now = this.now;
    connection.tracer = tracer;
  }

  connection(options: TcpOptions): Connection {
    return new Connection(options, this.#onTransition);
  }

  /** A socket in LISTEN takes a SYN of a family that its TCB was not made for: a new one is. */
  inFamily(now: number, socket: TcpSocket, options: TcpOptions): void {
    const old = socket.tcbHeld;
    if (old === undefined || socket.options === options) return;
    const connection = this.connection(options);
    this.#current = undefined; // nobody need know
    connection.openPassive();
    connection.noDelay(old.tcb.noDelay);
    connection.tcb.knobs = old.tcb.knobs;
    connection.keepAlive(now, old.tcb.keepAlive);
    const { userTimeout } = old.tcb; // RFC 5482 §3.1: what is chosen is not changed any more
    if (userTimeout !== connection.tcb.userTimeout) connection.userTimeout(now, userTimeout);
    this.#watch(socket, connection);
    socket.adopt(connection);
    socket.options = options;
  }

  /** What the passive OPEN of `socket` said. */
  wants(socket: TcpSocket, wanted: Wanted): void {
    this.#wanted.set(socket, wanted);
  }

  wantedBy(socket: TcpSocket): Wanted | undefined {
    return this.#wanted.get(socket);
  }

  /** It has both its ends now. */
  insert(socket: TcpSocket): void {
    this.table.insert(socket, this.#tupleOf(socket));
  }

  // SocketHome

  begin(now: number, socket: TcpSocket): Connection {
    this.now = now;
    this.#current = socket;
    const connection = socket.tcbHeld ?? this.#thaw(socket);
    if (connection.tracer !== undefined) connection.tracer.now = now;
    return connection;
  }

  done(socket: TcpSocket, before: State): void {
    const connection = socket.tcbHeld;
    if (connection === undefined) return;
    const after = connection.state;
    if (after !== before) this.#moved(socket, before, after);
    this.dirty.add(socket);
  }

  touch(socket: TcpSocket): void {
    this.dirty.add(socket);
  }

  activate(now: number, socket: TcpSocket): Seq | Refusal {
    return this.#activate(now, socket);
  }

  timestampOffset(socket: TcpSocket): number {
    return this.#first.timestampOffset(this.#tupleOf(socket));
  }

  waits(socket: TcpSocket): boolean {
    return socket.tcbHeld === undefined && this.table.records.lives(socket.slot, socket.serial);
  }

  restored(socket: TcpSocket): Connection {
    const connection = this.connection(socket.options);
    if (!this.waits(socket)) restoreClosed(connection.tcb);
    else {
      this.table.records.load(socket.slot, this.#record);
      restore(connection.tcb, this.#record);
    }
    return connection;
  }

  recent(socket: TcpSocket): readonly RecentSegment[] {
    return this.history?.of(socket.hash) ?? [];
  }

  hold(socket: TcpSocket): void {
    if (this.waits(socket)) this.table.records.hold(socket.slot, socket);
  }

  // TIME-WAIT records

  /** A TCB that says what the record in `slot` says, good until the next call; then `storeRecord`. */
  recordTcb(now: number, slot: number): Connection {
    const { records } = this.table;
    const options = records.options(slot);
    if (this.#scratch === undefined || this.#scratch.tcb.options !== options) {
      this.#scratch = this.connection(options);
    }
    this.now = now;
    this.#current = records.holder(slot);
    records.load(slot, this.#record);
    restore(this.#scratch.tcb, this.#record);
    return this.#scratch;
  }

  /** A new SYN ends the record in `slot`, for the time being. */
  suspend(now: number, slot: number): Suspended {
    const { records } = this.table;
    const suspended = new Suspended(records, slot);
    this.endRecord(now, slot);
    return suspended;
  }

  /** `socket`, in SYN-RECEIVED, took the place of a record. */
  replaces(socket: TcpSocket, record: Suspended): void {
    this.#replaced.set(socket, record);
  }

  /** MAY-2 (2): "returns to TIME-WAIT state if the SYN turns out to be an old duplicate" */
  #nothingCame(socket: TcpSocket, after: State): void {
    const old = this.#replaced.get(socket);
    this.#replaced.delete(socket);
    if (old === undefined || (after !== 'LISTEN' && after !== 'CLOSED')) return;
    const { records } = this.table;
    if (records.full) this.#evict(this.now);
    old.record.expiry = this.now + 2 * old.options.msl;
    const slot = records.add(old, old.local, old.remote, old.record);
    if (slot < 0) return;
    this.table.insertRecord(slot);
    this.#counters['time-wait-returned']++;
  }

  storeRecord(slot: number, connection: Connection): void {
    compress(connection.tcb, this.#record);
    this.table.records.store(slot, this.#record);
  }

  // What to do next

  nextTimeout(): number {
    return Math.min(this.#deadlines.next(), this.table.records.nextTimeout());
  }

  /** Everything whose time has come by `now`: §3.10.8. */
  timeout(now: number): void {
    for (let s = this.#deadlines.due(now); s !== undefined; s = this.#deadlines.due(now)) {
      const connection = this.begin(now, s);
      const before = connection.state;
      connection.timeout(now);
      this.done(s, before);
    }
    const { records } = this.table;
    while (records.count > 0 && records.nextTimeout() <= now) this.endRecord(now, records.first());
  }

  /** `socket` was served: its deadline, and what becomes of it. */
  settle(now: number, socket: TcpSocket): void {
    const connection = socket.tcbHeld;
    if (connection === undefined || socket.slot < 0) return;
    if (compressible(connection.tcb) && this.#putAway(now, socket, connection)) return;
    this.#deadlines.note(socket, connection.nextTimeout());
  }

  #transition(observer: SocketTransition, from: State, to: State): void {
    const socket = this.#current;
    if (socket !== undefined) observer(this.now, socket, from, to);
    this.#current = socket; // the observer may have looked at others
  }

  /** A child of `listener` in SYN-RECEIVED whose SYN had the right cookie. */
  openedFast(socket: TcpSocket, listener: Listener): void {
    this.#fastOpening.set(socket, listener);
    listener.fastOpening++;
    listener.pending--;
    listener.opened();
    this.#counters.accepted++;
  }

  /** Its handshake is complete, or it is over. */
  #endFastOpen(socket: TcpSocket, connection: Connection, how: FastOpen): void {
    const { tcb } = connection;
    if (!tcb.synAcked && tcb.state !== 'CLOSED' && tcb.state !== 'LISTEN') return;
    connection.fastOpen(undefined);
    if (!tcb.openedPassively && socket.remoteAddress !== undefined) {
      this.fastOpens.learn(this.now, socket.remoteAddress, tcb, how);
    }
    const listener = this.#fastOpening.get(socket);
    if (listener === undefined) return;
    this.#fastOpening.delete(socket);
    listener.openedFast(this.now, connection.ending === 'reset');
  }

  #moved(socket: TcpSocket, before: State, after: State): void {
    const { parent } = socket;
    const fast = this.#fastOpening.size > 0 && this.#fastOpening.has(socket);
    const connection = socket.tcbHeld;
    const how = connection?.tcb.fastOpen;
    if (connection !== undefined && how !== undefined) this.#endFastOpen(socket, connection, how);
    if (!fast && parent !== undefined && before === 'SYN-RECEIVED') {
      parent.pending--;
      if (after === 'LISTEN' || after === 'CLOSED') this.#counters['half-open-ended']++;
      else {
        this.#counters.accepted++;
        parent.opened();
      }
    }
    if (before === 'LISTEN') this.#leftListen(socket, after);
    else if (after === 'LISTEN') this.#backToListen(socket);
    else if (after === 'CLOSED') this.#remove(socket);
    if (before === 'SYN-RECEIVED' && this.#replaced.size > 0) this.#nothingCame(socket, after);
  }

  #leftListen(socket: TcpSocket, after: State): void {
    if (socket.parent === undefined) this.listeners.remove(socket.localPort, socket);
    if (after !== 'CLOSED') this.insert(socket);
  }

  /** MUST-11. A listener's child just vanishes. */
  #backToListen(socket: TcpSocket): void {
    this.#remove(socket);
    if (socket.parent !== undefined) return;
    this.unbind(socket);
    this.listeners.addSocket(socket);
  }

  /** A passive socket knows again only what its OPEN said. */
  unbind(socket: TcpSocket): void {
    const wanted = this.#wanted.get(socket);
    if (wanted === undefined) return;
    socket.bindLocal(wanted.local, socket.localPort);
    socket.bindRemote(wanted.remote, wanted.remotePort);
  }

  #remove(socket: TcpSocket): void {
    this.#deadlines.remove(socket);
    this.table.remove(socket);
  }

  #putAway(now: number, socket: TcpSocket, connection: Connection): boolean {
    const { localAddress: local, remoteAddress: remote } = socket;
    if (local === undefined || remote === undefined) return false;
    const { records } = this.table;
    if (records.full) this.#evict(now);
    compress(connection.tcb, this.#record);
    const slot = records.add(socket, local, remote, this.#record);
    if (slot < 0) return false;
    this.#deadlines.remove(socket);
    this.table.putAway(socket, slot);
    socket.adopt(undefined);
    if (this.#observed || socket.onSignal !== undefined) records.hold(slot, socket);
    this.#counters['time-wait-kept']++;
    return true;
  }

  #evict(now: number): void {
    this.#counters['time-wait-evicted']++;
    this.endRecord(now, this.table.records.first());
  }

  /** The 2 MSL of a record are over, or are over now. Who holds its socket hears of it from the core. */
  endRecord(now: number, slot: number): void {
    const socket = this.table.records.holder(slot);
    if (socket === undefined) {
      this.table.removeRecord(slot);
      return;
    }
    const connection = this.recordTcb(now, slot);
    this.table.removeRecord(slot);
    connection.timeout(connection.nextTimeout());
    this.dirty.add(socket);
    socket.dirty = 2;
  }

  #thaw(socket: TcpSocket): Connection {
    const connection = this.restored(socket);
    if (this.waits(socket)) this.table.takeBack(socket);
    else socket.slot = -1;
    socket.adopt(connection);
    return connection;
  }

  #tupleOf(socket: TcpSocket): FourTuple {
    const { localAddress, remoteAddress } = socket;
    if (localAddress === undefined || remoteAddress === undefined) {
      throw new Error('a connection without a pair of sockets'); // our bug
    }
    const t = this.#tuple;
    t.ofAddresses(localAddress, socket.localPort, remoteAddress, socket.remotePort);
    return t;
  }
}
