/**
 * A TCP connection with Web streams, shaped as the WinterTC Sockets API has it (draft of 2025). What
 * that leaves open is decided as TCP and `node:net` have it; docs/adr/0027-web-streams-over-tcp.md says where.
 */
import type { TcpSocket } from '../stack/tcp-socket.ts';
import type { TcpSignal } from '../tcp/signals.ts';
import type { State } from '../tcp/state.ts';
import { printEndpoint } from './endpoint.ts';
import type { Home, Resident } from './home.ts';
import { endingError, SocketError } from './socket-error.ts';
import { applyOptions, wrongOption, type SocketOptions } from './socket-options.ts';
import { Incoming, Outgoing, type Chunk } from './streams.ts';

/** What `opened` tells. */
export interface OpenedSocket {
  /** `10.0.0.2:80`, `[fd00::2]:80`. */
  readonly remoteAddress: string;
  readonly localAddress: string;
  /** Null: TLS is the host's. */
  readonly alpn: null;
}

/** How a Socket is made: connect() and a Listener do. */
export interface SocketMaking {
  readonly home: Home;
  /** False: the peer's FIN closes this side, too, when everything before it has been read. */
  readonly allowHalfOpen: boolean;
  readonly signal: AbortSignal | undefined;
  /** What to stop when the socket is closed before it is open. */
  readonly giveUp: () => void;
  /** With Fast Open: told of the first text, which is not to wait for the connection (RFC 7413). */
  readonly early?: ((text: Uint8Array) => void) | undefined;
}

export class Socket implements Resident {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Chunk>;
  /** Rejects when the connection cannot be made, or is closed before. */
  readonly opened: Promise<OpenedSocket>;
  /** Resolves when the connection is over and nothing was lost; rejects when it broke. */
  readonly closed: Promise<void>;
  readonly upgraded = false;
  readonly secureTransport = 'off';
  readonly #making: SocketMaking;
  readonly #home: Home;
  readonly #incoming: Incoming;
  readonly #outgoing: Outgoing;
  readonly #opened: Settler<OpenedSocket> = new Settler();
  readonly #closed: Settler<void> = new Settler();
  readonly #onAbort = (): void => this.abort(this.#making.signal?.reason);
  #tcp: TcpSocket | undefined = undefined;
  #wishes: SocketOptions | undefined = undefined; // until it is open
  #finArrived = false;
  #finSent = false;
  #closing = false;
  #watched = false;
  #over = false;

