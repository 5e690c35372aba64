/**
 * Which of several addresses of a name to try first: RFC 6724 §6, as far as a host of ours tells
 * them apart. Rules 3, 4 and 7 (deprecated, home and tunnelled addresses) are not asked for.
 */
import { inPrefix, isLoopback, parseCidr, type Cidr, type IpAddress } from '../wire/address.ts';

/** The address that would be sent from; undefined when nothing leads there. */
export type SourceFor = (remote: IpAddress) => IpAddress | undefined;

/** The same addresses, the best first; of equals as they came (rule 10). */
export function orderAddresses(list: readonly IpAddress[], sourceFor: SourceFor): IpAddress[] {
  const facts = list.map((address, index) => factsOf(address, sourceFor(address), index));
  return facts.sort(compare).map(({ address }) => address);
}

interface Facts {
  readonly address: IpAddress;
  readonly usable: boolean;
  readonly sameScope: boolean;
  readonly sameLabel: boolean;
  readonly precedence: number;
  readonly scope: number;
  readonly shared: number;
  readonly index: number;
}

function compare(a: Facts, b: Facts): number {
  return (
    Number(b.usable) - Number(a.usable) || //       rule 1
    Number(b.sameScope) - Number(a.sameScope) || // rule 2
    Number(b.sameLabel) - Number(a.sameLabel) || // rule 5
    b.precedence - a.precedence || //               rule 6
    a.scope - b.scope || //                         rule 8
    (a.address.family === b.address.family ? b.shared - a.shared : 0) || // rule 9
    a.index - b.index
  );
}

function factsOf(address: IpAddress, source: IpAddress | undefined, index: number): Facts {
  const policy = policyOf(address);
  const scope = scopeOf(address);
  return {
    address,
    usable: source !== undefined,
    sameScope: source !== undefined && scopeOf(source) === scope,
    sameLabel: source !== undefined && policyOf(source).label === policy.label,
    precedence: policy.precedence,
    scope,
    shared: source === undefined || address.family === 4 ? 0 : sharedBits(address, source),
    index,
  };
}

interface Policy {
  readonly prefix: Cidr | undefined;
  readonly precedence: number;
  readonly label: number;
}

/** RFC 6724 §2.1, the longest prefix first; IPv4 addresses are those of ::ffff:0:0/96. */
const POLICIES: readonly Policy[] = [
  { prefix: parseCidr('::1/128'), precedence: 50, label: 0 },
  { prefix: parseCidr('::ffff:0:0/96'), precedence: 35, label: 4 },
  { prefix: parseCidr('::/96'), precedence: 1, label: 3 },
  { prefix: parseCidr('2001::/32'), precedence: 5, label: 5 },
  { prefix: parseCidr('2002::/16'), precedence: 30, label: 2 },
  { prefix: parseCidr('3ffe::/16'), precedence: 1, label: 12 },
  { prefix: parseCidr('fec0::/10'), precedence: 1, label: 11 },
  { prefix: parseCidr('fc00::/7'), precedence: 3, label: 13 },
];
const IPV4: Policy = { prefix: undefined, precedence: 35, label: 4 };
const EVERYTHING: Policy = { prefix: undefined, precedence: 40, label: 1 };

function policyOf({ family, w0, w1, w2, w3 }: IpAddress): Policy {
  if (family === 4) return IPV4;
  const found = POLICIES.find(
    (p) => p.prefix !== undefined && inPrefix(p.prefix, 6, w0, w1, w2, w3),
  );
  return found ?? EVERYTHING;
}

const LINK_LOCAL = 2; // scopes of RFC 4291 §2.7
const SITE_LOCAL = 5;
const GLOBAL = 14;

/** RFC 6724 §3.1 and §3.2. */
function scopeOf({ family, w0, w1, w2, w3 }: IpAddress): number {
  if (isLoopback(family, w0, w1, w2, w3)) return LINK_LOCAL;
  if (family === 4) return w3 >>> 16 === 0xa9fe ? LINK_LOCAL : GLOBAL;
  if (w0 >>> 24 === 0xff) return (w0 >>> 16) & 0xf;
  if (w0 >>> 22 === 0x3fa) return LINK_LOCAL;
  return w0 >>> 22 === 0x3fb ? SITE_LOCAL : GLOBAL;
}

/** Of the network parts: the first 64 bits. */
function sharedBits(a: IpAddress, b: IpAddress): number {
  const first = Math.clz32(a.w0 ^ b.w0);
  return first < 32 ? first : 32 + Math.clz32(a.w1 ^ b.w1);
}
