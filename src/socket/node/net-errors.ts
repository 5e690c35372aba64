/**
 * Errors as `node:net` gives them: code, errno, syscall, address, port and message. Numbers and
 * words of system errors are those of the platform's libuv.
 */
import { constants } from 'node:os';
import { getSystemErrorMap, inspect } from 'node:util';

/** System errors that sockets give. */
export type SystemCode =
  | 'EADDRINUSE'
  | 'EADDRNOTAVAIL'
  | 'EAFNOSUPPORT'
  | 'ECANCELED'
  | 'ECONNABORTED'
  | 'ECONNREFUSED'
  | 'ECONNRESET'
  | 'EHOSTUNREACH'
  | 'EINVAL'
  | 'EISCONN'
  | 'ENETDOWN'
  | 'ENETUNREACH'
  | 'ENOTSUP'
  | 'EPIPE'
  | 'ETIMEDOUT';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** `read ECONNRESET` */
export class SystemError extends Error {
  readonly errno: number;
  readonly code: SystemCode;
  readonly syscall: string;
  declare readonly address?: string;
  declare readonly port?: number;
  declare readonly localAddress?: string;
  declare readonly localPort?: number;

  constructor(code: SystemCode, syscall: string, detail = '') {
    super(detail === '' ? `${syscall} ${code}` : `${syscall} ${code} ${detail}`);
    this.errno = errnoOf(code);
    this.code = code;
    this.syscall = syscall;
  }
}

// What a system error has in common with plain ones when it is printed.
Object.defineProperty(SystemError.prototype, 'name', { value: 'Error', configurable: true });

/** `connect ECONNREFUSED 127.0.0.1:80 - Local (127.0.0.1:4000)` */
export function peerError(
  code: SystemCode,
  syscall: string,
  address: string,
  port: number,
  local?: Endpoint,
): SystemError {
  const place = port > 0 ? `${address}:${port}` : address;
  const own = local === undefined ? '' : ` - Local (${local.address}:${local.port})`;
  const error = new SystemError(code, syscall, place + own);
  return Object.assign(error, { address }, port > 0 && { port });
}

/** `listen EADDRINUSE: address already in use 127.0.0.1:80` */
export class ListenError extends Error {
  readonly code: SystemCode;
  readonly errno: number;
  readonly syscall = 'listen';
  readonly address: string | null;
  declare readonly port?: number;

  constructor(code: SystemCode, address: string | null, port?: number) {
    const place = port === undefined || port <= 0 ? (address ?? '') : `${address}:${port}`;
    super(`listen ${code}: ${wordsOf(code)} ${place}`.trimEnd());
    this.code = code;
    this.errno = errnoOf(code);
    this.address = address;
    if (port !== undefined && port !== 0) Object.assign(this, { port });
  }
}

Object.defineProperty(ListenError.prototype, 'name', { value: 'Error', configurable: true });

/** There is no file system in a TCP. */
export function unixError(syscall: string, path: string): SystemError {
  const error = new SystemError('ENOTSUP', syscall, `${path}: ${KERNELS}`);
  return Object.assign(error, { address: path });
}

/** What has a path, a handle or a descriptor. */
export const KERNELS = "Unix sockets, pipes and file descriptors are the kernel's, use node:net";

function errnoOf(code: SystemCode): number {
  return -constants.errno[code];
}

function wordsOf(code: SystemCode): string {
  return getSystemErrorMap().get(errnoOf(code))?.[1] ?? 'unknown error';
}

/** Several attempts, and each has failed: the code is the first one's. */
export function attemptsError(errors: readonly Error[]): Error {
  const all = new AggregateError(errors);
  const [first] = errors;
  return Object.assign(all, first !== undefined && 'code' in first && { code: first.code });
}

// Errors of Node's own, whose code begins with ERR_

interface Coded {
  readonly code: string;
}

function coded<T extends Error>(error: T, code: string): T & Coded {
  const { name } = error;
  // As Node prints them, `TypeError [ERR_INVALID_ARG_TYPE]: The ...`, though the name stays.
  const stack = error.stack?.replace(name, `${name} [${code}]`);
  Object.defineProperty(error, 'stack', { value: stack, writable: true, configurable: true });
  Object.defineProperty(error, 'toString', {
    value: () => `${name} [${code}]: ${error.message}`,
    enumerable: false,
    writable: true,
    configurable: true,
  });
  return Object.assign(error, { code });
}

export function plainError(code: string, message: string): Error & Coded {
  return coded(new Error(message), code);
}

export function typeError(code: string, message: string): TypeError & Coded {
  return coded(new TypeError(message), code);
}

export function rangeError(code: string, message: string): RangeError & Coded {
  return coded(new RangeError(message), code);
}

/** `expected` as in `of type number`, `an instance of AbortSignal`. */
export function invalidArgType(name: string, expected: string, actual: unknown): TypeError & Coded {
  const kind = name.includes('.') ? 'property' : 'argument';
  const message = `The "${name}" ${kind} must be ${expected}. Received ${received(actual)}`;
  return typeError('ERR_INVALID_ARG_TYPE', message);
}

export function invalidArgValue(
  name: string,
  value: unknown,
  reason = 'is invalid',
): TypeError & Coded {
  const kind = name.includes('.') ? 'property' : 'argument';
  const shown = shortened(inspect(value), 128);
  const message = `The ${kind} '${name}' ${reason}. Received ${shown}`;
  return typeError('ERR_INVALID_ARG_VALUE', message);
}

export function outOfRange(name: string, range: string, value: unknown): RangeError & Coded {
  const message = `The value of "${name}" is out of range. It must be ${range}. Received ${inspect(value)}`;
  return rangeError('ERR_OUT_OF_RANGE', message);
}

export function badPort(name: string, port: unknown): RangeError & Coded {
  const message = `${name} should be >= 0 and < 65536. Received ${received(port)}.`;
  return rangeError('ERR_SOCKET_BAD_PORT', message);
}

export function socketClosed(): Error & Coded {
  return plainError('ERR_SOCKET_CLOSED', 'Socket is closed');
}

function received(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value !== 'object') {
    return `type ${typeof value} (${shortened(inspect(value), 25, typeof value === 'string')})`;
  }
  const name: unknown = value.constructor?.name;
  return typeof name === 'string' && name !== ''
    ? `an instance of ${name}`
    : inspect(value, { depth: -1 });
}

function shortened(text: string, most: number, quoted = false): string {
  if (text.length <= most + (quoted ? 3 : 0)) return text;
  return quoted ? `${text.slice(0, most + 1)}...'` : `${text.slice(0, most)}...`;
}
