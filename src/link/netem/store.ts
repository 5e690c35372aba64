/**
 * Memory for packets under way: carved from slabs one after another, and a slab is used again when
 * all of its packets have left. Bounded; nothing is allocated per packet once it runs.
 */
import { Parcel } from './parcel.ts';

const SLAB_SIZE = 131_072; // octets; more than the largest packet
const MAX_SPARE = 16; // slabs kept for later

/** What an object of ours takes beside the packet, so that small packets are bounded as well. */
const OVERHEAD = 200; // octets

class Slab {
  readonly bytes: Uint8Array = new Uint8Array(SLAB_SIZE);
  readonly view: DataView = new DataView(this.bytes.buffer);
  packets = 0;
}

export class StoredParcel extends Parcel {
  slab: Slab;

  constructor(slab: Slab, start: number, end: number) {
    super(slab.bytes, slab.view, start, end);
    this.slab = slab;
  }
}

export class PacketStore {
  readonly #limit: number;
  readonly #spareSlabs: Slab[] = [];
  readonly #spareParcels: StoredParcel[] = [];
  #slab: Slab | undefined = undefined; // the one being carved
  #free = 0;
  #octets = 0; // in use, overhead included

  /** At most `limit` octets. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Keeps a copy of `from[start..end)`; undefined when there is no room. */
  keep(from: Uint8Array, start: number, end: number): StoredParcel | undefined {
    const length = end - start;
    if (this.#octets + length + OVERHEAD > this.#limit) return undefined;
    this.#octets += length + OVERHEAD;
    const slab = this.#room(length);
    const at = this.#free;
    slab.bytes.set(from.subarray(start, end), at);
    slab.packets += 1;
    this.#free = (at + length + 7) & ~7;
    const parcel = this.#spareParcels.pop();
    if (parcel === undefined) return new StoredParcel(slab, at, at + length);
    parcel.slab = slab;
    parcel.bytes = slab.bytes;
    parcel.view = slab.view;
    parcel.start = at;
    parcel.end = at + length;
    return parcel;
  }

  release(parcel: StoredParcel): void {
    const { slab } = parcel;
    this.#octets -= parcel.end - parcel.start + OVERHEAD;
    slab.packets -= 1;
    if (slab.packets === 0) {
      if (slab === this.#slab) this.#free = 0;
      else if (this.#spareSlabs.length < MAX_SPARE) this.#spareSlabs.push(slab);
    }
    if (this.#spareParcels.length < MOST_SPARE_PARCELS) this.#spareParcels.push(parcel);
  }

  #room(length: number): Slab {
    if (this.#slab !== undefined && this.#free + length <= SLAB_SIZE) return this.#slab;
    const slab = this.#spareSlabs.pop() ?? new Slab();
    this.#slab = slab;
    this.#free = 0;
    return slab;
  }
}

const MOST_SPARE_PARCELS = 4096;
