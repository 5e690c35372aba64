/**
 * `node:net` on a TCP of our own: the same names, on whatever stack. What is no protocol (BlockList,
 * SocketAddress, isIP) is Node's.
 */
import {
  BlockList,
  isIP,
  isIPv4,
  isIPv6,
  SocketAddress,
  type ListenOptions,
  type Server as NodeServer,
  type ServerOpts,
  type Socket as NodeSocket,
  type TcpNetConnectOpts,
} from 'node:net';
import type { TcpDefaults } from '../../tcp/options.ts';
import type { Home } from '../home.ts';
import { checkBoolean, checkNumber, checkPositive, normalized } from './net-arguments.ts';
import { Scratch, TcpWishes, type NetHome } from './net-home.ts';
import { NetServer } from './net-server.ts';
import { ReadSlab } from './net-slab.ts';
import { NetSocket } from './net-socket.ts';

/** Node's module, less what is undocumented and what is of pipes only. */
export type Net = Pick<
  typeof import('node:net'),
  | 'BlockList'
  | 'SocketAddress'
  | 'isIP'
  | 'isIPv4'
  | 'isIPv6'
  | 'Server'
  | 'Socket'
  | 'getDefaultAutoSelectFamily'
  | 'setDefaultAutoSelectFamily'
  | 'getDefaultAutoSelectFamilyAttemptTimeout'
  | 'setDefaultAutoSelectFamilyAttemptTimeout'
> & {
  /** The old name of Socket. */
  readonly Stream: (typeof import('node:net'))['Socket'];
  readonly connect: Connect;
  readonly createConnection: Connect;
  readonly createServer: (
    options?: ServerOpts | ((socket: NodeSocket) => void),
    connectionListener?: (socket: NodeSocket) => void,
  ) => TcpServer;
};

/** What connect() takes beside Node's options. */
export interface TcpConnectOptions extends TcpNetConnectOpts {
  /**
   * TCP Fast Open (RFC 7413): what is written in the turn of connect() leaves with the SYN once a cookie
   * of the server is known. The server may get it twice.
   */
  readonly fastOpen?: boolean | undefined;
  /** What there is to be said of the connection: docs/sockets.md lists it. */
  readonly tcp?: Partial<TcpDefaults> | undefined;
}

/** What listen() takes beside Node's options. */
export interface TcpListenOptions extends ListenOptions {
  /**
   * TCP Fast Open: connections are handed over with the text of their SYN, before the handshake is
   * complete, so many at a time; true: as many as the backlog says.
   */
  readonly fastOpen?: boolean | number | undefined;
  /** Of each connection. */
  readonly tcp?: Partial<TcpDefaults> | undefined;
}

export type TcpServer = NodeServer & {
  listen(options: TcpListenOptions, listener?: () => void): NodeServer;
};

export type Connect = (typeof import('node:net'))['connect'] &
  ((options: TcpConnectOptions, listener?: () => void) => NodeSocket);

const ATTEMPT_TIMEOUT = 250; // ms, RFC 8305 §8 and Node's default

/** `net` whose sockets live on the stack that `stack()` names when they connect or listen. */
export function makeNet(stack: () => Home): Net {
  const defaults = { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT };
  const home: NetHome = {
    stack,
    defaults,
    slab: new ReadSlab(),
    scratch: new Scratch(),
    wishes: new TcpWishes(),
  };

  class Socket extends NetSocket {
    constructor(options?: unknown) {
      super(home, options);
    }
  }

  class Server extends NetServer {
    constructor(options?: unknown, connectionListener?: unknown) {
      super(home, (wishes) => new Socket(wishes), options, connectionListener);
    }
  }

  const connect = (...args: readonly unknown[]): Socket => {
    const { options } = normalized(args);
    const socket = new Socket(options);
    const { timeout } = options;
    if (timeout) {
      checkNumber(timeout, 'msecs');
      socket.setTimeout(timeout);
    }
    return socket.connect(...args);
  };

  const CallableSocket = callable(Socket);
  return {
    BlockList,
    SocketAddress,
    isIP,
    isIPv4,
    isIPv6,
    Socket: CallableSocket,
    Stream: CallableSocket,
    Server: callable(Server),
    connect,
    createConnection: connect,
    createServer: (options?: unknown, connectionListener?: unknown) =>
      new Server(options, connectionListener),
    getDefaultAutoSelectFamily: () => defaults.autoSelectFamily,
    setDefaultAutoSelectFamily: (value: boolean) => {
      checkBoolean(value, 'value');
      defaults.autoSelectFamily = value;
    },
    getDefaultAutoSelectFamilyAttemptTimeout: () => defaults.autoSelectFamilyAttemptTimeout,
    setDefaultAutoSelectFamilyAttemptTimeout: (value: number) => {
      checkPositive(value, 'value');
      defaults.autoSelectFamilyAttemptTimeout = Math.max(value, 10);
    },
  };
}

/** Node's constructors can be called without `new`. */
function callable<T extends new (...args: never[]) => object>(constructor: T): T {
  const both = new Proxy(constructor, {
    apply: (target, _self, args: unknown[]): object => Reflect.construct(target, args),
  });
  constructor.prototype.constructor = both;
  return both;
}
