/**
 * A network interface as the host sees it: a link, the addresses on it, and what frames datagrams
 * for it. RFC 1122 §3.3.4 (multihoming), RFC 4291 §2.1.
 */
import type { Cidr } from '../wire/address.ts';
import type { MacAddress } from '../wire/mac.ts';
import type { InterfaceAddress } from './interface-address.ts';
import type { LinkLayer } from './link-layer.ts';
import type { Medium, Outlet } from './outlet.ts';

export interface InterfaceOptions {
  /** One of its own, `eth0`. */
  readonly name: string;
  readonly outlet: Outlet;
  /** Of an Ethernet interface; made from the host's secret when absent. */
  readonly mac?: MacAddress | undefined;
  readonly addresses?: readonly Cidr[] | undefined;
  /** Octets of the largest datagram, at most the outlet's; default the outlet's. */
  readonly mtu?: number | undefined;
}

/** To be looked at; the host's methods change it. */
export class NetworkInterface {
  /** From 1 for `lo` upwards, never used again. */
  readonly index: number;
  readonly name: string;
  readonly medium: Medium;
  readonly loopback: boolean;
  readonly mac: MacAddress | undefined;
  mtu: number;
  outlet: Outlet;
  addresses: readonly InterfaceAddress[] = [];
  linkLayer: LinkLayer | undefined = undefined;
  /** Octets that the link layer wants in front of a datagram. */
  headroom = 0;
  /** False once it is removed. */
  present = true;

  constructor(
    index: number,
    name: string,
    outlet: Outlet,
    mtu: number,
    loopback: boolean,
    mac: MacAddress | undefined,
  ) {
    this.index = index;
    this.name = name;
    this.medium = outlet.medium;
    this.loopback = loopback;
    this.mac = mac;
    this.mtu = mtu;
    this.outlet = outlet;
  }
}
