/** IPv4-mapped IPv6 addresses, `::ffff:a.b.c.d`: RFC 4291 §2.5.5.2. Names in programs, never on a link. */
import { IpAddress } from './address.ts';

const MAPPED = 0xffff; // the third word

export function isMapped(a: IpAddress): boolean {
  return a.family === 6 && a.w0 === 0 && a.w1 === 0 && a.w2 === MAPPED;
}

/** The IPv4 address that a mapped one stands for; every other address as it is. */
export function unmapped(a: IpAddress): IpAddress {
  return isMapped(a) ? new IpAddress(4, 0, 0, 0, a.w3) : a;
}

/** The IPv6 address that stands for an IPv4 one; an IPv6 address as it is. */
export function mapped(a: IpAddress): IpAddress {
  return a.family === 4 ? new IpAddress(6, 0, 0, MAPPED, a.w3) : a;
}
