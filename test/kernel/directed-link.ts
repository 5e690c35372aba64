/**
 * A TUN device whose packets a test directs: each is delivered, held until it is released, or lost.
 * What passes is drawn into a live figure.
 */
import type { Device, PacketSink } from '../../src/link/link.ts';
import type { TunLink } from '../../src/link/node/tun.ts';
import type { LiveFigure, Passing } from './live-figure.ts';

export type Fate = 'deliver' | 'hold' | 'lose';
/** Decides about one segment. */
export type Director = (segment: Passing) => Fate;
/** Told of what the host does not see: lost before it arrives, or injected. */
export type Unseen = (bytes: Uint8Array, direction: 'in' | 'out', comment: string) => void;

interface Held {
  readonly bytes: Uint8Array;
  readonly segment: Passing;
}

export class DirectedLink implements Device {
  readonly name: string;
  readonly medium = 'ip';
  readonly mtu: number;
  readonly checksumOffload = false;
  /** What becomes of segments to the kernel. */
  outgoing: Director = () => 'deliver';
  /** What becomes of segments of the kernel. */
  incoming: Director = () => 'deliver';
  onReadable: (() => void) | undefined = undefined;
  onClose: ((error: Error | undefined) => void) | undefined = undefined;
  readonly #tun: TunLink;
  readonly #figure: LiveFigure;
  readonly #unseen: Unseen;
  #heldOut: Held[] = [];
  #heldIn: Held[] = [];
  #ready: Held[] = []; // released, on their way to the host

  constructor(tun: TunLink, figure: LiveFigure, unseen: Unseen) {
    this.#tun = tun;
    this.#figure = figure;
    this.#unseen = unseen;
    this.name = tun.name;
    this.mtu = tun.mtu;
    tun.onReadable = () => this.onReadable?.();
    tun.onClose = (error) => this.onClose?.(error);
  }

  get bytes(): Uint8Array {
    return this.#tun.bytes;
  }

  get view(): DataView {
    return this.#tun.view;
  }

  get dropped(): number {
    return this.#tun.dropped;
  }

  claim(length: number): number {
    return this.#tun.claim(length);
  }

  transmit(start: number, end: number): void {
    const segment = this.#figure.look('out', this.bytes, this.view, start, end);
    if (segment === undefined) {
      this.#tun.transmit(start, end);
      return;
    }
    switch (this.outgoing(segment)) {
      case 'deliver':
        this.#tun.transmit(start, end); // the kernel takes it in before this returns
        this.#figure.departed(segment);
        break;
      case 'hold':
        this.#heldOut.push({ bytes: this.bytes.slice(start, end), segment });
        this.#figure.departedAndHeld(segment);
        break;
      case 'lose':
        this.#figure.departedAndLost(segment);
        break;
    }
  }

  drain(max: number, sink: PacketSink): number {
    let count = 0;
    for (const { bytes, segment } of this.#ready.splice(0, max)) {
      sink(bytes, new DataView(bytes.buffer), 0, bytes.length);
      this.#figure.arrivedLate(segment);
      count += 1;
    }
    return count + this.#tun.drain(max - count, (b, v, s, e) => this.#arrives(sink, b, v, s, e));
  }

  /** The first `count` segments held on their way to the kernel go on, in order. */
  releaseOutgoing(count: number = this.#heldOut.length): void {
    for (const { bytes, segment } of this.#heldOut.splice(0, count)) {
      this.#write(bytes);
      this.#figure.reachedKernel(segment);
    }
  }

  /** The first `count` segments held on their way to us go on, in order. */
  releaseIncoming(count: number = this.#heldIn.length): void {
    this.#ready.push(...this.#heldIn.splice(0, count));
    this.onReadable?.();
  }

  /** Something that the host has not sent comes to the kernel from its addresses. */
  inject(bytes: Uint8Array): void {
    const segment = this.#figure.look('out', bytes, new DataView(bytes.buffer), 0, bytes.length);
    if (segment === undefined) throw new Error('only segments are injected');
    this.#unseen(bytes, 'out', 'sent by the test');
    this.#write(bytes);
    this.#figure.reachedKernel(segment);
  }

  close(): Promise<void> {
    return this.#tun.close();
  }

  #arrives(sink: PacketSink, bytes: Uint8Array, view: DataView, start: number, end: number): void {
    const segment = this.#figure.look('in', bytes, view, start, end);
    if (segment === undefined) {
      sink(bytes, view, start, end);
      return;
    }
    const state = this.#figure.stateOfB(segment);
    switch (this.incoming(segment)) {
      case 'deliver':
        sink(bytes, view, start, end);
        this.#figure.arrived(segment, state);
        break;
      case 'hold':
        this.#heldIn.push({ bytes: bytes.slice(start, end), segment });
        this.#figure.heldOnArrival(segment, state);
        break;
      case 'lose':
        this.#unseen(bytes.slice(start, end), 'in', 'lost by the test');
        this.#figure.lostOnArrival(segment, state);
        break;
    }
  }

  #write(bytes: Uint8Array): void {
    const at = this.#tun.claim(bytes.length);
    this.#tun.bytes.set(bytes, at);
    this.#tun.transmit(at, at + bytes.length);
  }
}
