/**
 * `dns.lookup` on a stack: its arguments, its answers and its errors, so that it fits the `lookup`
 * option of whatever takes node:dns's.
 */
import { isIP } from 'node:net';
import { inspect } from 'node:util';
import { printAddress, type Family } from '../../wire/address.ts';
import type { Stack } from '../stack.ts';
import { typeError, wrongType } from './dgram-errors.ts';

export interface LookupOptions {
  family?: 0 | 4 | 6 | 'IPv4' | 'IPv6' | undefined;
  /** All addresses, the best first. */
  all?: boolean | undefined;
  /** Default 'verbatim': RFC 6724. */
  order?: 'verbatim' | 'ipv4first' | 'ipv6first' | undefined;
  /** `false` is 'ipv4first'. */
  verbatim?: boolean | undefined;
  /** getaddrinfo's flags: nothing here looks at them. */
  hints?: number | undefined;
}

export interface LookupAddress {
  address: string;
  family: Family;
}

/** One address and its family, or with `all` a list. */
export type LookupCallback = (
  error: Error | null,
  address: string | null | LookupAddress[],
  family?: number,
) => void;

export type Lookup = (
  hostname: string,
  options: number | LookupOptions | null | undefined | LookupCallback,
  callback?: LookupCallback,
) => void;

/** The names that `stack` knows; with a function, the stack it names when it is called. */
export function lookupOn(stack: Stack | (() => Stack)): Lookup {
  return (hostname, options, callback) => {
    const told = typeof options === 'function' ? options : callback;
    const wishes = typeof options === 'function' ? {} : wishesOf(options);
    if (typeof hostname !== 'string' && hostname) {
      throw wrongType('hostname', 'of type string', hostname);
    }
    if (typeof told !== 'function') throw wrongType('callback', 'of type function', told);
    const family = familyOf(wishes.family);
    const answer = (list: readonly LookupAddress[]): void => {
      const sorted = inOrder(list, wishes);
      const [first] = sorted;
      if (wishes.all) process.nextTick(told, null, sorted);
      else process.nextTick(told, null, first?.address ?? null, first?.family ?? (family || 4));
    };
    if (!hostname) {
      answer([]);
      return;
    }
    const literal = isIP(hostname);
    if (literal === 4 || literal === 6) {
      answer([{ address: hostname, family: literal }]);
      return;
    }
    const where = typeof stack === 'function' ? stack() : stack;
    where.resolve(hostname, { family }).then(
      (list) => answer(list.map((a) => ({ address: printAddress(a), family: a.family }))),
      (error: unknown) => process.nextTick(told, error),
    );
  };
}

function wishesOf(options: number | LookupOptions | null | undefined): LookupOptions {
  if (options === null || options === undefined) return {};
  if (typeof options !== 'number') return options;
  return { family: familyOf(options) };
}

function familyOf(family: unknown): 0 | Family {
  switch (family) {
    case undefined:
    case 0:
      return 0;
    case 4:
    case 'IPv4':
      return 4;
    case 6:
    case 'IPv6':
      return 6;
    default: {
      const message = `The property 'options.family' must be one of: 0, 4, 6. Received ${inspect(family)}`;
      throw typeError('ERR_INVALID_ARG_VALUE', message);
    }
  }
}

function inOrder(list: readonly LookupAddress[], wishes: LookupOptions): LookupAddress[] {
  const order = wishes.order ?? (wishes.verbatim === false ? 'ipv4first' : 'verbatim');
  const first = order === 'ipv4first' ? 4 : order === 'ipv6first' ? 6 : 0;
  if (first === 0) return list.slice();
  return [...list.filter((a) => a.family === first), ...list.filter((a) => a.family !== first)];
}
