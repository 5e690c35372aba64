/**
 * Packets in a stream of octets, each behind its length in 32 bits, big-endian: what QEMU's
 * `-netdev stream` and `socket` speak. Chunks may end anywhere. No length makes the reader keep more than one
 * packet.
 */
import type { PacketSink } from './link.ts';

export const LENGTH_PREFIX = 4; // octets

/** QEMU's own limit, NET_BUFSIZE: 4096 + 65536 octets. A longer packet is no packet: the count is lost. */
const MAX_LENGTH = 69_632;

export class LengthPrefixReader {
  /** Packets that were empty or longer than `limit`, and passed over. */
  rejected = 0;
  readonly #limit: number;
  readonly #sink: PacketSink;
  readonly #head = new DataView(new ArrayBuffer(LENGTH_PREFIX));
  #headOctets = 0; //    of the prefix, here so far
  #length = 0; //        of the packet that is being read
  #octets = 0; //        of it, here so far
  #packet: Uint8Array | undefined = undefined; // for packets that come in pieces
  #view: DataView | undefined = undefined;

  /** `sink` gets each packet of up to `limit` octets. */
  constructor(limit: number, sink: PacketSink) {
    this.#limit = limit;
    this.#sink = sink;
  }

  /** True between packets: a stream that ends here ends well. */
  get complete(): boolean {
    return this.#headOctets === 0;
  }

  /**
   * Takes the next octets of the stream. False when a length makes no sense: then the octets that
   * follow mean nothing, and the stream is to be closed.
   */
  read(chunk: Uint8Array): boolean {
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
    let at = 0;
    while (at < chunk.length) {
      if (this.#headOctets < LENGTH_PREFIX) {
        at = this.#readHead(chunk, at);
        if (this.#headOctets < LENGTH_PREFIX) return true;
        if (this.#length > MAX_LENGTH) return false;
        if (this.#length === 0) this.#finish(0);
        continue;
      }
      const wanted = this.#length - this.#octets;
      const here = Math.min(wanted, chunk.length - at);
      if (this.#octets === 0 && here === wanted) {
        if (here <= this.#limit) this.#sink(chunk, view, at, at + here);
      } else if (this.#length <= this.#limit) {
        this.#keep(chunk, at, here);
      }
      this.#finish(here);
      at += here;
    }
    return true;
  }

  #readHead(chunk: Uint8Array, from: number): number {
    let at = from;
    while (this.#headOctets < LENGTH_PREFIX && at < chunk.length) {
      this.#head.setUint8(this.#headOctets, chunk[at] ?? 0);
      this.#headOctets += 1;
      at += 1;
    }
    if (this.#headOctets === LENGTH_PREFIX) this.#length = this.#head.getUint32(0);
    return at;
  }

  #keep(chunk: Uint8Array, at: number, octets: number): void {
    this.#packet ??= new Uint8Array(this.#limit);
    this.#view ??= new DataView(this.#packet.buffer);
    this.#packet.set(chunk.subarray(at, at + octets), this.#octets);
    if (this.#octets + octets === this.#length)
      this.#sink(this.#packet, this.#view, 0, this.#length);
  }

  #finish(octets: number): void {
    this.#octets += octets;
    if (this.#octets < this.#length) return;
    if (this.#length === 0 || this.#length > this.#limit) this.rejected += 1;
    this.#headOctets = 0;
    this.#octets = 0;
  }
}

/** Writes packets with their lengths, one after another, into arrays that are handed on. */
export class LengthPrefixWriter {
  readonly #size: number;
  #chunk: Uint8Array | undefined = undefined;
  #view: DataView | undefined = undefined;
  #used = 0;

  /** Arrays of `size` octets; a packet and its length must fit into one. */
  constructor(size: number) {
    this.#size = size;
  }

  /** Octets that wait to be taken. */
  get used(): number {
    return this.#used;
  }

  /** Is there room for a packet of so many octets in the array at hand? */
  fits(length: number): boolean {
    return this.#used + LENGTH_PREFIX + length <= this.#size;
  }

  write(from: Uint8Array, start: number, end: number): void {
    const chunk = (this.#chunk ??= new Uint8Array(this.#size));
    const view = (this.#view ??= new DataView(chunk.buffer));
    view.setUint32(this.#used, end - start);
    chunk.set(from.subarray(start, end), this.#used + LENGTH_PREFIX);
    this.#used += LENGTH_PREFIX + end - start;
  }

  /** What was written since the last call; it is the caller's from now on. */
  take(): Uint8Array {
    const taken = this.#chunk?.subarray(0, this.#used) ?? new Uint8Array(0);
    // An array that is nearly empty is not worth keeping alive as a whole.
    const whole = this.#used * 2 >= this.#size;
    if (whole) {
      this.#chunk = undefined;
      this.#view = undefined;
    }
    this.#used = 0;
    return whole ? taken : taken.slice();
  }
}
