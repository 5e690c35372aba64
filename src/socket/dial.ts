/**
 * An active OPEN of one of several addresses: they are tried in turn and overlap (RFC 8305), the first
 * that is established wins, the others are aborted.
 */
import type { OpenOptions } from '../stack/opening.ts';
import type { TcpSocket } from '../stack/tcp-socket.ts';
import type { TcpSignal } from '../tcp/signals.ts';
import type { IpAddress } from '../wire/address.ts';
import { printEndpoint } from './endpoint.ts';
import type { Timer } from './event-loop.ts';
import { HappyEyeballs } from './happy-eyeballs.ts';
import type { Home } from './home.ts';
import { endingError, isRefusal, refusalError, SocketError } from './socket-error.ts';

export type DialOptions = Omit<OpenOptions, 'remote' | 'remotePort'>;

/** Who has won. */
export interface Dialled {
  readonly tcp: TcpSocket;
  /** Octets of the early text that it has taken. */
  readonly early: number;
}

export interface DialUser {
  /** Called from inside the host; further signals are the user's to hear. */
  established(now: number, dialled: Dialled): void;
  failed(error: SocketError): void;
}

export class Dial {
  readonly #home: Home;
  readonly #port: number;
  readonly #options: DialOptions;
  readonly #user: DialUser;
  readonly #eyeballs: HappyEyeballs;
  readonly #attempts: Map<TcpSocket, number> = new Map(); // and the early text each has taken
  readonly #early: Uint8Array | undefined;
  readonly #errors: SocketError[] = [];
  #timer: Timer | undefined = undefined;
  #over = false;

  /**
   * Begins at once. `addresses` are in order of preference, at least one. `early` is text for the SYN
   * of each attempt (RFC 7413).
   */
  constructor(
    home: Home,
    addresses: readonly IpAddress[],
    port: number,
    options: DialOptions,
    user: DialUser,
    early?: Uint8Array,
  ) {
    this.#home = home;
    this.#port = port;
    this.#options = options;
    this.#user = user;
    this.#early = early;
    const family = options.local?.family;
    this.#eyeballs = new HappyEyeballs(
      addresses.filter((address) => family === undefined || address.family === family),
    );
    home.act((now) => this.#advance(now));
  }

  /** Nobody wants it any more. */
  abort(): void {
    if (this.#over) return;
    this.#home.act((now) => this.#end(now));
  }

  #advance(now: number): void {
    for (let a = this.#eyeballs.next(now); a !== undefined; a = this.#eyeballs.next(now)) {
      this.#attempt(now, a);
      if (this.#over) return;
    }
    if (this.#attempts.size === 0 && this.#eyeballs.exhausted) {
      this.#end(now);
      this.#user.failed(this.#verdict());
      return;
    }
    if (this.#timer !== undefined) this.#home.loop.cancel(this.#timer);
    const wait = this.#eyeballs.nextTimeout() - now;
    if (wait === Infinity) return;
    this.#timer = this.#home.loop.later(() => this.#home.act((at) => this.#advance(at)), wait);
  }

  #attempt(now: number, remote: IpAddress): void {
    const options: OpenOptions = { ...this.#options, remote, remotePort: this.#port };
    const opened = this.#home.host.open(now, options);
    if (isRefusal(opened)) {
      this.#errors.push(refusalError(opened));
      this.#eyeballs.failed();
      return;
    }
    this.#attempts.set(opened, this.#sendEarly(now, opened));
    opened.onSignal = (signal, at) => this.#signal(at, opened, signal);
  }

  /** What is sent before the flush leaves with the SYN. */
  #sendEarly(now: number, tcp: TcpSocket): number {
    const taken = this.#early === undefined ? 0 : tcp.send(now, this.#early);
    return typeof taken === 'number' ? taken : 0;
  }

  #signal(now: number, tcp: TcpSocket, signal: TcpSignal): void {
    if (signal === 'established') {
      const early = this.#attempts.get(tcp) ?? 0;
      this.#attempts.delete(tcp);
      this.#end(now);
      this.#user.established(now, { tcp, early });
      return;
    }
    const peer = printEndpoint(tcp.remoteAddress, tcp.remotePort);
    const error = endingError(signal, peer, false);
    if (error === undefined) return;
    this.#errors.push(error);
    this.#attempts.delete(tcp);
    tcp.onSignal = undefined;
    this.#eyeballs.failed();
    this.#advance(now);
  }

  #end(now: number): void {
    this.#over = true;
    if (this.#timer !== undefined) this.#home.loop.cancel(this.#timer);
    for (const tcp of this.#attempts.keys()) {
      tcp.onSignal = undefined;
      tcp.abort(now);
    }
    this.#attempts.clear();
  }

  #verdict(): SocketError {
    const [first] = this.#errors;
    if (first === undefined) {
      return new SocketError('EHOSTUNREACH', 'the name has no address of the local family');
    }
    if (this.#errors.length === 1) return first;
    const all = this.#errors.map(({ message }) => message.replace('SocketError: ', '')).join('; ');
    return new SocketError(first.code, all, { cause: new AggregateError(this.#errors) });
  }
}
