/**
 * `net.Server`: listens on a host of estab and makes a socket of each connection, with the events,
 * properties and errors of Node's documentation of node:net.
 */
import { EventEmitter } from 'node:events';
import { BlockList, isIP, type AddressInfo } from 'node:net';
import { AsyncResource } from 'node:async_hooks';
import { getDefaultHighWaterMark } from 'node:stream';
import type { Listener } from '../../stack/listener.ts';
import type { TcpSocket } from '../../stack/tcp-socket.ts';
import type { TcpDefaults } from '../../tcp/options.ts';
import { IpAddress, parseAddress, printAddress } from '../../wire/address.ts';
import type { Home, Resident } from '../home.ts';
import { isRefusal } from '../socket-error.ts';
import {
  checkFunction,
  checkNumber,
  isFunction,
  isRecord,
  keepAliveDelay,
  normalized,
  type Options,
} from './net-arguments.ts';
import { isAny, listensAt, owns } from './net-attempt.ts';
import { invalidArgType, ListenError, plainError } from './net-errors.ts';
import type { NetHome } from './net-home.ts';
import { listenWishes, type ListenWishes } from './net-listen.ts';
import { lookUp, lookupWishes } from './net-lookup.ts';
import { localEnd, remoteEnd } from './net-names.ts';
import type { NetSocket } from './net-socket.ts';

/** Makes a socket of the same `net`. */
export type MakeSocket = (options: Options) => NetSocket;

export class NetServer extends EventEmitter implements Resident {
  allowHalfOpen: boolean;
  pauseOnConnect: boolean;
  noDelay: boolean;
  keepAlive: boolean;
  keepAliveInitialDelay: number; // s, as Node has it
  highWaterMark: number; //         octets
  declare maxConnections: number;
  /** Node keeps it for processes of a cluster; connections are dropped without it. */
  dropMaxConnection = false;
  readonly #home: NetHome;
  readonly #makeSocket: MakeSocket;
  readonly #blockList: BlockList | undefined;
  readonly #tcp: Partial<TcpDefaults> | undefined;
  #stack: Home | undefined = undefined;
  #listener: Listener | undefined = undefined;
  #scope: AsyncResource | undefined = undefined;
  #opening = 0; //      which call of listen() is being carried out, 0 for none
  #calls = 0; //        of listen()
  #connections = 0;
  #refd = true;
  #held = false;

  constructor(home: NetHome, makeSocket: MakeSocket, first: unknown, second: unknown) {
    const listens = isFunction(first) ? first : second;
    const options = serverOptions(first);
    super();
    Object.defineProperty(this, EventEmitter.captureRejectionSymbol, { value: rejected });
    if (isFunction(listens)) this.on('connection', listens);
    this.#home = home;
    this.#makeSocket = makeSocket;
    this.allowHalfOpen = Boolean(options['allowHalfOpen']);
    this.pauseOnConnect = Boolean(options['pauseOnConnect']);
    this.noDelay = Boolean(options['noDelay']);
    this.keepAlive = Boolean(options['keepAlive']);
    this.keepAliveInitialDelay = keepAliveDelay(options['keepAliveInitialDelay']);
    const mark = options['highWaterMark'];
    this.highWaterMark = typeof mark === 'number' ? mark : getDefaultHighWaterMark(false);
    this.#blockList = blockListOf(options['blockList']);
    this.#tcp = home.wishes.of(this.noDelay, this.keepAlive, this.keepAliveInitialDelay);
  }

  // Listening

