/**
 * A link over a pair of Web streams whose chunks are packets. Reading waits while too much has not
 * been drained; writing drops what comes on top of a limit, since a link must not wait.
 */
import type { Device } from '../link.ts';
import { MessageLink, type MessageLinkOptions } from '../message-link.ts';

/** Two streams of packets: of a WebTransport's datagrams, a TransformStream, a tunnel. */
export interface PacketStreams {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

export interface PacketStreamsOptions extends MessageLinkOptions {
  /**
   * Octets that may wait in the writable while its `desiredSize` is not positive, before the next
   * packet is dropped. Default 256 KiB.
   */
  readonly backlog?: number | undefined;
}

export interface PacketStreamsLink extends Device {
  /** Chunks that came and are no packets: of another kind, empty, too long. */
  readonly rejected: number;
}

/**
 * The streams are locked to the link from now on; closing it closes the one and cancels the other.
 * The link closes when either of them ends or breaks.
 * @throws RangeError when an option is out of range; TypeError when a stream is locked.
 */
export function packetStreams(
  streams: PacketStreams,
  options: PacketStreamsOptions = {},
): PacketStreamsLink {
  return new OverStreams(streams, options);
}

const BACKLOG = 262_144; // octets

class OverStreams extends MessageLink {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #backlog: number;
  readonly #enough: number; // packets that wait, and reading waits as well
  #waiting = 0; // octets written that the stream has not taken
  #reading = false;

  constructor({ readable, writable }: PacketStreams, options: PacketStreamsOptions) {
    super('streams', options);
    this.#backlog = options.backlog ?? BACKLOG;
    this.#enough = Math.min(options.capacity ?? MOST, MOST);
    this.#reader = readable.getReader();
    this.#writer = writable.getWriter();
    this.#writer.closed.then(
      () => this.down(new Error(`${this.name}: the writable stream was closed`)),
      (error: unknown) => this.down(asError(error)),
    );
    void this.#read();
  }

  protected send(start: number, end: number): boolean {
    const length = end - start;
    const { desiredSize } = this.#writer;
    if (desiredSize === null) return false; // it is broken, and `closed` will say so
    if (desiredSize <= 0 && this.#waiting + length > this.#backlog) return false;
    this.#waiting += length;
    const taken = (): void => {
      this.#waiting -= length;
    };
    this.#writer.write(this.bytes.slice(start, end)).then(taken, taken);
    return true;
  }

  protected override taken(): void {
    void this.#read();
  }

  protected async release(error: Error | undefined): Promise<void> {
    const gone = (): undefined => undefined; // it has ended or broken before
    const closing = error === undefined ? this.#writer.close() : this.#writer.abort(error);
    await Promise.race([closing.catch(gone), this.#reader.cancel(error).catch(gone)]);
  }

  async #read(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (!this.closed && this.arrivals.count < this.#enough) {
        const { done, value } = await this.#reader.read();
        if (this.closed) return;
        if (done) void this.down(new Error(`${this.name}: the readable stream has ended`));
        else this.#chunk(value);
      }
    } catch (error) {
      void this.down(asError(error));
    } finally {
      this.#reading = false;
    }
  }

  #chunk(value: unknown): void {
    if (value instanceof Uint8Array) this.arrived(value, 0, value.length);
    else this.rejected += 1;
  }
}

const MOST = 256; // packets

const asError = (reason: unknown): Error =>
  reason instanceof Error ? reason : new Error(`stream: ${String(reason)}`);
