/**
 * Errors of sockets, as the WinterTC Sockets API has them: a TypeError whose message begins with
 * `SocketError: `. The code is the one of the same error in C and in Node.
 */
import type { HostRefusal, HostRefusalReason } from '../stack/host-refusal.ts';
import type { TcpSignal } from '../tcp/signals.ts';

export type SocketErrorCode =
  | 'EADDRINUSE'
  | 'EADDRNOTAVAIL'
  | 'ECONNABORTED'
  | 'ECONNREFUSED'
  | 'ECONNRESET'
  | 'EHOSTUNREACH'
  | 'EINVAL'
  | 'ENETDOWN'
  | 'ENOTFOUND'
  | 'ENOTSUP'
  | 'EPIPE'
  | 'ETIMEDOUT';

export class SocketError extends TypeError {
  readonly code: SocketErrorCode;

  constructor(code: SocketErrorCode, message: string, options?: ErrorOptions) {
    super(`SocketError: ${message}`, options);
    this.code = code;
  }
}

const REFUSALS: Readonly<Partial<Record<HostRefusalReason, SocketErrorCode>>> = {
  'address-in-use': 'EADDRINUSE',
  'address-not-ours': 'EADDRNOTAVAIL',
  'no-route': 'EHOSTUNREACH',
  'ports-exhausted': 'EADDRNOTAVAIL',
  'connection-exists': 'EADDRINUSE',
};

/** Why an OPEN was not carried out. */
export function refusalError(refusal: HostRefusal): SocketError {
  return new SocketError(REFUSALS[refusal.error] ?? 'EINVAL', refusal.message);
}

export const isRefusal = <T extends object>(opened: T | HostRefusal): opened is HostRefusal =>
  'error' in opened;

/** Why a connection is over that was not closed; undefined when the signal says no such thing. */
export function endingError(
  signal: TcpSignal,
  peer: string,
  established: boolean,
): SocketError | undefined {
  switch (signal) {
    case 'reset': // §3.10.7.3 calls a refusal a reset
      return established
        ? new SocketError('ECONNRESET', `connection with ${peer} reset by the peer`)
        : new SocketError('ECONNREFUSED', `connection refused by ${peer}: nobody listens there`);
    case 'refused':
      return new SocketError('ECONNREFUSED', `connection refused by ${peer}: nobody listens there`);
    case 'timeout':
      return new SocketError('ETIMEDOUT', `no answer from ${peer}`);
    case 'host-unreachable':
      return new SocketError('EHOSTUNREACH', `no answer from the next hop to ${peer}`);
    case 'network-down':
      return new SocketError('ENETDOWN', `connection with ${peer}: our interface is gone`);
    case 'aborted':
      return new SocketError('ECONNABORTED', `connection with ${peer} aborted`);
    default:
      return undefined;
  }
}