  listen(...args: readonly unknown[]): this {
    const { options, callback } = normalized(args);
    if (this.#listener !== undefined || this.#opening > 0) {
      throw plainError(
        'ERR_SERVER_ALREADY_LISTEN',
        'Listen method has been called more than once without closing.',
      );
    }
    if (callback !== undefined) this.once('listening', callback);
    const wishes = listenWishes(args, options, this.#tcp);
    this.#calls += 1;
    this.#opening = this.#calls;
    this.#scope = new AsyncResource('ESTABSERVER');
    const stack = this.#home.stack();
    this.#stack = stack;
    if (wishes.signal !== undefined) this.#closeOn(wishes.signal);
    if (wishes.refused !== undefined) this.#failSoon(wishes.refused);
    else if (wishes.host === undefined) this.#open(stack, undefined, wishes);
    else this.#lookUp(stack, wishes.host, wishes);
    return this;
  }

  #closeOn(signal: AbortSignal): void {
    const onAbort = (): void => void this.close();
    if (signal.aborted) process.nextTick(onAbort);
    else {
      signal.addEventListener('abort', onAbort, { once: true });
      this.once('close', () => signal.removeEventListener('abort', onAbort));
    }
  }

  #lookUp(stack: Home, host: string, wishes: ListenWishes): void {
    const call = this.#calls;
    const names = new AbortController();
    const opens = (address: string): void => {
      if (call === this.#opening) this.#open(stack, address, wishes);
    };
    if (isIP(host) !== 0) {
      process.nextTick(opens, host);
      return;
    }
    lookUp(stack, host, lookupWishes(undefined, 0, false), names.signal, (error, [found]) => {
      if (call !== this.#opening) return;
      if (error === undefined) opens(String(found?.address));
      else {
        this.#opening = 0;
        this.emit('error', error);
      }
    });
  }

  /** On `address`, or on all. */
  #open(stack: Home, address: string | undefined, wishes: ListenWishes): void {
    const local = address === undefined ? ANY : parseAddress(address);
    const shown = address ?? '::';
    if (stack.closed) return this.#failSoon(new ListenError('ENETDOWN', shown, wishes.port));
    if (local === undefined) return this.#failSoon(new ListenError('EINVAL', shown, wishes.port));
    if (!isAny(local) && !owns(stack, local)) {
      return this.#failSoon(new ListenError('EADDRNOTAVAIL', shown, wishes.port));
    }
    const { port, ipv6Only, reusePort } = wishes;
    if (port > 0 && !reusePort && listensAt(stack, local, port, ipv6Only)) {
      return this.#failSoon(new ListenError('EADDRINUSE', shown, port));
    }
    const listener = stack.act((now) =>
      stack.host.listen(now, {
        port,
        local,
        ipv6Only,
        reusePort,
        ...(wishes.backlog > 0 && { backlog: wishes.backlog }),
        tcp: wishes.tcp,
        fastOpen: wishes.fastOpen,
        onConnection: (tcp) => void setImmediate(this.#accept, stack, tcp),
      }),
    );
    if (isRefusal(listener)) {
      const code = listener.error === 'address-in-use' ? 'EADDRINUSE' : 'EADDRNOTAVAIL';
      return this.#failSoon(new ListenError(code, shown, wishes.port));
    }
    this.#opening = 0;
    this.#listener = listener;
    stack.join(this);
    this.#hold();
    process.nextTick(() => {
      if (this.#listener === listener) this.emit('listening');
    });
  }

  #failSoon(error: Error): void {
    this.#opening = 0;
    process.nextTick(() => this.emit('error', error));
  }

  // Connections

  readonly #accept = (stack: Home, tcp: TcpSocket): void => {
    this.#scope?.runInAsyncScope(this.#accepted, this, stack, tcp);
  };

