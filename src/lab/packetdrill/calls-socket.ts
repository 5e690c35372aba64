/** The life of a socket: socket(), bind(), listen(), accept(), connect(), shutdown(), close(). */
import type { CallAction } from './ast.ts';
import { done, type Answer, type Handler, type Pending, type System } from './calls.ts';
import { EpollFile, SocketFile } from './descriptors.ts';
import { Unsupported } from './scanner.ts';
import { SERVICE_PORT } from './stage.ts';
import { SYMBOLS, type Errno } from './symbols.ts';
import type { HostRefusal } from '../../stack/host-refusal.ts';
import type { TcpDefaults } from '../../tcp/options.ts';
import { field, numberOf } from './values.ts';

const STREAM = 1;
const TCP = 6;
const TYPE_MASK = 0xf;
const NON_BLOCKING = 0o4000;

const socket: Handler = (system, call) => {
  const type = numberOf(call.args[1]) ?? STREAM;
  const protocol = numberOf(call.args[2]) ?? TCP;
  if ((type & TYPE_MASK) !== STREAM) throw new Unsupported('sockets other than SOCK_STREAM');
  if (protocol !== TCP && protocol !== 0) return done('EPROTONOSUPPORT');
  const file = new SocketFile(system.newNumber(call));
  file.nonBlocking = (type & NON_BLOCKING) !== 0;
  system.files.set(file.number, file);
  return done(file.number);
};

const bind: Handler = (system, { args }) => {
  const file = system.socket(args[0]);
  if (file === undefined) return done('EBADF');
  const port = numberOf(field(args[1], 'sin_port', 1) ?? field(args[1], 'sin6_port', 1));
  file.bound = port === undefined || port === 0 ? SERVICE_PORT : port;
  return done(0);
};

const listen: Handler = (system, { args }) => {
  const file = system.socket(args[0]);
  if (file === undefined) return done('EBADF');
  if (file.phase !== 'new' && file.phase !== 'listening') return done('EINVAL');
  file.backlog = Math.max(1, numberOf(args[1]) ?? 1);
  return done(listenAgain(system, file));
};

/** Its options, or those of the system, may have changed since. */
export function listenAgain(system: System, file: SocketFile): number | Errno {
  const { stage } = system;
  const { listener } = file;
  const busy = listener !== undefined && (listener.waiting > 0 || listener.pending > 0);
  if (busy) return 0; // those who wait would be lost
  listener?.close(system.now);
  const { fastOpen, syncookies } = stage.settings;
  const queue = file.options.get('TCP_FASTOPEN') ?? ((fastOpen & ANY_LISTENER) === 0 ? 0 : 1);
  const opened = stage.host.listen(system.now, {
    port: file.bound ?? SERVICE_PORT,
    local: stage.local,
    backlog: file.backlog,
    synCookies: syncookies ? 'overflow' : 'never',
    fastOpen: Math.max(queue, 1),
    tcp: {
      ...wishesOf(system, file),
      fastOpen: queue > 0 && (fastOpen & SERVERS) !== 0 ? 'server' : 'off',
    },
  });
  if ('error' in opened) return errnoOf(opened);
  file.listener = opened;
  file.phase = 'listening';
  return 0;
}

const SERVERS = 2; //           of net.ipv4.tcp_fastopen
const ANY_LISTENER = 0x400;

const wishesOf = ({ stage }: System, file: SocketFile): Partial<TcpDefaults> => ({
  ...stage.settings.wishes,
  ...file.wishes,
});

const accept: Handler = (system, call) => {
  const file = system.socket(call.args[0]);
  if (file === undefined) return done('EBADF');
  if (file.phase !== 'listening') return done('EINVAL');
  return {
    attempt: () => accepted(system, call, file),
    otherwise: file.nonBlocking ? 'EAGAIN' : undefined,
  };
};

function accepted(system: System, call: CallAction, from: SocketFile): Answer {
  const tcp = from.listener?.accept();
  if (tcp === undefined) return undefined;
  const file = new SocketFile(system.newNumber(call));
  const { conversation } = system.stage;
  const ours = conversation !== undefined && conversation.remotePort === tcp.remotePort;
  file.phase = 'connected';
  file.bound = from.bound;
  file.linger = from.linger;
  for (const [name, value] of from.options) file.options.set(name, value);
  file.options.delete('TCP_FASTOPEN');
  file.adopt(tcp, ours ? conversation : undefined);
  if (ours) conversation.tcp = tcp;
  if ((numberOf(call.args[3]) ?? 0) & NON_BLOCKING) file.nonBlocking = true;
  system.files.set(file.number, file);
  return file.number;
}

