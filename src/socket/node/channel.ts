/**
 * A TCP connection as a stream needs it, what a libuv handle is to Node's own sockets: reads while
 * somebody wants to, so that else the window closes (RFC 9293 §3.8.6), and holds what the send buffer
 * has not taken. Knows nothing of streams and events.
 */
import { AsyncResource } from 'node:async_hooks';
import { Buffer } from 'node:buffer';
import type { OnReadOpts } from 'node:net';
import type { TcpSocket } from '../../stack/tcp-socket.ts';
import type { TcpSignal } from '../../tcp/signals.ts';
import type { Home, Resident } from '../home.ts';
import type { SystemCode } from './net-errors.ts';
import type { NetHome } from './net-home.ts';

export interface ChannelUser {
  /** Text has come. False: no more for now. */
  arrived(chunk: Uint8Array): boolean;
  /** The peer's FIN, and everything before it has been handed over. */
  ended(): void;
  /** The connection is over before its time, as a read or a write would find. */
  failed(code: SystemCode, syscall: 'read' | 'write'): void;
  /** The stack is closed. */
  cutOff(): void;
  /** Text has left or come: the connection is not idle. */
  moved(): void;
}

export interface Chunk {
  readonly chunk: Uint8Array | string;
  readonly encoding: BufferEncoding;
}

/** Told when all is in the send buffer, or why it never will be. */
export type Written = (code?: SystemCode) => void;

const FAILURES: Readonly<Partial<Record<TcpSignal, SystemCode>>> = {
  reset: 'ECONNRESET',
  refused: 'ECONNREFUSED',
  timeout: 'ETIMEDOUT',
  'host-unreachable': 'EHOSTUNREACH',
  'network-down': 'ENETDOWN',
  aborted: 'ECONNABORTED',
};

/** How a connection is over, in Node's words; undefined when the signal says no such thing. */
export function failureOf(signal: TcpSignal): SystemCode | undefined {
  return FAILURES[signal];
}

/** A process does not wait longer for a peer that does not acknowledge our last octets. */
const LINGER = 10_000; // ms

export class Channel implements Resident {
  readonly tcp: TcpSocket;
  reading = false;
  bytesRead = 0;
  bytesWritten = 0;
  readonly #home: NetHome;
  readonly #stack: Home;
  readonly #user: ChannelUser;
  readonly #onread: OnReadOpts | undefined;
  readonly #scope: AsyncResource = new AsyncResource('ESTABSOCKET');
  #into: Uint8Array | undefined = undefined; // the user's own buffer
  #finArrived = false;
  #endTold = false;
  #failure: SystemCode | undefined = undefined; // that nobody has been told of
  #queue: readonly Chunk[] = []; //   not all of it is in the send buffer
  #index = 0;
  #rest: Uint8Array | undefined = undefined; // of the chunk at #index
  #written: Written | undefined = undefined;
  #refd = true;
  #held = false;
  #closed = false;
  #turnComes = false;

  constructor(
    home: NetHome,
    stack: Home,
    tcp: TcpSocket,
    user: ChannelUser,
    onread: OnReadOpts | undefined,
    refd: boolean,
  ) {
    this.tcp = tcp;
    this.#home = home;
    this.#stack = stack;
    this.#user = user;
    this.#onread = onread;
    this.#refd = refd;
    const { tcb } = tcp.connection; // it may be over before anybody listens
    this.#finArrived = tcb.finReceived;
    this.#failure = tcb.ending && failureOf(tcb.ending);
    tcp.onSignal = (signal) => this.#signalled(signal);
    stack.join(this);
  }

  // Reading

