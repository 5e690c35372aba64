/**
 * What a host needs of a device to send: the sending half of a `Link`, which this layer does not
 * know. The room that claim() makes lies in `bytes` until transmit() hands it over (ADR-0010).
 */

/** What transmit() takes: an IP datagram, or an Ethernet frame. */
export type Medium = 'ip' | 'ethernet';

export interface Outlet {
  readonly medium: Medium;
  /** Octets of the largest IP datagram; a frame has 14 more. */
  readonly mtu: number;
  /** True: nobody needs transport checksums. */
  readonly checksumOffload: boolean;
  /** Where claim() makes room; read both again after a claim. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Room for `length` octets; says where it starts. */
  claim(length: number): number;
  transmit(start: number, end: number): void;
}

const ROOM = 65_535 + 64; // octets: the largest datagram, and what is written in front of it

/** Stands in until a device is there: takes what is sent, and drops it. */
export class NoOutlet implements Outlet {
  readonly medium: Medium = 'ip';
  readonly mtu: number;
  readonly checksumOffload = true;
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(this.#bytes.buffer);

  constructor(mtu: number) {
    this.mtu = mtu;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  get view(): DataView {
    return this.#view;
  }

  claim(_length: number): number {
    if (this.#bytes.length === 0) {
      this.#bytes = new Uint8Array(ROOM);
      this.#view = new DataView(this.#bytes.buffer);
    }
    return 0;
  }

  transmit(_start: number, _end: number): void {
    return; // nobody is there
  }
}
