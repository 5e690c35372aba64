/** What a link layer may ask of its host, given at construction. */
import type { Cidr, IpAddress } from '../wire/address.ts';
import type { Counters } from './counters.ts';
import type { HostRefusal } from './host-refusal.ts';
import type { AddressState, InterfaceAddress } from './interface-address.ts';
import type { NetworkInterface } from './interface.ts';
import type { AddressOptions } from './interfaces.ts';
import type { IpOut } from './ip-out.ts';
import type { LinkLayer } from './link-layer.ts';
import type { Route, RouteOptions } from './routes.ts';

export interface LinkLayerHome {
  readonly counters: Counters;
  readonly ipOut: IpOut;
  /** A datagram came over `iface`, out of its frame: `bytes[start..end)`. */
  datagramArrives(
    now: number,
    iface: NetworkInterface,
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    verified: boolean,
  ): void;
  /** A datagram of ours, `bytes[start..end)`, went nowhere: its next hop does not answer. */
  undeliverable(now: number, bytes: Uint8Array, view: DataView, start: number, end: number): void;
  addAddress(
    now: number,
    iface: NetworkInterface,
    cidr: Cidr,
    options?: AddressOptions,
  ): InterfaceAddress | HostRefusal;
  removeAddress(now: number, iface: NetworkInterface, address: IpAddress): void;
  /** Duplicate address detection has come to an end, or a conflict was seen. */
  addressBecomes(
    now: number,
    iface: NetworkInterface,
    address: InterfaceAddress,
    state: AddressState,
  ): void;
  extendAddress(address: InterfaceAddress, preferredUntil: number, validUntil: number): void;
  addRoute(options: RouteOptions): void;
  removeRoute(options: RouteOptions): boolean;
  routes(): readonly Route[];
  /** @throws RangeError when it is out of the range of the link. */
  setMtu(iface: NetworkInterface, mtu: number): void;
  /** 32 bits that depend on the host's secret, others each time: an int32. */
  secretWord(): number;
}

export type LinkLayerMaker = (home: LinkLayerHome, iface: NetworkInterface) => LinkLayer;
