/**
 * A virtual switch in memory: what a port transmits reaches the port behind which its destination
 * was last seen, and all others as long as that is not known (IEEE 802.1Q §8.8). On the medium `ip`
 * it does the same with IP addresses. A port that is not drained loses packets, the others do not.
 */
import { ETHERNET_HEADER } from '../wire/ethernet.ts';
import { Lane } from './lane.ts';
import { LearnedAddresses } from './learned-addresses.ts';
import {
  MAX_HEADROOM,
  MAX_MTU,
  MIN_MTU,
  packetLimit,
  type Device,
  type Medium,
  type PacketSink,
} from './link.ts';

export interface HubOptions {
  /** Default `ethernet`. */
  readonly medium?: Medium | undefined;
  /** Octets of the largest IP datagram, 68 to 65535. Default 1500. */
  readonly mtu?: number | undefined;
  /** Default false: a port may lead to a link that damages packets. */
  readonly checksumOffload?: boolean | undefined;
  /** Packets that wait at each port to be drained, 1 to 65536. Default 1024. */
  readonly capacity?: number | undefined;
  /** Addresses to learn, 4 to 65536. Default 1024. */
  readonly addresses?: number | undefined;
  /** Milliseconds until an address is forgotten that is not seen. Default 300000, IEEE 802.1Q §8.8.3. */
  readonly ageing?: number | undefined;
  /** The time in milliseconds. Without it only new addresses drive out old ones. */
  readonly now?: (() => number) | undefined;
}

export interface HubPort extends Device {
  /** Packets that came for this port while `capacity` others waited, and were dropped. */
  readonly overrun: number;
}

export class Hub {
  readonly medium: Medium;
  readonly mtu: number;
  readonly checksumOffload: boolean;
  /** Packets that went to one port, because it was known. */
  forwarded = 0;
  /** Packets that went to all other ports. */
  flooded = 0;
  readonly #capacity: number;
  readonly #now: () => number;
  readonly #ports: (Port | undefined)[] = [];
  readonly #learned: LearnedAddresses;

  /** @throws RangeError when an option is out of range. */
  constructor(options: HubOptions = {}) {
    const { medium = 'ethernet', mtu = 1500, capacity = 1024, addresses = 1024 } = options;
    checkRange('mtu', mtu, MIN_MTU, MAX_MTU);
    checkRange('capacity', capacity, 1, 65_536);
    checkRange('addresses', addresses, 4, 65_536);
    this.medium = medium;
    this.mtu = mtu;
    this.checksumOffload = options.checksumOffload ?? false;
    this.#capacity = capacity;
    const { now, ageing = 300_000 } = options;
    this.#now = now ?? (() => this.flooded + this.forwarded); // tells old from new, no more
    this.#learned = new LearnedAddresses(addresses, now === undefined ? Infinity : ageing);
  }

  /** A new port. Closing it takes it out of the hub. Default name: `hub0`, `hub1` and so on. */
  port(name?: string): HubPort {
    const free = this.#ports.indexOf(undefined);
    const index = free < 0 ? this.#ports.length : free;
    const port = new Port(this, index, name ?? `hub${index}`, this.#capacity);
    this.#ports[index] = port;
    return port;
  }

  /** `bytes[start..end)` came in at port `from`: copies of it wait where it goes. */
  forward(from: number, bytes: Uint8Array, view: DataView, start: number, end: number): void {
    const now = this.#now();
    const to =
      this.medium === 'ethernet'
        ? this.#switchFrame(now, from, view, start, end)
        : this.#switchDatagram(now, from, view, start, end);
    if (to === from) return; // it is behind the port that it came from
    const port = to < 0 ? undefined : this.#ports[to];
    if (port !== undefined) {
      this.forwarded += 1;
      port.arrivals.put(bytes, start, end);
      return;
    }
    this.flooded += 1;
    for (let i = 0; i < this.#ports.length; i += 1) {
      if (i !== from) this.#ports[i]?.arrivals.put(bytes, start, end);
    }
  }

  leave(index: number): void {
    this.#ports[index] = undefined;
    this.#learned.forget(index);
  }

  /** Learns the source of a frame; answers with the port of its destination, -1 for all. */
  #switchFrame(now: number, from: number, view: DataView, start: number, end: number): number {
    if (end - start < ETHERNET_HEADER) return from; // no frame: goes nowhere
    if ((view.getUint8(start + 6) & GROUP) === 0) {
      this.#learned.learn(now, from, view.getUint16(start + 6), view.getInt32(start + 8), 0, 0);
    }
    if ((view.getUint8(start) & GROUP) !== 0) return -1;
    return this.#learned.lookUp(now, view.getUint16(start), view.getInt32(start + 2), 0, 0);
  }

