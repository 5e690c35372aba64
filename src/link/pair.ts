/**
 * Two ends of a cable in memory: what one end transmits the other drains, in order, each packet
 * read where it was written. The number of packets under way is bounded, and what comes on top is
 * dropped and counted (RFC 791 §1.2: no reliability).
 */
import { Lane } from './lane.ts';
import { MAX_MTU, MIN_MTU, type Device, type Medium, type PacketSink } from './link.ts';

export interface PairOptions {
  /** Default `ip`. */
  readonly medium?: Medium | undefined;
  /** Octets of the largest IP datagram, 68 to 65535. Default 1500. */
  readonly mtu?: number | undefined;
  /** Default true: memory does not flip bits. */
  readonly checksumOffload?: boolean | undefined;
  /** Packets under way in each direction before the next is dropped, 1 to 2^20. Default 4096. */
  readonly capacity?: number | undefined;
  /** Names of the two ends. Default `pair0`, `pair1`. */
  readonly names?: readonly [string, string] | undefined;
  /** For tests: overwrite each packet with 0xDB when its sink has returned. Default false. */
  readonly poison?: boolean | undefined;
}

export interface PairLink extends Device {
  /** Packets that wait here to be drained. */
  readonly waiting: number;
}

/** @throws RangeError when `mtu` or `capacity` is out of range. */
export function pair(options: PairOptions = {}): [PairLink, PairLink] {
  const {
    medium = 'ip',
    mtu = 1500,
    checksumOffload = true,
    capacity = 4096,
    poison = false,
  } = options;
  checkRange('mtu', mtu, MIN_MTU, MAX_MTU);
  checkRange('capacity', capacity, 1, MAX_CAPACITY);
  const [name0, name1] = options.names ?? ['pair0', 'pair1'];
  const there = new Lane(medium, mtu, capacity, poison);
  const back = new Lane(medium, mtu, capacity, poison);
  const end0 = new PairEnd(name0, medium, mtu, checksumOffload, there, back);
  const end1 = new PairEnd(name1, medium, mtu, checksumOffload, back, there);
  end0.peer = end1;
  end1.peer = end0;
  return [end0, end1];
}

const MAX_CAPACITY = 2 ** 20; // packets: 12 MiB of bookkeeping

function checkRange(what: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new RangeError(`pair: ${what} is ${value}, it must be an integer from ${min} to ${max}`);
}

class PairEnd implements PairLink {
  readonly name: string;
  readonly medium: Medium;
  readonly mtu: number;
  readonly checksumOffload: boolean;
  onClose: ((error: Error | undefined) => void) | undefined = undefined;
  peer: PairEnd | undefined = undefined;
  readonly #out: Lane;
  readonly #in: Lane;
  #closed = false;

  constructor(
    name: string,
    medium: Medium,
    mtu: number,
    checksumOffload: boolean,
    out: Lane,
    incoming: Lane,
  ) {
    this.name = name;
    this.medium = medium;
    this.mtu = mtu;
    this.checksumOffload = checksumOffload;
    this.#out = out;
    this.#in = incoming;
  }

  get bytes(): Uint8Array {
    return this.#out.slab.bytes;
  }

  get view(): DataView {
    return this.#out.slab.view;
  }

  get dropped(): number {
    return this.#out.dropped;
  }

  get waiting(): number {
    return this.#in.count;
  }

  get onReadable(): (() => void) | undefined {
    return this.#in.onReadable;
  }

  set onReadable(callback: (() => void) | undefined) {
    this.#in.onReadable = callback;
  }

  claim(length: number): number {
    return this.#out.claim(length);
  }

  transmit(start: number, end: number): void {
    this.#out.transmit(start, end);
  }

  drain(max: number, sink: PacketSink): number {
    return this.#in.drain(max, sink);
  }

  /** The cable is gone, so the other end closes as well. */
  close(): Promise<void> {
    this.#down(undefined);
    const { peer } = this;
    if (peer !== undefined)
      peer.#down(new Error(`${peer.name}: its other end, ${this.name}, was closed`));
    return Promise.resolve();
  }

  #down(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#in.close();
    this.#out.close();
    this.onClose?.(error);
  }
}
