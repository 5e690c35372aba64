/**
 * IPv4 and IPv6 addresses and prefixes: RFC 791 §3.2, RFC 4291 §2.2 (text in), RFC 5952 (text out).
 * An address is four int32 words in network order; an IPv4 address is the last one, the others 0.
 */

export type Family = 4 | 6;

export class IpAddress {
  readonly family: Family;
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;

  constructor(family: Family, w0: number, w1: number, w2: number, w3: number) {
    this.family = family;
    this.w0 = w0 | 0;
    this.w1 = w1 | 0;
    this.w2 = w2 | 0;
    this.w3 = w3 | 0;
  }
}

/** A prefix in CIDR notation. The address keeps its host bits: `10.0.0.1/24` is an interface's. */
export class Cidr {
  readonly address: IpAddress;
  readonly prefixLength: number;

  constructor(address: IpAddress, prefixLength: number) {
    this.address = address;
    this.prefixLength = prefixLength;
  }
}

/**
 * A dotted quad (decimal, no leading zeros), or any form of RFC 4291 §2.2; `undefined` for all else.
 * No zone: `fe80::1%eth0` is not an address.
 */
export function parseAddress(text: string): IpAddress | undefined {
  if (text.includes(':')) return parseIpv6(text);
  const w3 = parseQuad(text);
  return w3 === undefined ? undefined : new IpAddress(4, 0, 0, 0, w3);
}

/** `address/length`, both in full; `undefined` for all else. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const address = parseAddress(text.slice(0, slash));
  const length = decimal(text.slice(slash + 1), 3);
  if (address === undefined || length === undefined) return undefined;
  return length > (address.family === 4 ? 32 : 128) ? undefined : new Cidr(address, length);
}

export function printAddress(a: IpAddress): string {
  return printWords(a.family, a.w0, a.w1, a.w2, a.w3);
}

/** The canonical text of RFC 5952; an IPv4-mapped address ends in a dotted quad (§5). */
export function printWords(family: number, w0: number, w1: number, w2: number, w3: number): string {
  if (family === 4) return printQuad(w3);
  if (w0 === 0 && w1 === 0 && w2 === 0xffff) return `::ffff:${printQuad(w3)}`;
  const groups = [w0 >>> 16, w0 & 0xffff, w1 >>> 16, w1 & 0xffff];
  groups.push(w2 >>> 16, w2 & 0xffff, w3 >>> 16, w3 & 0xffff);
  const zeros = longestZeros(groups);
  if (zeros.length < 2) return printGroups(groups);
  const after = groups.slice(zeros.start + zeros.length);
  return `${printGroups(groups.slice(0, zeros.start))}::${printGroups(after)}`;
}

export function printCidr(c: Cidr): string {
  return `${printAddress(c.address)}/${c.prefixLength}`;
}

export function sameAddress(a: IpAddress, b: IpAddress): boolean {
  return a.w3 === b.w3 && a.w2 === b.w2 && a.w1 === b.w1 && a.w0 === b.w0 && a.family === b.family;
}

/** Is the address in these words inside the prefix? Never for the other family. */
export function inPrefix(
  cidr: Cidr,
  family: number,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
): boolean {
  const { address: a, prefixLength } = cidr;
  if (a.family !== family) return false;
  if (family === 4) return ((a.w3 ^ w3) & mask(prefixLength)) === 0;
  return (
    ((a.w0 ^ w0) & mask(prefixLength)) === 0 &&
    ((a.w1 ^ w1) & mask(prefixLength - 32)) === 0 &&
    ((a.w2 ^ w2) & mask(prefixLength - 64)) === 0 &&
    ((a.w3 ^ w3) & mask(prefixLength - 96)) === 0
  );
}

/** `0.0.0.0` or `::`. */
export function isUnspecified(
  _family: number,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
): boolean {
  return (w0 | w1 | w2 | w3) === 0;
}

/** `127.0.0.0/8` (RFC 1122 §3.2.1.3) or `::1`. */
export function isLoopback(
  family: number,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
): boolean {
  return family === 4 ? w3 >>> 24 === 127 : (w0 | w1 | w2) === 0 && w3 === 1;
}

