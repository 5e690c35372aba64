/**
 * Network emulation: wraps any device, so that what is sent through it and what comes from it is
 * delayed, lost, doubled, damaged, overtaken and queued, as netem/settings.ts says. Time and timers
 * are the loop's, all chance is the seed's.
 */
import type { LinkLoop } from './event-loop.ts';
import { MAX_HEADROOM, packetLimit, type Device, type Medium, type PacketSink } from './link.ts';
import type { NetemCounters } from './netem/counters.ts';
import { Impairment } from './netem/impairment.ts';
import type { NetemSettings } from './netem/settings.ts';
import { PacketStore, type StoredParcel } from './netem/store.ts';

export interface NetemOptions {
  readonly loop: LinkLoop;
  /** What happens to packets that are transmitted. */
  readonly out?: NetemSettings | undefined;
  /** What happens to packets that arrive. */
  readonly in?: NetemSettings | undefined;
  /** An integer; the same one gives the same fates. Default 1. */
  readonly seed?: number | undefined;
  /** Octets under way in each direction before the next packet is dropped. Default 64 MiB. */
  readonly memory?: number | undefined;
}

/** One direction, while it runs. */
export interface NetemDirection {
  readonly settings: NetemSettings;
  readonly counters: Readonly<NetemCounters>;
  /** Packets that have come and not yet left. */
  readonly underWay: number;
  /**
   * From now on these settings hold, and those not named stay as they are.
   * @throws RangeError when a setting is out of range; then nothing has changed.
   */
  change(settings: NetemSettings): void;
  /** Nothing gets in any more; what is under way arrives. */
  partition(): void;
  heal(): void;
}

export interface NetemLink extends Device {
  readonly out: NetemDirection;
  readonly in: NetemDirection;
  /** partition() for both directions. */
  partition(): void;
  heal(): void;
}

/**
 * Wraps `link`, whose onReadable and onClose belong to the wrapper from now on; closing the wrapper
 * closes it. On a link with checksumOffload nobody notices what `corrupt` does.
 * @throws RangeError when a setting is out of range.
 */
export function netem(link: Device, options: NetemOptions): NetemLink {
  return new WrappedLink(link, options);
}

const MEMORY = 64 * 2 ** 20; // octets

class WrappedLink implements NetemLink {
  readonly name: string;
  readonly medium: Medium;
  readonly checksumOffload: boolean;
  readonly out: Impairment<StoredParcel>;
  readonly in: Impairment<StoredParcel>;
  bytes: Uint8Array;
  view: DataView;
  onReadable: (() => void) | undefined = undefined;
  onClose: ((error: Error | undefined) => void) | undefined = undefined;
  readonly #inner: Device;
  readonly #loop: LinkLoop;
  readonly #leaving: PacketStore;
  readonly #coming: PacketStore;
  readonly #ready: StoredParcel[] = []; // have come all the way, from #readyHead on
  readonly #comes: PacketSink = (bytes, _view, start, end) => this.#arrives(bytes, start, end);
  readonly #fires = (): void => this.#timerFired();
  #readyHead = 0;
  #dropped = 0; // what the inner link does not count
  #now = 0;
  #timer: unknown = undefined;
  #timerAt = Infinity;
  #draining = false;
  #closed = false;