const connect: Handler = (system, { args }) => {
  const file = system.socket(args[0]);
  if (file === undefined) return done('EBADF');
  if (numberOf(field(args[1], 'sa_family', 0)) === SYMBOLS.get('AF_UNSPEC')) {
    return done(disconnect(system, file));
  }
  switch (file.phase) {
    case 'listening':
      return done('EISCONN');
    case 'connected':
      if (!file.unseen) return done('EISCONN');
      file.unseen = false;
      return done(file.takeError() ?? 0);
    case 'connecting':
      if (file.tcp?.state === 'CLOSED') return connected(file);
      return file.nonBlocking ? done('EALREADY') : connected(file);
    case 'new':
  }
  if (file.fastOpenConnect) {
    file.fastOpenConnect = false;
    file.deferred = system.stage.cookieKnown;
    if (file.deferred) return done(0); // the SYN waits for the first text
    const refused = open(system, file, 'client', 0);
    return refused === undefined ? connected(file) : done(refused);
  }
  const refused = open(system, file, 'off', 0);
  return refused === undefined ? connected(file) : done(refused);
};

/** The SYN leaves with the next flush. */
export function open(
  system: System,
  file: SocketFile,
  fastOpen: 'off' | 'client',
  octets: number,
): Errno | undefined {
  const { stage } = system;
  const opened = stage.host.open(system.now, {
    remote: stage.remote,
    remotePort: SERVICE_PORT,
    local: stage.local,
    localPort: file.bound,
    tcp: { ...wishesOf(system, file), fastOpen },
    ...(fastOpen === 'client' ? { fastOpen: new Uint8Array(octets) } : {}),
  });
  if ('error' in opened) return errnoOf(opened);
  const conversation = stage.begin(true, opened.localPort, opened);
  file.adopt(opened, conversation);
  file.phase = 'connecting';
  return undefined;
}

/** Waits for the end of a handshake. */
export const connected = (file: SocketFile, answer = 0): Pending => ({
  attempt: () => {
    const error = file.takeError();
    if (error !== undefined) {
      file.phase = 'new';
      return error;
    }
    if (file.phase === 'connected') {
      file.unseen = false;
      return answer;
    }
    file.unseen = true; // until somebody was told
    return undefined;
  },
  otherwise: file.nonBlocking ? 'EINPROGRESS' : undefined,
});

/** connect() to AF_UNSPEC: the connection is gone, the socket may be used again. */
function disconnect(system: System, file: SocketFile): number {
  file.tcp?.abort(system.now);
  file.tcp = undefined;
  file.error = undefined;
  file.phase = 'new';
  file.shutRead = file.shutWrite = file.ended = false;
  return 0;
}

function errnoOf({ error }: HostRefusal): Errno {
  switch (error) {
    case 'no-route':
      return 'EHOSTUNREACH';
    case 'address-not-ours':
    case 'ports-exhausted':
    case 'connection-exists':
      return 'EADDRNOTAVAIL';
    case 'address-in-use':
      return 'EADDRINUSE';
    default:
      return 'EINVAL';
  }
}

const SHUT_RD = 0;
const SHUT_WR = 1;
const SHUT_RDWR = 2;

const shutdown: Handler = (system, { args }) => {
  const file = system.socket(args[0]);
  if (file === undefined) return done('EBADF');
  const how = numberOf(args[1]) ?? SHUT_RDWR;
  if (how < SHUT_RD || how > SHUT_RDWR) return done('EINVAL');
  if (file.phase === 'new' || file.over) return done('ENOTCONN');
  if (file.phase === 'listening') {
    file.listener?.close(system.now);
    return done(0);
  }
  if (how !== SHUT_WR) {
    file.shutRead = true;
    file.arrivals++;
  }
  if (how !== SHUT_RD) {
    file.shutWrite = true;
    file.tcp?.close(system.now);
  }
  return done(0);
};

const close: Handler = (system, { args }) => {
  const file = system.files.get(numberOf(args[0]) ?? -1);
  if (file === undefined) return done('EBADF');
  system.files.delete(file.number);
  for (const other of system.files.values()) {
    if (other instanceof EpollFile) other.interests.delete(file.number);
  }
  if (!(file instanceof SocketFile)) return done(0);
  if (file.listener !== undefined) {
    file.listener.close(system.now);
    const { conversation } = system.stage;
    if (conversation !== undefined && !conversation.active) conversation.closed = true;
  }
  if (file.conversation !== undefined) file.conversation.closed = true;
  const { tcp } = file;
  if (tcp === undefined) return done(0);
  if (file.linger === 0) tcp.abort(system.now);
  else tcp.release(system.now);
  return done(0);
};

export const SOCKET_CALLS: Readonly<Record<string, Handler>> = {
  socket,
  bind,
  listen,
  accept,
  accept4: accept,
  connect,
  shutdown,
  close,
};
