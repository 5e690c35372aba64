/** Frames behind their lengths on a socket: one virtual machine, or whatever else speaks so. */
import type { Socket } from 'node:net';
import { LengthPrefixReader, LengthPrefixWriter } from '../length-prefix.ts';
import { MessageLink, type MessageLinkOptions } from '../message-link.ts';

export interface QemuOptions extends MessageLinkOptions {
  /** Octets that may wait for a guest to read before the next frame is dropped. Default 1 MiB. */
  readonly backlog?: number | undefined;
}

const BACKLOG = 2 ** 20; // octets
const WRITE = 131_072; // octets of one write, at most

export class QemuStreamLink extends MessageLink {
  readonly #socket: Socket;
  readonly #backlog: number;
  readonly #reader: LengthPrefixReader;
  readonly #writer = new LengthPrefixWriter(WRITE);
  readonly #flush = (): void => {
    if (this.#writer.used > 0 && !this.closed) this.#socket.write(this.#writer.take());
  };
  #failed: Error | undefined = undefined; // what the socket said before it closed

  constructor(socket: Socket, options: QemuOptions) {
    super('qemu', options);
    this.#socket = socket;
    this.#backlog = options.backlog ?? BACKLOG;
    this.#reader = new LengthPrefixReader(this.limit, (bytes, _view, start, end) =>
      this.arrived(bytes, start, end),
    );
    socket.on('data', (chunk: Uint8Array) => this.#read(chunk));
    socket.on('error', (error) => (this.#failed = error));
    socket.on('close', () => this.#gone());
  }

  protected send(start: number, end: number): boolean {
    const waiting = this.#socket.writableLength + this.#writer.used;
    if (waiting + (end - start) > this.#backlog) return false;
    if (!this.#writer.fits(end - start)) this.#flush();
    if (this.#writer.used === 0) process.nextTick(this.#flush); // one write for all of a turn
    this.#writer.write(this.bytes, start, end);
    return true;
  }

  protected release(error: Error | undefined): Promise<void> {
    const socket = this.#socket;
    if (socket.destroyed) return Promise.resolve();
    const gone = new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
    });
    if (this.#writer.used > 0 && error === undefined) socket.write(this.#writer.take());
    // A guest that does not read must not hold the end up.
    if (error !== undefined || socket.writableLength > 0) socket.destroy();
    else socket.end(() => socket.destroy());
    return gone;
  }

  #read(chunk: Uint8Array): void {
    if (this.closed) return;
    const before = this.#reader.rejected;
    const sound = this.#reader.read(chunk);
    this.rejected += this.#reader.rejected - before;
    if (sound) return;
    this.rejected += 1;
    void this.down(new Error(`${this.name}: the guest sent a length that no frame has`));
  }

  #gone(): void {
    const reason = this.#failed?.message ?? 'the guest went away';
    void this.down(new Error(`${this.name}: ${reason}`));
  }
}
