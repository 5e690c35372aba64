/**
 * Where datagrams go: the longest prefix wins, then the lowest metric, then the oldest (RFC 1122
 * §3.3.1.2, RFC 4861 §5.2). A host has a handful, so they are kept in order and looked through; who
 * remembers an answer compares `generation`.
 */
import { inPrefix, sameAddress, type Cidr, type IpAddress } from '../wire/address.ts';
import type { NetworkInterface } from './interface.ts';

export type RouteOrigin = 'manual' | 'link' | 'router' | 'dhcp';

export interface RouteOptions {
  /** `0.0.0.0/0` and `::/0` are the default routes. */
  readonly to: Cidr;
  /** The next hop; absent: what the prefix names is on the link. */
  readonly via?: IpAddress | undefined;
  readonly iface: NetworkInterface;
  /** Of equal prefixes the lowest is taken. Default 0. */
  readonly metric?: number | undefined;
  /** Who knows of it. Default 'manual'. */
  readonly origin?: RouteOrigin | undefined;
}

export interface Route {
  readonly to: Cidr;
  readonly via: IpAddress | undefined;
  readonly iface: NetworkInterface;
  readonly metric: number;
  readonly origin: RouteOrigin;
}

export class Routes {
  /** Another number whenever an answer may have become another. */
  generation = 1;
  #list: readonly Route[] = [];

  /** In the order they are tried. */
  get list(): readonly Route[] {
    return this.#list;
  }

  changed(): void {
    this.generation = (this.generation + 1) & 0x3fffffff;
  }

  /** Of two that say the same the first stays. */
  add(options: RouteOptions): void {
    const { to, via, iface, metric = 0, origin = 'manual' } = options;
    const route: Route = { to, via, iface, metric, origin };
    if (this.#list.some((other) => same(other, route) && other.metric === metric)) return;
    const at = this.#list.findIndex((other) => before(route, other));
    const list = this.#list.slice();
    list.splice(at < 0 ? list.length : at, 0, route);
    this.#list = list;
    this.changed();
  }

  /** Takes out what has the same prefix, next hop and interface; says whether there was one. */
  remove(options: RouteOptions): boolean {
    return this.#keep((route) => !same(route, options));
  }

  removeAll(iface: NetworkInterface): void {
    this.#keep((route) => route.iface !== iface);
  }

  /** The route to the address in these words, over `iface` only when it is given. */
  lookup(
    family: number,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    iface?: NetworkInterface,
  ): Route | undefined {
    const list = this.#list;
    for (let i = 0; i < list.length; i++) {
      const route = list[i]!;
      if (iface !== undefined && route.iface !== iface) continue;
      if (inPrefix(route.to, family, w0, w1, w2, w3)) return route;
    }
    return undefined;
  }

  #keep(wanted: (route: Route) => boolean): boolean {
    const kept = this.#list.filter(wanted);
    if (kept.length === this.#list.length) return false;
    this.#list = kept;
    this.changed();
    return true;
  }
}

function before(a: Route, b: Route): boolean {
  const longer = a.to.prefixLength - b.to.prefixLength;
  return longer > 0 || (longer === 0 && a.metric < b.metric);
}

function same(a: RouteOptions, b: RouteOptions): boolean {
  if (a.iface !== b.iface || a.to.prefixLength !== b.to.prefixLength) return false;
  const { family, w0, w1, w2, w3 } = b.to.address;
  if (!inPrefix(a.to, family, w0, w1, w2, w3)) return false;
  if (a.via === undefined || b.via === undefined) return a.via === b.via;
  return sameAddress(a.via, b.via);
}
