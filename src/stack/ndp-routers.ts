/**
 * What routers say: RFC 4861 §6.3.4 (default routers, on-link prefixes, parameters), §6.3.6 (which of
 * them), §6.3.7 and RFC 7559 (asking for it), §8.3 (redirects), RFC 8106 (name servers). All lists are
 * bounded; what a router says of times and sizes is taken within limits.
 */
import { Cidr, IpAddress, sameAddress } from '../wire/address.ts';
import type { IpHeader } from '../wire/ip-header.ts';
import { isLinkLocal, targetIsDestination, type NdMessage } from '../wire/ndp.ts';
import type { PrefixInformation, RecursiveServer } from '../wire/ndp-options.ts';
import type { NetworkInterface } from './interface.ts';
import type { KeyedRandom } from './keyed-random.ts';
import type { NdpOut } from './ndp-out.ts';
import type { NeighbourCache } from './neighbour-cache.ts';
import type { Neighbour } from './neighbour.ts';
import type { LinkLayerHome } from './link-layer-home.ts';
import type { RouteOptions } from './routes.ts';

const MOST_ROUTERS = 8;
const MOST_PREFIXES = 16;
const MOST_SERVERS = 8;
const MOST_REDIRECTS = 64;

const INFINITE = 0xffffffff; // s, RFC 4861 §4.6.2
const MIN_MTU = 1280; // octets, RFC 8200 §5

/** RFC 7559 §2 and RFC 4861 §10, ms. */
const FIRST_SOLICITATION = 4000;
const LONGEST_SOLICITATION = 3_600_000;
const SOLICITATION_DELAY = 1000;

const UNREACHABLE_METRIC = 1024; // after every router that is not known to be gone, §6.3.6

interface Router {
  readonly address: IpAddress;
  until: number; // ms
  route: RouteOptions;
}

interface Expiring<T> {
  readonly what: T;
  until: number; // ms
}

/** Takes a prefix to make addresses of: RFC 4862 §5.5.3. */
export type TakePrefix = (now: number, prefix: PrefixInformation) => void;

export class NdpRouters {
  /** False: router advertisements are not for us. */
  listening = false;
  /** The hop limit that the last router to name one wants, 0 when none did. */
  hopLimit = 0;
  readonly #iface: NetworkInterface;
  readonly #out: NdpOut;
  readonly #neighbours: NeighbourCache;
  readonly #random: KeyedRandom;
  readonly #home: LinkLayerHome;
  readonly #takePrefix: TakePrefix;
  readonly #defaults: Router[] = [];
  readonly #prefixes: Expiring<RouteOptions>[] = [];
  readonly #servers: Expiring<IpAddress>[] = [];
  readonly #redirects: RouteOptions[] = []; // oldest first
  #solicitAt = Infinity; // ms
  #interval = 0; //         ms, 0 before the first solicitation

  constructor(
    iface: NetworkInterface,
    out: NdpOut,
    neighbours: NeighbourCache,
    random: KeyedRandom,
    home: LinkLayerHome,
    takePrefix: TakePrefix,
  ) {
    this.#iface = iface;
    this.#out = out;
    this.#neighbours = neighbours;
    this.#random = random;
    this.#home = home;
    this.#takePrefix = takePrefix;
  }

  /** Name servers of RFC 8106, those heard of first in front. */
  get servers(): readonly IpAddress[] {
    return this.#servers.map(({ what }) => what);
  }

  get defaults(): readonly IpAddress[] {
    return this.#defaults.map(({ address }) => address);
  }

  /** Begins to ask: soon, and again until a router answers. */
  solicit(now: number): void {
    this.#interval = 0;
    this.#solicitAt = now + this.#random.between(0, SOLICITATION_DELAY);
  }

