/**
 * What links have in common whose other end gets packets as messages: room for one packet that is
 * being written, and a bounded queue of those that came. A link of a kind says how to send and how
 * to let go.
 */
import { Lane } from './lane.ts';
import {
  MAX_HEADROOM,
  MAX_MTU,
  MIN_MTU,
  packetLimit,
  type Device,
  type Medium,
  type PacketSink,
} from './link.ts';

export interface MessageLinkOptions {
  readonly name?: string | undefined;
  /** Default `ip`. */
  readonly medium?: Medium | undefined;
  /** Octets of the largest IP datagram, 68 to 65535. Default 1500. */
  readonly mtu?: number | undefined;
  /**
   * True: the other end vouches for transport checksums, and so do we. Both ends must say the same.
   * Default false.
   */
  readonly checksumOffload?: boolean | undefined;
  /** Packets that wait here to be drained before the next is dropped, 1 to 65536. Default 4096. */
  readonly capacity?: number | undefined;
}

const MOST_WAITING = 65_536; // packets

/** A device over something that carries messages. */
export abstract class MessageLink implements Device {
  readonly name: string;
  readonly medium: Medium;
  readonly mtu: number;
  readonly checksumOffload: boolean;
  dropped = 0;
  /** Messages that came and are no packets: of another kind, empty, too long. */
  rejected = 0;
  onClose: ((error: Error | undefined) => void) | undefined = undefined;
  protected readonly arrivals: Lane;
  protected readonly limit: number; // octets of the largest packet
  #bytes = new Uint8Array(0); // made when first claimed
  #view: DataView = new DataView(this.#bytes.buffer);
  #closed: Promise<void> | undefined = undefined;

  /** @throws RangeError when an option is out of range. */
  constructor(kind: string, options: MessageLinkOptions) {
    const { name = kind, medium = 'ip', mtu = 1500, capacity = 4096 } = options;
    checkRange(kind, 'mtu', mtu, MIN_MTU, MAX_MTU);
    checkRange(kind, 'capacity', capacity, 1, MOST_WAITING);
    this.name = name;
    this.medium = medium;
    this.mtu = mtu;
    this.checksumOffload = options.checksumOffload ?? false;
    this.limit = packetLimit(medium, mtu);
    this.arrivals = new Lane(medium, mtu, capacity);
  }

  /** Packets that came while `capacity` others waited, and were dropped. */
  get overrun(): number {
    return this.arrivals.dropped;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  get view(): DataView {
    return this.#view;
  }

  get onReadable(): (() => void) | undefined {
    return this.arrivals.onReadable;
  }

  set onReadable(callback: (() => void) | undefined) {
    this.arrivals.onReadable = callback;
  }

  claim(length: number): number {
    if (length > this.mtu + MAX_HEADROOM) {
      throw new RangeError(`claim of ${length} octets on a link with an MTU of ${this.mtu}`);
    }
    if (this.#bytes.length === 0) {
      this.#bytes = new Uint8Array(this.mtu + MAX_HEADROOM);
      this.#view = new DataView(this.#bytes.buffer);
    }
    return 0;
  }

  transmit(start: number, end: number): void {
    if (end - start > this.limit) {
      throw new RangeError(`packet of ${end - start} octets on a link with an MTU of ${this.mtu}`);
    }
    if (this.closed || !this.send(start, end)) this.dropped += 1;
  }

  drain(max: number, sink: PacketSink): number {
    const count = this.arrivals.drain(max, sink);
    if (count > 0 && !this.closed) this.taken();
    return count;
  }

  close(): Promise<void> {
    return this.down(undefined);
  }

  protected get closed(): boolean {
    return this.#closed !== undefined;
  }

  /** Sends the packet `bytes[start..end)`, or a copy: false when it cannot be sent now. */
  protected abstract send(start: number, end: number): boolean;
  /** Lets go of what carries the messages: called once, with why, when the device goes down. */
  protected abstract release(error: Error | undefined): Promise<void>;

  /** The user has drained something: there is room for more. */
  protected taken(): void {
    // most have nobody to tell
  }

  /** A message came, `from[start..end)`; its memory may be used again. */
  protected arrived(from: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length > 0 && length <= this.limit) this.arrivals.put(from, start, end);
    else this.rejected += 1;
  }

  protected down(error: Error | undefined): Promise<void> {
    if (this.#closed !== undefined) return this.#closed;
    this.#closed = Promise.resolve(); // release() may come back here
    this.arrivals.close();
    this.#closed = this.release(error);
    this.onClose?.(error);
    return this.#closed;
  }
}

function checkRange(kind: string, what: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new RangeError(`${kind}: ${what} is ${value}, it must be an integer from ${min} to ${max}`);
}
