/**
 * Neighbour discovery that comes in, for a host: RFC 4861 §7.2.3 to §7.2.5, RFC 4862 §5.4.3 and §5.4.4.
 * wire/ndp.ts has validated it; here it meets what this host knows.
 */
import { IpAddress } from '../wire/address.ts';
import type { IpHeader } from '../wire/ip-header.ts';
import { isStationMac, type MacAddress } from '../wire/mac.ts';
import { MldType } from '../wire/mld.ts';
import { NdMessage, NdType, readNdp } from '../wire/ndp.ts';
import type { DropReason } from './counters.ts';
import type { MldGroups } from './mld-groups.ts';
import { ALL_NODES, type NdpOut } from './ndp-out.ts';
import type { NdpRouters } from './ndp-routers.ts';
import type { NeighbourCache } from './neighbour-cache.ts';
import type { Claim, Claims } from './neighbour-claims.ts';

export class Ndp {
  readonly #mac: MacAddress;
  readonly #neighbours: NeighbourCache;
  readonly #claims: Claims;
  readonly #routers: NdpRouters;
  readonly #groups: MldGroups;
  readonly #out: NdpOut;
  readonly #message: NdMessage = new NdMessage();

  constructor(
    mac: MacAddress,
    neighbours: NeighbourCache,
    claims: Claims,
    routers: NdpRouters,
    groups: MldGroups,
    out: NdpOut,
  ) {
    this.#mac = mac;
    this.#neighbours = neighbours;
    this.#claims = claims;
    this.#routers = routers;
    this.#groups = groups;
    this.#out = out;
  }

  /** The ICMPv6 message in the payload of `ip`, its checksum verified. */
  arrives(now: number, ip: IpHeader, view: DataView): DropReason | undefined {
    if (ip.payloadStart < ip.payloadEnd && view.getUint8(ip.payloadStart) === MldType.QUERY) {
      return this.#groups.queried(now, ip, view);
    }
    const m = this.#message;
    const drop = readNdp(m, ip, view);
    if (drop !== undefined) return drop;
    this.#forgetGroupAddresses(m);
    switch (m.type) {
      case NdType.NEIGHBOR_SOLICITATION:
        return this.#solicited(now, ip, m);
      case NdType.NEIGHBOR_ADVERTISEMENT:
        return this.#advertised(now, m);
      case NdType.ROUTER_ADVERTISEMENT:
        return this.#router(now, ip, m);
      case NdType.REDIRECT:
        return this.#redirected(now, ip, m);
      default:
        return 'nd-unsolicited'; // a solicitation of routers, §6.2.6
    }
  }

  /** An Ethernet address that is not one station's is taken for none; nor is our own a neighbour's. */
  #forgetGroupAddresses({ options }: NdMessage): void {
    const { sourceHigh, sourceLow, targetHigh, targetLow } = options;
    if (!isStationMac(sourceHigh, sourceLow) || this.#isMac(sourceHigh, sourceLow)) {
      options.source = false;
    }
    if (!isStationMac(targetHigh, targetLow) || this.#isMac(targetHigh, targetLow)) {
      options.target = false;
    }
  }

  #isMac(high: number, low: number): boolean {
    return low === this.#mac.low && high === this.#mac.high;
  }

  /** §7.2.3, and RFC 4862 §5.4.3 for an address that is not ours yet. */
  #solicited(now: number, ip: IpHeader, m: NdMessage): DropReason | undefined {
    const claim = this.#claims.find(6, m.target0, m.target1, m.target2, m.target3);
    if (claim === undefined || claim.phase === 'lost') return 'nd-unsolicited';
    const unspecified = (ip.src0 | ip.src1 | ip.src2 | ip.src3) === 0;
    if (claim.phase === 'probing') {
      if (!unspecified || isOurs(claim, m)) return 'nd-unsolicited';
      this.#claims.conflict(now, claim);
      return undefined;
    }
    const target = claim.address.cidr.address;
    if (unspecified) {
      this.#out.advertise(now, target, ALL_NODES, false);
      return undefined;
    }
    if (m.options.source) {
      const { sourceHigh, sourceLow } = m.options;
      this.#neighbours.heard(now, 6, ip.src0, ip.src1, ip.src2, ip.src3, sourceHigh, sourceLow);
    }
    this.#out.advertise(now, target, new IpAddress(6, ip.src0, ip.src1, ip.src2, ip.src3), true);
    return undefined;
  }

  /** §7.2.5; somebody else's of our own address is a conflict, RFC 4862 §5.4.4. */
  #advertised(now: number, m: NdMessage): DropReason | undefined {
    const { target0, target1, target2, target3, options } = m;
    const claim = this.#claims.find(6, target0, target1, target2, target3);
    if (claim !== undefined) {
      this.#claims.conflict(now, claim);
      return undefined;
    }
    const n = this.#neighbours.find(6, target0, target1, target2, target3);
    if (n === undefined) return 'nd-unsolicited';
    const { target: known, targetHigh: high, targetLow: low } = options;
    const before = n.state;
    if (before === 'INCOMPLETE' && !known) return 'nd-unsolicited';
    const differs = known && (n.high !== high || n.low !== low);
    this.#neighbours.advertised(now, n, known, high, low, m.solicited, m.override);
    if (before !== 'INCOMPLETE' && differs && !m.override) return undefined; // §7.2.5: ignored
    if (n.isRouter && !m.router) this.#routers.noRouter(n);
    n.isRouter = m.router;
    if (n.state === 'REACHABLE') this.#routers.reachable(n);
    return undefined;
  }

  #router(now: number, ip: IpHeader, m: NdMessage): DropReason | undefined {
    if (!this.#routers.listening) return 'nd-router';
    if (m.options.source) {
      const { sourceHigh: high, sourceLow: low } = m.options;
      const n = this.#neighbours.heard(now, 6, ip.src0, ip.src1, ip.src2, ip.src3, high, low);
      n.isRouter = true;
    }
    this.#routers.advertised(now, ip, m);
    return undefined;
  }

  #redirected(now: number, ip: IpHeader, m: NdMessage): DropReason | undefined {
    if (!this.#routers.redirected(ip, m)) return 'nd-redirect';
    const { target, targetHigh: high, targetLow: low } = m.options;
    if (target) {
      this.#neighbours.heard(now, 6, m.target0, m.target1, m.target2, m.target3, high, low);
    }
    return undefined;
  }
}

/** Our own probe, come back by a loop in the network: RFC 7527 §4.2. */
function isOurs(claim: Claim, { options }: NdMessage): boolean {
  return (
    options.nonce && options.nonceHigh === claim.nonceHigh && options.nonceLow === claim.nonceLow
  );
}
