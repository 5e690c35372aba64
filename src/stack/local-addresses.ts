/**
 * A host's own addresses, and what it takes others for: RFC 1122 §3.2.1.3 and §3.3.4, RFC 4291. Hosts
 * have a handful, so they are looked through.
 */
import {
  inPrefix,
  isLimitedBroadcast,
  isLoopback,
  isMulticast,
  isSubnetBroadcast,
  isUnspecified,
  type Cidr,
  type IpAddress,
} from '../wire/address.ts';

export class LocalAddresses {
  readonly list: readonly Cidr[];

  /** @throws RangeError when there is none. */
  constructor(list: readonly Cidr[]) {
    if (list.length === 0) throw new RangeError('a host needs at least one address');
    this.list = list.slice();
  }

  /** Our address with these words; undefined when it is not ours. */
  find(family: number, w0: number, w1: number, w2: number, w3: number): IpAddress | undefined {
    for (let i = 0; i < this.list.length; i++) {
      const a = this.list[i]!.address;
      if (a.w3 === w3 && a.w2 === w2 && a.w1 === w1 && a.w0 === w0 && a.family === family) return a;
    }
    return undefined;
  }

  owned(address: IpAddress): IpAddress | undefined {
    return this.find(address.family, address.w0, address.w1, address.w2, address.w3);
  }

  /** Does it name many hosts: multicast, limited broadcast, broadcast of a subnet of ours? */
  reachesMany(family: number, w0: number, w1: number, w2: number, w3: number): boolean {
    if (isMulticast(family, w0, w1, w2, w3)) return true;
    if (family !== 4) return false;
    if (isLimitedBroadcast(family, w0, w1, w2, w3)) return true;
    for (let i = 0; i < this.list.length; i++) {
      if (isSubnetBroadcast(this.list[i]!, w3)) return true;
    }
    return false;
  }

  /** Could no single other host have it? Such a source address is not answered (MUST-63). */
  impossiblePeer(family: number, w0: number, w1: number, w2: number, w3: number): boolean {
    return (
      isUnspecified(family, w0, w1, w2, w3) ||
      this.reachesMany(family, w0, w1, w2, w3) ||
      isLoopback(family, w0, w1, w2, w3) // never on a link: RFC 1122 §3.2.1.3 (g), RFC 4291 §2.5.3
    );
  }

  /**
   * The source address towards `remote` (MUST-44): of a prefix they share, else of the same scope,
   * else the first of the family; undefined when there is none.
   */
  sourceFor(remote: IpAddress): IpAddress | undefined {
    let best: IpAddress | undefined;
    let bestRank = -1;
    for (const cidr of this.list) {
      const { address } = cidr;
      if (address.family !== remote.family) continue;
      const shared = inPrefix(cidr, remote.family, remote.w0, remote.w1, remote.w2, remote.w3);
      const rank = shared ? 2 : isLinkLocal(address) === isLinkLocal(remote) ? 1 : 0;
      if (rank <= bestRank) continue;
      best = address;
      bestRank = rank;
    }
    return best;
  }
}

/** 169.254.0.0/16 (RFC 3927) or fe80::/10 (RFC 4291 §2.5.6). */
function isLinkLocal(a: IpAddress): boolean {
  return a.family === 4 ? a.w3 >>> 16 === 0xa9fe : a.w0 >>> 22 === 0x3fa;
}
