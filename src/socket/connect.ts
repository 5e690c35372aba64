/** connect() of the WinterTC Sockets API on a stack: a Socket at once, the connection in its time. */
import type { TcpDefaults } from '../tcp/options.ts';
import { parseAddress, type IpAddress } from '../wire/address.ts';
import { Dial, type DialOptions, type DialUser } from './dial.ts';
import { endpointOf, type SocketAddress } from './endpoint.ts';
import type { Home } from './home.ts';
import { knownName } from './resolver.ts';
import { Socket } from './socket.ts';
import { SocketError } from './socket-error.ts';

export interface ConnectOptions {
  /** Only `off`: TLS is the host's. */
  readonly secureTransport?: 'off' | 'on' | 'starttls' | undefined;
  /** False, the default: the peer's FIN closes this side, too. */
  readonly allowHalfOpen?: boolean | undefined;
  /** Resets the connection, or gives up making it. */
  readonly signal?: AbortSignal | undefined;
  /** Default: chosen for the remote address. */
  readonly localAddress?: string | undefined;
  /** Default: an ephemeral port. */
  readonly localPort?: number | undefined;
  /** Addresses of one family only. Default 0: both. */
  readonly family?: 0 | 4 | 6 | undefined;
  /** Turns Nagle's algorithm off: RFC 9293 §3.7.4. Default false. */
  readonly noDelay?: boolean | undefined;
  /** RFC 9293 §3.8.4. Default false. */
  readonly keepAlive?: boolean | undefined;
  /**
   * TCP Fast Open (RFC 7413): what is written first, in the turn of connect(), leaves with the SYN once
   * a cookie of the server is known, and after the handshake until then. The server may get it twice.
   * Default: as `tcp` says, and without text.
   */
  readonly fastOpen?: boolean | undefined;
  /** All the rest there is to be said of a connection. */
  readonly tcp?: Partial<TcpDefaults> | undefined;
}

/** @throws SocketError when an argument is not what it must be. */
export function connectOn(
  home: Home,
  address: string | SocketAddress,
  options: ConnectOptions = {},
): Socket {
  const { hostname, port } = endpointOf(address);
  const { secureTransport = 'off', family = 0 } = options;
  if (secureTransport !== 'off') {
    const advice = 'TLS is the host’s: wrap the streams yourself, or use estab/net with node:tls';
    throw new SocketError('ENOTSUP', `secureTransport is '${secureTransport}': ${advice}`);
  }
  const { fastOpen } = options;
  if (fastOpen !== undefined && typeof fastOpen !== 'boolean') {
    throw new SocketError('EINVAL', `fastOpen is ${String(fastOpen)}: give true or false`);
  }
  const wishes = dialOptions(options);
  if (home.closed) throw new SocketError('ENETDOWN', 'the stack is closed');
  const connecting = new Connecting(home, port, wishes, options);
  connecting.find(hostname, family);
  return connecting.socket;
}

class Connecting {
  readonly socket: Socket;
  readonly #home: Home;
  readonly #port: number;
  readonly #options: DialOptions;
  readonly #lookup: AbortController = new AbortController();
  readonly #fastOpen: boolean;
  #addresses: readonly IpAddress[] | undefined = undefined;
  #text: Uint8Array | undefined = undefined; // for the SYN
  #dial: Dial | undefined = undefined;

  constructor(home: Home, port: number, wishes: DialOptions, options: ConnectOptions) {
    this.#home = home;
    this.#port = port;
    this.#options = wishes;
    this.#fastOpen = options.fastOpen === true;
    this.socket = new Socket({
      home,
      allowHalfOpen: options.allowHalfOpen ?? false,
      signal: options.signal,
      giveUp: () => {
        this.#lookup.abort();
        this.#dial?.abort();
      },
      early: this.#fastOpen ? (text) => this.#written(text) : undefined,
    });
  }

  /** What is known is dialled at once: the SYN leaves in this turn. */
  find(hostname: string, family: 0 | 4 | 6): void {
    if (this.#lookup.signal.aborted) return;
    try {
      const known = knownName(hostname, family);
      if (known === undefined) this.#resolve(hostname, family);
      else this.#found(known);
    } catch (error) {
      this.socket.cannotOpen(asSocketError(error));
    }
  }

  #resolve(hostname: string, family: 0 | 4 | 6): void {
    const { signal } = this.#lookup;
    this.#home
      .resolve(hostname, { family, signal })
      .then((addresses) => this.#found(addresses))
      .catch((error: unknown) => this.socket.cannotOpen(asSocketError(error)));
  }

  #found(addresses: readonly IpAddress[]): void {
    this.#addresses = addresses;
    if (!this.#fastOpen || this.#text !== undefined) this.#dialNow();
    else this.#home.loop.soon(() => this.#dialNow()); // whoever wants to write in this turn has done so
  }

  #written(text: Uint8Array): void {
    this.#text = text;
    this.#dialNow();
  }

  #dialNow(): void {
    const addresses = this.#addresses;
    if (addresses === undefined || this.#dial !== undefined || this.#lookup.signal.aborted) return;
    const user: DialUser = {
      established: (_now, { tcp, early }) => this.socket.begin(tcp, early),
      failed: (error) => this.socket.cannotOpen(error),
    };
    this.#dial = new Dial(this.#home, addresses, this.#port, this.#options, user, this.#text);
  }
}

function dialOptions(options: ConnectOptions): DialOptions {
  const { localAddress, localPort, noDelay, keepAlive, fastOpen } = options;
  const local = localAddress === undefined ? undefined : parseAddress(localAddress);
  if (localAddress !== undefined && local === undefined) {
    const message = `localAddress is '${localAddress}': give an IP address`;
    throw new SocketError('EINVAL', message);
  }
  const tcp: Partial<TcpDefaults> = {
    ...options.tcp,
    ...(noDelay !== undefined && { noDelay }),
    ...(keepAlive !== undefined && { keepAlive }),
    ...(fastOpen !== undefined && { fastOpen: fastOpen ? 'client' : 'off' }),
  };
  return { local, localPort, tcp };
}

/** Names that are not found are told in the words of sockets, with the reason as the cause. */
function asSocketError(error: unknown): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  return new SocketError('ENOTFOUND', error.message, { cause: error });
}
