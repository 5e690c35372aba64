/** The two ends of a connection as applications hold them: a socket of ours, a socket of node:net. */
import { createHash, type Hash } from 'node:crypto';
import type { Socket } from 'node:net';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import type { TcpSignal } from '../../src/tcp/signals.ts';

/** Carries out calls of a user at the present time; what they make due is sent. */
export type Act = (calls: (now: number) => void) => void;

const MOST_TEXT = 4096; // octets that are kept to be looked at
const MOST_AT_ONCE = 65_536; // octets of one RECEIVE

/** What an end has received: how much, its SHA-256, and how it begins. */
class Received {
  octets = 0;
  text = '';
  readonly #hash: Hash = createHash('sha256');

  add(bytes: Uint8Array): void {
    this.octets += bytes.length;
    this.#hash.update(bytes);
    const room = MOST_TEXT - this.text.length;
    if (room > 0) this.text += Buffer.from(bytes.subarray(0, room)).toString('latin1');
  }

  digest(): string {
    return this.#hash.copy().digest('hex');
  }
}

export const sha256 = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

const octetsOf = (text: string | Uint8Array): Uint8Array =>
  typeof text === 'string' ? Buffer.from(text, 'latin1') : text;

export class OurEnd {
  readonly socket: TcpSocket;
  /** All that the socket has told, but not how often text came or went. */
  readonly signals: TcpSignal[] = [];
  readonly received: Received = new Received();
  /** Called with what is received. */
  onText: ((text: Uint8Array) => void) | undefined = undefined;
  /** Called at the peer's FIN, when all before it has been taken. */
  onEnd: (() => void) | undefined = undefined;
  readonly #act: Act;
  readonly #chunk = new Uint8Array(MOST_AT_ONCE);
  #unsent: Uint8Array[] = [];
  #ending = false;
  #reading = true;
  #finSeen = false;

  constructor(act: Act, socket: TcpSocket) {
    this.#act = act;
    this.socket = socket;
    socket.onSignal = (signal, now) => this.#told(signal, now);
  }

  /** Sends as room comes. */
  write(text: string | Uint8Array): void {
    this.#unsent.push(octetsOf(text));
    this.#act((now) => this.#send(now));
  }

  /** CLOSE, behind all that is written; in SYN-SENT it would delete the TCB (RFC 9293 §3.10.4). */
  end(text?: string | Uint8Array): void {
    if (text !== undefined) this.#unsent.push(octetsOf(text));
    this.#ending = true;
    this.#act((now) => this.#send(now));
  }

  abort(): void {
    this.#act((now) => this.socket.abort(now));
  }

  pause(): void {
    this.#reading = false;
  }

  resume(): void {
    this.#reading = true;
    this.#act((now) => this.#receive(now));
  }

  #told(signal: TcpSignal, now: number): void {
    if (signal !== 'readable' && signal !== 'writable') this.signals.push(signal);
    if (signal === 'writable') this.#send(now);
    if (signal === 'end') this.#finSeen = true;
    if (signal === 'readable' || signal === 'end') this.#receive(now);
  }

  #send(now: number): void {
    for (let first = this.#unsent[0]; first !== undefined; first = this.#unsent[0]) {
      const taken = this.socket.send(now, first);
      if (typeof taken === 'string') return; // a signal says why
      if (taken < first.length) {
        this.#unsent[0] = first.subarray(taken);
        return;
      }
      this.#unsent.shift();
    }
    if (!this.#ending || this.socket.state === 'SYN-SENT') return;
    this.#ending = false;
    this.socket.close(now);
  }

  #receive(now: number): void {
    while (this.#reading && this.socket.unread > 0) {
      const taken = this.socket.receive(now, this.#chunk);
      if (typeof taken === 'string') return;
      const text = this.#chunk.subarray(0, taken);
      this.received.add(text);
      this.onText?.(text);
    }
    if (!this.#finSeen || this.socket.unread > 0) return;
    this.#finSeen = false;
    this.onEnd?.();
  }
}

export class KernelEnd {
  readonly socket: Socket;
  /** `connect`, `end`, `error ECONNRESET`, `close`, as they came. */
  readonly events: string[] = [];
  readonly received: Received = new Received();

  constructor(socket: Socket) {
    this.socket = socket;
    for (const event of ['connect', 'end', 'close'] as const) {
      socket.on(event, () => this.events.push(event));
    }
    socket.on('error', (error: NodeJS.ErrnoException) => this.events.push(`error ${error.code}`));
    socket.on('data', (chunk: Buffer) => this.received.add(chunk));
  }

  write(text: string | Uint8Array): void {
    this.socket.write(octetsOf(text));
  }

  /** shutdown(SHUT_WR), behind all that is written. */
  end(text?: string | Uint8Array): void {
    if (text !== undefined) this.write(text);
    this.socket.end();
  }
}
