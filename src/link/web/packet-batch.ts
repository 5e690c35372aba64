/**
 * Many packets in one buffer: the packets from its start on, each where it was written, and from its
 * end backwards where each begins and ends. What came from a peer is checked packet by packet.
 */
import type { PacketSink } from '../link.ts';

/** 256 KiB: three of the largest packets, and 170 of the usual size. */
const SIZE = 262_144; // octets
const ENTRY = 8; // octets: where a packet begins, where it ends

export class PacketBatch {
  readonly buffer: ArrayBuffer;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  count = 0; // packets
  free = 0; //  from here on there is room

  constructor(buffer: ArrayBuffer = new ArrayBuffer(SIZE)) {
    this.buffer = buffer;
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
  }

  /** One over a buffer that has come back; undefined when it is not one of ours. */
  static over(buffer: ArrayBuffer): PacketBatch | undefined {
    return buffer.byteLength === SIZE ? new PacketBatch(buffer) : undefined;
  }

  /** Is there room for one packet more, of so many octets? */
  fits(length: number): boolean {
    return this.free + length <= SIZE - ENTRY * (this.count + 1);
  }

  /** The packet `bytes[start..end)` is one of them. */
  add(start: number, end: number): void {
    this.count += 1;
    const entry = SIZE - ENTRY * this.count;
    this.view.setUint32(entry, start);
    this.view.setUint32(entry + 4, end);
    this.free = (end + 7) & ~7;
  }
}

/** A message with packets, `undefined` when it is none. */
export function readBatch(message: unknown): ArrivedBatch | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  if (!('packets' in message) || !('count' in message)) return undefined;
  const { packets, count } = message;
  if (!(packets instanceof ArrayBuffer) || typeof count !== 'number') return undefined;
  if (packets.byteLength > SIZE || !Number.isInteger(count)) return undefined;
  if (count < 1 || count > packets.byteLength / ENTRY) return undefined;
  return new ArrivedBatch(packets, count);
}

export class ArrivedBatch {
  readonly buffer: ArrayBuffer;
  /** Packets that were none: outside of the buffer, empty, too long. */
  rejected = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #count: number;
  #next = 0;

  constructor(buffer: ArrayBuffer, count: number) {
    this.buffer = buffer;
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
    this.#count = count;
  }

  /** Packets that have not been looked at. */
  get left(): number {
    return this.#count - this.#next;
  }

  /** Hands the next packet to `sink`; false when it is none, or longer than `limit`. */
  deliver(limit: number, sink: PacketSink): boolean {
    const { length } = this.#bytes;
    this.#next += 1;
    const entry = length - ENTRY * this.#next;
    const start = this.#view.getUint32(entry);
    const end = this.#view.getUint32(entry + 4);
    const table = length - ENTRY * this.#count; // the packets end here
    if (start >= end || end > table || end - start > limit) {
      this.rejected += 1;
      return false;
    }
    sink(this.#bytes, this.#view, start, end);
    return true;
  }
}