/** `224.0.0.0/4` or `ff00::/8`. */
export function isMulticast(
  family: number,
  w0: number,
  _w1: number,
  _w2: number,
  w3: number,
): boolean {
  return family === 4 ? w3 >>> 28 === 14 : w0 >>> 24 === 0xff;
}

/** `255.255.255.255`. IPv6 has no broadcast. */
export function isLimitedBroadcast(
  family: number,
  _w0: number,
  _w1: number,
  _w2: number,
  w3: number,
): boolean {
  return family === 4 && w3 === -1;
}

/** All host bits set in an IPv4 prefix; a /31 (RFC 3021) and a /32 have no broadcast address. */
export function isSubnetBroadcast(cidr: Cidr, w3: number): boolean {
  const { address, prefixLength } = cidr;
  if (address.family !== 4 || prefixLength > 30) return false;
  return (address.w3 | ~mask(prefixLength)) === w3;
}

/** The first `bits` of a word: none when negative, all from 32 on. */
function mask(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : -1 << (32 - bits);
}

function parseIpv6(text: string): IpAddress | undefined {
  const gap = text.indexOf('::');
  const head = gap < 0 ? text : text.slice(0, gap);
  const tail = gap < 0 ? '' : text.slice(gap + 2);
  const groups: number[] = [];
  if (!parseGroups(head, groups, gap < 0)) return undefined;
  const before = groups.length;
  if (!parseGroups(tail, groups, true)) return undefined;
  if (gap < 0 ? groups.length !== 8 : groups.length > 7) return undefined;

  const words: [number, number, number, number] = [0, 0, 0, 0];
  const shift = 8 - groups.length; // what `::` stands for
  groups.forEach((group, i) => {
    const at = i < before ? i : i + shift;
    const word = at >> 1;
    if (word === 0 || word === 1 || word === 2 || word === 3) {
      words[word] |= at & 1 ? group : group << 16;
    }
  });
  return new IpAddress(6, words[0], words[1], words[2], words[3]);
}

/** Appends the 16-bit groups of `a:b:c`, the last two perhaps a dotted quad. At most eight. */
function parseGroups(text: string, out: number[], mayEndInQuad: boolean): boolean {
  if (text === '') return true;
  const parts = text.split(':', 9);
  for (const [i, part] of parts.entries()) {
    const group = hexadecimal(part);
    if (group !== undefined) {
      out.push(group);
      continue;
    }
    const quad = mayEndInQuad && i === parts.length - 1 ? parseQuad(part) : undefined;
    if (quad === undefined) return false;
    out.push(quad >>> 16, quad & 0xffff);
  }
  return out.length <= 8;
}

function parseQuad(text: string): number | undefined {
  const parts = text.split('.', 5);
  if (parts.length !== 4) return undefined;
  let word = 0;
  for (const part of parts) {
    const octet = decimal(part, 3);
    if (octet === undefined || octet > 255) return undefined;
    word = (word << 8) | octet;
  }
  return word;
}

/** Decimal digits without a leading zero, which some parsers take for octal. */
function decimal(text: string, most: number): number | undefined {
  if (text.length === 0 || text.length > most) return undefined;
  if (text.length > 1 && text.startsWith('0')) return undefined;
  return /^[0-9]+$/.test(text) ? Number(text) : undefined;
}

function hexadecimal(text: string): number | undefined {
  return /^[0-9a-fA-F]{1,4}$/.test(text) ? Number.parseInt(text, 16) : undefined;
}

function printQuad(w: number): string {
  return `${w >>> 24}.${(w >>> 16) & 0xff}.${(w >>> 8) & 0xff}.${w & 0xff}`;
}

function printGroups(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(':');
}

/** The longest run of zero groups, the first of equals: RFC 5952 §4.2.3. */
function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let start = 0;
  let length = 0;
  let run = 0;
  groups.forEach((group, i) => {
    run = group === 0 ? run + 1 : 0;
    if (run > length) {
      length = run;
      start = i - run + 1;
    }
  });
  return { start, length };
}