  startReading(): void {
    if (this.reading || this.#closed) return;
    this.reading = true;
    this.#hold();
    if (this.tcp.unread > 0 || this.#finArrived || this.#failure !== undefined) this.#soon();
  }

  stopReading(): void {
    this.reading = false;
    this.#hold();
  }

  // Writing

  /** `early` octets of `chunks` left with the SYN (RFC 7413): what there is still to write. */
  takenEarly(chunks: readonly Chunk[], early: number): readonly Chunk[] {
    this.bytesWritten += early;
    return [{ chunk: bytesOf(chunks).subarray(early), encoding: 'utf8' }];
  }

  write(chunks: readonly Chunk[], written: Written): void {
    const [only] = chunks;
    if (only !== undefined && chunks.length === 1) this.#writeOne(only, written);
    else {
      this.#wait(chunks, undefined, written);
      this.#stack.act((now) => this.#send(now));
    }
  }

  #writeOne({ chunk, encoding }: Chunk, written: Written): void {
    const bytes = this.#encoded(chunk, encoding);
    this.bytesWritten += bytes.length;
    const taken = this.#stack.act((now) => this.tcp.send(now, bytes));
    if (taken === bytes.length) written();
    else if (typeof taken === 'string') written(this.#writeFailure());
    else {
      const own = this.#home.scratch.owns(bytes);
      this.#wait([{ chunk, encoding }], own ? bytes.slice(taken) : bytes.subarray(taken), written);
    }
  }

  /** Octets that the send buffer has not taken, about. */
  get waiting(): number {
    if (this.#written === undefined) return 0;
    return this.#queue.length - this.#index + (this.#rest?.length ?? 0);
  }

  /** No more to send: a FIN after all text. */
  shutdown(): void {
    this.#stack.act((now) => this.tcp.close(now));
  }

  // The end

  /** Nobody reads or writes any more. */
  close(reset: boolean): void {
    if (this.#closed) return;
    const { tcp } = this;
    this.#closed = true;
    this.reading = false;
    tcp.onSignal = undefined;
    this.#stack.act((now) => (reset ? tcp.abort(now) : tcp.release(now)));
    this.#hold();
    this.#stack.leave(this);
    if (this.#refd && hasMoreToSay(tcp)) this.#linger();
  }

  /** After close(): who waits for a write waits no more. */
  forget(): void {
    const written = this.#written;
    this.#written = undefined;
    written?.();
  }

  stackCloses(gently: boolean): void {
    if (!gently && !this.#closed) this.#user.cutOff();
  }

  // The process goes on as long as it reads or writes.

  ref(refd: boolean): void {
    this.#refd = refd;
    this.#hold();
  }

  #hold(): void {
    const wanted = this.#refd && !this.#closed && (this.reading || this.#written !== undefined);
    if (wanted === this.#held) return;
    this.#held = wanted;
    if (wanted) this.#stack.hold();
    else this.#stack.release();
  }

  /** What the kernel would do behind the back of a process that is gone. */
  #linger(): void {
    const stack = this.#stack;
    const { tcp } = this;
    const until = stack.act((now) => now) + LINGER;
    stack.hold();
    stack.watch(() => {
      if (hasMoreToSay(tcp) && stack.act((now) => now) < until) return false;
      stack.release();
      return true;
    });
  }

  // What the connection tells. Its user hears of it in a turn of the event loop of its own, as from
  // libuv: nobody who calls a method finds that something has happened before an `await` is over.

  #signalled(signal: TcpSignal): void {
    if (signal === 'closed') return;
    if (signal === 'end') this.#finArrived = true;
    this.#failure = failureOf(signal) ?? this.#failure;
    this.#soon();
  }

  #soon(): void {
    if (this.#turnComes) return;
    this.#turnComes = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#turnComes = false;
    if (!this.#closed) this.#scope.runInAsyncScope(this.#look, this);
  };

  #look(): void {
    if (this.reading) this.#stack.act((now) => this.#deliver(now));
    if (this.#closed) return;
    if (this.#failure === undefined) {
      if (this.#written !== undefined) this.#stack.act((now) => this.#send(now));
    } else if (this.reading) this.#fail('read');
    else if (this.#written !== undefined) this.#finishWriting(this.#writeFailure());
  }

  #deliver(now: number): void {
    const { tcp } = this;
    while (this.reading && tcp.unread > 0) {
      const more =
        this.#onread === undefined ? this.#toStream(now) : this.#toBuffer(now, this.#onread);
      if (!more && this.reading) this.stopReading();
    }
    if (!this.reading || !this.#finArrived || this.#endTold || tcp.unread > 0) return;
    this.#endTold = true;
    this.#user.moved();
    this.#user.ended();
  }

  #toStream(now: number): boolean {
    const chunk = this.#home.slab.room(this.tcp.unread);
    const taken = this.tcp.receive(now, chunk);
    if (typeof taken === 'string') return false;
    this.bytesRead += taken;
    this.#user.moved();
    return this.#user.arrived(chunk);
  }

  #toBuffer(now: number, onread: OnReadOpts): boolean {
    const { buffer } = onread;
    this.#into ??= typeof buffer === 'function' ? buffer() : buffer;
    const into = this.#into;
    const taken = this.tcp.receive(now, into);
    if (typeof taken === 'string') return false;
    this.bytesRead += taken;
    this.#into = undefined;
    this.#user.moved();
    return onread.callback(taken, into);
  }

  #fail(syscall: 'read' | 'write'): void {
    const failure = this.#failure;
    if (failure === undefined || this.#closed) return;
    this.#user.failed(failure, syscall);
  }

  // What is written

  #encoded(chunk: Uint8Array | string, encoding: BufferEncoding): Uint8Array {
    return typeof chunk === 'string' ? this.#home.scratch.encoded(chunk, encoding) : chunk;
  }

  #wait(queue: readonly Chunk[], rest: Uint8Array | undefined, written: Written): void {
    this.#queue = queue;
    this.#index = 0;
    this.#rest = rest;
    this.#written = written;
    this.#hold();
  }

  #send(now: number): void {
    const before = this.#rest;
    while (this.#index < this.#queue.length) {
      const bytes = this.#rest ?? this.#nextChunk();
      const taken = this.tcp.send(now, bytes);
      if (typeof taken === 'string') {
        this.#finishWriting(this.#writeFailure());
        return;
      }
      if (taken < bytes.length) {
        const own = this.#home.scratch.owns(bytes);
        this.#rest = own ? bytes.slice(taken) : bytes.subarray(taken);
        if (this.#rest !== before) this.#user.moved();
        return;
      }
      this.#rest = undefined;
      this.#index += 1;
    }
    this.#user.moved();
    this.#finishWriting(undefined);
  }

  #nextChunk(): Uint8Array {
    const next = this.#queue[this.#index];
    const bytes = next === undefined ? NOTHING : this.#encoded(next.chunk, next.encoding);
    this.bytesWritten += bytes.length;
    return bytes;
  }

  #finishWriting(code: SystemCode | undefined): void {
    const written = this.#written;
    this.#written = undefined;
    this.#rest = undefined;
    this.#queue = NO_CHUNKS;
    this.#hold();
    written?.(code);
  }

  /** The first to ask hears how the connection ended, who writes after that writes to nobody. */
  #writeFailure(): SystemCode {
    const failure = this.#failure ?? 'EPIPE';
    this.#failure = undefined;
    return failure;
  }
}

export function bytesOf(chunks: readonly Chunk[]): Uint8Array {
  return Buffer.concat(
    chunks.map(({ chunk, encoding }) =>
      typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk,
    ),
  );
}

const NOTHING = new Uint8Array(0);
const NO_CHUNKS: readonly Chunk[] = [];

/** Text or a FIN that the peer has not acknowledged. */
function hasMoreToSay({ state }: TcpSocket): boolean {
  return (
    state === 'SYN-RECEIVED' ||
    state === 'FIN-WAIT-1' ||
    state === 'CLOSING' ||
    state === 'LAST-ACK' ||
    state === 'CLOSE-WAIT'
  );
}
