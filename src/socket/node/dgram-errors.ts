/**
 * Errors as node:dgram throws and emits them: the classes, codes and messages that its documentation
 * names and that programs look at.
 */
import { constants } from 'node:os';
import { inspect } from 'node:util';

export interface CodedError extends Error {
  code: string;
}

/** What the operating system would say of a call that failed. */
export interface ErrnoError extends CodedError {
  errno: number;
  syscall: string;
  address?: string | undefined;
  port?: number;
}

export function typeError(code: string, message: string): CodedError {
  return coded(new TypeError(message), code);
}

export function rangeError(code: string, message: string): CodedError {
  return coded(new RangeError(message), code);
}

export function plainError(code: string, message: string): CodedError {
  return coded(new Error(message), code);
}

/** `expected`: `of type number`, `an instance of AbortSignal`. */
export function wrongType(what: string, expected: string, value: unknown): CodedError {
  const kind = what.includes('.') ? 'property' : 'argument';
  const message = `The "${what}" ${kind} must be ${expected}. Received ${kindOf(value)}`;
  return typeError('ERR_INVALID_ARG_TYPE', message);
}

export function outOfRange(what: string, range: string, value: number): CodedError {
  const grouped = Number.isInteger(value) && Math.abs(value) > 2 ** 32;
  const shown = grouped ? String(value).replace(/\B(?=(\d{3})+$)/g, '_') : String(value);
  const message = `The value of "${what}" is out of range. It must be ${range}. Received ${shown}`;
  return rangeError('ERR_OUT_OF_RANGE', message);
}

/** Node's SystemError about the buffers of a socket that the system does not know. */
export function noBuffers(syscall: string): CodedError {
  const why = 'bad file descriptor';
  const error = new Error(`Could not get or set buffer size: ${syscall} returned EBADF (${why})`);
  hide(error, 'name', 'SystemError');
  const number = errno('EBADF');
  const info = { errno: number, code: 'EBADF', message: why, syscall };
  return Object.assign(coded(error, 'ERR_SOCKET_BUFFER_SIZE'), { info, errno: number, syscall });
}

/** `getsockname EBADF`. */
export function errnoError(name: string, syscall: string): ErrnoError {
  return Object.assign(new Error(`${syscall} ${name}`), {
    errno: errno(name),
    code: name,
    syscall,
  });
}

/** `bind EADDRINUSE 127.0.0.1:53`. */
export function addressError(
  name: string,
  syscall: string,
  address: string | undefined | null,
  port: number | undefined | null,
): ErrnoError {
  const where = port ? `${address}:${port}` : `${address}`;
  const text = `${syscall} ${name} ${where}`;
  const facts = { errno: errno(name), code: name, syscall };
  const error = Object.assign(new Error(text), facts, { address: address ?? undefined });
  return port ? Object.assign(error, { port }) : error;
}

/** As Node's messages end: what was received instead. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value === 'function') {
    return value.name === '' ? 'function ' : `function ${value.name}`;
  }
  if (typeof value === 'object') {
    const name: unknown = value.constructor?.name;
    return typeof name === 'string' && name !== ''
      ? `an instance of ${name}`
      : inspect(value, { depth: -1 });
  }
  if (typeof value !== 'string') return `type ${typeof value} (${inspect(value)})`;
  const text = value.length > MOST_SHOWN ? `${value.slice(0, MOST_SHOWN - 3)}...` : value;
  return `type string (${text.includes("'") ? JSON.stringify(text) : `'${text}'`})`;
}

/** A port as Node takes it: 1 to 65535, as a number or as text. */
export function checkedPort(port: unknown, what: string): number {
  const number = typeof port === 'string' && port.trim() === '' ? Number.NaN : Number(port);
  const text = typeof port === 'string' || typeof port === 'number';
  if (!text || !Number.isInteger(number) || number < 0 || number > MAX_PORT || port === 0) {
    const message = `${what} should be > 0 and < 65536. Received ${kindOf(port)}.`;
    throw rangeError('ERR_SOCKET_BAD_PORT', message);
  }
  return number;
}

const MOST_SHOWN = 28; // characters
const MAX_PORT = 65_535;

function errno(name: string): number {
  const known = Object.entries(constants.errno).find(([key]) => key === name);
  return known === undefined ? 0 : -known[1];
}

function coded(error: Error, code: string): CodedError {
  const { name } = error;
  hide(error, 'toString', () => `${name} [${code}]: ${error.message}`);
  return Object.assign(error, { code });
}

function hide(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, {
    value,
    enumerable: false,
    writable: true,
    configurable: true,
  });
}
