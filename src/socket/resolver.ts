/**
 * Names to addresses, as far as no server is needed: literal addresses, `localhost` (RFC 6761 §6.3)
 * and a map of the user's own. All else is a Resolver's, and the order of what it found is that of
 * RFC 6724 §6 (stack/source-selection.ts).
 */
import { IpAddress, parseAddress, type Family } from '../wire/address.ts';

export interface ResolveOptions {
  /** 0: both. Default 0. */
  readonly family?: 0 | Family | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Addresses of `name`, at least one, the best first. Literal addresses and `localhost` never reach it.
 * Rejects with a NameError, or with the signal's reason.
 */
export type Resolver = (name: string, options: ResolveOptions) => Promise<readonly IpAddress[]>;

/** `/etc/hosts` as an object: a name, without regard to case, and its addresses as text. */
export type Hosts = Readonly<Record<string, string | readonly string[]>>;

export type NameErrorCode =
  | 'ENOTFOUND' // there is no such name, or it has no address of that family
  | 'EAI_AGAIN'; // no server said anything: trying again may help

const ERRNO: Readonly<Record<NameErrorCode, number>> = { ENOTFOUND: -3008, EAI_AGAIN: -3001 }; // libuv's

/** What `node:dns` gives when a lookup fails. */
export class NameError extends Error {
  readonly code: NameErrorCode;
  readonly errno: number;
  readonly syscall = 'getaddrinfo';
  readonly hostname: string;

  constructor(code: NameErrorCode, hostname: string, options?: ErrorOptions) {
    super(`getaddrinfo ${code} ${hostname}`, options);
    this.code = code;
    this.errno = ERRNO[code];
    this.hostname = hostname;
  }
}

const LOCALHOST: readonly IpAddress[] = [
  new IpAddress(6, 0, 0, 0, 1),
  new IpAddress(4, 0, 0, 0, 0x7f000001),
];

/** What needs no resolver; undefined when it takes one. @throws NameError for the wrong family. */
export function knownName(
  name: string,
  family: 0 | Family = 0,
  hosts: Hosts = {},
): readonly IpAddress[] | undefined {
  const literal = parseAddress(name);
  if (literal !== undefined) return ofFamily([literal], family, name);
  const plain = plainName(name);
  const listed = Object.entries(hosts).find(([other]) => plainName(other) === plain)?.[1];
  if (listed !== undefined) {
    const texts = typeof listed === 'string' ? [listed] : listed;
    return ofFamily(
      texts.flatMap((text) => parseAddress(text) ?? []),
      family,
      name,
    );
  }
  if (plain !== 'localhost' && !plain.endsWith('.localhost')) return undefined;
  return ofFamily(LOCALHOST, family, name);
}

/** A resolver that answers what needs none itself and asks `resolver`, if there is one, for the rest. */
export function withKnownNames(resolver: Resolver | undefined, hosts: Hosts = {}): Resolver {
  return async (name, options) => {
    options.signal?.throwIfAborted();
    const known = knownName(name, options.family, hosts);
    if (known !== undefined) return known;
    if (resolver === undefined) throw new NameError('ENOTFOUND', name);
    const found = await resolver(name, options);
    return ofFamily(found, options.family ?? 0, name);
  };
}

function ofFamily(
  list: readonly IpAddress[],
  family: 0 | Family,
  name: string,
): readonly IpAddress[] {
  const wanted = family === 0 ? list : list.filter((address) => address.family === family);
  if (wanted.length === 0) throw new NameError('ENOTFOUND', name);
  return wanted;
}

/** In lower case, without the dot of the root. */
function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
