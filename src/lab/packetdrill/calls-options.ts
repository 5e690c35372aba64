/** setsockopt(), getsockopt(), fcntl() and ioctl(): what of a socket can be set and asked. */
import type { CallAction, Expression } from './ast.ts';
import { listenAgain } from './calls-socket.ts';
import { done, type Handler, type Pending, type System } from './calls.ts';
import type { SocketFile } from './descriptors.ts';
import { Unsupported } from './scanner.ts';
import { profileValue } from './settings.ts';
import { SYMBOLS } from './symbols.ts';
import { field, nameIn, numberOf } from './values.ts';

type Setter = (
  system: System,
  file: SocketFile,
  value: number,
  expression: Expression | undefined,
) => void;

const nothing: Setter = () => undefined;

const SETTERS: Readonly<Record<string, Setter>> = {
  SO_REUSEADDR: nothing,
  SO_REUSEPORT: nothing,
  SO_DEBUG: nothing,
  SO_PRIORITY: nothing,
  SO_MARK: nothing,
  SO_RCVLOWAT: nothing,
  SO_SNDBUF: (_, file, value) => {
    file.wishes.sendBuffer = Math.max(value, LEAST_BUFFER);
    file.sendLimit = Math.max(value, 1);
  },
  SO_RCVBUF: (_, file, value) => {
    file.wishes.receiveBuffer = Math.max(value, LEAST_BUFFER);
  },
  SO_KEEPALIVE: (system, file, value) => {
    file.wishes.keepAlive = value !== 0;
    file.tcp?.keepAlive(system.now, value !== 0);
  },
  SO_LINGER: (_, file, __, expression) => {
    const value = expression?.kind === 'array' ? expression.items[0] : expression;
    const on = numberOf(field(value, 'onoff', 0)) ?? 0;
    file.linger = on === 0 ? undefined : (numberOf(field(value, 'linger', 1)) ?? 0);
  },
  TCP_NODELAY: (_, file, value) => {
    file.wishes.noDelay = value !== 0;
    file.tcp?.noDelay(value !== 0);
  },
  TCP_CORK: (_, file, value) => file.tcp?.cork(value !== 0),
  TCP_QUICKACK: (_, file, value) => file.tcp?.quickAck(value !== 0),
  TCP_MAXSEG: (_, file, value) => {
    file.wishes.maxSeg = value;
    if (value > 0) file.tcp?.maxSeg(value);
  },
  TCP_USER_TIMEOUT: (system, file, value) => {
    if (value > 0) file.wishes.userTimeout = value;
    file.tcp?.userTimeout(system.now, value === 0 ? Infinity : value);
  },
  TCP_KEEPIDLE: (system, file, value) => {
    file.wishes.keepAliveIdle = value * SECOND;
    file.tcp?.keepAliveTimes(system.now, { idle: value * SECOND });
  },
  TCP_KEEPINTVL: (system, file, value) => {
    file.wishes.keepAliveInterval = value * SECOND;
    file.tcp?.keepAliveTimes(system.now, { interval: value * SECOND });
  },
  TCP_KEEPCNT: (system, file, value) => {
    file.wishes.keepAliveProbes = value;
    file.tcp?.keepAliveTimes(system.now, { probes: value });
  },
  TCP_SYNCNT: (_, file, value) => {
    file.wishes.synTimeout = (2 ** (Math.min(value, MOST_SYNS) + 1) - 1) * SECOND;
  },
  TCP_FASTOPEN: nothing,
  TCP_FASTOPEN_CONNECT: (_, file, value) => {
    file.fastOpenConnect = value !== 0;
  },
  TCP_DEFER_ACCEPT: (_, __, value) => {
    if (value > 0) throw new Unsupported('TCP_DEFER_ACCEPT');
  },
  IP_TOS: (_, file, value) => file.tcp?.dscp((value >> 2) & 0x3f),
  IPV6_TCLASS: (_, file, value) => file.tcp?.dscp((value >> 2) & 0x3f),
  IP_TTL: (_, file, value) => file.tcp?.ttl(value),
  IP_MTU_DISCOVER: nothing,
  IPV6_MTU_DISCOVER: nothing,
  IP_RECVERR: nothing,
  IPV6_RECVERR: nothing,
  IP_FREEBIND: nothing,
};

const SECOND = 1000;
const MOST_SYNS = 12;
const LEAST_BUFFER = 2048; // octets

