/**
 * The two directions of a connection as Web streams. Nothing is queued here: what nobody reads stays
 * in the receive buffer and closes the window, and a write is over when the send buffer has taken all
 * of it (RFC 9293 §3.8.6). Text is copied once each way, for BYOB readers straight into their memory.
 */
import type { TcpSocket } from '../stack/tcp-socket.ts';
import type { Home } from './home.ts';
import { SocketError } from './socket-error.ts';

/** What a writable takes; a string is sent as UTF-8. */
export type Chunk = ArrayBuffer | ArrayBufferView | string;

/** Octets of the largest chunk that a reader without a buffer of its own gets. */
const LARGEST_CHUNK = 65_536;

/** Where text goes that nobody will read. */
const NOWHERE: Uint8Array = new Uint8Array(65_536);

export interface IncomingUser {
  /** Everything up to the peer's FIN has been handed over. */
  inputEnded(): void;
  /** cancel(): nobody will read any more. */
  inputCancelled(): void;
}

export class Incoming {
  readonly stream: ReadableStream<Uint8Array>;
  /** Nothing more will be handed over. */
  over = false;
  readonly #home: Home;
  readonly #user: IncomingUser;
  #controller: ReadableByteStreamController | undefined = undefined;
  #tcp: TcpSocket | undefined = undefined;
  #wanted = false;
  #finArrived = false;
  #failed = false;
  #reason: unknown = undefined;

  /** Nothing is asked for before `opened`. */
  constructor(home: Home, user: IncomingUser, opened: Promise<unknown> | undefined) {
    this.#home = home;
    this.#user = user;
    this.stream = new ReadableStream({
      type: 'bytes',
      start: (controller) => {
        this.#controller = controller;
        return opened?.then(nothing);
      },
      pull: () => this.#pull(),
      cancel: () => {
        this.over = true;
        this.#discard();
        user.inputCancelled();
      },
    });
  }

  open(tcp: TcpSocket): void {
    this.#tcp = tcp;
  }

  /** Text has arrived. */
  arrived(now: number): void {
    if (this.over) this.#discard();
    else if (this.#wanted) this.#deliver(now);
  }

  /** The peer's FIN has: what is unread is handed over first. */
  finArrives(): void {
    this.#finArrived = true;
    this.#checkEnd();
  }

  /** As if the reader had called cancel(). */
  stop(): void {
    if (this.over) return;
    this.over = true;
    this.#closeStream();
  }

  /** The connection is over before its time: what is unread is handed over first. */
  fail(reason: unknown): void {
    this.#failed = true;
    this.#reason = reason;
    this.#checkEnd();
  }

  #pull(): void {
    this.#wanted = true;
    const tcp = this.#tcp;
    if (tcp !== undefined && tcp.unread > 0) this.#home.act((now) => this.#deliver(now));
  }

  #deliver(now: number): void {
    const tcp = this.#tcp;
    const controller = this.#controller;
    if (tcp === undefined || controller === undefined || tcp.unread === 0) return;
    this.#wanted = false;
    const request = controller.byobRequest;
    if (request?.view) {
      const { buffer, byteOffset, byteLength } = request.view;
      request.respond(octets(tcp.receive(now, new Uint8Array(buffer, byteOffset, byteLength))));
    } else {
      const chunk = new Uint8Array(Math.min(tcp.unread, LARGEST_CHUNK));
      const taken = octets(tcp.receive(now, chunk));
      controller.enqueue(taken === chunk.length ? chunk : chunk.slice(0, taken));
    }
    this.#checkEnd();
  }

  #checkEnd(): void {
    if (this.over || (this.#tcp?.unread ?? 0) > 0) return;
    if (!this.#failed && !this.#finArrived) return;
    this.over = true;
    if (this.#failed) {
      this.#controller?.error(this.#reason);
      return;
    }
    this.#closeStream();
    this.#user.inputEnded();
  }

  #closeStream(): void {
    const controller = this.#controller;
    try {
      controller?.close();
      controller?.byobRequest?.respond(0);
    } catch {
      // The end came in the middle of an element of a reader's view: the stream is errored by now.
    }
  }

  #discard(): void {
    const tcp = this.#tcp;
    if (tcp === undefined || tcp.unread === 0) return;
    this.#home.act((now) => {
      while (tcp.unread > 0 && octets(tcp.receive(now, NOWHERE)) > 0);
    });
  }
}

