/**
 * `net.Socket`: a Duplex on a connection of estab, with the events, properties and errors of Node's
 * documentation of node:net. How it connects is in net-connect.ts, the connection in channel.ts.
 */
import { Buffer } from 'node:buffer';
import type { AddressInfo, Server, SocketReadyState } from 'node:net';
import { addAbortSignal, Duplex } from 'node:stream';
import type { TcpSocket } from '../../stack/tcp-socket.ts';
import type { Home } from '../home.ts';
import { bytesOf, Channel, type ChannelUser, type Chunk } from './channel.ts';
import {
  checkDelay,
  checkFunction,
  isFunction,
  isRecord,
  keepAliveDelay,
  missingArgs,
  normalized,
  onreadOf,
  type Options,
} from './net-arguments.ts';
import { Dialling } from './net-connect.ts';
import { plainError, socketClosed, SystemError } from './net-errors.ts';
import type { NetHome } from './net-home.ts';
import {
  checkSocketOptions,
  duplexOptions,
  LONGEST_TIMER,
  warnOfOverflow,
} from './net-socket-options.ts';
import { localEnd, remoteEnd } from './net-names.ts';

/** Whoever counts the sockets it made. */
export interface Maker {
  socketCloses(): void;
}

export class NetSocket extends Duplex implements ChannelUser {
  connecting = false;
  server: Server | null = null;
  declare timeout: number;
  declare autoSelectFamilyAttemptedAddresses: string[];
  declare _hadError: boolean;
  // Node's streams have these, and do not say so.
  declare readonly _undestroy: () => void;
  declare readonly writableBuffer: readonly Chunk[] | undefined;
  declare allowHalfOpen: boolean;

  // Accessors; Node's types say that they are not there at all when they are undefined.
  declare readonly localAddress?: string;
  declare readonly localPort?: number;
  declare readonly localFamily?: string;
  declare readonly bufferSize: number;

  static {
    const own = (get: (this: NetSocket) => unknown): PropertyDescriptor => ({
      get,
      enumerable: true,
      configurable: true,
    });
    Object.defineProperties(NetSocket.prototype, {
      bufferSize: own(function () {
        return this.connecting || this.#channel !== undefined ? this.writableLength : undefined;
      }),
      localAddress: own(function () {
        return this.#local?.address;
      }),
      localPort: own(function () {
        return this.#local?.port;
      }),
      localFamily: own(function () {
        return this.#local?.family;
      }),
    });
  }

  readonly #home: NetHome;
  readonly #onread: ReturnType<typeof onreadOf>;
  #dialling: Dialling | undefined = undefined;
  #channel: Channel | undefined = undefined;
  #maker: Maker | undefined = undefined;
  #mapped = false; // IPv4, and the program deals in IPv6
  #localEnd: AddressInfo | undefined = undefined;
  #remoteEnd: AddressInfo | undefined = undefined; // once looked at, it is known for good
  #resetting = false;
  #cutOff = false;
  #refd = true;
  #noDelay: boolean;
  #keepAlive: boolean;
  #keepAliveDelay: number; // s
  #bytesRead = 0; //    of a connection that is gone
  #bytesWritten = 0;
  #waiting: readonly Chunk[] = NO_CHUNKS; // until it is connected
  #timer: NodeJS.Timeout | undefined = undefined;
  #unsent = 0; //       when the timer fired last

  constructor(home: NetHome, wishes: unknown) {
    const options: Options = isRecord(wishes) ? wishes : {};
    checkSocketOptions(wishes, options);
    super(duplexOptions(options));
    this.#home = home;
    this.#onread = onreadOf(options['onread']);
    this.#noDelay = Boolean(options['noDelay']);
    this.#keepAlive = Boolean(options['keepAlive']);
    this.#keepAliveDelay = keepAliveDelay(options['keepAliveInitialDelay']);
    const writeAfterFin = (chunk: unknown, encoding?: unknown, callback?: unknown): boolean =>
      this.writableEnded
        ? this.#writeAfterFin(encoding, callback)
        : Reflect.apply(NetSocket.prototype.write, this, [chunk, encoding, callback]);
    const { signal } = options;
    if (signal instanceof AbortSignal) addAbortSignal(signal, this);
    this.on('end', () => {
      if (!this.allowHalfOpen) this.write = writeAfterFin;
    });
  }

  // Connecting

  connect(...args: readonly unknown[]): this {
    const { options, callback } = normalized(args);
    if (options['port'] === undefined && (options['path'] ?? undefined) === undefined) {
      throw missingArgs();
    }
    if (this.destroyed && options['signal'] instanceof AbortSignal && options['signal'].aborted) {
      return this;
    }
    if (this.#channel === undefined) this.#begin();
    if (callback !== undefined) this.once('connect', callback);
    this.#refreshTimer();
    this.connecting = true;
    const wishes = this.#home.wishes.of(this.#noDelay, this.#keepAlive, this.#keepAliveDelay);
    this.#dialling = new Dialling(this.#home, this, options, this.#refd, wishes);
    this.#dialling.begin();
    return this;
  }

  /** A socket can be connected again when it is closed. */
  #begin(): void {
    if (this.destroyed) this._undestroy();
    this.#remoteEnd = undefined;
    this.write = NetSocket.prototype.write;
  }

