/**
 * What the functions of `node:net` are called with: the forms of connect() and listen(), and the
 * checks of options that Node makes, answered as Node does.
 */
import type { OnReadOpts } from 'node:net';
import { badPort, invalidArgType, outOfRange, rangeError, typeError } from './net-errors.ts';

/** Anything that is asked for names of properties. */
export type Options = Readonly<Record<string, unknown>>;

export type Callback = (...args: unknown[]) => unknown;

export interface Called {
  readonly options: Options;
  readonly callback: Callback | undefined;
}

/** `(options | port, host | path)`, and whatever comes last if it is a function. */
export function normalized(args: readonly unknown[]): Called {
  const [first, second] = args;
  const last = args.at(-1);
  const callback = isFunction(last) ? last : undefined;
  if (first === undefined && args.length === 0) return { options: {}, callback };
  if (isRecord(first)) return { options: first, callback };
  if (isPath(first)) return { options: { path: first }, callback };
  const host = typeof second === 'string' ? { host: second } : {};
  return { options: { port: isFunction(first) ? undefined : first, ...host }, callback };
}

/** A name where a port is expected is one of a Unix socket. */
function isPath(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const port = Number(value);
  return value.trim() === '' || !(port >= 0);
}

export function isFunction(value: unknown): value is Callback {
  return typeof value === 'function';
}

export function isRecord(value: unknown): value is Options {
  return typeof value === 'object' && value !== null;
}

/** 0 to 65535, as a number or as text. */
export function portOf(value: unknown, name: string): number {
  const text = typeof value === 'string';
  const port = text && value.trim() !== '' ? Number(value) : value;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw badPort(name, value);
  }
  return port;
}

export function checkNumber(value: unknown, name: string): asserts value is number {
  if (typeof value !== 'number') throw invalidArgType(name, 'of type number', value);
}

export function checkBoolean(value: unknown, name: string): asserts value is boolean {
  if (typeof value !== 'boolean') throw invalidArgType(name, 'of type boolean', value);
}

export function checkFunction(value: unknown, name: string): asserts value is Callback {
  if (typeof value !== 'function') throw invalidArgType(name, 'of type function', value);
}

export function checkString(value: unknown, name: string): asserts value is string {
  if (typeof value !== 'string') throw invalidArgType(name, 'of type string', value);
}

/** 1 to 2^31 - 1. */
export function checkPositive(value: unknown, name: string): asserts value is number {
  checkNumber(value, name);
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value);
  if (value < 1 || value > 2_147_483_647) throw outOfRange(name, '>= 1 && <= 2147483647', value);
}

export function checkSignal(value: unknown, name: string): asserts value is AbortSignal {
  if (value instanceof AbortSignal) return;
  throw invalidArgType(name, 'an instance of AbortSignal', value);
}

/** Seconds, whole ones, as the kernel has them; what is no delay is none. */
export function keepAliveDelay(value: unknown): number {
  const ms = Number(value);
  return ms > 0 ? Math.floor(ms / 1000) : 0;
}

/** Where what is read goes instead of to `data` events; undefined when it is not as it must be. */
export function onreadOf(value: unknown): OnReadOpts | undefined {
  if (!isRecord(value)) return undefined;
  const { buffer, callback } = value;
  if (!isFunction(callback)) return undefined;
  const call = (length: number, bytes: Uint8Array): boolean =>
    Reflect.apply(callback, undefined, [length, bytes]) !== false;
  if (buffer instanceof Uint8Array) return { buffer, callback: call };
  if (!isFunction(buffer)) return undefined;
  return { buffer: () => bufferFrom(buffer), callback: call };
}

function bufferFrom(make: Callback): Uint8Array {
  const made: unknown = Reflect.apply(make, undefined, []);
  if (made instanceof Uint8Array) return made;
  throw invalidArgType('onread.buffer()', 'an instance of Uint8Array', made);
}

/** A delay of a timer. */
export function checkDelay(value: unknown, name: string): asserts value is number {
  checkNumber(value, name);
  if (value >= 0 && value !== Infinity) return;
  throw outOfRange(name, 'a non-negative finite number', value);
}

export function missingArgs(): TypeError {
  const message = 'The "options" or "port" or "path" argument must be specified';
  return typeError('ERR_MISSING_ARGS', message);
}

export function invalidAddress(address: unknown): TypeError {
  return typeError('ERR_INVALID_IP_ADDRESS', `Invalid IP address: ${String(address)}`);
}

export function invalidFamily(family: unknown, host: unknown, port: unknown): RangeError {
  const message = `Invalid address family: ${String(family)} ${String(host)}:${String(port)}`;
  return Object.assign(rangeError('ERR_INVALID_ADDRESS_FAMILY', message), { host, port });
}
