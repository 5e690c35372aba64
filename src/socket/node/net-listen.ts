/** What `server.listen()` is asked for, in all the forms that Node documents. */
import type { TcpDefaults } from '../../tcp/options.ts';
import type { Options } from './net-arguments.ts';
import { checkSignal, isRecord, portOf } from './net-arguments.ts';
import { invalidArgValue, ListenError, typeError, KERNELS } from './net-errors.ts';
import { tcpWishes } from './net-tcp-options.ts';
import { inspect } from 'node:util';

export interface ListenWishes {
  readonly port: number;
  /** Undefined: all addresses. */
  readonly host: string | undefined;
  /** 0: the usual. */
  readonly backlog: number;
  readonly ipv6Only: boolean;
  readonly reusePort: boolean;
  readonly signal: AbortSignal | undefined;
  /** Connections in SYN-RECEIVED that are handed over at most (RFC 7413 §5.1); undefined: the usual. */
  readonly fastOpen: number | undefined;
  readonly tcp: Partial<TcpDefaults> | undefined;
  /** Why it cannot be done here. */
  readonly refused: Error | undefined;
}

/**
 * `tcp`: what the server wishes for its connections.
 * @throws TypeError or RangeError when an option is not what it must be.
 */
export function listenWishes(
  args: readonly unknown[],
  options: Options,
  tcp: Partial<TcpDefaults> | undefined,
): ListenWishes {
  const { port, host, path, signal, fastOpen } = options;
  const backlog = backlogOf(args, options);
  if (signal !== undefined) checkSignal(signal, 'options.signal');
  const rest = {
    backlog,
    ipv6Only: options['ipv6Only'] === true,
    reusePort: options['reusePort'] === true,
    signal,
    fastOpen: typeof fastOpen === 'number' ? fastOpen : undefined,
    tcp: tcpWishes(options, tcp, 'server'),
  };
  const kernels = kernelsOf(args[0], options);
  if (kernels !== undefined) return { ...rest, port: 0, host: undefined, refused: kernels };
  const nothing =
    args.length === 0 || typeof args[0] === 'function' || args[0] === null || args[0] === undefined;
  if (nothing || typeof port === 'number' || typeof port === 'string' || portLeftOut(options)) {
    const number = nothing ? 0 : portOf(port ?? 0, 'options.port');
    return { ...rest, port: number, host: hostOf(host), refused: undefined };
  }
  if (typeof path === 'string' && path !== '') {
    return { ...rest, port: 0, host: undefined, refused: refusal(path) };
  }
  if (!('port' in options || 'path' in options)) {
    const reason = 'must have the property "port" or "path"';
    throw typeError(
      'ERR_INVALID_ARG_VALUE',
      `The argument 'options' ${reason}. Received ${inspect(options)}`,
    );
  }
  throw invalidArgValue('options', options);
}

/** `{ port: undefined }` is any port, `{}` is a mistake. */
function portLeftOut(options: Options): boolean {
  return 'port' in options && (options['port'] ?? undefined) === undefined;
}

/** (port, host, backlog), (port, backlog) or `{ backlog }`. */
function backlogOf([first, second, third]: readonly unknown[], options: Options): number {
  if (isRecord(first) && options['backlog'] !== undefined) return Number(options['backlog']) | 0;
  const given = Number(
    typeof second === 'number' || typeof second === 'string' ? second : Number.NaN,
  );
  if (given >= 0 && !Number.isNaN(given)) return given | 0;
  return typeof third === 'number' ? third | 0 : 0;
}

function hostOf(host: unknown): string | undefined {
  if (!host) return undefined;
  if (typeof host === 'string') return host;
  throw typeError(
    'ERR_INVALID_ARG_TYPE',
    `The "hostname" argument must be of type string. Received ${typeof host === 'object' ? inspect(host) : `type ${typeof host} (${inspect(host)})`}`,
  );
}

/** A handle or a file descriptor. */
function kernelsOf(first: unknown, options: Options): Error | undefined {
  const { fd } = options;
  if (typeof fd === 'number' && fd >= 0) return refusal(null);
  if (isRecord(first) && ('_handle' in first || 'handle' in first)) return refusal(null);
  return undefined;
}

function refusal(path: string | null): Error {
  const error = new ListenError('ENOTSUP', path);
  error.message += ` (${KERNELS})`;
  return error;
}
