/**
 * Which of our addresses a datagram comes from, and which of several destinations is tried first: RFC
 * 6724 §5 and §6 with the policy table of §2.1. Rules 4 and 7 (home and temporary addresses) have
 * nothing to look at here, and rule 5 is met by whom is asked: a strong host sends from addresses of
 * the outgoing interface (ADR-0014). Of IPv4 the RFC sorts destinations only; §5 is kept in spirit.
 */
import { inPrefix, IpAddress, sameAddress, type Cidr } from '../wire/address.ts';
import type { InterfaceAddress } from './interface-address.ts';

/** RFC 4291 §2.7, RFC 6724 §3.1: larger reaches further. */
const Scope = { INTERFACE: 1, LINK: 2, SITE: 5, GLOBAL: 14 } as const;

interface Policy {
  /** The prefix: words and length. */
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  readonly length: number;
  readonly precedence: number;
  readonly label: number;
}

const policy = (
  [w0, w1, w2, w3]: readonly [number, number, number, number],
  length: number,
  precedence: number,
  label: number,
): Policy => ({ w0, w1, w2, w3, length, precedence, label });

/** RFC 6724 §2.1, the longest prefix first. IPv4 addresses are looked up as `::ffff:0:0/96`. */
const POLICIES: readonly Policy[] = [
  policy([0, 0, 0, 1], 128, 50, 0), //         ::1, loopback
  policy([0, 0, 0xffff, 0], 96, 35, 4), //     ::ffff:0:0, IPv4
  policy([0, 0, 0, 0], 96, 1, 3), //           IPv4-compatible, deprecated
  policy([0x20010000, 0, 0, 0], 32, 5, 5), //  Teredo
  policy([0x20020000, 0, 0, 0], 16, 30, 2), // 6to4
  policy([0x3ffe0000, 0, 0, 0], 16, 1, 12), // 6bone
  policy([0xfec00000, 0, 0, 0], 10, 1, 11), // site-local, deprecated
  policy([0xfc00_0000, 0, 0, 0], 7, 3, 13), // unique local
  policy([0, 0, 0, 0], 0, 40, 1), //           all else
];

/** The best of `candidates` to send to `remote` from; undefined when none will do. */
export function selectSource(
  remote: IpAddress,
  candidates: readonly InterfaceAddress[],
): InterfaceAddress | undefined {
  let best: InterfaceAddress | undefined;
  for (const candidate of candidates) {
    if (candidate.cidr.address.family !== remote.family || !candidate.usable) continue;
    if (best === undefined || isBetter(candidate, best, remote)) best = candidate;
  }
  return best;
}

/** Is `a` to be preferred over `b`, which came first? */
function isBetter(a: InterfaceAddress, b: InterfaceAddress, remote: IpAddress): boolean {
  const sourceA = a.cidr.address;
  const sourceB = b.cidr.address;
  if (sameAddress(sourceB, remote)) return false; // rule 1
  if (sameAddress(sourceA, remote)) return true;
  const scopeA = scopeOf(sourceA);
  const scopeB = scopeOf(sourceB);
  if (scopeA !== scopeB) {
    // Rule 2: the smallest scope that still reaches, else the largest.
    return scopeA < scopeB ? scopeA >= scopeOf(remote) : scopeB < scopeOf(remote);
  }
  if (a.state !== b.state) return b.state === 'deprecated'; // rule 3
  const label = policyOf(remote).label;
  const fitsA = policyOf(sourceA).label === label;
  if (fitsA !== (policyOf(sourceB).label === label)) return fitsA; // rule 6
  return nearness(a.cidr, remote) > nearness(b.cidr, remote); // rule 8
}

/** Rule 8 for IPv6; of IPv4 only whether it is the same subnet: what is beyond has no nearness. */
function nearness(cidr: Cidr, remote: IpAddress): number {
  const { family, w0, w1, w2, w3 } = remote;
  if (family === 4) return inPrefix(cidr, family, w0, w1, w2, w3) ? 1 : 0;
  return Math.min(commonBits(cidr.address, remote), cidr.prefixLength);
}

