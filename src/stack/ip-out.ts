/**
 * Everything that leaves: which interface, which next hop (RFC 1122 §3.3.1, RFC 8200), the IP header
 * in front, and away. Routes are looked up when they changed, not for every datagram: a `Path`
 * remembers the answer.
 */
import {
  inPrefix,
  isLimitedBroadcast,
  isMulticast,
  type Family,
  type IpAddress,
} from '../wire/address.ts';
import { ipHeaderLength, writeIp, type IpHeader } from '../wire/ip.ts';
import type { Counters, DropReason } from './counters.ts';
import type { FragmentOut } from './fragment-out.ts';
import type { Identification } from './identification.ts';
import type { NetworkInterface } from './interface.ts';
import { isLinkLocalWords, type LocalAddresses } from './local-addresses.ts';
import type { PacketEvent } from './packet-event.ts';
import { LEAST_PATH_MTU, type PathMtus } from './path-mtus.ts';
import { Path } from './path.ts';
import type { Routes } from './routes.ts';
import { sortDestinations } from './source-selection.ts';

export { Path } from './path.ts';

export type Told = (event: PacketEvent) => void;

/** What a shared path was resolved for. */
class SharedPath extends Path {
  dst0 = 0;
  dst1 = 0;
  dst2 = 0;
  dst3 = 0;
  src0 = 0;
  src1 = 0;
  src2 = 0;
  src3 = 0;
}

const MAX_DATAGRAM = 65_535; // octets, RFC 791 §3.1; in IPv6 without the fixed header
const SHARED = 256; // paths of connections; a power of two

export class IpOut {
  readonly routes: Routes;
  readonly pathMtus: PathMtus;
  readonly #addresses: LocalAddresses;
  readonly #lo: NetworkInterface;
  readonly #interfaces: () => readonly NetworkInterface[];
  readonly #counters: Counters;
  readonly #identification: Identification;
  readonly #fragments: FragmentOut;
  readonly #event: PacketEvent;
  readonly #told: Told | undefined;
  readonly #shared: (SharedPath | undefined)[] = [];

  constructor(
    routes: Routes,
    addresses: LocalAddresses,
    lo: NetworkInterface,
    interfaces: () => readonly NetworkInterface[],
    counters: Counters,
    identification: Identification,
    fragments: FragmentOut,
    pathMtus: PathMtus,
    event: PacketEvent,
    told: Told | undefined,
  ) {
    this.routes = routes;
    this.#addresses = addresses;
    this.#lo = lo;
    this.#interfaces = interfaces;
    this.#counters = counters;
    this.#identification = identification;
    this.#fragments = fragments;
    this.pathMtus = pathMtus;
    this.#event = event;
    this.#told = told;
    for (let i = 0; i < SHARED; i++) this.#shared.push(undefined);
  }

  /**
   * Finds out where datagrams to `dst` go and writes it into `path`; false: no route. `src`: the
   * source address, all zero when it is not chosen yet; a strong host sends over the interface that
   * has it (RFC 1122 §3.3.4.2). `iface`: over no other, which link-local and multicast need.
   */
  resolve(
    _now: number,
    path: Path,
    family: Family,
    dst0: number,
    dst1: number,
    dst2: number,
    dst3: number,
    src0 = 0,
    src1 = 0,
    src2 = 0,
    src3 = 0,
    iface?: NetworkInterface,
  ): boolean {
    path.family = family;
    path.generation = this.routes.generation;
    path.hop0 = dst0;
    path.hop1 = dst1;
    path.hop2 = dst2;
    path.hop3 = dst3;
    if (this.#addresses.reachedByLoopback(family, dst0, dst1, dst2, dst3)) {
      return this.#over(path, this.#lo, dst0, dst1, dst2, dst3);
    }
    let on = iface;
    if ((src0 | src1 | src2 | src3) !== 0) {
      const owner = this.#addresses.interfaceOf(family, src0, src1, src2, src3);
      if (owner?.loopback) return nowhere(path);
      on ??= owner;
    }
    if (onlyOnLink(family, dst0, dst1, dst2, dst3)) {
      on ??= this.routes.lookup(family, dst0, dst1, dst2, dst3)?.iface ?? this.#anyInterface();
      return on === undefined ? nowhere(path) : this.#over(path, on, dst0, dst1, dst2, dst3);
    }
    const route = this.routes.lookup(family, dst0, dst1, dst2, dst3, on);
    if (route === undefined) return nowhere(path);
    if (route.via !== undefined) {
      path.hop0 = route.via.w0;
      path.hop1 = route.via.w1;
      path.hop2 = route.via.w2;
      path.hop3 = route.via.w3;
    }
    return this.#over(path, route.iface, dst0, dst1, dst2, dst3);
  }