export interface OutgoingUser {
  /** close(): no more to send. */
  outputEnded(): void;
  /** abort(). */
  outputAborted(reason: unknown): void;
}

export class Outgoing {
  readonly stream: WritableStream<Chunk>;
  /** Nothing more is taken. */
  over = false;
  readonly #home: Home;
  readonly #user: OutgoingUser;
  #controller: WritableStreamDefaultController | undefined = undefined;
  readonly #early: ((text: Uint8Array) => void) | undefined;
  #tcp: TcpSocket | undefined = undefined;
  #bytes: Uint8Array | undefined = undefined; // that the send buffer has not taken yet
  #taken: () => void = nothing;
  #refused: (reason: unknown) => void = nothing;
  #onIdle: (() => void) | undefined = undefined;
  readonly #lookWhetherIdle = (): void => {
    if (this.#bytes !== undefined) return;
    const call = this.#onIdle;
    this.#onIdle = undefined;
    call?.();
  };

  /** Nothing is asked for before `opened`, but for the first chunk where `early` wants to know it. */
  constructor(
    home: Home,
    user: OutgoingUser,
    opened: Promise<unknown> | undefined,
    early?: (text: Uint8Array) => void,
  ) {
    const end = (): void => {
      this.over = true;
      user.outputEnded();
    };
    this.#home = home;
    this.#user = user;
    this.#early = early;
    this.stream = new WritableStream({
      start: (controller) => {
        this.#controller = controller;
        return early === undefined ? opened?.then(nothing) : undefined;
      },
      write: (chunk) => this.#write(chunk),
      close: () => (early === undefined || opened === undefined ? end() : opened.then(end)),
      abort: (reason) => {
        this.over = true;
        user.outputAborted(reason);
      },
    });
  }

  /** `early` octets of the first chunk were taken before. */
  open(tcp: TcpSocket, early: number): void {
    this.#tcp = tcp;
    if (this.#bytes === undefined) return;
    this.#bytes = this.#bytes.subarray(early);
    this.#home.act((now) => this.writable(now));
  }

  /** The send buffer has room again. */
  writable(now: number): void {
    if (this.#bytes === undefined || !this.#send(now)) return;
    this.#taken();
    if (this.#onIdle !== undefined) this.#home.loop.soon(this.#lookWhetherIdle);
  }

  /** Calls back when all that was written before has been taken. */
  whenIdle(call: () => void): void {
    this.#onIdle = call;
    this.#home.loop.soon(this.#lookWhetherIdle); // a write that waits for another is a microtask away
  }

  fail(reason: unknown): void {
    this.over = true;
    this.#controller?.error(reason);
    if (this.#bytes === undefined) return;
    this.#bytes = undefined;
    this.#refused(reason);
  }

  #write(chunk: Chunk): Promise<void> | undefined {
    if (this.over) throw new SocketError('EPIPE', 'this side of the connection is closed');
    const bytes = bytesOf(chunk);
    if (bytes === undefined) {
      const error = new SocketError('EINVAL', 'a chunk must be octets or a string');
      this.#user.outputAborted(error);
      throw error;
    }
    this.#bytes = bytes;
    if (this.#tcp === undefined) this.#early?.(bytes);
    else if (this.#home.act((now) => this.#send(now))) return undefined;
    return new Promise((resolve, reject) => {
      this.#taken = resolve;
      this.#refused = reject;
    });
  }

  /** Has all been taken? */
  #send(now: number): boolean {
    const bytes = this.#bytes;
    if (bytes === undefined) return true;
    const taken = this.#tcp?.send(now, bytes);
    if (typeof taken !== 'number') return false; // the signal that says why is on its way
    this.#bytes = taken < bytes.length ? bytes.subarray(taken) : undefined;
    return this.#bytes === undefined;
  }
}

function nothing(): void {
  // On purpose.
}

const octets = (taken: number | string): number => (typeof taken === 'number' ? taken : 0);

function bytesOf(chunk: Chunk): Uint8Array | undefined {
  if (typeof chunk === 'string') return new TextEncoder().encode(chunk);
  if (chunk instanceof Uint8Array) return chunk;
  if (ArrayBuffer.isView(chunk)) {
    return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
  return chunk instanceof ArrayBuffer ? new Uint8Array(chunk) : undefined;
}