  /** The same for an IP datagram. A group address is never a source, so it is never learned. */
  #switchDatagram(now: number, from: number, view: DataView, start: number, end: number): number {
    const version = end > start ? view.getUint8(start) >> 4 : 0;
    const learned = this.#learned;
    if (version === 4 && end - start >= 20) {
      const src = view.getInt32(start + 12);
      if (src >>> 28 < 0xe && src !== 0) learned.learn(now, from, 0, 0, 0xffff, src);
      return learned.lookUp(now, 0, 0, 0xffff, view.getInt32(start + 16));
    }
    if (version !== 6 || end - start < 40) return from; // no datagram: goes nowhere
    const s0 = view.getInt32(start + 8);
    const s1 = view.getInt32(start + 12);
    const s2 = view.getInt32(start + 16);
    const s3 = view.getInt32(start + 20);
    if (s0 >>> 24 !== 0xff && (s0 | s1 | s2 | s3) !== 0) learned.learn(now, from, s0, s1, s2, s3);
    const d0 = view.getInt32(start + 24);
    const d1 = view.getInt32(start + 28);
    return learned.lookUp(now, d0, d1, view.getInt32(start + 32), view.getInt32(start + 36));
  }
}

const GROUP = 0x01; // in the first octet of a MAC address: multicast and broadcast

class Port implements HubPort {
  readonly name: string;
  readonly medium: Medium;
  readonly mtu: number;
  readonly checksumOffload: boolean;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly arrivals: Lane;
  dropped = 0;
  onClose: ((error: Error | undefined) => void) | undefined = undefined;
  readonly #hub: Hub;
  readonly #index: number;
  readonly #limit: number;
  #closed = false;

  constructor(hub: Hub, index: number, name: string, capacity: number) {
    this.#hub = hub;
    this.#index = index;
    this.name = name;
    this.medium = hub.medium;
    this.mtu = hub.mtu;
    this.checksumOffload = hub.checksumOffload;
    this.#limit = packetLimit(hub.medium, hub.mtu);
    this.bytes = new Uint8Array(hub.mtu + MAX_HEADROOM);
    this.view = new DataView(this.bytes.buffer);
    this.arrivals = new Lane(hub.medium, hub.mtu, capacity);
  }

  get overrun(): number {
    return this.arrivals.dropped;
  }

  get onReadable(): (() => void) | undefined {
    return this.arrivals.onReadable;
  }

  set onReadable(callback: (() => void) | undefined) {
    this.arrivals.onReadable = callback;
  }

  claim(length: number): number {
    if (length <= this.mtu + MAX_HEADROOM) return 0;
    throw new RangeError(`claim of ${length} octets on a link with an MTU of ${this.mtu}`);
  }

  transmit(start: number, end: number): void {
    if (end - start > this.#limit) {
      throw new RangeError(`packet of ${end - start} octets on a link with an MTU of ${this.mtu}`);
    }
    if (this.#closed) this.dropped += 1;
    else this.#hub.forward(this.#index, this.bytes, this.view, start, end);
  }

  drain(max: number, sink: PacketSink): number {
    return this.arrivals.drain(max, sink);
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    this.#hub.leave(this.#index);
    this.arrivals.close();
    this.onClose?.(undefined);
    return Promise.resolve();
  }
}

function checkRange(what: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new RangeError(`hub: ${what} is ${value}, it must be an integer from ${min} to ${max}`);
}
