/**
 * Names for sockets: the shape of `dns.lookup` over the resolver of the stack. A `lookup` of the
 * user's is called as Node calls it.
 */
import { printAddress } from '../../wire/address.ts';
import type { Home } from '../home.ts';
import { isRecord, type Callback } from './net-arguments.ts';
import { invalidArgType, invalidArgValue } from './net-errors.ts';

export interface Found {
  readonly address: unknown;
  readonly family: unknown;
}

export interface LookupWishes {
  readonly family: 0 | 4 | 6 | undefined;
  readonly hints: number;
  readonly all: boolean;
}

/** Either an error or what was found. */
export type FoundAll = (error: Error | undefined, found: readonly Found[]) => void;

const ADDRCONFIG = 32; // dns.ADDRCONFIG: what Node asks for unless told otherwise

/** `family` as `net` takes it. @throws TypeError when it is no family. */
export function familyOf(value: unknown): 0 | 4 | 6 | undefined {
  switch (value) {
    case undefined:
    case null:
      return undefined;
    case 0:
    case 4:
    case 6:
      return value;
    case 'IPv4':
      return 4;
    case 'IPv6':
      return 6;
    default:
      throw invalidArgValue('options.family', value, 'must be one of: 0, 4, 6');
  }
}

export function lookupWishes(
  family: 0 | 4 | 6 | undefined,
  hints: unknown,
  all: boolean,
): LookupWishes {
  const wanted = Number(hints ?? 0);
  const given = family === 4 || family === 6;
  return { family, hints: wanted === 0 && !given ? ADDRCONFIG : wanted, all };
}

/** @throws TypeError when `host` is no string. */
export function lookUp(
  stack: Home,
  host: unknown,
  wishes: LookupWishes,
  signal: AbortSignal,
  told: FoundAll,
): void {
  if (typeof host !== 'string') throw invalidArgType('hostname', 'of type string', host);
  stack.resolve(host, { family: wishes.family ?? 0, signal }).then(
    (list) => {
      const found = list.map((a) => ({ address: printAddress(a), family: a.family }));
      process.nextTick(told, undefined, wishes.all ? found : found.slice(0, 1));
    },
    (error: unknown) => process.nextTick(told, errorOf(error), []),
  );
}

/** Asks a `lookup` of the user's. */
export function askLookup(
  lookup: Callback,
  host: unknown,
  wishes: LookupWishes,
  told: FoundAll,
): void {
  const { family, hints, all } = wishes;
  const answer = (error: unknown, address?: unknown, ofFamily?: unknown): void => {
    if (error !== null && error !== undefined) told(errorOf(error), []);
    else if (!all) told(undefined, [{ address, family: ofFamily }]);
    else told(undefined, Array.isArray(address) ? address.map(foundOf) : []);
  };
  lookup(host, { family, hints, ...(all && { all }) }, answer);
}

function foundOf(entry: unknown): Found {
  if (!isRecord(entry)) return { address: undefined, family: undefined };
  return { address: entry['address'], family: entry['family'] };
}

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** The families take turns, beginning with that of the first address that is one: RFC 8305 §4. */
export function takingTurns<T extends { readonly family: 4 | 6 }>(
  found: readonly T[],
): readonly T[] {
  const first = found.filter(({ family }) => family === found[0]?.family);
  const second = found.filter(({ family }) => family !== found[0]?.family);
  const turns = Math.max(first.length, second.length);
  const inTurn: T[] = [];
  for (let i = 0; i < turns; i++) inTurn.push(...first.slice(i, i + 1), ...second.slice(i, i + 1));
  return inTurn;
}
