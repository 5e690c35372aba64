/**
 * The interfaces of a host, their addresses and the routes these make: RFC 1122 §3.3.4, RFC 4862
 * §5.5.4 (lifetimes). Everything that changes what goes where passes through here.
 */
import { Cidr, inPrefix, IpAddress, printAddress, sameAddress } from '../wire/address.ts';
import type { MacAddress } from '../wire/mac.ts';
import { refuse, type HostRefusal } from './host-refusal.ts';
import { InterfaceAddress, type AddressOrigin, type AddressState } from './interface-address.ts';
import { NetworkInterface, type InterfaceOptions } from './interface.ts';
import type { LinkLayer } from './link-layer.ts';
import { LocalAddresses } from './local-addresses.ts';
import { Loopback, LOOPBACK_MTU } from './loopback.ts';
import type { Outlet } from './outlet.ts';
import { Routes } from './routes.ts';

export const MIN_MTU = 68; // RFC 791 §3.2
export const MAX_MTU = 65_535; // RFC 791 §3.1

export interface AddressOptions {
  /** Default 'manual'. */
  readonly origin?: AddressOrigin | undefined;
  /** Default 'preferred', with a link layer 'tentative' until that has checked it. */
  readonly state?: AddressState | undefined;
  /** ms on the host's clock; default Infinity. */
  readonly preferredUntil?: number | undefined;
  readonly validUntil?: number | undefined;
  /** Are all of the prefix on the link? Default true but for SLAAC and DHCPv6 (RFC 5942 §4). */
  readonly onLink?: boolean | undefined;
}

/** Makes what sits between IP and a link of that kind. */
export type MakeLinkLayer = (iface: NetworkInterface) => LinkLayer;

/** Is told what was taken away. */
export type AddressGone = (now: number, address: IpAddress, iface: NetworkInterface) => void;

export class Interfaces {
  readonly lo: NetworkInterface;
  readonly loopback: Loopback = new Loopback();
  readonly routes: Routes = new Routes();
  readonly addresses: LocalAddresses;
  readonly #gone: AddressGone;
  #list: readonly NetworkInterface[];
  #indices = 1;
  #nextExpiry = Infinity; // of some lifetime; never too late

  constructor(gone: AddressGone) {
    this.#gone = gone;
    this.lo = new NetworkInterface(1, 'lo', this.loopback, LOOPBACK_MTU, true, undefined);
    this.#list = [this.lo];
    this.addresses = new LocalAddresses(this.lo);
    const own = [new Cidr(new IpAddress(4, 0, 0, 0, 0x7f000001), 8)];
    own.push(new Cidr(new IpAddress(6, 0, 0, 0, 1), 128));
    this.lo.addresses = own.map(
      (cidr) => new InterfaceAddress(cidr, 'manual', 'preferred', Infinity, Infinity),
    );
    this.#changed();
  }

  /** `lo` first. */
  get list(): readonly NetworkInterface[] {
    return this.#list;
  }

