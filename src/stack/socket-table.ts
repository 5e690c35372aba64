/**
 * All connections of a host by their pair of sockets, those with a TCB and those that are a TIME-WAIT
 * record, in one table: RFC 9293 §3.3.1, §3.10.7. A lookup answers with one number.
 */
import { Demux } from './demux.ts';
import type { FourTuple } from './four-tuple.ts';
import type { Keys } from './keys.ts';
import type { TcpSocket } from './tcp-socket.ts';
import { TimeWaitTable } from './time-wait-table.ts';

/** What find() says when there is none; a socket is a positive number, a record a negative one. */
export const NOBODY = 0;

export class SocketTable {
  readonly records: TimeWaitTable = new TimeWaitTable();
  readonly #demux: Demux;
  readonly #sockets: (TcpSocket | undefined)[] = [];
  readonly #free: number[] = [];

  constructor(keys: Keys) {
    this.#demux = new Demux(keys);
  }

  /** Connections with a TCB. */
  get count(): number {
    return this.#sockets.length - this.#free.length;
  }

  /** Keyed. */
  hash(t: FourTuple): number {
    return this.#demux.hash(t);
  }

  find(t: FourTuple): number {
    const hash = this.#demux.hash(t);
    const { mask, hashes, codes } = this.#demux;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const code = codes[at]!;
      if (code === NOBODY) return NOBODY;
      if (hashes[at] === hash && this.#matches(code, t)) return code;
    }
  }

  /** The socket that find() named. */
  socket(code: number): TcpSocket {
    return this.#sockets[code - 1]!;
  }

  /** The slot of the record that find() named. */
  record(code: number): number {
    return -code - 1;
  }

  /** `t` is the pair of sockets of `socket`, which is in no table yet. */
  insert(socket: TcpSocket, t: FourTuple): void {
    socket.hash = this.#demux.hash(t);
    this.#demux.insert(socket.hash, this.#seat(socket));
  }

  remove(socket: TcpSocket): void {
    if (socket.slot < 0) return;
    this.#demux.remove(socket.hash, socket.slot + 1);
    this.#unseat(socket);
  }

  /** `socket` has become the record in `slot`. */
  putAway(socket: TcpSocket, slot: number): void {
    this.#demux.replace(socket.hash, socket.slot + 1, -slot - 1);
    this.#unseat(socket);
    socket.slot = slot;
    socket.serial = this.records.serial(slot);
  }

  /** The record of `socket` becomes a connection again. */
  takeBack(socket: TcpSocket): void {
    const slot = socket.slot;
    this.#demux.replace(socket.hash, -slot - 1, this.#seat(socket));
    this.records.remove(slot);
  }

  /** The record in `slot` is of no socket any more. */
  insertRecord(slot: number): void {
    this.#demux.insert(this.records.hash(slot), -slot - 1);
  }

  removeRecord(slot: number): void {
    this.#demux.remove(this.records.hash(slot), -slot - 1);
    this.records.remove(slot);
  }

  all(): TcpSocket[] {
    return this.#sockets.flatMap((socket) => socket ?? []);
  }

  #seat(socket: TcpSocket): number {
    socket.slot = this.#free.pop() ?? this.#sockets.length;
    this.#sockets[socket.slot] = socket;
    return socket.slot + 1;
  }

  #unseat(socket: TcpSocket): void {
    this.#sockets[socket.slot] = undefined;
    this.#free.push(socket.slot);
    socket.slot = -1;
  }

  #matches(code: number, t: FourTuple): boolean {
    if (code < 0) return this.records.matches(-code - 1, t);
    const socket = this.#sockets[code - 1]!;
    if (socket.localPort !== t.localPort || socket.remotePort !== t.remotePort) return false;
    const local = socket.localAddress;
    const remote = socket.remoteAddress;
    if (local === undefined || remote === undefined) return false;
    return (
      remote.w3 === t.remote3 &&
      remote.w2 === t.remote2 &&
      remote.w1 === t.remote1 &&
      remote.w0 === t.remote0 &&
      local.w3 === t.local3 &&
      local.w2 === t.local2 &&
      local.w1 === t.local1 &&
      local.w0 === t.local0 &&
      local.family === t.family
    );
  }
}