/**
 * `destinations` in the order in which they are to be tried: RFC 6724 §6. `sourceFor` says from where
 * each would be sent to, undefined when it cannot be reached.
 */
export function sortDestinations(
  destinations: readonly IpAddress[],
  sourceFor: (remote: IpAddress) => InterfaceAddress | undefined,
): IpAddress[] {
  const choices = destinations.map((to, order) => ({ to, order, from: sourceFor(to) }));
  choices.sort((a, b) => compare(a, b) || a.order - b.order); // rule 10
  return choices.map(({ to }) => to);
}

interface Choice {
  readonly to: IpAddress;
  readonly from: InterfaceAddress | undefined;
}

/** Negative: `a` goes first. */
function compare(a: Choice, b: Choice): number {
  if (a.from === undefined || b.from === undefined) {
    return Number(a.from === undefined) - Number(b.from === undefined); // rule 1
  }
  const sourceA = a.from.cidr.address;
  const sourceB = b.from.cidr.address;
  const policyA = policyOf(a.to);
  const policyB = policyOf(b.to);
  return (
    first(scopeOf(a.to) === scopeOf(sourceA), scopeOf(b.to) === scopeOf(sourceB)) || // rule 2
    first(a.from.state !== 'deprecated', b.from.state !== 'deprecated') || // rule 3
    first(policyA.label === policyOf(sourceA).label, policyB.label === policyOf(sourceB).label) || // 5
    policyB.precedence - policyA.precedence || // rule 6
    scopeOf(a.to) - scopeOf(b.to) || // rule 8
    nearer(a, b) // rule 9
  );
}

/** Of IPv4 rule 9 is left out, as deployed: it undoes the turns that name servers take. */
function nearer(a: Choice, b: Choice): number {
  if (a.to.family !== 6 || b.to.family !== 6) return 0;
  if (a.from === undefined || b.from === undefined) return 0;
  return nearness(b.from.cidr, b.to) - nearness(a.from.cidr, a.to);
}

function first(a: boolean, b: boolean): number {
  return Number(b) - Number(a);
}

/** RFC 6724 §3.1 and §3.2; a multicast address says its own (RFC 4291 §2.7). */
export function scopeOf({ family, w0, w1, w2, w3 }: IpAddress): number {
  if (family === 4) {
    return w3 >>> 24 === 127 || w3 >>> 16 === 0xa9fe ? Scope.LINK : Scope.GLOBAL;
  }
  if (w0 >>> 24 === 0xff) return Math.max((w0 >>> 16) & 0xf, Scope.INTERFACE);
  if (w0 >>> 22 === 0x3fa || ((w0 | w1 | w2) === 0 && w3 === 1)) return Scope.LINK;
  return w0 >>> 22 === 0x3fb ? Scope.SITE : Scope.GLOBAL;
}

function policyOf(address: IpAddress): Policy {
  const mapped = address.family === 4 ? new IpAddress(6, 0, 0, 0xffff, address.w3) : address;
  for (const entry of POLICIES) {
    if (commonWith(entry, mapped) >= entry.length) return entry;
  }
  throw new Error('no policy'); // the last one takes all
}

function commonWith(entry: Policy, a: IpAddress): number {
  return commonOf(entry.w0 ^ a.w0, entry.w1 ^ a.w1, entry.w2 ^ a.w2, entry.w3 ^ a.w3);
}

/** Leading bits that two IPv6 addresses share. */
function commonBits(a: IpAddress, b: IpAddress): number {
  return commonOf(a.w0 ^ b.w0, a.w1 ^ b.w1, a.w2 ^ b.w2, a.w3 ^ b.w3);
}

function commonOf(x0: number, x1: number, x2: number, x3: number): number {
  if (x0 !== 0) return Math.clz32(x0);
  if (x1 !== 0) return 32 + Math.clz32(x1);
  if (x2 !== 0) return 64 + Math.clz32(x2);
  return 96 + Math.clz32(x3);
}
