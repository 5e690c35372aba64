/**
 * Two ends of a cable in memory: what one end transmits the other drains, in order, each packet
 * read where it was written. Packets are carved from slabs, one after another; the number of packets
 * under way is bounded, and what comes on top is dropped and counted (RFC 791 §1.2: no reliability).
 */
import {
  MAX_HEADROOM,
  MAX_MTU,
  MIN_MTU,
  packetLimit,
  type Device,
  type Medium,
  type PacketSink,
} from './link.ts';

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
  const limit = packetLimit(medium, mtu);
  const there = new Lane(mtu, limit, capacity, poison);
  const back = new Lane(mtu, limit, capacity, poison);
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

/** 256 KiB: 170 packets of 1500 octets, and a slab in use stays in a 1 MiB second-level cache. */
const SLAB_SIZE = 262_144; // octets

/** Slabs kept for later in each direction, 8 MiB, what 4096 packets of 1500 octets need. */
const MAX_SPARE = 32;

class Slab {
  readonly bytes = new Uint8Array(SLAB_SIZE);
  readonly view = new DataView(this.bytes.buffer);
}

/** One direction: a ring of `capacity` packets, each a slab, a start and an end. */
class Lane {
  slab = new Slab(); // the one being carved
  count = 0; //         packets in the ring, the one in the sink's hands included
  dropped = 0;
  onReadable: (() => void) | undefined = undefined;
  readonly #mtu: number;
  readonly #limit: number; // octets of the largest packet
  readonly #capacity: number;
  readonly #poison: boolean;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  readonly #slabs: Slab[];
  readonly #spare: Slab[] = [];
  #head = 0; // where in the ring the oldest packet is
  #tail = 0; // where in the ring the next one goes
  #free = 0; // from here on the slab is unused
  #draining = false;
  #closed = false;

  constructor(mtu: number, limit: number, capacity: number, poison: boolean) {
    this.#mtu = mtu;
    this.#limit = limit;
    this.#capacity = capacity;
    this.#poison = poison;
    this.#starts = new Int32Array(capacity);
    this.#ends = new Int32Array(capacity);
    this.#slabs = new Array<Slab>(capacity).fill(this.slab);
  }

  claim(length: number): number {
    if (length > this.#mtu + MAX_HEADROOM) {
      throw new RangeError(`claim of ${length} octets on a link with an MTU of ${this.#mtu}`);
    }
    if (this.#free + length > SLAB_SIZE) {
      // Packets of the full slab still wait in the ring, or `#free` would be 0: see #release.
      this.slab = this.#spare.pop() ?? new Slab();
      this.#free = 0;
    }
    return this.#free;
  }

  transmit(start: number, end: number): void {
    if (end - start > this.#limit) {
      throw new RangeError(`packet of ${end - start} octets on a link with an MTU of ${this.#mtu}`);
    }
    if (this.count === this.#capacity || this.#closed) {
      this.dropped += 1;
      return;
    }
    const tail = this.#tail;
    this.#starts[tail] = start;
    this.#ends[tail] = end;
    this.#slabs[tail] = this.slab;
    this.#tail = tail + 1 === this.#capacity ? 0 : tail + 1;
    this.#free = (end + 7) & ~7; // headers at multiples of 8
    this.count += 1;
    if (this.count === 1 && this.onReadable !== undefined) this.onReadable();
  }

  drain(max: number, sink: PacketSink): number {
    if (this.#draining) return 0;
    this.#draining = true;
    let delivered = 0;
    try {
      while (delivered < max && this.count > 0 && !this.#closed) {
        delivered += 1;
        this.#deliver(sink);
      }
    } finally {
      this.#draining = false;
      if (this.#closed) this.#empty();
    }
    return delivered;
  }

  #deliver(sink: PacketSink): void {
    const head = this.#head;
    const slab = this.#slabs[head] ?? this.slab;
    const start = this.#starts[head] ?? 0;
    const end = this.#ends[head] ?? 0;
    try {
      sink(slab.bytes, slab.view, start, end);
    } finally {
      if (this.#poison) slab.bytes.fill(0xdb, start, end);
      this.#release(head, slab);
    }
  }

  /** Forgets the oldest packet; a slab with no packet left is carved again from its start. */
  #release(head: number, slab: Slab): void {
    const next = head + 1 === this.#capacity ? 0 : head + 1;
    this.#head = next;
    this.#slabs[head] = this.slab; // keeps no spent slab alive
    this.count -= 1;
    if (this.count === 0) this.#free = 0;
    if (slab === this.slab || (this.count > 0 && this.#slabs[next] === slab)) return;
    if (this.#spare.length < MAX_SPARE) this.#spare.push(slab);
  }

  close(): void {
    this.#closed = true;
    this.onReadable = undefined;
    if (!this.#draining) this.#empty();
  }

  #empty(): void {
    this.count = 0;
    this.#head = this.#tail;
    this.#free = 0;
    this.#slabs.fill(this.slab);
    this.#spare.length = 0;
  }
}