  constructor(making: SocketMaking, tcp?: TcpSocket) {
    const { home, signal } = making;
    this.#making = making;
    this.#home = home;
    this.opened = this.#opened.promise;
    this.closed = this.#closed.promise;
    const opened = tcp === undefined ? this.opened : undefined;
    this.#incoming = new Incoming(home, this, opened);
    this.#outgoing = new Outgoing(home, this, opened, making.early);
    this.readable = this.#incoming.stream;
    this.writable = this.#outgoing.stream;
    home.hold();
    home.join(this);
    if (tcp !== undefined) this.begin(tcp);
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted === true) this.#onAbort();
  }

  /** One of the eleven states of RFC 9293 §3.3.2; CLOSED also while the name is looked up. */
  get state(): State {
    return this.#tcp?.state ?? 'CLOSED';
  }

  /** The connection itself, for those who need speed; undefined until it is open. */
  get tcp(): TcpSocket | undefined {
    return this.#tcp;
  }

  /**
   * Closes both directions. Text that was written before is delivered; with a reason, what the send
   * buffer has not taken yet is not. Text that arrives from now on is answered with a reset (RFC 9293
   * §3.6.1). Resolves like `closed`: when all is acknowledged.
   */
  close(reason?: unknown): Promise<void> {
    if (this.#closing || this.#over) return this.closed;
    this.#closing = true;
    if (this.#tcp === undefined) {
      const error = reason ?? new SocketError('ECONNABORTED', 'closed before it was open');
      this.#making.giveUp();
      this.#opened.reject(error);
      this.#incoming.fail(error);
      this.#outgoing.fail(error);
      this.#finish();
      return this.closed;
    }
    this.#incoming.stop();
    if (reason === undefined) this.#outgoing.whenIdle(() => this.#release(alreadyClosed()));
    else this.#release(reason);
    return this.closed;
  }

  /** Resets the connection; `reason`, if given, is what both streams and `closed` are rejected with. */
  abort(reason?: unknown): void {
    const tcp = this.#tcp;
    if (this.#over) return;
    if (tcp === undefined) this.#making.giveUp();
    else {
      tcp.onSignal = undefined;
      this.#home.act((now) => tcp.abort(now));
    }
    this.#fail(reason ?? new SocketError('ECONNABORTED', 'the connection was aborted'));
  }

  /** TLS is the host's: wrap `readable` and `writable`, or `estab/net` with `node:tls`. */
  startTls(): never {
    throw new SocketError('ENOTSUP', 'startTls() is the host’s: wrap the streams in TLS yourself');
  }

  /** Sends at once what Nagle's algorithm would let wait: RFC 9293 §3.7.4. */
  noDelay(on = true): void {
    this.set({ noDelay: on });
  }

  /** Turns keep-alives on or off: RFC 9293 §3.8.4. */
  keepAlive(on = true): void {
    this.set({ keepAlive: on });
  }

  /**
   * Changes what a connection has been opened with, as setsockopt() does; before it is open, as soon
   * as it is. @throws SocketError when a name or a value is none.
   */
  set(options: SocketOptions): void {
    const wrong = wrongOption(options);
    if (wrong !== undefined) throw new SocketError('EINVAL', wrong);
    const tcp = this.#tcp;
    if (tcp !== undefined) this.#home.act((now) => applyOptions(now, tcp, options));
    else this.#wishes = { ...this.#wishes, ...options };
  }

  [Symbol.dispose](): void {
    void this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close().catch(() => undefined);
  }

  // Not for users: the stack, the streams and connect() call these.

  /** The connection is established, and has `early` octets of what was written first. */
  begin(tcp: TcpSocket, early = 0): void {
    this.#tcp = tcp;
    this.#incoming.open(tcp);
    tcp.onSignal = (signal, now) => this.#signal(now, signal);
    this.#opened.resolve({
      remoteAddress: printEndpoint(tcp.remoteAddress, tcp.remotePort),
      localAddress: printEndpoint(tcp.localAddress, tcp.localPort),
      alpn: null,
    });
    const wishes = this.#wishes;
    if (wishes !== undefined) this.#home.act((now) => applyOptions(now, tcp, wishes));
    this.#outgoing.open(tcp, early);
  }

  cannotOpen(error: unknown): void {
    if (!this.#over) this.#fail(error);
  }

  stackCloses(gently: boolean): void {
    if (gently) void this.close();
    else this.abort(new SocketError('ENETDOWN', 'the stack was closed'));
  }

  inputEnded(): void {
    if (this.#making.allowHalfOpen || this.#closing) this.#checkOver();
    else this.#outgoing.whenIdle(() => this.outputEnded());
  }

  inputCancelled(): void {
    this.#checkOver();
  }

  outputEnded(): void {
    this.#outgoing.over = true;
    const tcp = this.#tcp;
    if (this.#finSent || this.#over || tcp === undefined) return;
    this.#finSent = true;
    this.#home.act((now) => tcp.close(now));
    this.#checkOver();
  }

  outputAborted(reason: unknown): void {
    this.abort(reason);
  }

  #signal(now: number, signal: TcpSignal): void {
    switch (signal) {
      case 'readable':
        this.#incoming.arrived(now);
        break;
      case 'end':
        this.#finArrived = true;
        this.#incoming.finArrives();
        this.#checkOver();
        break;
      case 'writable':
        this.#outgoing.writable(now);
        break;
      case 'closed':
        this.#connectionClosed();
        break;
      default: {
        const tcp = this.#tcp;
        const peer = printEndpoint(tcp?.remoteAddress, tcp?.remotePort ?? 0);
        const error = endingError(signal, peer, true);
        if (error === undefined) break; // urgent text is text here; r1 and soft errors may pass
        if (this.#closing && signal === 'aborted')
          this.#finish(); // text came, and nobody reads
        else this.#fail(error);
      }
    }
  }

  #connectionClosed(): void {
    if (this.#closing || this.#finArrived) this.#checkOver();
    else this.#fail(new SocketError('ECONNABORTED', 'the connection was closed'));
  }

  #release(reason: unknown): void {
    const tcp = this.#tcp;
    if (this.#over || tcp === undefined) return;
    this.#outgoing.fail(reason);
    this.#finSent = true;
    this.#home.act((now) => tcp.release(now));
    this.#checkOver();
  }

  /** Is the connection over, with everything acknowledged? Not everything that leads there is a signal. */
  #checkOver(): void {
    if (this.#over) return;
    const near = this.#closing || (this.#finArrived && this.#incoming.over);
    if (this.#isOver()) this.#finish();
    else if (near && this.#finSent && !this.#watched) {
      this.#watched = true;
      this.#home.watch(() => {
        if (!this.#over && this.#isOver()) this.#finish();
        return this.#over;
      });
    }
  }

  #isOver(): boolean {
    const { state } = this;
    if (this.#closing) {
      if (!this.#finSent) return state === 'CLOSED'; // release() is still to come
      return state === 'FIN-WAIT-2' || state === 'TIME-WAIT' || state === 'CLOSED';
    }
    const done = this.#finArrived && this.#incoming.over;
    return done && (state === 'TIME-WAIT' || state === 'CLOSED');
  }

  #finish(): void {
    this.#leave();
    this.#closed.resolve();
  }

  #fail(reason: unknown): void {
    this.#leave();
    this.#opened.reject(reason);
    this.#closed.reject(reason);
    this.#incoming.fail(reason);
    this.#outgoing.fail(reason);
  }

  #leave(): void {
    this.#over = true;
    if (this.#tcp !== undefined) this.#tcp.onSignal = undefined;
    this.#making.signal?.removeEventListener('abort', this.#onAbort);
    this.#home.leave(this);
    this.#home.release();
  }
}

const alreadyClosed = (): SocketError => new SocketError('EPIPE', 'the socket was closed');

/** A promise and its two ends. Nobody has to listen to it. */
class Settler<T> {
  readonly promise: Promise<T>;
  resolve: (value: T) => void = () => undefined;
  reject: (reason: unknown) => void = () => undefined;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.promise.catch(() => undefined);
  }
}