  #accepted(stack: Home, tcp: TcpSocket): void {
    if (this.#listener === undefined) {
      stack.act((now) => tcp.abort(now));
      return;
    }
    const mapped = this.#dualStack && tcp.localAddress?.family === 4;
    if (this.#unwanted(tcp, mapped)) {
      stack.act((now) => tcp.release(now));
      return;
    }
    const { highWaterMark, allowHalfOpen } = this;
    const socket = this.#makeSocket({
      allowHalfOpen,
      readableHighWaterMark: highWaterMark,
      writableHighWaterMark: highWaterMark,
      noDelay: this.noDelay,
      keepAlive: this.keepAlive,
    });
    this.#connections += 1;
    socket.server = this;
    socket.adopted(stack, tcp, mapped, this.pauseOnConnect, this);
    this.emit('connection', socket);
  }

  /** Does this listener take connections of both families? Then all look like IPv6. */
  get #dualStack(): boolean {
    return this.#listener?.local?.family === 6;
  }

  #unwanted(tcp: TcpSocket, mapped: boolean): boolean {
    const { maxConnections } = this;
    const full = maxConnections > 0 && this.#connections >= maxConnections;
    if (!full && this.#blockList === undefined) return false;
    const remote = remoteEnd(tcp, mapped);
    const family = remote?.family === 'IPv6' ? 'ipv6' : 'ipv4';
    if (this.#blockList?.check(remote?.address ?? '', family) === true) return true;
    if (!full) return false;
    const local = localEnd(tcp, mapped);
    this.emit('drop', {
      localAddress: local?.address,
      localPort: local?.port,
      localFamily: local?.family,
      remoteAddress: remote?.address,
      remotePort: remote?.port,
      remoteFamily: remote?.family,
    });
    return true;
  }

  /** Not for users: a socket of ours is gone. */
  socketCloses(): void {
    this.#connections -= 1;
    this.#closeIfDrained();
  }

  // The end

  close(callback?: (error?: Error) => void): this {
    const listener = this.#listener;
    if (typeof callback === 'function') {
      const running = listener !== undefined || this.#opening > 0;
      this.once('close', () => {
        if (running) callback();
        else callback(plainError('ERR_SERVER_NOT_RUNNING', 'Server is not running.'));
      });
    }
    this.#opening = 0;
    if (listener !== undefined) this.#leave(listener);
    this.#closeIfDrained();
    return this;
  }

  #leave(listener: Listener): void {
    const stack = this.#stack;
    this.#listener = undefined;
    stack?.act((now) => listener.close(now));
    stack?.leave(this);
    this.#hold();
  }

  stackCloses(): void {
    this.close();
  }

  #closeIfDrained(): void {
    if (this.#listener !== undefined || this.#connections > 0) return;
    process.nextTick(() => this.emit('close'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#listener === undefined) return;
    await new Promise<void>((resolve) => this.close(() => resolve()));
  }

  // Looking at it

  get listening(): boolean {
    return this.#listener !== undefined;
  }

  get connections(): number {
    return this.#connections;
  }

  address(): AddressInfo | null {
    const listener = this.#listener;
    if (listener === undefined) return null;
    const { local = ANY, port } = listener;
    return { address: printAddress(local), family: `IPv${local.family}`, port };
  }

  getConnections(callback: (error: Error | null, count: number) => void): this {
    checkFunction(callback, 'callback');
    process.nextTick(callback, null, this.#connections);
    return this;
  }

  // The process goes on as long as it listens.

  ref(): this {
    this.#refd = true;
    this.#hold();
    return this;
  }

  unref(): this {
    this.#refd = false;
    this.#hold();
    return this;
  }

  #hold(): void {
    const wanted = this.#refd && this.#listener !== undefined;
    if (wanted === this.#held) return;
    this.#held = wanted;
    if (wanted) this.#stack?.hold();
    else this.#stack?.release();
  }
}

/** A listener of 'connection' that is async and rejects: its connection is destroyed. */
function rejected(this: NetServer, error: Error, event: string, ...args: unknown[]): void {
  const [socket] = args;
  if (event !== 'connection') this.emit('error', error);
  else if (isRecord(socket) && isFunction(socket['destroy'])) {
    Reflect.apply(socket['destroy'], socket, [error]);
  }
}

const ANY = new IpAddress(6, 0, 0, 0, 0);

/** @throws TypeError when they are none. */
function serverOptions(first: unknown): Options {
  if (isFunction(first) || first === undefined || first === null) return {};
  if (!isRecord(first)) throw invalidArgType('options', 'of type object', first);
  const { keepAliveInitialDelay } = first;
  if (keepAliveInitialDelay !== undefined) {
    checkNumber(keepAliveInitialDelay, 'options.keepAliveInitialDelay');
  }
  return first;
}

function blockListOf(value: unknown): BlockList | undefined {
  return value instanceof BlockList ? value : undefined;
}
