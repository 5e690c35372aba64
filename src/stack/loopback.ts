/**
 * The interface `lo`: what a host sends to itself (RFC 1122 §3.2.1.3 (g), RFC 4291 §2.5.3). Datagrams
 * wait in a bounded queue, are read where they were written, and need no checksums: they never
 * leave memory.
 */
import type { Medium, Outlet } from './outlet.ts';

/**
 * 16 KiB as BSD has it: an unscaled window holds four segments, so that no ACK is delayed. With 65,535,
 * nearly Linux's, a receiver whose user takes nothing is sent megabytes: its buffer grows by 16 segments.
 */
export const LOOPBACK_MTU = 16_384; // octets

const MOST_WAITING = 1024; // datagrams; 16 MiB when all are of the largest size
const LEAST_COUNTED = 8192; // octets that a small datagram counts as, for what it costs
const SLAB_SIZE = 262_144; // octets
const MOST_SPARE = 2; // slabs kept for later

export type LoopbackSink = (bytes: Uint8Array, view: DataView, start: number, end: number) => void;

class Slab {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }
}

export class Loopback implements Outlet {
  readonly medium: Medium = 'ip';
  readonly mtu: number = LOOPBACK_MTU;
  readonly checksumOffload = true;
  /** Datagrams in the queue. */
  count = 0;
  /** Those that found it full. */
  dropped = 0;
  #slab: Slab = new Slab(0); // made when first used: most hosts never talk to themselves
  #free = 0; // from here on the slab is unused
  #head = 0;
  readonly #slabs: Slab[] = []; // the queue is a ring of these three
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #spare: Slab[] = [];

  get bytes(): Uint8Array {
    return this.#slab.bytes;
  }

  get view(): DataView {
    return this.#slab.view;
  }

  claim(length: number): number {
    if (this.#free + length > this.#slab.bytes.length) {
      this.#slab = this.#spare.pop() ?? new Slab(SLAB_SIZE);
      this.#free = 0;
    }
    return this.#free;
  }

  transmit(start: number, end: number): void {
    if (this.count === MOST_WAITING) {
      this.dropped++;
      return;
    }
    const at = (this.#head + this.count) % MOST_WAITING;
    this.#slabs[at] = this.#slab;
    this.#starts[at] = start;
    this.#ends[at] = end;
    this.#free = (end + 7) & ~7; // headers at multiples of 8
    this.count++;
  }

  /** What waits arrives, about `most` octets of it. How many they were, small datagrams counted as larger. */
  deliverSome(most: number, sink: LoopbackSink): number {
    let octets = 0;
    while (this.count > 0 && octets < most) octets += Math.max(this.deliver(sink), LEAST_COUNTED);
    return octets;
  }

  /** Hands the oldest datagram to `sink`, which must send nothing before it returns. Its octets. */
  deliver(sink: LoopbackSink): number {
    const head = this.#head;
    const slab = this.#slabs[head];
    if (this.count === 0 || slab === undefined) return 0;
    const start = this.#starts[head]!;
    const end = this.#ends[head]!;
    try {
      sink(slab.bytes, slab.view, start, end);
    } finally {
      this.#release(head, slab);
    }
    return end - start;
  }

  /** A slab with no datagram left is carved again from its start. */
  #release(head: number, slab: Slab): void {
    const next = (head + 1) % MOST_WAITING;
    this.#head = next;
    this.#slabs[head] = this.#slab;
    this.count--;
    if (this.count === 0) this.#free = 0;
    if (slab === this.#slab || (this.count > 0 && this.#slabs[next] === slab)) return;
    if (this.#spare.length < MOST_SPARE) this.#spare.push(slab);
  }
}
