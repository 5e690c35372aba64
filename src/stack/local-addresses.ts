/**
 * A host's own addresses, and what it takes others for: RFC 1122 §3.2.1.3 and §3.3.4, RFC 4291. The
 * host is a strong end system (ADR-0014): an address is answered only on its own interface, and all
 * of them on `lo`. Hosts have a handful, so they are looked through.
 */
import {
  IpAddress,
  isLimitedBroadcast,
  isLoopback,
  isMulticast,
  isSubnetBroadcast,
  isUnspecified,
  sameAddress,
} from '../wire/address.ts';
import type { IpHeader } from '../wire/ip-header.ts';
import type { InterfaceAddress } from './interface-address.ts';
import type { NetworkInterface } from './interface.ts';
import { selectSource } from './source-selection.ts';

/** What a destination address means to the interface it came to. */
export type Destination = 'ours' | 'many' | 'other';

interface Owned {
  readonly address: IpAddress;
  readonly iface: NetworkInterface;
  readonly entry: InterfaceAddress;
}

export class LocalAddresses {
  readonly #lo: NetworkInterface;
  #all: readonly Owned[] = [];

  constructor(lo: NetworkInterface) {
    this.#lo = lo;
  }

  /** To be called whenever the addresses of some interface, or their states, are others. */
  update(interfaces: readonly NetworkInterface[]): void {
    this.#all = interfaces.flatMap((iface) =>
      iface.addresses.map((entry) => ({ address: entry.cidr.address, iface, entry })),
    );
  }

  /** Our address with these words; undefined when it is not ours, or not yet. */
  find(family: number, w0: number, w1: number, w2: number, w3: number): IpAddress | undefined {
    const all = this.#all;
    for (let i = 0; i < all.length; i++) {
      const { address: a, entry } = all[i]!;
      if (a.w3 !== w3 || a.w2 !== w2 || a.w1 !== w1 || a.w0 !== w0 || a.family !== family) continue;
      return entry.usable ? a : undefined;
    }
    // All of 127/8 is this host: RFC 1122 §3.2.1.3 (g).
    return family === 4 && w3 >>> 24 === 127 ? new IpAddress(4, 0, 0, 0, w3) : undefined;
  }

  owned(address: IpAddress): IpAddress | undefined {
    return this.find(address.family, address.w0, address.w1, address.w2, address.w3);
  }

  /** The interface that has this address, usable or not; undefined when none has. */
  interfaceOf(
    family: number,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
  ): NetworkInterface | undefined {
    const all = this.#all;
    for (let i = 0; i < all.length; i++) {
      const { address: a, iface } = all[i]!;
      if (a.w3 === w3 && a.w2 === w2 && a.w1 === w1 && a.w0 === w0 && a.family === family) {
        return iface;
      }
    }
    return isLoopback(family, w0, w1, w2, w3) ? this.#lo : undefined;
  }

  /** Is it ours, and would a datagram to it go nowhere but to ourselves? */
  reachedByLoopback(family: number, w0: number, w1: number, w2: number, w3: number): boolean {
    const all = this.#all;
    for (let i = 0; i < all.length; i++) {
      const { address: a, entry } = all[i]!;
      if (a.w3 !== w3 || a.w2 !== w2 || a.w1 !== w1 || a.w0 !== w0 || a.family !== family) continue;
      return entry.usable;
    }
    return isLoopback(family, w0, w1, w2, w3);
  }

  /** What the destination of a datagram that came over `iface` is. */
  destination(iface: NetworkInterface, ip: IpHeader): Destination {
    const { version, dst0, dst1, dst2, dst3 } = ip;
    const all = this.#all;
    for (let i = 0; i < all.length; i++) {
      const { address: a, iface: owner, entry } = all[i]!;
      if (a.w3 !== dst3 || a.w2 !== dst2 || a.w1 !== dst1 || a.w0 !== dst0) continue;
      if (a.family !== version) continue;
      return entry.usable && (owner === iface || iface.loopback) ? 'ours' : 'other';
    }
    if (isLoopback(version, dst0, dst1, dst2, dst3)) return iface.loopback ? 'ours' : 'other';
    return this.reachesMany(version, dst0, dst1, dst2, dst3, iface) ? 'many' : 'other';
  }

  /** Why a datagram from its source is dropped when it came over `iface`: MUST-63, LAND. */
  wrongSource(iface: NetworkInterface, ip: IpHeader): 'ip-source' | 'ip-source-own' | undefined {
    const { version, src0, src1, src2, src3 } = ip;
    if (isUnspecified(version, src0, src1, src2, src3)) return 'ip-source';
    if (this.reachedByLoopback(version, src0, src1, src2, src3)) {
      if (iface.loopback) return undefined;
      // ::1 and 127/8 are never on a link: RFC 4291 §2.5.3, RFC 1122 §3.2.1.3 (g).
      return isLoopback(version, src0, src1, src2, src3) ? 'ip-source' : 'ip-source-own';
    }
    if (iface.loopback) return 'ip-source'; // nobody else sends there
    return this.reachesMany(version, src0, src1, src2, src3, iface) ? 'ip-source' : undefined;
  }

  /** Multicast, limited broadcast, broadcast of a subnet of ours (of `iface`, when it is given)? */
  reachesMany(
    family: number,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    iface?: NetworkInterface,
  ): boolean {
    if (isMulticast(family, w0, w1, w2, w3)) return true;
    if (family !== 4) return false;
    if (isLimitedBroadcast(family, w0, w1, w2, w3)) return true;
    const all = this.#all;
    for (let i = 0; i < all.length; i++) {
      const { entry, iface: owner } = all[i]!;
      if (iface !== undefined && owner !== iface) continue;
      if (!owner.loopback && isSubnetBroadcast(entry.cidr, w3)) return true;
    }
    return false;
  }

  /** The address of `iface` to send to `remote` from (MUST-44); undefined when it has none. */
  sourceOn(iface: NetworkInterface, remote: IpAddress): IpAddress | undefined {
    return this.owned(remote) ?? selectSource(remote, iface.addresses)?.cidr.address;
  }

  /** The entry of `address` on any interface. */
  entryOf(address: IpAddress): InterfaceAddress | undefined {
    return this.#all.find((owned) => sameAddress(owned.address, address))?.entry;
  }
}

/** 169.254.0.0/16 (RFC 3927) or fe80::/10 (RFC 4291 §2.5.6). */
export function isLinkLocal(a: IpAddress): boolean {
  return isLinkLocalWords(a.family, a.w0, a.w3);
}

export function isLinkLocalWords(family: number, w0: number, w3: number): boolean {
  return family === 4 ? w3 >>> 16 === 0xa9fe : w0 >>> 22 === 0x3fa;
}