  constructor(link: Device, options: NetemOptions) {
    const { seed = 1, memory = MEMORY } = options;
    const { medium } = link;
    this.name = link.name;
    this.medium = medium;
    this.checksumOffload = link.checksumOffload;
    this.#inner = link;
    this.#loop = options.loop;
    this.bytes = new Uint8Array(link.mtu + MAX_HEADROOM);
    this.view = new DataView(this.bytes.buffer);
    this.#leaving = new PacketStore(memory);
    this.#coming = new PacketStore(memory);
    this.out = new Impairment(
      {
        copy: (parcel) => copyIn(this.#leaving, parcel),
        deliver: (parcel) => this.#sendOn(parcel),
        discard: (parcel) => this.#leaving.release(parcel),
      },
      { medium, seed, direction: 0, settings: options.out ?? {} },
    );
    this.in = new Impairment(
      {
        copy: (parcel) => copyIn(this.#coming, parcel),
        deliver: (parcel) => void this.#ready.push(parcel),
        discard: (parcel) => this.#coming.release(parcel),
      },
      { medium, seed, direction: 1, settings: options.in ?? {} },
    );
    link.onReadable = () => this.onReadable?.();
    link.onClose = (error) => this.#down(error);
  }

  get mtu(): number {
    return this.#inner.mtu;
  }

  get dropped(): number {
    return this.#dropped + this.#inner.dropped;
  }

  partition(): void {
    this.out.partition();
    this.in.partition();
  }

  heal(): void {
    this.out.heal();
    this.in.heal();
  }

  claim(length: number): number {
    const most = this.mtu + MAX_HEADROOM;
    if (length > most) {
      throw new RangeError(`claim of ${length} octets on a link with an MTU of ${this.mtu}`);
    }
    if (this.bytes.length < most) {
      this.bytes = new Uint8Array(most); // the MTU of the link has grown
      this.view = new DataView(this.bytes.buffer);
    }
    return 0;
  }

  transmit(start: number, end: number): void {
    if (end - start > packetLimit(this.medium, this.mtu)) {
      throw new RangeError(`packet of ${end - start} octets on a link with an MTU of ${this.mtu}`);
    }
    const parcel = this.#closed ? undefined : this.#leaving.keep(this.bytes, start, end);
    if (parcel === undefined) {
      this.#dropped += 1;
      if (!this.#closed) this.out.counters.noMemory += 1;
      return;
    }
    this.#now = this.#loop.now();
    this.out.accept(this.#now, parcel);
    this.out.timeout(this.#now);
    this.#arm();
  }

  drain(max: number, sink: PacketSink): number {
    if (this.#draining || this.#closed) return 0;
    this.#draining = true;
    let count = 0;
    try {
      for (let more = true; more && count < max && !this.#closed;) {
        this.#now = this.#loop.now();
        more = this.#inner.drain(max, this.#comes) === max;
        this.in.timeout(this.#now);
        count += this.#handOver(max - count, sink);
      }
    } finally {
      this.#draining = false;
    }
    this.#arm();
    return count;
  }

  close(): Promise<void> {
    const closed = this.#inner.close(); // and comes back to #down()
    this.#down(undefined);
    return closed;
  }

  #arrives(bytes: Uint8Array, start: number, end: number): void {
    const parcel = this.#coming.keep(bytes, start, end);
    if (parcel === undefined) this.in.counters.noMemory += 1;
    else this.in.accept(this.#now, parcel);
  }

  #sendOn(parcel: StoredParcel): void {
    const { bytes, start, end } = parcel;
    const inner = this.#inner;
    const at = inner.claim(end - start);
    inner.bytes.set(bytes.subarray(start, end), at);
    inner.transmit(at, at + end - start);
    this.#leaving.release(parcel);
  }

  #handOver(max: number, sink: PacketSink): number {
    let count = 0;
    while (count < max) {
      const parcel = this.#ready[this.#readyHead];
      if (parcel === undefined) break;
      this.#readyHead += 1;
      count += 1;
      try {
        sink(parcel.bytes, parcel.view, parcel.start, parcel.end);
      } finally {
        this.#coming.release(parcel);
      }
    }
    if (this.#readyHead === this.#ready.length) {
      this.#ready.length = 0;
      this.#readyHead = 0;
    } else if (this.#readyHead >= SPENT) {
      this.#ready.splice(0, this.#readyHead);
      this.#readyHead = 0;
    }
    return count;
  }

  /** Sets the timer, unless one that fires early enough is set. */
  #arm(): void {
    const at = Math.min(this.out.nextTimeout(), this.in.nextTimeout());
    if (at >= this.#timerAt || this.#closed) return;
    if (this.#timer !== undefined) this.#loop.cancel(this.#timer);
    this.#timerAt = at;
    const wait = Math.min(Math.max(Math.ceil(at - this.#now), 0), LONGEST_TIMER);
    this.#timer = this.#loop.later(this.#fires, wait);
  }

  #timerFired(): void {
    this.#timer = undefined;
    this.#timerAt = Infinity;
    if (this.#closed) return;
    this.#now = this.#loop.now();
    this.out.timeout(this.#now);
    this.in.timeout(this.#now);
    this.#arm();
    if (this.#ready.length > 0) this.onReadable?.();
  }

  #down(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#timer !== undefined) this.#loop.cancel(this.#timer);
    this.#ready.length = 0;
    this.#readyHead = 0;
    this.onReadable = undefined;
    this.onClose?.(error);
  }
}

const LONGEST_TIMER = 2 ** 31 - 1; // ms, what setTimeout takes; then it is set again
const SPENT = 1024; // places of packets handed over, before the array is cut

const copyIn = (
  store: PacketStore,
  { bytes, start, end }: StoredParcel,
): StoredParcel | undefined => store.keep(bytes, start, end);
