/**
 * A link over a MessagePort, or over a worker: the packets of a turn lie in one buffer, which changes
 * hands without being copied and comes back when it has been drained. There are so many buffers and
 * no more: a peer that stops reading, or is stuck, costs that much memory and loses packets.
 */
import {
  MAX_HEADROOM,
  MAX_MTU,
  MIN_MTU,
  packetLimit,
  type Device,
  type Medium,
  type PacketSink,
} from '../link.ts';
import { PacketBatch, readBatch, type ArrivedBatch } from './packet-batch.ts';

/** A MessagePort or Worker of a browser or of Node, or a worker's own `self` or `parentPort`. */
export interface MessagePortLike {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener?(type: string, listener: (event: object) => void): void;
  removeEventListener?(type: string, listener: (event: object) => void): void;
  on?(type: string, listener: (value: unknown) => void): unknown;
  off?(type: string, listener: (value: unknown) => void): unknown;
  start?(): void;
  close?(): void;
}

export interface MessagePortOptions {
  /** Default `port`. */
  readonly name?: string | undefined;
  /** Default `ip`. */
  readonly medium?: Medium | undefined;
  /** Octets of the largest IP datagram, 68 to 65535. Default 1500. */
  readonly mtu?: number | undefined;
  /**
   * True: both ends are hosts, and nobody computes checksums of what never leaves memory. Both ends
   * must say the same. Default false.
   */
  readonly checksumOffload?: boolean | undefined;
  /** Buffers of 256 KiB under way in each direction, 1 to 1024, at both ends the same. Default 16. */
  readonly buffers?: number | undefined;
}

export interface MessagePortLink extends Device {
  /** Messages and packets in them that came and are none. */
  readonly rejected: number;
}

/**
 * `port` belongs to the link from now on. At its other end there is another such link, of the same
 * medium and MTU; when one closes, so does the other. A worker is not ended by it, a port is closed.
 * @throws RangeError when an option is out of range.
 */
export function messagePortLink(
  port: MessagePortLike,
  options: MessagePortOptions = {},
): MessagePortLink {
  return new OverPort(port, options);
}

const SOON = Promise.resolve();
const BUFFERS = 16; // 4 MiB each way, what a window of 4 MiB needs
const CLOSE = 'close';

