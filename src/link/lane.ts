/**
 * Packets that wait to be drained, in order. They are carved from slabs, one after another, and each
 * is read where it was written; a slab with no packet left is used again. The number of packets is
 * bounded, and what comes on top is dropped and counted.
 */
import { MAX_HEADROOM, packetLimit, type Medium, type PacketSink } from './link.ts';

/**
 * 42 packets of 1500 octets: what waits lies in a few slabs, used in turn, and these stay in a cache of
 * the second level beside both ends' buffers. An MTU that needs more gets one slab for each packet.
 */
const SLAB_SIZE = 65_536; // octets

/** Slabs kept for later in each direction, 8 MiB, what 4096 packets of 1500 octets need. */
const MAX_SPARE = 128;

class Slab {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }
}

/** One direction: a ring of `capacity` packets, each a slab, a start and an end. */
export class Lane {
  slab: Slab = new Slab(0); // the one being carved; the first claim makes one of use
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
  #size = -1; // octets of the slab; none yet
  #draining = false;
  #closed = false;

  /** `poison`, for tests: overwrite each packet with 0xDB when its sink has returned. */
  constructor(medium: Medium, mtu: number, capacity: number, poison: boolean = false) {
    this.#mtu = mtu;
    this.#limit = packetLimit(medium, mtu);
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
    if (this.#free + length > this.#size) {
      // Packets of the full slab still wait in the ring, or `#free` would be 0: see #release.
      this.#size = Math.max(SLAB_SIZE, this.#mtu + MAX_HEADROOM);
      this.slab = this.#spare.pop() ?? new Slab(this.#size);
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

  /** A copy of `from[start..end)`, of up to packetLimit() octets, waits here; false when dropped. */
  put(from: Uint8Array, start: number, end: number): boolean {
    if (this.count === this.#capacity || this.#closed) {
      this.dropped += 1;
      return false;
    }
    const at = this.claim(end - start);
    this.slab.bytes.set(start === 0 && end === from.length ? from : from.subarray(start, end), at);
    this.transmit(at, at + end - start);
    return true;
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

  /** Forgets the oldest packet; a slab, or a ring, with no packet left begins again at its start. */
  #release(head: number, slab: Slab): void {
    const next = head + 1 === this.#capacity ? 0 : head + 1;
    this.#head = next;
    this.#slabs[head] = this.slab; // keeps no spent slab alive
    this.count -= 1;
    if (this.count === 0) this.#head = this.#tail = this.#free = 0;
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