  /** Not for users: what was written first. */
  get earlyText(): Uint8Array | undefined {
    return this.#waiting.length === 0 ? undefined : bytesOf(this.#waiting);
  }

  /** Not for users: a Dialling has a connection, which has `early` octets of that. */
  connected(stack: Home, tcp: TcpSocket, mapped: boolean, early: number): void {
    if (this.destroyed) return;
    this.connecting = false;
    this.#dialling = undefined;
    this.#open(stack, tcp, mapped);
    if (early > 0) this.#waiting = this.#channel?.takenEarly(this.#waiting, early) ?? NO_CHUNKS;
    this.#refreshTimer();
    this.emit('connect');
    this.emit('ready');
    this.#readUnlessPaused();
  }

  /** Not for users: a Dialling has none. */
  unconnected(error: Error): void {
    this.destroy(error);
  }

  /** Not for users: the connection of a server's child. */
  adopted(stack: Home, tcp: TcpSocket, mapped: boolean, paused: boolean, maker: Maker): void {
    this.#maker = maker;
    this.#open(stack, tcp, mapped);
    if (paused) this.pause();
    else if (this.readable) this.read(0);
  }

  #open(stack: Home, tcp: TcpSocket, mapped: boolean): void {
    this.#channel = new Channel(this.#home, stack, tcp, this, this.#onread, this.#refd);
    this.#mapped = mapped;
  }

  #readUnlessPaused(): void {
    if (this.readable && !this.isPaused()) this.read(0);
  }

  // What the Channel tells. Not for users.

  arrived(chunk: Uint8Array): boolean {
    return this.push(chunk);
  }

  ended(): void {
    if (this.readableEnded) return;
    this.push(null);
    this.read(0);
  }

  failed(code: ConstructorParameters<typeof SystemError>[0], syscall: 'read' | 'write'): void {
    this.destroy(new SystemError(code, syscall));
  }

  /** 'close' says so, and no 'error': who closes a stack must not be crashed by one nobody hears. */
  cutOff(): void {
    this.#cutOff = true;
    this.destroy();
  }

  moved(): void {
    this.#refreshTimer();
  }

  // Reading

  override _read(): void {
    if (this.connecting) this.once('connect', () => this._read());
    else this.#channel?.startReading();
  }

  override read(size?: number): Buffer | string | null {
    if (this.#onread !== undefined && !this.connecting) this.#channel?.startReading();
    return super.read(size);
  }

  override pause(): this {
    if (this.#onread !== undefined && !this.connecting) this.#channel?.stopReading();
    return super.pause();
  }

  override resume(): this {
    if (this.#onread !== undefined && !this.connecting) this.#channel?.startReading();
    return super.resume();
  }

  // Writing

  #writeAfterFin(encoding: unknown, callback: unknown): boolean {
    const error = Object.assign(new Error('This socket has been ended by the other party'), {
      code: 'EPIPE',
    });
    const told = isFunction(encoding) ? encoding : callback;
    if (isFunction(told)) process.nextTick(told, error);
    this.destroy(error);
    return false;
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, callback: StreamCallback): void {
    this.#whenOpen([{ chunk, encoding }], callback);
  }

  override _writev(chunks: Chunk[], callback: StreamCallback): void {
    this.#whenOpen(chunks, callback);
  }

  #whenOpen(chunks: readonly Chunk[], callback: StreamCallback): void {
    if (this.connecting) {
      this.#writeWhenConnected(chunks, callback);
      return;
    }
    const channel = this.#channel;
    if (channel === undefined) {
      callback(socketClosed());
      return;
    }
    this.#refreshTimer();
    channel.write(chunks, (code) => {
      if (code === undefined) callback(null);
      else callback(new SystemError(code, 'write'));
    });
  }

  #writeWhenConnected(chunks: readonly Chunk[], callback: StreamCallback): void {
    const onClose = (): void => {
      const message = 'Socket closed before the connection was established';
      callback(plainError('ERR_SOCKET_CLOSED_BEFORE_CONNECTION', message));
    };
    const send = (): void => {
      const rest = this.#waiting;
      this.#waiting = NO_CHUNKS;
      this.off('close', onClose);
      this.#whenOpen(rest, callback);
    };
    this.#waiting = chunks;
    this.once('connect', send);
    this.once('close', onClose);
  }

  override _final(callback: StreamCallback): void {
    if (this.connecting) {
      this.once('connect', () => this._final(callback));
      return;
    }
    const channel = this.#channel;
    channel?.shutdown();
    if (channel === undefined) callback();
    else queueMicrotask(() => process.nextTick(callback)); // when this turn is over
  }

  // The end

  /** When everything that was written has been handed over. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  /** With a RST, and no farewell. */
  resetAndDestroy(): this {
    if (this.#channel === undefined && !this.connecting) {
      this.destroy(socketClosed());
      return this;
    }
    if (this.connecting) this.once('connect', () => this.#reset());
    else this.#reset();
    return this;
  }

  #reset(): void {
    this.#resetting = true;
    this.destroy();
  }

  override _destroy(error: Error | null, callback: StreamCallback): void {
    const channel = this.#channel;
    const open = channel !== undefined || this.#dialling !== undefined;
    this.connecting = false;
    clearTimeout(this.#timer);
    this.#dialling?.cancel();
    this.#dialling = undefined;
    this.#channel = undefined;
    if (channel !== undefined) this.#leave(channel);
    callback(error);
    if (open) setImmediate(() => this.#closed(channel, error !== null || this.#cutOff));
    else process.nextTick(() => this.emit('close'));
    const maker = this.#maker;
    this.#maker = undefined;
    maker?.socketCloses();
  }

  #leave(channel: Channel): void {
    this.#bytesRead = channel.bytesRead;
    this.#bytesWritten = channel.bytesWritten;
    this.#localEnd = undefined;
    channel.close(this.#resetting);
    this.#resetting = false;
  }

  #closed(channel: Channel | undefined, hadError: boolean): void {
    channel?.forget();
    this.emit('close', hadError);
  }

  // Time

  setTimeout(msecs: number, callback?: () => void): this {
    if (this.destroyed) return this;
    this.timeout = msecs;
    checkDelay(msecs, 'msecs');
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (callback !== undefined) checkFunction(callback, 'callback');
    if (msecs === 0) {
      if (callback !== undefined) this.removeListener('timeout', callback);
      return this;
    }
    if (msecs > LONGEST_TIMER) warnOfOverflow(msecs);
    this.#timer = setTimeout(() => this.#idle(), Math.min(msecs, LONGEST_TIMER));
    this.#timer.unref();
    if (callback !== undefined) this.once('timeout', callback);
    return this;
  }

  /** A long write that goes on is no silence. */
  #idle(): void {
    const waiting = this.#channel?.waiting ?? 0;
    const goesOn = waiting > 0 && waiting !== this.#unsent;
    this.#unsent = waiting;
    if (goesOn) this.#refreshTimer();
    else this.emit('timeout');
  }

  #refreshTimer(): void {
    this.#timer?.refresh();
  }

  // Settings

  setNoDelay(noDelay = true): this {
    const on = Boolean(noDelay);
    if (on !== this.#noDelay) this.#tcp?.noDelay(on);
    this.#noDelay = on;
    return this;
  }

  setKeepAlive(enable = false, initialDelay = 0): this {
    this.#keepAlive = Boolean(enable);
    this.#keepAliveDelay = keepAliveDelay(initialDelay);
    const tcp = this.#tcp;
    const stack = this.#home.stack();
    const idle = this.#keepAliveDelay * 1000;
    if (tcp === undefined) return this;
    stack.act((now) => {
      if (idle > 0) tcp.keepAliveTimes(now, { idle });
      tcp.keepAlive(now, this.#keepAlive);
    });
    return this;
  }

  ref(): this {
    return this.#ref(true);
  }

  unref(): this {
    return this.#ref(false);
  }

  #ref(refd: boolean): this {
    this.#refd = refd;
    this.#dialling?.ref(refd);
    this.#channel?.ref(refd);
    return this;
  }

  // Looking at it

  get #tcp(): TcpSocket | undefined {
    return this.#channel?.tcp;
  }

  address(): AddressInfo | Record<string, never> {
    return this.#local ?? {};
  }

  get #local(): AddressInfo | undefined {
    const tcp = this.#tcp;
    if (tcp !== undefined) this.#localEnd ??= localEnd(tcp, this.#mapped);
    return this.#localEnd;
  }

  get #remote(): AddressInfo | undefined {
    const tcp = this.#tcp;
    if (tcp !== undefined) this.#remoteEnd ??= remoteEnd(tcp, this.#mapped);
    return this.#remoteEnd;
  }

  get remoteAddress(): string | undefined {
    return this.#remote?.address;
  }

  get remotePort(): number | undefined {
    return this.#remote?.port;
  }

  get remoteFamily(): string | undefined {
    return this.#remote?.family;
  }

  get bytesRead(): number {
    return this.#channel?.bytesRead ?? this.#bytesRead;
  }

  get bytesWritten(): number {
    let bytes = this.#channel?.bytesWritten ?? this.#bytesWritten;
    for (const waiting of this.writableBuffer ?? []) bytes += lengthOf(waiting);
    for (const waiting of this.#waiting) bytes += lengthOf(waiting);
    return bytes;
  }

  get pending(): boolean {
    return this.#channel === undefined || this.connecting;
  }

  get _connecting(): boolean {
    return this.connecting;
  }

  get readyState(): SocketReadyState {
    if (this.connecting) return 'opening';
    if (this.readable) return this.writable ? 'open' : 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  }
}

const NO_CHUNKS: readonly Chunk[] = [];

type StreamCallback = (error?: Error | null) => void;

function lengthOf({ chunk, encoding }: Chunk): number {
  return typeof chunk === 'string' ? Buffer.byteLength(chunk, encoding) : chunk.length;
}