const setsockopt: Handler = (system, { args }) => {
  const file = system.socket(args[0]);
  if (file === undefined) return done('EBADF');
  const name = nameIn(args[2]);
  if (name === 'TCP_CONGESTION') return congestion(system, file, args[3]);
  const setter = SETTERS[name];
  if (setter === undefined) {
    throw new Unsupported(`setsockopt(${name === '' ? String(numberOf(args[2])) : name})`);
  }
  const value = numberOf(args[3]);
  if (value === undefined && name !== 'SO_LINGER') return done('EFAULT');
  if ((numberOf(args[4]) ?? 4) < 1) return done('EINVAL');
  file.options.set(name, value ?? 0);
  setter(system, file, value ?? 0, args[3]);
  if (file.phase === 'listening') listenAgain(system, file);
  return done(0);
};

function congestion(system: System, file: SocketFile, value: Expression | undefined): Pending {
  const inner = value?.kind === 'array' ? value.items[0] : value;
  const name = inner?.kind === 'string' ? inner.value : '';
  if (name !== 'cubic' && name !== 'reno' && name !== 'bbr') {
    throw new Unsupported(`congestion control ${name}`);
  }
  file.wishes.congestionControl = name;
  file.tcp?.congestionControl(system.now, name);
  if (file.phase === 'listening') listenAgain(system, file);
  return done(0);
}

const getsockopt: Handler = (system, { args }) => {
  const file = system.socket(args[0]);
  if (file === undefined) return done('EBADF');
  const name = nameIn(args[2]);
  const value = optionValue(system, file, name);
  const wanted = numberOf(args[3]);
  return done(0, () =>
    wanted === undefined || wanted === value ? undefined : `${name} is ${value}, not ${wanted}`,
  );
};

const DEFAULT_MSS = 536; // octets, before there is a connection

function optionValue(system: System, file: SocketFile, name: string): number {
  const { tcp } = file;
  switch (name) {
    case 'SO_ERROR':
      return errnoNumber(file.takeError());
    case 'TCP_MAXSEG': {
      if (tcp === undefined) return file.options.get(name) ?? DEFAULT_MSS;
      return tcp.info(system.now).sndMss;
    }
    case 'SO_SNDBUF': // Linux doubles what it is given, for what it spends beside the text
      return 2 * (file.options.get(name) ?? profileValue(system.stage.settings, 'sendBuffer') / 2);
    case 'SO_RCVBUF':
      return (
        2 * (file.options.get(name) ?? profileValue(system.stage.settings, 'receiveBuffer') / 2)
      );
    default:
  }
  if (!SYMBOLS.has(name) || SETTERS[name] === undefined) {
    throw new Unsupported(`getsockopt(${name})`);
  }
  return file.options.get(name) ?? 0;
}

const ERRNO_NUMBERS: Readonly<Record<string, number>> = {
  EPIPE: 32,
  ECONNRESET: 104,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTUNREACH: 113,
  ENETDOWN: 100,
};

const errnoNumber = (error: string | undefined): number =>
  error === undefined ? 0 : (ERRNO_NUMBERS[error] ?? 5);

const READ_WRITE = 2;
const NON_BLOCKING = 0o4000;

const fcntl: Handler = (system, { args }) => {
  const file = system.socket(args[0]);
  if (file === undefined) return done('EBADF');
  switch (nameIn(args[1])) {
    case 'F_GETFL':
      return done(READ_WRITE | (file.nonBlocking ? NON_BLOCKING : 0));
    case 'F_SETFL':
      file.nonBlocking = ((numberOf(args[2]) ?? 0) & NON_BLOCKING) !== 0;
      return done(0);
    default:
      throw new Unsupported(`fcntl(${nameIn(args[1])})`);
  }
};

const ioctl: Handler = (system, { args }: CallAction) => {
  const file = system.socket(args[0]);
  if (file === undefined) return done('EBADF');
  const name = nameIn(args[1]);
  const value = queued(system, file, name);
  if (value === undefined) return done('EINVAL');
  const wanted = numberOf(args[2]);
  return done(0, () =>
    wanted === undefined || wanted === value ? undefined : `${name} is ${value}, not ${wanted}`,
  );
};

function queued(system: System, file: SocketFile, name: string): number | undefined {
  const { tcp } = file;
  if (file.phase === 'listening' || tcp === undefined) return undefined;
  switch (name) {
    case 'SIOCINQ':
    case 'FIONREAD':
      return tcp.unread;
    case 'SIOCOUTQ':
      return tcp.tcbHeld?.tcb.sendBuffer.length ?? 0;
    case 'SIOCOUTQNSD':
      return tcp.info(system.now).notsentBytes;
    default:
      throw new Unsupported(`ioctl(${name})`);
  }
}

export const OPTION_CALLS: Readonly<Record<string, Handler>> = {
  setsockopt,
  getsockopt,
  fcntl,
  ioctl,
};
