/** The device of a host in a world: what it transmits goes into the directed network. */
import { MAX_HEADROOM, type Link } from '../link/link.ts';

export class LabLink implements Link {
  readonly name: string;
  readonly medium = 'ip';
  readonly mtu: number;
  readonly checksumOffload = false;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly dropped = 0;
  onReadable: (() => void) | undefined = undefined;
  readonly #sent: (bytes: Uint8Array, start: number, end: number) => void;

  constructor(
    name: string,
    mtu: number,
    sent: (bytes: Uint8Array, start: number, end: number) => void,
  ) {
    this.name = name;
    this.mtu = mtu;
    this.bytes = new Uint8Array(mtu + MAX_HEADROOM);
    this.view = new DataView(this.bytes.buffer);
    this.#sent = sent;
  }

  claim(_length: number): number {
    return 0;
  }

  transmit(start: number, end: number): void {
    this.#sent(this.bytes, start, end);
  }

  /** Arrivals come from the world, not from here. */
  drain(_max: number): number {
    return 0;
  }
}