  /** @throws RangeError when the MTU is out of its range. */
  add(
    now: number,
    options: InterfaceOptions,
    mac: MacAddress | undefined,
    makeLinkLayer: MakeLinkLayer | undefined,
  ): NetworkInterface | HostRefusal {
    const { name, outlet, addresses = [], mtu = outlet.mtu } = options;
    checkMtu(name, mtu, outlet);
    if (this.#list.some((other) => other.name === name)) {
      return refuse('interface-exists', `there is an interface ${name}: use another name`);
    }
    for (const cidr of addresses) {
      const wrong = this.#wrong(cidr);
      if (wrong !== undefined) return wrong;
    }
    const iface = new NetworkInterface(++this.#indices, name, outlet, mtu, false, mac);
    if (makeLinkLayer !== undefined) {
      iface.linkLayer = makeLinkLayer(iface);
      iface.headroom = iface.linkLayer.headroom;
    }
    this.#list = [...this.#list, iface];
    this.#changed();
    for (const cidr of addresses) this.addAddress(now, iface, cidr, {});
    return iface;
  }

  remove(now: number, iface: NetworkInterface): void {
    if (iface.loopback || !iface.present) return;
    iface.present = false;
    this.#list = this.#list.filter((other) => other !== iface);
    this.routes.removeAll(iface);
    const { addresses } = iface;
    iface.addresses = [];
    this.#changed();
    for (const { cidr } of addresses) this.#gone(now, cidr.address, iface);
  }

  addAddress(
    now: number,
    iface: NetworkInterface,
    cidr: Cidr,
    options: AddressOptions,
  ): InterfaceAddress | HostRefusal {
    const wrong = this.#wrong(cidr);
    if (wrong !== undefined) return wrong;
    const { origin = 'manual', preferredUntil = Infinity, validUntil = Infinity } = options;
    const state = options.state ?? (iface.linkLayer === undefined ? 'preferred' : 'tentative');
    const address = new InterfaceAddress(cidr, origin, state, preferredUntil, validUntil);
    iface.addresses = [...iface.addresses, address];
    if (options.onLink ?? isOnLink(cidr, origin)) {
      this.routes.add({ to: cidr, iface, origin: 'link' });
    }
    this.#changed();
    this.#nextExpiry = Math.min(this.#nextExpiry, preferredUntil, validUntil);
    iface.linkLayer?.addressAdded(now, address);
    return address;
  }

  removeAddress(now: number, iface: NetworkInterface, address: IpAddress): void {
    const entry = iface.addresses.find((other) => sameAddress(other.cidr.address, address));
    if (entry === undefined) return;
    iface.addresses = iface.addresses.filter((other) => other !== entry);
    if (!iface.addresses.some((other) => samePrefix(other.cidr, entry.cidr))) {
      this.routes.remove({ to: entry.cidr, iface });
    }
    this.#changed();
    iface.linkLayer?.addressRemoved(now, entry);
    this.#gone(now, entry.cidr.address, iface);
  }

  /** An address was checked, or found to be another host's, or has grown old. */
  becomes(
    now: number,
    iface: NetworkInterface,
    address: InterfaceAddress,
    state: AddressState,
  ): void {
    const before = address.usable;
    address.state = state;
    this.#changed();
    if (before && !address.usable) this.#gone(now, address.cidr.address, iface);
  }

  /** Its lifetimes begin anew (RFC 4862 §5.5.3 (e)); ms on the host's clock. */
  extend(address: InterfaceAddress, preferredUntil: number, validUntil: number): void {
    address.preferredUntil = preferredUntil;
    address.validUntil = validUntil;
    this.#nextExpiry = Math.min(this.#nextExpiry, preferredUntil, validUntil);
  }

  /** @throws RangeError when the MTU is out of its range. */
  mtuBecomes(iface: NetworkInterface, mtu: number): void {
    checkMtu(iface.name, mtu, iface.outlet);
    iface.mtu = mtu;
    this.routes.changed();
  }

  /** When some lifetime ends, ms. */
  nextTimeout(): number {
    return this.#nextExpiry;
  }

  timeout(now: number): void {
    if (now < this.#nextExpiry) return;
    let next = Infinity;
    for (const iface of this.#list) {
      for (const address of iface.addresses) {
        if (address.validUntil <= now) {
          this.removeAddress(now, iface, address.cidr.address);
          continue;
        }
        next = Math.min(next, address.validUntil);
        if (address.preferredUntil > now) next = Math.min(next, address.preferredUntil);
        else if (address.state === 'preferred') this.becomes(now, iface, address, 'deprecated');
      }
    }
    this.#nextExpiry = next;
  }

  #changed(): void {
    this.addresses.update(this.#list);
    this.routes.changed();
  }

  #wrong({ address }: Cidr): HostRefusal | undefined {
    const { family, w0, w1, w2, w3 } = address;
    const text = printAddress(address);
    if ((w0 | w1 | w2 | w3) === 0 || this.addresses.reachesMany(family, w0, w1, w2, w3)) {
      return refuse('invalid-address', `${text} cannot be the address of an interface`);
    }
    if (this.addresses.interfaceOf(family, w0, w1, w2, w3) === undefined) return undefined;
    return refuse('address-in-use', `${text} is an address of this host already`);
  }
}

/** An address whose prefix says that its neighbours are on the link. */
function isOnLink(cidr: Cidr, origin: AddressOrigin): boolean {
  return cidr.address.family === 4 || origin === 'manual' || origin === 'link-local';
}

function samePrefix(a: Cidr, b: Cidr): boolean {
  const { family, w0, w1, w2, w3 } = b.address;
  return a.prefixLength === b.prefixLength && inPrefix(a, family, w0, w1, w2, w3);
}

function checkMtu(name: string, mtu: number, outlet: Outlet): void {
  const most = Math.min(outlet.mtu, MAX_MTU);
  if (Number.isInteger(mtu) && mtu >= MIN_MTU && mtu <= most) return;
  throw new RangeError(
    `mtu of ${name} is ${mtu}, it must be an integer from ${MIN_MTU} to ${most}`,
  );
}