  /** A path that all with these two addresses share, resolved; its `iface` says whether it leads on. */
  shared(
    now: number,
    family: Family,
    dst0: number,
    dst1: number,
    dst2: number,
    dst3: number,
    src0: number,
    src1: number,
    src2: number,
    src3: number,
  ): Path {
    const mixed = Math.imul(dst3 ^ dst2 ^ dst1 ^ dst0 ^ Math.imul(src3 ^ src0, 3), 0x9e3779b1);
    const at = mixed >>> 24;
    let path = this.#shared[at];
    if (
      path === undefined ||
      path.dst3 !== dst3 ||
      path.src3 !== src3 ||
      path.dst2 !== dst2 ||
      path.dst1 !== dst1 ||
      path.dst0 !== dst0 ||
      path.src2 !== src2 ||
      path.src1 !== src1 ||
      path.src0 !== src0 ||
      path.family !== family
    ) {
      path = new SharedPath();
      path.dst0 = dst0;
      path.dst1 = dst1;
      path.dst2 = dst2;
      path.dst3 = dst3;
      path.src0 = src0;
      path.src1 = src1;
      path.src2 = src2;
      path.src3 = src3;
      this.#shared[at] = path;
    }
    if (path.generation !== this.routes.generation) {
      this.resolve(now, path, family, dst0, dst1, dst2, dst3, src0, src1, src2, src3);
    }
    return path;
  }

  /**
   * Writes the IP header before `payloadStart` and sends all up to `end`, which lies in
   * `path.iface.outlet.bytes`, in the room claimed last: `iface.headroom` and the IP header's octets
   * are free in front. Of `ip`, addresses, protocol, ttl, tos, dontFragment and flowLabel are read.
   */
  send(now: number, path: Path, ip: IpHeader, payloadStart: number, end: number): void {
    const { iface } = path;
    if (iface === undefined) {
      this.#counters['out-no-route']++;
      return;
    }
    const { outlet } = iface;
    if (ip.version === 4) ip.id = ip.dontFragment ? 0 : this.#identification.next(); // RFC 6864 §4.1
    const start = writeIp(outlet.view, payloadStart, ip, end - payloadStart);
    const drop = end - start > path.mtu ? 'out-too-big' : undefined;
    if (this.#told !== undefined) this.#tell(now, iface, start, end, drop, this.#told);
    if (drop !== undefined) {
      this.#counters[drop]++;
      return;
    }
    this.#away(now, path, iface, start, end);
  }

  /**
   * Like send() for what may be more than `path` takes whole: `bytes[start..end)` is copied, and
   * leaves in fragments where it has to (RFC 791 §3.2, RFC 8200 §4.5). Its transport checksum is
   * there, whatever the link offers: nobody can make it of fragments.
   */
  sendLarge(
    now: number,
    path: Path,
    ip: IpHeader,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const { iface, mtu } = path;
    if (iface === undefined) {
      this.#counters['out-no-route']++;
      return;
    }
    const { outlet, headroom } = iface;
    const header = ipHeaderLength(ip.version);
    const whole = header + end - start;
    if (whole <= mtu) {
      const at = outlet.claim(headroom + whole) + headroom + header;
      outlet.bytes.set(bytes.subarray(start, end), at);
      this.send(now, path, ip, at, at + end - start);
      return;
    }
    if (ip.dontFragment || whole > (ip.version === 4 ? MAX_DATAGRAM : MAX_DATAGRAM + header)) {
      this.#counters['out-too-big']++;
      return;
    }
    if (ip.version === 4) ip.id = this.#identification.next();
    this.#counters.fragmented++;
    this.#fragments.send(outlet, headroom, ip, bytes, start, end, mtu, (from, to) => {
      if (this.#told !== undefined) this.#tell(now, iface, from, to, undefined, this.#told);
      this.#counters['fragments-out']++;
      this.#away(now, path, iface, from, to);
    });
  }

