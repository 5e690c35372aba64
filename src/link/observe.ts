/** A device with somebody who looks on: sees every packet that passes, and changes nothing. */
import type { Device, Medium, PacketSink } from './link.ts';

/** `in`: it came from the device; `out`: it is handed to it. Must not keep `bytes`. */
export type PacketObserver = (
  direction: 'in' | 'out',
  bytes: Uint8Array,
  start: number,
  end: number,
) => void;

/** `link` belongs to the wrapper from now on: its onReadable and onClose are set on the wrapper. */
export function observe(link: Device, onPacket: PacketObserver): Device {
  return new ObservedLink(link, onPacket);
}

class ObservedLink implements Device {
  readonly name: string;
  readonly medium: Medium;
  readonly checksumOffload: boolean;
  readonly #inner: Device;
  readonly #onPacket: PacketObserver;
  #sink: PacketSink = () => undefined; // of the drain under way
  readonly #arrives: PacketSink = (bytes, view, start, end) => {
    this.#onPacket('in', bytes, start, end);
    this.#sink(bytes, view, start, end);
  };
  #draining = false;

  constructor(link: Device, onPacket: PacketObserver) {
    this.#inner = link;
    this.#onPacket = onPacket;
    this.name = link.name;
    this.medium = link.medium;
    this.checksumOffload = link.checksumOffload;
  }

  get mtu(): number {
    return this.#inner.mtu;
  }

  get bytes(): Uint8Array {
    return this.#inner.bytes;
  }

  get view(): DataView {
    return this.#inner.view;
  }

  get dropped(): number {
    return this.#inner.dropped;
  }

  get onReadable(): (() => void) | undefined {
    return this.#inner.onReadable;
  }

  set onReadable(callback: (() => void) | undefined) {
    this.#inner.onReadable = callback;
  }

  get onClose(): ((error: Error | undefined) => void) | undefined {
    return this.#inner.onClose;
  }

  set onClose(callback: ((error: Error | undefined) => void) | undefined) {
    this.#inner.onClose = callback;
  }

  claim(length: number): number {
    return this.#inner.claim(length);
  }

  transmit(start: number, end: number): void {
    this.#onPacket('out', this.#inner.bytes, start, end);
    this.#inner.transmit(start, end);
  }

  drain(max: number, sink: PacketSink): number {
    if (this.#draining) return 0;
    this.#draining = true;
    this.#sink = sink;
    try {
      return this.#inner.drain(max, this.#arrives);
    } finally {
      this.#draining = false;
    }
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
