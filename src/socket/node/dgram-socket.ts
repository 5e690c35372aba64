/**
 * `dgram.Socket` with the documented behaviour of node:dgram, its events in Node's order: a socket
 * binds itself when it is first used, calls made meanwhile wait for 'listening', names are looked up
 * before anything is sent.
 */
import { EventEmitter, errorMonitor } from 'node:events';
import { defaultStack, type Stack } from '../stack.ts';
import { bufferList, sliced, type Message } from './dgram-buffers.ts';
import {
  addressError,
  checkedPort,
  errnoError,
  noBuffers,
  outOfRange,
  plainError,
  typeError,
  wrongType,
} from './dgram-errors.ts';
import { UdpHandle, type SocketAddressInfo, type SocketType } from './dgram-handle.ts';
import type {
  BindArguments,
  Lookup,
  MessageListener,
  SendArguments,
  SendCallback,
  SocketOptions,
} from './dgram-arguments.ts';
import { lookupOn } from './dns-lookup.ts';

type Binding = 'unbound' | 'binding' | 'bound';
type Connecting = 'disconnected' | 'connecting' | 'connected';

export class Socket extends EventEmitter implements AsyncDisposable {
  readonly type: SocketType;
  readonly #reuse: boolean;
  readonly #ipv6Only: boolean;
  readonly #lookup: Lookup;
  readonly #receiveBuffer: number | undefined;
  readonly #sendBuffer: number | undefined;
  #handle: UdpHandle | undefined;
  #binding: Binding = 'unbound';
  #connecting: Connecting = 'disconnected';
  #queue: (() => void)[] | undefined = undefined; // calls that wait for 'listening'

  /** @throws TypeError when the type is neither 'udp4' nor 'udp6', or an option is no option. */
  constructor(
    type: SocketType | SocketOptions,
    listener?: MessageListener,
    stack: Stack = defaultStack(),
  ) {
    super();
    const options: Partial<SocketOptions> = typeof type === 'object' && type !== null ? type : {};
    const wanted = typeof type === 'object' && type !== null ? type.type : type;
    checkSize(options.recvBufferSize, 'options.recvBufferSize');
    checkSize(options.sendBufferSize, 'options.sendBufferSize');
    if (options.lookup !== undefined && typeof options.lookup !== 'function') {
      throw wrongType('lookup', 'of type function', options.lookup);
    }
    if (wanted !== 'udp4' && wanted !== 'udp6') {
      const message = 'Bad socket type specified. Valid types are: udp4, udp6';
      throw typeError('ERR_SOCKET_BAD_TYPE', message);
    }
    this.type = wanted;
    this.#lookup = options.lookup ?? lookupOf(stack);
    this.#reuse = Boolean(options.reuseAddr);
    this.#ipv6Only = Boolean(options.ipv6Only);
    this.#receiveBuffer = options.recvBufferSize;
    this.#sendBuffer = options.sendBufferSize;
    this.#handle = new UdpHandle(stack, wanted);
    this.#handle.onGone = () => this.close();
    if (typeof listener === 'function') this.on('message', listener);
    this.#obey(options.signal);
  }