  /** Forgets all, and every route made of it. */
  stop(): void {
    for (const { route } of this.#defaults) this.#home.removeRoute(route);
    for (const { what } of this.#prefixes) this.#home.removeRoute(what);
    for (const route of this.#redirects) this.#home.removeRoute(route);
    this.#defaults.length = this.#prefixes.length = 0;
    this.#servers.length = this.#redirects.length = 0;
    this.#solicitAt = Infinity;
  }

  /** A valid Router Advertisement: §6.3.4. */
  advertised(now: number, ip: IpHeader, m: NdMessage): void {
    if (m.routerLifetime > 0) this.#solicitAt = Infinity; // RFC 7559 §2.1
    this.#defaultRouter(now, new IpAddress(6, ip.src0, ip.src1, ip.src2, ip.src3), m);
    if (m.hopLimit !== 0) this.hopLimit = m.hopLimit;
    this.#neighbours.routerTimes(m.reachableTime, m.retransTimer);
    const { mtu, prefixes, servers } = m.options;
    const { outlet, mtu: present } = this.#iface;
    if (mtu >= MIN_MTU && mtu <= outlet.mtu && mtu !== present) this.#home.setMtu(this.#iface, mtu);
    for (const prefix of prefixes) {
      if (prefix.length === 0 || isLinkLocal(prefix.prefix.w0)) continue;
      if (prefix.prefix.w0 >>> 24 === 0xff) continue;
      if (prefix.onLink) this.#onLink(now, prefix);
      if (prefix.autonomous) this.#takePrefix(now, prefix);
    }
    for (const server of servers) this.#nameServer(now, server);
  }

  /** It advertised itself as none: §7.2.5 (II). */
  noRouter(n: Neighbour): void {
    const router = this.#routerOf(n);
    if (router !== undefined) this.#drop(router);
  }

  /** It does not answer: others come first from now on (§6.3.6), and redirects to it end (§7.3.3). */
  lost(n: Neighbour): void {
    const router = this.#routerOf(n);
    if (router !== undefined) this.#rank(router, UNREACHABLE_METRIC);
    for (let i = this.#redirects.length - 1; i >= 0; i--) {
      const route = this.#redirects[i]!;
      const hop = route.via ?? route.to.address;
      if (!n.is(6, hop.w0, hop.w1, hop.w2, hop.w3)) continue;
      this.#home.removeRoute(route);
      this.#redirects.splice(i, 1);
    }
  }

  reachable(n: Neighbour): void {
    if (!n.isRouter) return;
    const router = this.#routerOf(n);
    if (router !== undefined) this.#rank(router, 0);
  }

  /** §8.1, what only a host knows, and §8.3: false when it is not to be followed. */
  redirected(ip: IpHeader, m: NdMessage): boolean {
    const { destination0: d0, destination1: d1, destination2: d2, destination3: d3 } = m;
    const route = this.#home.ipOut.routes.lookup(6, d0, d1, d2, d3, this.#iface);
    const { src0, src1, src2, src3 } = ip;
    const from = new IpAddress(6, src0, src1, src2, src3);
    if (route?.via === undefined || !sameAddress(route.via, from)) return false;
    const target = new IpAddress(6, m.target0, m.target1, m.target2, m.target3);
    const better: RouteOptions = {
      to: new Cidr(new IpAddress(6, d0, d1, d2, d3), 128),
      via: targetIsDestination(m) ? undefined : target,
      iface: this.#iface,
      origin: 'router',
    };
    this.#forgetRedirect(better.to.address);
    if (this.#redirects.length === MOST_REDIRECTS) {
      this.#home.removeRoute(this.#redirects.shift()!);
    }
    this.#redirects.push(better);
    this.#home.addRoute(better);
    return true;
  }

  nextTimeout(): number {
    let next = this.#solicitAt;
    for (const { until } of this.#defaults) if (until < next) next = until;
    for (const { until } of this.#prefixes) if (until < next) next = until;
    for (const { until } of this.#servers) if (until < next) next = until;
    return next;
  }

  timeout(now: number): void {
    if (this.#solicitAt <= now) this.#solicitAgain(now);
    for (const router of this.#defaults.slice()) if (router.until <= now) this.#drop(router);
    this.#prefixes.forEach(({ what, until }) => until <= now && this.#home.removeRoute(what));
    expire(this.#prefixes, now);
    expire(this.#servers, now);
  }

  /** RFC 7559 §2: each wait about twice the last, an hour at most. */
  #solicitAgain(now: number): void {
    const spread = this.#random.between(-0.1, 0.1);
    this.#interval =
      this.#interval === 0
        ? FIRST_SOLICITATION * (1 + spread)
        : Math.min(this.#interval * (2 + spread), LONGEST_SOLICITATION * (1 + spread));
    this.#solicitAt = now + this.#interval;
    this.#out.solicitRouters(now);
  }

  #defaultRouter(now: number, address: IpAddress, m: NdMessage): void {
    const known = this.#defaults.find((router) => sameAddress(router.address, address));
    if (m.routerLifetime === 0) {
      if (known !== undefined) this.#drop(known);
      return;
    }
    const until = now + m.routerLifetime * 1000;
    if (known !== undefined) {
      known.until = until;
      return;
    }
    if (this.#defaults.length === MOST_ROUTERS) return;
    const to = new Cidr(new IpAddress(6, 0, 0, 0, 0), 0);
    const route: RouteOptions = { to, via: address, iface: this.#iface, origin: 'router' };
    this.#defaults.push({ address, until, route });
    this.#home.addRoute(route);
  }

  #drop(router: Router): void {
    this.#defaults.splice(this.#defaults.indexOf(router), 1);
    this.#home.removeRoute(router.route);
    for (const redirect of this.#redirects.slice()) {
      if (redirect.via === undefined || !sameAddress(redirect.via, router.address)) continue;
      this.#forgetRedirect(redirect.to.address);
    }
  }

  #rank(router: Router, metric: number): void {
    if ((router.route.metric ?? 0) === metric) return;
    this.#home.removeRoute(router.route);
    router.route = { ...router.route, metric };
    this.#home.addRoute(router.route);
  }

  #onLink(now: number, { prefix, length, validLifetime }: PrefixInformation): void {
    const to = new Cidr(prefix, length);
    const at = this.#prefixes.findIndex(
      ({ what }) => what.to.prefixLength === length && sameAddress(what.to.address, prefix),
    );
    const known = this.#prefixes[at];
    if (validLifetime === 0) {
      if (known !== undefined) {
        this.#home.removeRoute(known.what);
        this.#prefixes.splice(at, 1);
      }
      return;
    }
    const until = untilOf(now, validLifetime);
    const route = known?.what ?? { to, iface: this.#iface, origin: 'router' as const };
    if (known !== undefined) known.until = until;
    else if (this.#prefixes.length < MOST_PREFIXES) this.#prefixes.push({ what: route, until });
    else return;
    this.#home.addRoute(route);
  }

  /** RFC 8106 §5.3.1 and §6.2: refreshed, ended by a lifetime of zero, the one ending first gives way. */
  #nameServer(now: number, { address, lifetime }: RecursiveServer): void {
    const at = this.#servers.findIndex(({ what }) => sameAddress(what, address));
    if (at >= 0) this.#servers[at]!.until = untilOf(now, lifetime);
    if (lifetime === 0 && at >= 0) this.#servers.splice(at, 1);
    if (lifetime === 0 || at >= 0) return;
    if (this.#servers.length === MOST_SERVERS) {
      const first = Math.min(...this.#servers.map(({ until }) => until));
      this.#servers.splice(
        this.#servers.findIndex(({ until }) => until === first),
        1,
      );
    }
    this.#servers.push({ what: address, until: untilOf(now, lifetime) });
  }

  #forgetRedirect(destination: IpAddress): void {
    const at = this.#redirects.findIndex(({ to }) => sameAddress(to.address, destination));
    if (at < 0) return;
    this.#home.removeRoute(this.#redirects[at]!);
    this.#redirects.splice(at, 1);
  }

  #routerOf(n: Neighbour): Router | undefined {
    return this.#defaults.find(({ address: a }) => n.is(6, a.w0, a.w1, a.w2, a.w3));
  }
}

function untilOf(now: number, lifetime: number): number {
  return lifetime === INFINITE ? Infinity : now + lifetime * 1000;
}

function expire<T>(list: Expiring<T>[], now: number): void {
  for (let i = list.length - 1; i >= 0; i--) if (list[i]!.until <= now) list.splice(i, 1);
}
