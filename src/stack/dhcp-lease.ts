/**
 * What a DHCP server has granted: RFC 2131 §4.3.1, §4.4.5 (T1, T2), options of RFC 2132 and RFC 3442. A
 * reply is taken for what makes sense only; the rest of it is left out or refused.
 */
import { Cidr, IpAddress, isLoopback } from '../wire/address.ts';
import type { DhcpReply } from '../wire/dhcp-options.ts';
import type { KeyedRandom } from './keyed-random.ts';

const INFINITE = 0xffffffff; // s, RFC 2131 §3.3
const T1 = 0.5; //   of the lease, RFC 2131 §4.4.5
const T2 = 0.875;
const FUZZ = 0.02; // of T1 and T2, so that not all clients of a server renew at once
const SHORTEST = 10_000; // ms: a lease below that would keep us busy for nothing
const FIRST_NOT_UNICAST = 224; // the first octet

export interface LeaseRoute {
  readonly to: Cidr;
  /** Absent: it is on the link. */
  readonly via: IpAddress | undefined;
}

export interface DhcpLease {
  readonly address: Cidr;
  readonly server: IpAddress;
  readonly routes: readonly LeaseRoute[];
  readonly nameservers: readonly IpAddress[];
  /** '' when the server named none. */
  readonly domain: string;
  /** Octets, 0 when the server named none. */
  readonly mtu: number;
  /** ms on the host's clock; Infinity for a lease without end. */
  readonly obtainedAt: number;
  readonly renewAt: number;
  readonly rebindAt: number;
  readonly expiresAt: number;
}

/** Can the address in this reply be ours, and does it say whose word it is? */
export function isSensible({ address, serverId }: DhcpReply): boolean {
  return isUnicast(address) && isUnicast(serverId);
}

/** The lease in an ACK that is sensible; undefined when it is too short to be of use. */
export function leaseOf(now: number, reply: DhcpReply, random: KeyedRandom): DhcpLease | undefined {
  const { leaseTime } = reply;
  if (leaseTime < 0) return undefined; // MUST be there, RFC 2131 §4.3.1 table 3
  const length = leaseTime === INFINITE ? Infinity : leaseTime * 1000;
  if (length < SHORTEST) return undefined;
  const address = new Cidr(of(reply.address), prefixLengthOf(reply.subnetMask));
  const t2 = within(reply.rebindingTime * 1000, length) ?? length * T2;
  const t1 = within(reply.renewalTime * 1000, t2) ?? Math.min(length * T1, t2 * T1 * 2);
  const earlier = 1 - random.between(0, FUZZ);
  return {
    address,
    server: of(reply.serverId),
    routes: routesOf(reply, address),
    nameservers: reply.servers.filter(isUnicast).map(of),
    domain: reply.domain,
    mtu: reply.mtu,
    obtainedAt: now,
    renewAt: now + t1 * earlier,
    rebindAt: now + t2 * earlier,
    expiresAt: now + length,
  };
}

function within(time: number, limit: number): number | undefined {
  return time > 0 && time < limit ? time : undefined;
}

/** RFC 3442: classless routes in place of routers; a router outside of the prefix is on the link. */
function routesOf(reply: DhcpReply, { address, prefixLength }: Cidr): readonly LeaseRoute[] {
  const routes: LeaseRoute[] = [];
  const all = reply.routes.length > 0 ? reply.routes : defaultRoutes(reply.routers);
  for (const { destination, prefixLength: length, router } of all) {
    if (router !== 0 && (!isUnicast(router) || router === address.w3)) continue;
    const to = new Cidr(of(destination & mask(length)), length);
    const near = router === 0 || ((router ^ address.w3) & mask(prefixLength)) === 0;
    if (!near) routes.push({ to: new Cidr(of(router), 32), via: undefined });
    routes.push({ to, via: router === 0 ? undefined : of(router) });
  }
  return routes;
}

/** In order of preference; the first is enough (RFC 2132 §3.5). */
function defaultRoutes(routers: readonly number[]): readonly {
  readonly destination: number;
  readonly prefixLength: number;
  readonly router: number;
}[] {
  return routers.slice(0, 1).map((router) => ({ destination: 0, prefixLength: 0, router }));
}

/** Of a mask that is ones and then zeros; without one, what the address's class had (RFC 791 §2.3). */
function prefixLengthOf(subnetMask: number): number {
  const length = Math.clz32(~subnetMask);
  return subnetMask === mask(length) && length > 0 ? length : 24;
}

function mask(length: number): number {
  return length === 0 ? 0 : -1 << (32 - length);
}

function isUnicast(w3: number): boolean {
  const first = w3 >>> 24;
  return first > 0 && first < FIRST_NOT_UNICAST && !isLoopback(4, 0, 0, 0, w3);
}

function of(w3: number): IpAddress {
  return new IpAddress(4, 0, 0, 0, w3);
}
