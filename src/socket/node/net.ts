/**
 * `node:net` on a TCP of our own: the same names, on whatever stack. What is no protocol (BlockList,
 * SocketAddress, isIP) is Node's.
 */
import { BlockList, isIP, isIPv4, isIPv6, SocketAddress } from 'node:net';
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
  | 'connect'
  | 'createConnection'
  | 'createServer'
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
};

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
