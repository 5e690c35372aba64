/** The options of a socket of Node's shape: what its constructor takes, refuses and hands to the stream. */
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

export function duplexOptions(options: Options): DuplexOptions {
  const { signal: _, ...others } = options; // it may be aborted, and the socket is not made yet
  return {
    ...others,
    allowHalfOpen: Boolean(options['allowHalfOpen']),
    emitClose: false,
    autoDestroy: true,
    decodeStrings: false,
  };
}

export function warnOfOverflow(msecs: number): void {
  process.emitWarning(
    `${msecs} does not fit into a 32-bit signed integer.\nTimer duration was truncated to ${LONGEST_TIMER}.`,
    'TimeoutOverflowWarning',
  );
}