class OverPort implements MessagePortLink {
  readonly name: string;
  readonly medium: Medium;
  readonly mtu: number;
  readonly checksumOffload: boolean;
  dropped = 0;
  rejected = 0;
  onReadable: (() => void) | undefined = undefined;
  onClose: ((error: Error | undefined) => void) | undefined = undefined;
  readonly #port: MessagePortLike;
  readonly #limit: number;
  readonly #buffers: number;
  readonly #leave: () => void; // stops listening
  readonly #spare: PacketBatch[] = [];
  readonly #nowhere: PacketBatch; // what is written when no buffer is left
  readonly #arrived: ArrivedBatch[] = []; // from #head on
  readonly #flush = (): void => {
    this.#flushing = false;
    this.#post();
  };
  #batch: PacketBatch; // the one being filled
  #outstanding = 0; // buffers that are with the other end
  #flushing = false;
  #head = 0;
  #draining = false;
  #closed = false;

  constructor(port: MessagePortLike, options: MessagePortOptions) {
    const { name = 'port', medium = 'ip', mtu = 1500, buffers = BUFFERS } = options;
    checkRange('mtu', mtu, MIN_MTU, MAX_MTU);
    checkRange('buffers', buffers, 1, 1024);
    this.name = name;
    this.medium = medium;
    this.mtu = mtu;
    this.checksumOffload = options.checksumOffload ?? false;
    this.#limit = packetLimit(medium, mtu);
    this.#buffers = buffers;
    this.#nowhere = new PacketBatch();
    this.#batch = this.#nowhere;
    this.#port = port;
    this.#leave = listen(port, {
      message: (data) => this.#message(data),
      garbage: () => (this.rejected += 1),
      gone: (why) => this.#down(new Error(`${name}: ${why}`)),
    });
  }

  get bytes(): Uint8Array {
    return this.#batch.bytes;
  }

  get view(): DataView {
    return this.#batch.view;
  }

  claim(length: number): number {
    if (length > this.mtu + MAX_HEADROOM) {
      throw new RangeError(`claim of ${length} octets on a link with an MTU of ${this.mtu}`);
    }
    if (this.#batch !== this.#nowhere && !this.#batch.fits(length)) this.#post();
    if (this.#batch === this.#nowhere) this.#batch = this.#freshBatch();
    return this.#batch.free;
  }

  transmit(start: number, end: number): void {
    if (end - start > this.#limit) {
      throw new RangeError(`packet of ${end - start} octets on a link with an MTU of ${this.mtu}`);
    }
    if (this.#closed || this.#batch === this.#nowhere) {
      this.dropped += 1;
      return;
    }
    this.#batch.add(start, end);
    if (this.#flushing) return;
    this.#flushing = true;
    void SOON.then(this.#flush); // when the turn is over
  }

  drain(max: number, sink: PacketSink): number {
    if (this.#draining) return 0;
    this.#draining = true;
    let count = 0;
    try {
      while (count < max && !this.#closed) {
        const batch = this.#arrived[this.#head];
        if (batch === undefined) break;
        if (batch.left === 0) this.#giveBack(batch);
        else if (batch.deliver(this.#limit, sink)) count += 1;
      }
      const last = this.#arrived[this.#head];
      if (last !== undefined && last.left === 0) this.#giveBack(last);
    } finally {
      this.#draining = false;
    }
    return count;
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#post();
      this.#port.postMessage(CLOSE, []);
    }
    this.#down(undefined);
    return Promise.resolve();
  }

  /** A buffer to fill; the one that goes nowhere when all are under way. */
  #freshBatch(): PacketBatch {
    if (this.#outstanding >= this.#buffers || this.#closed) return this.#nowhere;
    return this.#spare.pop() ?? new PacketBatch();
  }

  #post(): void {
    const batch = this.#batch;
    if (batch.count === 0 || batch === this.#nowhere || this.#closed) return;
    this.#batch = this.#nowhere;
    this.#outstanding += 1;
    this.#port.postMessage({ packets: batch.buffer, count: batch.count }, [batch.buffer]);
  }

  #message(data: unknown): void {
    if (this.#closed) return;
    if (data === CLOSE) {
      this.#down(new Error(`${this.name}: the other end was closed`));
      return;
    }
    const batch = readBatch(data);
    if (batch !== undefined) this.#batchArrived(batch);
    else if (!this.#taken(data)) this.rejected += 1;
  }

  #batchArrived(batch: ArrivedBatch): void {
    if (this.#arrived.length - this.#head >= this.#buffers) {
      this.rejected += 1;
      return;
    }
    this.#arrived.push(batch);
    if (this.#arrived.length - this.#head === 1) this.onReadable?.();
  }

  /** A buffer comes back. */
  #taken(data: unknown): boolean {
    if (typeof data !== 'object' || data === null || !('taken' in data)) return false;
    const { taken } = data;
    if (!(taken instanceof ArrayBuffer) || this.#outstanding === 0) return false;
    this.#outstanding -= 1;
    const batch = PacketBatch.over(taken);
    if (batch !== undefined && this.#spare.length < this.#buffers) this.#spare.push(batch);
    return true;
  }

  #giveBack(batch: ArrivedBatch): void {
    if (this.#closed) return;
    this.rejected += batch.rejected;
    this.#head += 1;
    if (this.#head === this.#arrived.length) {
      this.#arrived.length = 0;
      this.#head = 0;
    }
    this.#port.postMessage({ taken: batch.buffer }, [batch.buffer]);
  }

  #down(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.onReadable = undefined;
    this.#leave();
    this.#arrived.length = 0;
    this.#head = 0;
    this.#spare.length = 0;
    // What has start() is a port; a worker's close() would end the worker.
    if (this.#port.start !== undefined) this.#port.close?.();
    this.onClose?.(error);
  }
}

interface Listeners {
  readonly message: (data: unknown) => void;
  readonly garbage: () => void;
  readonly gone: (why: string) => void;
}

/** Listens in the way of Node's emitters, or of a browser's targets; returns how to stop. */
function listen(port: MessagePortLike, { message, garbage, gone }: Listeners): () => void {
  const closed = (): void => gone('the other end is gone');
  const failed = (): void => gone('the worker has failed');
  const event = (what: object): void => message('data' in what ? what.data : undefined);
  const listeners: [string, (value: unknown) => void][] = [
    ['message', message],
    ['messageerror', garbage],
    ['close', closed],
    ['exit', closed],
    ['error', failed],
  ];
  if (port.on !== undefined) {
    for (const [type, listener] of listeners) port.on(type, listener);
    return () => listeners.forEach(([type, listener]) => port.off?.(type, listener));
  }
  const targets: [string, (what: object) => void][] = [
    ['message', event],
    ['messageerror', garbage],
    ['close', closed],
  ];
  for (const [type, listener] of targets) port.addEventListener?.(type, listener);
  port.start?.();
  return () => targets.forEach(([type, listener]) => port.removeEventListener?.(type, listener));
}

function checkRange(what: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new RangeError(`port: ${what} is ${value}, it must be an integer from ${min} to ${max}`);
}
