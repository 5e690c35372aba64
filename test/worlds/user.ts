/** The user of one end: sends a known stream, takes and compares the other's, says goodbye. */
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import type { TcpSignal } from '../../src/tcp/signals.ts';
import type { Conduct } from './plan.ts';
import type { Random } from './random.ts';

/** Octet `i` of the stream that end `name` sends. */
export function octetOf(name: string, i: number): number {
  return (Math.imul(i + 1, 0x9e3779b1) >>> (name === 'A' ? 23 : 11)) & 0xff;
}

export class User {
  readonly name: string;
  readonly peer: string;
  readonly conduct: Conduct;
  readonly signals: TcpSignal[] = [];
  socket: TcpSocket | undefined = undefined;
  given = 0; // octets that SEND took
  taken = 0; // octets that RECEIVE gave
  sawEnd = false;
  saidGoodbye = false;
  aborted = false;
  nextSend = 0; // ms
  nextReceive = 0; // ms
  readonly #random: Random;

  constructor(name: string, conduct: Conduct, random: Random) {
    this.name = name;
    this.peer = name === 'A' ? 'B' : 'A';
    this.conduct = conduct;
    this.#random = random;
  }

  /** This is the socket; from now on it acts. */
  takes(socket: TcpSocket, now: number): void {
    this.socket = socket;
    socket.onSignal = (signal, at) => this.#hears(signal, at);
    this.nextSend = now + this.#random.int(0, this.conduct.sendPause);
    this.nextReceive = now + this.#random.int(0, this.conduct.receivePause);
  }

  /** A full buffer, an empty one: it waits until it is told, so a signal too few shows. */
  #hears(signal: TcpSignal, now: number): void {
    this.signals.push(signal);
    if (signal === 'writable' || signal === 'closed') this.nextSend = Math.min(this.nextSend, now);
    if (signal === 'readable' || signal === 'end' || signal === 'closed') {
      const soon = now + this.#random.int(0, this.conduct.receivePause);
      this.nextReceive = Math.min(this.nextReceive, soon);
    }
  }

  get over(): boolean {
    return this.socket?.state === 'CLOSED';
  }

  /** When it acts next, Infinity for never. */
  next(): number {
    return this.socket === undefined ? Infinity : Math.min(this.nextSend, this.nextReceive);
  }

  acts(now: number): void {
    const { socket } = this;
    if (socket === undefined) return;
    if (this.nextSend <= now) this.#sends(socket, now);
    if (this.nextReceive <= now) this.#receives(socket, now);
  }

  #sends(socket: TcpSocket, now: number): void {
    const { conduct } = this;
    this.nextSend = now + 1 + this.#random.int(0, conduct.sendPause);
    if (this.over || this.saidGoodbye) {
      this.nextSend = Infinity;
      return;
    }
    if (conduct.goodbye === 'abort' && this.given >= conduct.abortsAfter) {
      this.aborted = true;
      this.saidGoodbye = true;
      socket.abort(now);
      return;
    }
    if (this.given < conduct.sends) this.#sendSome(socket, now);
    else this.#goodbye(socket, now);
  }

  #sendSome(socket: TcpSocket, now: number): void {
    const { conduct } = this;
    const most = Math.min(conduct.sends - this.given, conduct.largestSend);
    const bytes = new Uint8Array(this.#random.int(1, most));
    for (let i = 0; i < bytes.length; i++) bytes[i] = octetOf(this.name, this.given + i);
    const push = !this.#random.chance(conduct.unpushed);
    const urgent = this.#random.chance(conduct.urgent);
    const answer = socket.send(now, bytes, 0, bytes.length, { push, urgent });
    bytes.fill(0xdb); // SEND copies
    if (typeof answer === 'number') {
      this.given += answer;
      if (answer === 0) this.nextSend = Infinity;
    } else if (socket.state === 'LISTEN') this.nextSend = Infinity;
    else if (!this.over) throw new Error(`${this.name} SEND in ${socket.state}: ${answer}`);
  }

  #goodbye(socket: TcpSocket, now: number): void {
    if (socket.state === 'SYN-SENT' || socket.state === 'LISTEN') {
      this.nextSend = Infinity; // CLOSE would just end it: wait for 'writable'
      return;
    }
    this.saidGoodbye = true;
    const answer = this.conduct.goodbye === 'release' ? socket.release(now) : socket.close(now);
    if (answer !== 'ok') throw new Error(`${this.name} CLOSE in ${socket.state}: ${answer}`);
  }

  #receives(socket: TcpSocket, now: number): void {
    this.nextReceive = now + this.#random.int(1, this.conduct.receivePause);
    const into = new Uint8Array(this.#random.int(1, this.conduct.largestReceive));
    const answer = socket.receive(now, into);
    if (typeof answer === 'number') {
      this.#compare(into, answer);
      if (answer === 0) this.nextReceive = Infinity;
      return;
    }
    if (answer === 'error: connection closing') this.sawEnd = true;
    this.nextReceive = Infinity;
  }

  #compare(bytes: Uint8Array, length: number): void {
    for (let i = 0; i < length; i++) {
      const expected = octetOf(this.peer, this.taken + i);
      if (bytes[i] === expected) continue;
      throw new Error(
        `${this.name} got ${bytes[i]} for octet ${this.taken + i}, sent was ${expected}`,
      );
    }
    this.taken += length;
  }
}
