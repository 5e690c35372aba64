/**
 * Two hosts and a network between them in virtual time: the left one sends through an impaired
 * direction, the right one answers through another. What netem does to packets is src/link/netem; here is
 * no more around it than it needs, because a grid is hundreds of such worlds and chaos thousands.
 */
import { MAX_HEADROOM, type Link } from '../../src/link/link.ts';
import { Impairment } from '../../src/link/netem/impairment.ts';
import type { NetemSettings } from '../../src/link/netem/settings.ts';
import { PacketStore, type StoredParcel } from '../../src/link/netem/store.ts';
import { Host, type HostObserver } from '../../src/stack/host.ts';
import type { TcpDefaults } from '../../src/tcp/options.ts';
import { parseAddress, parseCidr, type Family, type IpAddress } from '../../src/wire/address.ts';

export interface DumbbellOptions {
  /** From left to right, and back. */
  readonly there: NetemSettings;
  readonly back: NetemSettings;
  readonly seed: number;
  readonly tcp: Partial<TcpDefaults>;
  /** Default 1500 octets. */
  readonly mtu?: number;
  /** Default 4. */
  readonly family?: Family;
  /** Default false: nothing on the way turns a bit over. */
  readonly checksums?: boolean;
  /** Told of each packet that arrives on the right, when it has. */
  readonly onArrival?: ((parcel: StoredParcel) => void) | undefined;
  readonly observers?: { readonly left: HostObserver; readonly right: HostObserver } | undefined;
}

export class Dumbbell {
  now = 0; // ms
  /** Packets that have arrived, on both sides. */
  arrivals = 0;
  readonly left: Host;
  readonly right: Host;
  readonly rightAddress: IpAddress;
  readonly there: Impairment<StoredParcel>;
  readonly back: Impairment<StoredParcel>;
  readonly #leftLink: DirectionLink;
  readonly #rightLink: DirectionLink;

  constructor(options: DumbbellOptions) {
    const { there, back, seed, tcp, mtu = 1500, family = 4, checksums = false } = options;
    const { onArrival, observers } = options;
    const host = (name: string, number: number, observer: HostObserver | undefined): Host =>
      new Host({
        name,
        addresses: [
          known(parseCidr(family === 4 ? `192.0.2.${number}/24` : `2001:db8::${number}/64`)),
        ],
        secret: Uint8Array.from(
          { length: 16 },
          (_, i) => (seed >>> (8 * (i & 3))) + 31 * number + i,
        ),
        mtu,
        tcp,
        history: 0,
        ...(observer && { observer }),
      });
    const left = host('left', 1, observers?.left);
    const right = host('right', 2, observers?.right);
    this.left = left;
    this.right = right;
    this.rightAddress = known(parseAddress(family === 4 ? '192.0.2.2' : '2001:db8::2'));
    this.#leftLink = new DirectionLink(mtu, !checksums, this, (parcel) => {
      const { bytes, view, start, end } = parcel;
      this.arrivals += 1;
      right.packetArrives(this.now, bytes, view, start, end, !checksums);
      onArrival?.(parcel);
    });
    this.#rightLink = new DirectionLink(mtu, !checksums, this, ({ bytes, view, start, end }) => {
      this.arrivals += 1;
      left.packetArrives(this.now, bytes, view, start, end, !checksums);
    });
    this.there = this.#leftLink.impaired(there, seed, 0);
    this.back = this.#rightLink.impaired(back, seed, 1);
    left.flush(0, this.#leftLink);
    right.flush(0, this.#rightLink);
  }

  /** Runs until `done`, until `until` ms, or until nothing is left to happen: false. */
  run(until: number, done: () => boolean): boolean {
    const { left, right, there, back } = this;
    for (;;) {
      left.flush(this.now);
      right.flush(this.now);
      if (done()) return true;
      const leftDue = left.nextTimeout();
      const rightDue = right.nextTimeout();
      const thereDue = there.nextTimeout();
      const backDue = back.nextTimeout();
      const next = Math.min(leftDue, rightDue, thereDue, backDue);
      if (next > until) this.now = Math.max(this.now, until);
      if (next > until || next === Infinity) return false;
      if (next > this.now) this.now = next;
      if (thereDue <= next) there.timeout(next);
      if (backDue <= next) back.timeout(next);
      if (leftDue <= next) left.timeout(next);
      if (rightDue <= next) right.timeout(next);
    }
  }
}

/** What one host transmits is kept and goes into a direction of netem. */
class DirectionLink implements Link {
  readonly name = 'way';
  readonly medium = 'ip';
  readonly mtu: number;
  readonly checksumOffload: boolean;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly dropped = 0;
  onReadable: (() => void) | undefined = undefined;
  readonly #clock: { readonly now: number };
  readonly #store = new PacketStore(Infinity);
  readonly #arrives: (parcel: StoredParcel) => void;
  #impairment: Impairment<StoredParcel> | undefined = undefined;

  constructor(
    mtu: number,
    checksumOffload: boolean,
    clock: { readonly now: number },
    arrives: (parcel: StoredParcel) => void,
  ) {
    this.mtu = mtu;
    this.checksumOffload = checksumOffload;
    this.bytes = new Uint8Array(mtu + MAX_HEADROOM);
    this.view = new DataView(this.bytes.buffer);
    this.#clock = clock;
    this.#arrives = arrives;
  }

  impaired(settings: NetemSettings, seed: number, direction: number): Impairment<StoredParcel> {
    const store = this.#store;
    this.#impairment = new Impairment<StoredParcel>(
      {
        copy: ({ bytes, start, end }) => store.keep(bytes, start, end),
        deliver: (parcel) => {
          this.#arrives(parcel);
          store.release(parcel);
        },
        discard: (parcel) => store.release(parcel),
      },
      { medium: 'ip', seed, direction, settings },
    );
    return this.#impairment;
  }

  claim(_length: number): number {
    return 0;
  }

  transmit(start: number, end: number): void {
    const parcel = this.#store.keep(this.bytes, start, end);
    if (parcel !== undefined) this.#impairment?.accept(this.#clock.now, parcel);
  }

  /** Arrivals come from the network, not from here. */
  drain(_max: number): number {
    return 0;
  }
}

export function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a constant does not parse');
  return value;
}
