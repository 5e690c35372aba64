/** The options of a socket of Node's shape: what its constructor takes, refuses and hands to the stream. */
import { Buffer } from 'node:buffer';
import type { DuplexOptions } from 'node:stream';
import { checkNumber, checkSignal, type Options } from './net-arguments.ts';
import { invalidArgValue, KERNELS } from './net-errors.ts';

/** The longest that setTimeout can wait. */
export const LONGEST_TIMER: number = 2 ** 31 - 1; // ms

/** @throws TypeError when one is not what it must be. */
export function checkSocketOptions(wishes: unknown, options: Options): void {
  if (typeof wishes === 'number' || options['fd'] !== undefined) {
    throw invalidArgValue('options.fd', options['fd'] ?? wishes, `is refused: ${KERNELS}`);
  }
  if (options['handle'] !== undefined && options['handle'] !== null) {
    throw invalidArgValue('options.handle', options['handle'], `is refused: ${KERNELS}`);
  }
  for (const mode of ['objectMode', 'readableObjectMode', 'writableObjectMode']) {
    if (options[mode]) throw invalidArgValue(`options.${mode}`, options[mode], 'is not supported');
  }
  const { keepAliveInitialDelay, signal } = options;
  if (keepAliveInitialDelay !== undefined) {
    checkNumber(keepAliveInitialDelay, 'options.keepAliveInitialDelay');
  }
  if (signal !== undefined && signal !== null) checkSignal(signal, 'signal');
}

/**
 * Each option by name, so that all these objects are of one kind: of spreads each was its own, and a
 * tenth of the time of a connection. No `signal`: it may be aborted, and the socket is not made yet.
 */
export function duplexOptions(options: Options): DuplexOptions {
  const encoding = options['defaultEncoding'];
  const made = {
    readable: options['readable'] !== false,
    writable: options['writable'] !== false,
    highWaterMark: octets(options['highWaterMark']),
    readableHighWaterMark: octets(options['readableHighWaterMark']),
    writableHighWaterMark: octets(options['writableHighWaterMark']),
    defaultEncoding:
      typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8',
    allowHalfOpen: Boolean(options['allowHalfOpen']),
    emitClose: false,
    autoDestroy: true,
    decodeStrings: false,
  };
  return made;
}

function octets(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

export function warnOfOverflow(msecs: number): void {
  process.emitWarning(
    `${msecs} does not fit into a 32-bit signed integer.\nTimer duration was truncated to ${LONGEST_TIMER}.`,
    'TimeoutOverflowWarning',
  );
}
