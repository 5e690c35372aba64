/** The stack of who does not say which: connect() and listen() of `estab`, `estab/net`, `estab/dgram`. */
import type { SocketInfo } from '../stack/socket-info.ts';
import type { ConnectOptions } from './connect.ts';
import type { SocketAddress } from './endpoint.ts';
import type { Listener, ListenOptions } from './listen.ts';
import type { Socket } from './socket.ts';
import { defaultStack, type Stack } from './stack.ts';

export interface OnStack {
  /** Default: the one of useStack(), or one with nothing but loopback. */
  readonly stack?: Stack | undefined;
}

/**
 * Connects to `example.com:80` or `{ hostname, port }`: a Socket at once, the connection in its time.
 * @throws SocketError when an argument is not what it must be.
 */
export function connect(
  address: string | SocketAddress,
  options: ConnectOptions & OnStack = {},
): Socket {
  return (options.stack ?? defaultStack()).connect(address, options);
}

/**
 * Waits for connections: iterate over what it returns.
 * @throws SocketError when the port is taken, or an argument is not what it must be.
 */
export function listen(options: ListenOptions & OnStack = {}): Listener {
  return (options.stack ?? defaultStack()).listen(options);
}

/** Listeners, connections and TIME-WAIT records of the default stack, as `ss` lists them. */
export function sockets(): readonly SocketInfo[] {
  return defaultStack().sockets();
}
