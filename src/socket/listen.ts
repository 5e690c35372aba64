/**
 * A passive OPEN that programs iterate over: each connection that is established is a Socket. Those
 * that nobody has taken yet wait in the host, no more than the backlog says.
 */
import type { Listener as HostListener } from '../stack/listener.ts';
import type { TcpDefaults } from '../tcp/options.ts';
import { printAddress, type IpAddress } from '../wire/address.ts';
import type { Home, Resident } from './home.ts';
import { knownName } from './resolver.ts';
import { Socket } from './socket.ts';
import { isRefusal, refusalError, SocketError } from './socket-error.ts';

export interface ListenOptions {
  /** 1 to 65535. Default 0: a free one. */
  readonly port?: number | undefined;
  /** A literal address or `localhost`. Default: all addresses. */
  readonly hostname?: string | undefined;
  /** Connections in SYN-RECEIVED, and again those that wait for accept(). Default 511. */
  readonly backlog?: number | undefined;
  /** IPv6 only, where all addresses are listened on. Default false. */
  readonly ipv6Only?: boolean | undefined;
  /** Shares the port with others that say so. Default false. */
  readonly reusePort?: boolean | undefined;
  /**
   * TCP Fast Open (RFC 7413): gives cookies, and hands connections over with the text of their SYN,
   * before the handshake is complete, so many at a time; true: as many as the backlog says. That text
   * may come twice. Default: as `tcp` says.
   */
  readonly fastOpen?: boolean | number | undefined;
  /** Closes the listener; connections that were accepted stay. */
  readonly signal?: AbortSignal | undefined;
  /** Of each connection, as in connect(). */
  readonly allowHalfOpen?: boolean | undefined;
  readonly noDelay?: boolean | undefined;
  readonly keepAlive?: boolean | undefined;
  readonly tcp?: Partial<TcpDefaults> | undefined;
}

const DEFAULT_BACKLOG = 511; // as node:net

/** @throws SocketError when the port is taken, or an argument is not what it must be. */
export function listenOn(home: Home, options: ListenOptions = {}): Listener {
  if (typeof options !== 'object' || options === null) {
    throw new SocketError('EINVAL', `options are ${String(options)}: give { port, hostname }`);
  }
  const { hostname, port = 0, backlog = DEFAULT_BACKLOG } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new SocketError('EINVAL', `port is ${port}: give an integer from 0 to 65535`);
  }
  if (!Number.isInteger(backlog) || backlog < 1) {
    throw new SocketError('EINVAL', `backlog is ${backlog}: give a positive integer`);
  }
  const { fastOpen = 0 } = options;
  if (typeof fastOpen !== 'boolean' && (!Number.isInteger(fastOpen) || fastOpen < 0)) {
    const advice = 'give true, false or how many connections at a time';
    throw new SocketError('EINVAL', `fastOpen is ${String(fastOpen)}: ${advice}`);
  }
  if (home.closed) throw new SocketError('ENETDOWN', 'the stack is closed');
  return new Listener(home, options, port, backlog, addressesOf(hostname));
}

function addressesOf(hostname: string | undefined): readonly (IpAddress | undefined)[] {
  if (hostname === undefined) return [undefined];
  const plain = hostname.replace(/^\[(.*)\]$/, '$1');
  const known = knownName(plain);
  if (known !== undefined) return known;
  const advice = 'give an address of this stack, or localhost';
  throw new SocketError('EADDRNOTAVAIL', `hostname is '${hostname}': ${advice}`);
}

export class Listener implements AsyncIterable<Socket>, Resident {
  readonly port: number;
  /** Undefined: all of the stack's. */
  readonly address: string | undefined;
  readonly #home: Home;
  readonly #wishes: ListenOptions;
  readonly #listeners: HostListener[] = [];
  readonly #waiting: ((socket: Socket | undefined) => void)[] = []; // in accept()
  readonly #onReady = (): void => {
    while (this.#waiting.length > 0) {
      const socket = this.#next();
      if (socket === undefined) return;
      this.#waiting.shift()?.(socket);
    }
  };
  readonly #onAbort = (): void => void this.close();
  #closed = false;

  /** listen() makes them. `port` 0: any. */
  constructor(
    home: Home,
    wishes: ListenOptions,
    port: number,
    backlog: number,
    addresses: readonly (IpAddress | undefined)[],
  ) {
    this.#home = home;
    this.#wishes = wishes;
    const [first] = addresses;
    this.address = first && printAddress(first);
    this.port = addresses.reduce((same, local) => this.#listen(local, same, backlog), port);
    home.hold();
    home.join(this);
    wishes.signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (wishes.signal?.aborted === true) this.#onAbort();
  }

  /** Connections that wait for accept(). */
  get waiting(): number {
    return this.#listeners.reduce((sum, listener) => sum + listener.waiting, 0);
  }

  /** The next connection; undefined when the listener is closed. */
  accept(): Promise<Socket | undefined> {
    const socket = this.#next();
    if (socket !== undefined || this.#closed) return Promise.resolve(socket);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Listens no more. Connections that nobody took are reset. */
  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    this.#home.act((now) => {
      for (const listener of this.#listeners) listener.close(now);
    });
    for (const tell of this.#waiting.splice(0)) tell(undefined);
    this.#wishes.signal?.removeEventListener('abort', this.#onAbort);
    this.#home.leave(this);
    this.#home.release();
    return Promise.resolve();
  }

  /** Ends when the listener is closed; who leaves the loop closes it. */
  [Symbol.asyncIterator](): AsyncIterator<Socket, undefined> {
    return {
      next: async () => {
        const socket = await this.accept();
        return socket === undefined
          ? { done: true, value: undefined }
          : { done: false, value: socket };
      },
      return: async () => {
        await this.close();
        return { done: true, value: undefined };
      },
    };
  }

  [Symbol.dispose](): void {
    void this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // Not for users: the stack calls it.

  stackCloses(): void {
    void this.close();
  }

  #listen(local: IpAddress | undefined, port: number, backlog: number): number {
    const { ipv6Only, reusePort, noDelay, keepAlive, fastOpen: fast } = this.#wishes;
    const fastOpen = typeof fast === 'number' ? fast : undefined;
    const tcp: Partial<TcpDefaults> = {
      ...this.#wishes.tcp,
      ...(noDelay !== undefined && { noDelay }),
      ...(keepAlive !== undefined && { keepAlive }),
      ...(fast !== undefined && { fastOpen: fast === false ? 'off' : 'server' }),
    };
    const listener = this.#home.act((now) => {
      const options = { port, local, backlog, ipv6Only, reusePort, fastOpen, tcp };
      const opened = this.#home.host.listen(now, options);
      if (isRefusal(opened)) for (const other of this.#listeners) other.close(now);
      return opened;
    });
    if (isRefusal(listener)) throw refusalError(listener);
    listener.onReady = this.#onReady;
    this.#listeners.push(listener);
    return listener.port;
  }

  /** The connection that has waited longest at the first listener where one waits. */
  #next(): Socket | undefined {
    const home = this.#home;
    const tcp = home.act(() => {
      for (const listener of this.#listeners) {
        const accepted = listener.accept();
        if (accepted !== undefined) return accepted;
      }
      return undefined;
    });
    if (tcp === undefined) return undefined;
    const { allowHalfOpen = false } = this.#wishes;
    const giveUp = (): void => undefined;
    return new Socket({ home, allowHalfOpen, signal: undefined, giveUp }, tcp);
  }
}