  bind(...args: BindArguments): this {
    this.#running();
    if (this.#binding !== 'unbound') {
      throw plainError('ERR_SOCKET_ALREADY_BOUND', 'Socket is already bound');
    }
    this.#binding = 'binding';
    const callback = args.at(-1);
    if (typeof callback === 'function') this.#onceListening(callback);
    const [first, second] = args;
    const options = typeof first === 'object' && first !== null ? first : undefined;
    if (options?.fd !== undefined) throw errnoError('ENOTSUP', 'open'); // no descriptors here
    const port = options === undefined ? first : options.port;
    const named = options === undefined ? second : options.address;
    const address = typeof named === 'string' && named !== '' ? named : this.#anyAddress();
    this.#lookupHere(address, (error, ip) => {
      if (this.#handle === undefined) return; // closed meanwhile
      if (error !== null) {
        this.#binding = 'unbound';
        this.emit('error', error);
        return;
      }
      const number = Number(port) || 0;
      const failed = this.#handle.bind(ip, number & MAX_PORT, this.#reuse, this.#ipv6Only);
      if (failed !== undefined) {
        this.#binding = 'unbound';
        this.emit('error', addressError(failed, 'bind', ip, number));
        return;
      }
      this.#listens(this.#handle);
    });
    return this;
  }

  connect(port: number, address?: string | (() => void), callback?: (error?: Error) => void): void {
    const number = checkedPort(port, 'Port');
    const host: unknown = typeof address === 'function' || address === undefined ? '' : address;
    const told = typeof address === 'function' ? address : callback;
    if (typeof host !== 'string') throw wrongType('address', 'of type string', host);
    if (this.#connecting !== 'disconnected') throw alreadyConnected();
    this.#connecting = 'connecting';
    if (this.#binding === 'unbound') this.bind({ port: 0, exclusive: true }, null);
    if (this.#binding === 'bound') this.#connect(number, host, told);
    else this.#enqueue(() => this.#connect(number, host, told));
  }

  disconnect(): void {
    if (this.#connecting !== 'connected') throw notConnected();
    const failed = this.#handle?.disconnect();
    if (failed !== undefined) throw errnoError(failed, 'connect');
    this.#connecting = 'disconnected';
  }

  send(message: Message, ...args: SendArguments): void {
    const [first, second, third, fourth, fifth]: readonly unknown[] = args;
    const connected = this.#connecting === 'connected';
    let text: unknown = message;
    let port: unknown = third;
    let address: unknown = fourth;
    let callback: unknown = fifth;
    if (!connected) {
      if (fourth || (third && typeof third !== 'function')) text = sliced(message, first, second);
      else [callback, port, address] = [third, first, second];
    } else {
      if (typeof second === 'number') {
        text = sliced(message, first, second);
        if (typeof third === 'function') [callback, port] = [third, null];
      } else callback = first;
      if (port || address) throw alreadyConnected();
    }
    const list = bufferList(text);
    const number = connected ? 0 : checkedPort(port, 'Port');
    if (typeof address === 'function') [callback, address] = [address, undefined];
    else if (address !== undefined && address !== null && typeof address !== 'string') {
      throw wrongType('address', 'of type string', address);
    }
    const host = typeof address === 'string' ? address : undefined;
    const told = isSendCallback(callback) ? callback : undefined;
    this.#running();
    if (this.#binding === 'unbound') this.bind({ port: 0, exclusive: true }, null);
    if (this.#binding !== 'bound') {
      this.#enqueue(() => this.#sendSoon(list, number, host, told));
      return;
    }
    this.#sendSoon(list, number, host, told);
  }

  /** Calls `callback` on 'close'. Messages that arrived and were not told yet are lost. */
  close(callback?: () => void): this {
    if (typeof callback === 'function') this.on('close', callback);
    if (this.#queue !== undefined) {
      this.#queue.push(() => this.close());
      return this;
    }
    const handle = this.#running();
    this.#handle = undefined;
    handle.close();
    process.nextTick(() => this.emit('close'));
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#handle === undefined) return;
    await new Promise<void>((resolve) => this.close(resolve));
  }

  address(): SocketAddressInfo {
    const info = this.#running().localAddress();
    if (info === undefined) throw errnoError('EBADF', 'getsockname');
    return info;
  }

  remoteAddress(): SocketAddressInfo {
    const handle = this.#running();
    if (this.#connecting !== 'connected') throw notConnected();
    const info = handle.remoteAddress();
    if (info === undefined) throw errnoError('ENOTCONN', 'getpeername');
    return info;
  }

  setBroadcast(on: boolean): void {
    const { socket } = this.#running();
    if (socket === undefined) throw errnoError('EBADF', 'setBroadcast');
    socket.broadcast = Boolean(on);
  }

  setTTL(ttl: number): number {
    if (typeof ttl !== 'number') throw wrongType('ttl', 'of type number', ttl);
    const { socket } = this.#running();
    if (!(ttl >= 1 && ttl <= MAX_TTL)) throw errnoError('EINVAL', 'setTTL');
    if (socket === undefined) throw errnoError('EBADF', 'setTTL');
    socket.ttl = Math.trunc(ttl);
    return ttl;
  }

  setMulticastTTL(ttl: number): number {
    if (typeof ttl !== 'number') throw wrongType('ttl', 'of type number', ttl);
    const { socket } = this.#running();
    if (!(ttl >= 0 && ttl <= MAX_TTL)) throw errnoError('EINVAL', 'setMulticastTTL');
    if (socket === undefined) throw errnoError('EBADF', 'setMulticastTTL');
    socket.multicastTtl = Math.trunc(ttl);
    return ttl;
  }

  setMulticastLoopback(on: boolean): boolean {
    const { socket } = this.#running();
    if (socket === undefined) throw errnoError('EBADF', 'setMulticastLoopback');
    socket.multicastLoop = Boolean(on);
    return on;
  }

  setMulticastInterface(address: string): void {
    const handle = this.#running();
    if (typeof address !== 'string') throw wrongType('interfaceAddress', 'of type string', address);
    const failed = handle.multicastInterface(address);
    if (failed !== undefined) throw errnoError(failed, 'setMulticastInterface');
  }

  addMembership(group: string, iface?: string): void {
    const handle = this.#running();
    if (!group) throw missing('multicastAddress');
    const failed = handle.join(group, iface);
    if (failed !== undefined) throw errnoError(failed, 'addMembership');
  }

  dropMembership(group: string, iface?: string): void {
    const handle = this.#running();
    if (!group) throw missing('multicastAddress');
    const failed = handle.leave(group, iface);
    if (failed !== undefined) throw errnoError(failed, 'dropMembership');
  }

  /** Not supported: ENOTSUP. */
  addSourceSpecificMembership(source: string, group: string, _iface?: string): void {
    this.#noSources(source, group, 'addSourceSpecificMembership');
  }

  /** Not supported: ENOTSUP. */
  dropSourceSpecificMembership(source: string, group: string, _iface?: string): void {
    this.#noSources(source, group, 'dropSourceSpecificMembership');
  }

  ref(): this {
    this.#handle?.ref();
    return this;
  }

  unref(): this {
    this.#handle?.unref();
    return this;
  }

  setRecvBufferSize(size: number): void {
    this.#sizable(size, 'uv_recv_buffer_size').setReceiveBuffer(size);
  }

  setSendBufferSize(size: number): void {
    this.#sizable(size, 'uv_send_buffer_size').setSendBuffer(size);
  }

  getRecvBufferSize(): number {
    return this.#sizable(0, 'uv_recv_buffer_size').receiveBuffer;
  }

  getSendBufferSize(): number {
    return this.#sizable(0, 'uv_send_buffer_size').sendBuffer;
  }

  /** Octets that wait to be sent: none ever does. */
  getSendQueueSize(): number {
    this.#running();
    return 0;
  }

  getSendQueueCount(): number {
    this.#running();
    return 0;
  }

  #running(): UdpHandle {
    if (this.#handle === undefined) {
      throw plainError('ERR_SOCKET_DGRAM_NOT_RUNNING', 'Not running');
    }
    return this.#handle;
  }

  #obey(signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    if (typeof signal !== 'object' || signal === null || !('aborted' in signal)) {
      throw wrongType('options.signal', 'an instance of AbortSignal', signal);
    }
    const abort = (): void => {
      if (this.#handle !== undefined) this.close();
    };
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort);
    this.once('close', () => signal.removeEventListener('abort', abort));
  }

  #onceListening(callback: () => void): void {
    const forget = (): void => {
      this.removeListener('error', forget);
      this.removeListener('listening', listening);
    };
    const listening = (): void => {
      forget();
      callback.call(this);
    };
    this.on('error', forget);
    this.on('listening', listening);
  }

  #anyAddress(): string {
    return this.type === 'udp4' ? '0.0.0.0' : '::';
  }

  #lookupHere(address: string | undefined, done: (error: Error | null, ip: string) => void): void {
    const family = this.type === 'udp4' ? 4 : 6;
    const host = address || (family === 4 ? '127.0.0.1' : '::1');
    this.#lookup(host, family, (error, ip) => done(error, ip));
  }

  #listens(handle: UdpHandle): void {
    handle.onMessage = (text, from) => this.emit('message', text, from);
    handle.onError = (name) => this.emit('error', errnoError(name, 'recvmsg'));
    handle.receive();
    this.#binding = 'bound';
    if (this.#receiveBuffer) handle.setReceiveBuffer(this.#receiveBuffer);
    if (this.#sendBuffer) handle.setSendBuffer(this.#sendBuffer);
    this.emit('listening');
  }

  #enqueue(call: () => void): void {
    if (this.#queue === undefined) {
      this.#queue = [];
      const failed = (): void => {
        this.removeListener('listening', listening);
        this.#queue = undefined;
      };
      const listening = (): void => {
        this.removeListener(errorMonitor, failed);
        const calls = this.#queue ?? [];
        this.#queue = undefined;
        for (const waiting of calls) waiting();
      };
      this.once(errorMonitor, failed);
      this.once('listening', listening);
    }
    this.#queue.push(call);
  }

  #connect(port: number, address: string, callback: ((error?: Error) => void) | undefined): void {
    if (callback) this.once('connect', callback);
    this.#lookupHere(address, (error, ip) => {
      if (this.#handle === undefined) return;
      const failed = error === null ? this.#handle.connect(ip, port) : undefined;
      const why = failed === undefined ? error : addressError(failed, 'connect', address, port);
      if (why === null) {
        this.#connecting = 'connected';
        process.nextTick(() => this.emit('connect'));
        return;
      }
      this.#connecting = 'disconnected';
      process.nextTick(() => {
        if (callback === undefined) {
          this.emit('error', why);
          return;
        }
        this.removeListener('connect', callback);
        callback(why);
      });
    });
  }

  #sendSoon(
    list: readonly Uint8Array[],
    port: number,
    address: string | undefined,
    callback: SendCallback | undefined,
  ): void {
    if (this.#connecting === 'connected') {
      this.#send(list, port, address, undefined, callback);
      return;
    }
    this.#lookupHere(address, (error, ip) => {
      if (error === null) this.#send(list, port, address, ip, callback);
      else if (callback) process.nextTick(callback, error);
      else process.nextTick(() => this.emit('error', error));
    });
  }

  /** What cannot be sent is told to the callback alone: without one it is as if it had been lost. */
  #send(
    list: readonly Uint8Array[],
    port: number,
    address: string | undefined,
    ip: string | undefined,
    callback: SendCallback | undefined,
  ): void {
    if (this.#handle === undefined) return;
    const sent = this.#handle.send(list, ip, port);
    if (callback === undefined) return;
    if (typeof sent === 'number') process.nextTick(callback, null, sent);
    else process.nextTick(callback, addressError(sent, 'send', address, port));
  }

  #noSources(source: string, group: string, syscall: string): never {
    this.#running();
    if (typeof source !== 'string') throw wrongType('sourceAddress', 'of type string', source);
    if (typeof group !== 'string') throw wrongType('groupAddress', 'of type string', group);
    throw errnoError('ENOTSUP', syscall);
  }

  #sizable(size: number, syscall: string): UdpHandle {
    if (size >>> 0 !== size) {
      const message = 'Buffer size must be a positive integer';
      throw typeError('ERR_SOCKET_BAD_BUFFER_SIZE', message);
    }
    const handle = this.#running();
    if (handle.socket === undefined) throw noBuffers(syscall);
    return handle;
  }
}

const MAX_PORT = 0xffff;
const MAX_TTL = 255;
const MAX_SIZE = 2 ** 32 - 1;

function lookupOf(stack: Stack): Lookup {
  const lookup = lookupOn(stack);
  return (hostname, family, callback) =>
    lookup(hostname, family, (error, address, its = family) =>
      callback(error, typeof address === 'string' ? address : '', its),
    );
}

function isSendCallback(value: unknown): value is SendCallback {
  return typeof value === 'function';
}

function checkSize(size: unknown, what: string): void {
  if (!size) return;
  if (typeof size !== 'number') throw wrongType(what, 'of type number', size);
  if (!Number.isInteger(size)) throw outOfRange(what, 'an integer', size);
  if (size < 0 || size > MAX_SIZE) throw outOfRange(what, `>= 0 && <= ${MAX_SIZE}`, size);
}

function missing(what: string): Error {
  return typeError('ERR_MISSING_ARGS', `The "${what}" argument must be specified`);
}

function alreadyConnected(): Error {
  return plainError('ERR_SOCKET_DGRAM_IS_CONNECTED', 'Already connected');
}

function notConnected(): Error {
  return plainError('ERR_SOCKET_DGRAM_NOT_CONNECTED', 'Not connected');
}
