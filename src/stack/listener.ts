/**
 * BSD's listen(): a socket of its own for each connection, as 4.4BSD and Linux have it. Two queues:
 * half-open connections (SYN-RECEIVED, RFC 4987), and established ones that await accept(). With
 * `onConnection` nobody waits: each is handed over in the flush after it was established.
 */
import type { Family, IpAddress } from '../wire/address.ts';
import type { TcpDefaults } from '../tcp/options.ts';
import type { SynCookiePolicy } from './syn-cookies.ts';
import type { Parent, TcpSocket } from './tcp-socket.ts';

/** What a listener asks of its host. */
export interface ListenerHome {
  close(now: number, listener: Listener): void;
  /** A connection left the accept queue: its user is to be told what it has signalled meanwhile. */
  taken(socket: TcpSocket): void;
}

export interface ListenerOptions {
  readonly port: number;
  readonly local: IpAddress | undefined;
  readonly family: Family | undefined;
  readonly backlog: number;
  readonly synCookies: SynCookiePolicy;
  readonly reusePort: boolean;
  readonly fastOpen: number;
  readonly tcp: Partial<TcpDefaults> | undefined;
  readonly onConnection: ((socket: TcpSocket) => void) | undefined;
}

const RESET_COUNTS = 60_000; // ms, as Linux has it

/** Where established connections stay until somebody calls accept(). */
class AcceptQueue implements Parent {
  readonly keeps = true;
  readonly full = false;
  pending = 0;
  readonly sockets: TcpSocket[] = [];
  readonly #listener: Listener;

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  get closed(): boolean {
    return this.#listener.closed;
  }

  opened(): void {
    // a child was counted by the listener itself
  }

  handOver(): void {
    // accept() does
  }
}

export class Listener implements Parent {
  readonly port: number;
  /** As it was asked for: undefined for all, also `::` or `0.0.0.0`. */
  readonly local: IpAddress | undefined;
  /** The one it takes connections of; undefined: both, "dual stack". */
  readonly family: Family | undefined;
  /** Half-open connections at most, and as many established ones that nobody has accepted. */
  readonly backlog: number;
  readonly synCookies: SynCookiePolicy;
  readonly reusePort: boolean;
  readonly tcp: Partial<TcpDefaults> | undefined;
  readonly keeps = false;
  closed = false;
  /** Connections handed over in SYN-RECEIVED at most: RFC 7413 §5.1. */
  readonly fastOpen: number;
  readonly #resets: number[] = []; // until when they count, ms
  /** Connections handed over, or about to be, in SYN-RECEIVED. The host's own. */
  fastOpening = 0;
  /** Connections in SYN-RECEIVED. */
  pending = 0;
  /** Until when an ACK may carry a cookie of ours, ms. The host's own. */
  cookiesUntil: number = -Infinity;
  /** Told from inside flush() when the accept queue was empty and is not any more. */
  onReady: (() => void) | undefined = undefined;
  readonly #onConnection: ((socket: TcpSocket) => void) | undefined;
  readonly #queue: AcceptQueue = new AcceptQueue(this);
  readonly #home: ListenerHome;
  #established = 0; // on their way into the accept queue

  constructor(options: ListenerOptions, home: ListenerHome) {
    this.port = options.port;
    this.local = options.local;
    this.family = options.family;
    this.backlog = options.backlog;
    this.synCookies = options.synCookies;
    this.reusePort = options.reusePort;
    this.fastOpen = options.fastOpen;
    this.tcp = options.tcp;
    this.#onConnection = options.onConnection;
    this.#home = home;
  }

  /** Established connections that await accept(). */
  get waiting(): number {
    return this.#queue.sockets.length;
  }

  /** No more connections are taken until somebody calls accept(). */
  get full(): boolean {
    if (this.#onConnection !== undefined) return false;
    return this.#established + this.waiting >= Math.max(this.backlog, 1); // Linux has one more
  }

  /**
   * The connection that waits longest; undefined when none does, and always with `onConnection`. It may
   * have ended meanwhile. Set its onSignal at once: the next flush tells what it has missed.
   */
  accept(): TcpSocket | undefined {
    const socket = this.#queue.sockets.shift();
    if (socket === undefined) return undefined;
    socket.parent = undefined;
    this.#home.taken(socket);
    return socket;
  }

  /** Listens no more; connections not handed over yet are aborted. */
  close(now: number): void {
    if (this.closed) return;
    this.closed = true;
    this.#home.close(now, this);
    this.#queue.sockets.length = 0;
  }

  // The host's own, hands off.

  owns(socket: TcpSocket): boolean {
    return socket.parent === this || socket.parent === this.#queue;
  }

  /** May one more be handed over in SYN-RECEIVED? */
  mayOpenFast(now: number): boolean {
    const resets = this.#resets;
    while (resets.length > 0 && resets[0]! <= now) resets.shift();
    return this.fastOpening + resets.length < this.fastOpen;
  }

  /**
   * One of them is established, or over. Who sends a SYN with a cookie and then a reset has not freed
   * its place by that: RFC 7413 §5.1.
   */
  openedFast(now: number, reset: boolean): void {
    this.fastOpening--;
    if (reset) this.#resets.push(now + RESET_COUNTS);
  }

  /** One more is established, and its user is not told yet. */
  opened(): void {
    this.#established++;
  }

  handOver(socket: TcpSocket): void {
    this.#established--;
    if (this.#onConnection !== undefined) {
      socket.parent = undefined;
      this.#onConnection(socket);
      return;
    }
    socket.parent = this.#queue;
    this.#queue.sockets.push(socket);
    if (this.waiting === 1) this.onReady?.();
  }
}