  /**
   * The address to send to `remote` from (MUST-44, RFC 6724 §5), over `iface` when it is given. A route
   * over an interface that has none gives way to the next. Undefined: there is no way.
   */
  sourceFor(_now: number, remote: IpAddress, iface?: NetworkInterface): IpAddress | undefined {
    const addresses = this.#addresses;
    const own = addresses.owned(remote);
    if (own !== undefined) return own; // rule 1
    const { family, w0, w1, w2, w3 } = remote;
    const { list } = this.routes;
    for (let i = 0; i < list.length; i++) {
      const route = list[i]!;
      if (iface !== undefined && route.iface !== iface) continue;
      if (!inPrefix(route.to, family, w0, w1, w2, w3)) continue;
      const source = addresses.sourceOn(route.iface, remote);
      if (source !== undefined) return source;
    }
    if (!onlyOnLink(family, w0, w1, w2, w3)) return undefined;
    for (const on of iface === undefined ? this.#interfaces() : [iface]) {
      const source = on.loopback ? undefined : addresses.sourceOn(on, remote);
      if (source !== undefined) return source;
    }
    return undefined;
  }

  /** Destinations in the order in which they are to be tried: RFC 6724 §6. */
  sortDestinations(now: number, destinations: readonly IpAddress[]): IpAddress[] {
    return sortDestinations(destinations, (remote) => {
      const source = this.sourceFor(now, remote);
      return source && (this.#addresses.entryOf(source) ?? this.#lo.addresses[0]);
    });
  }

  /** What is taken when nothing says which: the first interface with a link, else `lo`. */
  get first(): NetworkInterface {
    return this.#anyInterface() ?? this.#lo;
  }

  #over(
    path: Path,
    iface: NetworkInterface,
    dst0: number,
    dst1: number,
    dst2: number,
    dst3: number,
  ): boolean {
    const { family } = path;
    const { mtu } = iface;
    path.iface = iface;
    path.mtu = iface.loopback ? mtu : this.pathMtus.mtu(family, dst0, dst1, dst2, dst3, mtu);
    path.dontFragment = family === 6 || path.mtu > LEAST_PATH_MTU[4];
    return true;
  }

  #away(now: number, path: Path, iface: NetworkInterface, start: number, end: number): void {
    const { outlet, linkLayer } = iface;
    this.#counters['datagrams-out']++;
    if (linkLayer === undefined) outlet.transmit(start, end);
    else {
      linkLayer.transmit(now, path.family, path.hop0, path.hop1, path.hop2, path.hop3, start, end);
    }
  }

  #tell(
    now: number,
    iface: NetworkInterface,
    start: number,
    end: number,
    drop: DropReason | undefined,
    told: Told,
  ): void {
    const event = this.#event;
    event.now = now;
    event.direction = 'out';
    event.iface = iface;
    event.bytes = iface.outlet.bytes;
    event.view = iface.outlet.view;
    event.start = start;
    event.end = end;
    event.drop = drop;
    told(event);
    event.socket = event.before = event.after = undefined; // the next one says whose it is
    event.because = '';
  }

  /** What leads nowhere in particular leaves over the first interface with a link. */
  #anyInterface(): NetworkInterface | undefined {
    return this.#interfaces().find((iface) => !iface.loopback);
  }
}

function nowhere(path: Path): boolean {
  path.iface = undefined;
  path.mtu = 0;
  return false;
}

/** Is its next hop the destination itself, whatever the routes say? */
function onlyOnLink(family: Family, w0: number, w1: number, w2: number, w3: number): boolean {
  return (
    isMulticast(family, w0, w1, w2, w3) ||
    isLimitedBroadcast(family, w0, w1, w2, w3) ||
    (family === 6 && isLinkLocalWords(family, w0, w3))
  );
}
