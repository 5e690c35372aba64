/** What the file descriptors of a script stand for: sockets as C knows them, and sets of epoll. */
import type { Listener } from '../../stack/listener.ts';
import type { TcpSocket } from '../../stack/tcp-socket.ts';
import type { TcpDefaults } from '../../tcp/options.ts';
import type { TcpSignal } from '../../tcp/signals.ts';
import type { Conversation } from './stage.ts';
import type { Errno } from './symbols.ts';

/** Options of a connection that may change. */
export type Wishes = { -readonly [K in keyof TcpDefaults]?: TcpDefaults[K] };

export class SocketFile {
  readonly kind = 'socket';
  readonly number: number;
  nonBlocking = false;
  phase: 'new' | 'listening' | 'connecting' | 'connected' = 'new';
  bound: number | undefined = undefined; // port
  backlog = 0;
  listener: Listener | undefined = undefined;
  tcp: TcpSocket | undefined = undefined;
  conversation: Conversation | undefined = undefined;
  /** sk_err: told once, by whatever call comes first. */
  error: Errno | undefined = undefined;
  /** An ICMP error that may pass; what a timeout is called then. */
  softError: Errno | undefined = undefined;
  ended = false; //      the peer's FIN was told
  shutRead = false;
  shutWrite = false;
  /** The first connect() after an asynchronous one still answers 0. */
  unseen = false;
  /** SO_LINGER: seconds, undefined when off. */
  linger: number | undefined = undefined;
  /** SO_SNDBUF as the script gave it, octets. */
  sendLimit: number = Infinity;
  /** TCP_FASTOPEN_CONNECT: connect() waits for the first text. */
  fastOpenConnect = false;
  deferred = false; //   it did
  /** How often it became readable, and writable: what edge-triggered polls ask for. */
  arrivals = 0;
  departures = 0;
  /** What setsockopt() was told, for getsockopt(). */
  readonly options: Map<string, number> = new Map();
  /** What of it is an option of the connection. */
  readonly wishes: Wishes = {};

  constructor(number: number) {
    this.number = number;
  }

  adopt(tcp: TcpSocket, conversation: Conversation | undefined): void {
    this.tcp = tcp;
    this.conversation = conversation;
    tcp.onSignal = (signal) => this.#told(signal);
  }

  #told(signal: TcpSignal): void {
    switch (signal) {
      case 'established':
        this.phase = 'connected';
        this.departures++;
        return;
      case 'readable':
        this.arrivals++;
        return;
      case 'writable':
        this.departures++;
        return;
      case 'end':
        this.ended = true;
        this.arrivals++;
        return;
      case 'soft-error':
        this.softError = 'EHOSTUNREACH';
        return;
      case 'reset':
        if (this.phase === 'connecting') this.#failed('ECONNREFUSED');
        else this.#failed(this.ended ? 'EPIPE' : 'ECONNRESET');
        return;
      case 'refused':
        this.#failed('ECONNREFUSED');
        return;
      case 'timeout':
        this.#failed(this.softError ?? 'ETIMEDOUT');
        return;
      case 'host-unreachable':
        this.#failed('EHOSTUNREACH');
        return;
      case 'network-down':
        this.#failed('ENETDOWN');
        return;
      default:
    }
  }

  #failed(error: Errno): void {
    this.error = error;
    this.arrivals++;
    this.departures++;
  }

  /** The error that waits, which is told once. */
  takeError(): Errno | undefined {
    const { error } = this;
    this.error = undefined;
    return error;
  }

  /** Nothing can be sent or received any more. */
  get over(): boolean {
    const { tcp } = this;
    return tcp !== undefined && tcp.state === 'CLOSED' && this.phase !== 'connecting';
  }

  /** Octets that a write would take now. */
  get room(): number {
    const { tcp } = this;
    if (tcp === undefined) return 0;
    const queued = this.sendLimit === Infinity ? 0 : (tcp.tcbHeld?.tcb.sendBuffer.length ?? 0);
    return Math.max(0, Math.min(tcp.sendSpace, this.sendLimit - queued));
  }
}

/** What epoll_ctl() asked for about one descriptor. */
export interface Interest {
  events: number;
  readonly data: number;
  /** What was there when it was told last; for EPOLLET. */
  arrivals: number;
  departures: number;
  disabled: boolean; // EPOLLONESHOT has told
}

export class EpollFile {
  readonly kind = 'epoll';
  readonly number: number;
  readonly interests: Map<number, Interest> = new Map();

  constructor(number: number) {
    this.number = number;
  }
}

export type File = SocketFile | EpollFile;
