/** Octets in and out: read(), recv(), recvmsg(), write(), send(), sendto(), sendmsg() and their kin. */
import type { CallAction, Expression } from './ast.ts';
import { connected, open } from './calls-socket.ts';
import { done, type Answer, type Handler, type Pending, type System } from './calls.ts';
import type { SocketFile } from './descriptors.ts';
import { Unsupported } from './scanner.ts';
import { SYMBOLS } from './symbols.ts';
import { field, numberOf, vectorOctets } from './values.ts';

const MOST_OCTETS = 1 << 26; // of one call

const flagNamed = (name: string): number => SYMBOLS.get(name) ?? 0;
const DONT_WAIT = flagNamed('MSG_DONTWAIT');
const FAST_OPEN = flagNamed('MSG_FASTOPEN');
const MORE = flagNamed('MSG_MORE');
const OUT_OF_BAND = flagNamed('MSG_OOB');
const WAIT_ALL = flagNamed('MSG_WAITALL');
const HEEDED = DONT_WAIT | FAST_OPEN | MORE | OUT_OF_BAND | WAIT_ALL;
const HARMLESS = flagNamed('MSG_NOSIGNAL') | flagNamed('MSG_TRUNC');

/** The flags of a call. @throws Unsupported when one of them asks for what is not here. */
function flagsOf(expression: Expression | undefined): number {
  const flags = numberOf(expression) ?? 0;
  for (const name of ['MSG_ERRQUEUE', 'MSG_ZEROCOPY', 'MSG_PEEK', 'MSG_EOR']) {
    if ((flags & flagNamed(name)) !== 0) throw new Unsupported(name);
  }
  if ((flags & ~(HEEDED | HARMLESS)) !== 0) throw new Unsupported(`flags 0x${flags.toString(16)}`);
  return flags;
}

function reading(
  system: System,
  file: SocketFile | undefined,
  octets: number,
  flags: number,
): Pending {
  if (file === undefined) return done('EBADF');
  const into = new Uint8Array(Math.min(octets, MOST_OCTETS));
  const all = (flags & WAIT_ALL) !== 0;
  let got = 0;
  return {
    attempt: () => {
      const { tcp } = file;
      if (tcp === undefined) return 'ENOTCONN';
      if (tcp.unread > 0 && into.length > 0) {
        const taken = tcp.receive(system.now, into, 0, into.length - got);
        if (typeof taken === 'number') got += taken;
      }
      if (got > 0) return all && got < into.length && !file.ended ? undefined : got;
      const error = file.takeError();
      if (error !== undefined) return error;
      if (file.ended || file.shutRead || tcp.state === 'CLOSED' || into.length === 0) return 0;
      return undefined;
    },
    otherwise: file.nonBlocking || (flags & DONT_WAIT) !== 0 ? 'EAGAIN' : undefined,
  };
}

function writing(
  system: System,
  file: SocketFile | undefined,
  octets: number,
  flags: number,
): Pending {
  if (file === undefined) return done('EBADF');
  if ((flags & FAST_OPEN) !== 0 || file.deferred) {
    return fastOpening(system, file, octets, flags);
  }
  const bytes = new Uint8Array(Math.min(octets, MOST_OCTETS));
  let sent = 0;
  return {
    attempt: () => {
      const answer = written(system, file, bytes, sent, flags);
      if (typeof answer === 'string') return sent > 0 ? sent : answer;
      sent += answer ?? 0;
      return sent === bytes.length || (sent > 0 && waitsNot(file, flags)) ? sent : undefined;
    },
    otherwise: waitsNot(file, flags) ? 'EAGAIN' : undefined,
  };
}

const waitsNot = (file: SocketFile, flags: number): boolean =>
  file.nonBlocking || (flags & DONT_WAIT) !== 0;

/** As much of `bytes` from `from` as fits. */
function written(
  system: System,
  file: SocketFile,
  bytes: Uint8Array,
  from: number,
  flags: number,
): Answer {
  const { tcp } = file;
  const error = file.takeError();
  if (error !== undefined) return error;
  if (tcp === undefined || file.shutWrite || file.over) return 'EPIPE';
  if (file.phase === 'connecting') return undefined;
  const end = Math.min(bytes.length, from + file.room);
  if (end === from) return bytes.length === from ? 0 : undefined;
  const taken = tcp.send(system.now, bytes, from, end, {
    push: (flags & MORE) === 0,
    urgent: (flags & OUT_OF_BAND) !== 0 && end === bytes.length,
  });
  return typeof taken === 'number' ? taken : 'EPIPE';
}

/** MSG_FASTOPEN: connects, with text in the SYN if a cookie is known (RFC 7413). */
function fastOpening(system: System, file: SocketFile, octets: number, flags: number): Pending {
  if ((system.stage.settings.fastOpen & CLIENTS) === 0) return done('EOPNOTSUPP');
  if (file.phase === 'connecting') return done(waitsNot(file, flags) ? 'EALREADY' : 'EINPROGRESS');
  if (file.phase !== 'new') return done('EISCONN');
  file.deferred = false;
  const refused = open(system, file, 'client', 0);
  if (refused !== undefined) return done(refused);
  const tcb = file.tcp?.tcbHeld?.tcb;
  const known = (tcb?.fastOpen?.cookie?.length ?? 0) > 0;
  const bytes = new Uint8Array(Math.min(octets, MOST_OCTETS));
  if (!known) {
    if (waitsNot(file, flags)) return done('EINPROGRESS');
    return afterHandshake(system, file, bytes, 0);
  }
  const mss = tcb?.fastOpen?.mss ?? 0;
  const inSyn = Math.min(bytes.length, mss > 0 ? mss : bytes.length);
  const taken = file.tcp?.send(system.now, bytes, 0, inSyn) ?? 0;
  const sent = typeof taken === 'number' ? taken : 0;
  if (waitsNot(file, flags)) return done(sent);
  return afterHandshake(system, file, bytes, sent);
}

const CLIENTS = 1; // of net.ipv4.tcp_fastopen

/** A call that blocks sends what is left once the handshake is over. */
function afterHandshake(
  system: System,
  file: SocketFile,
  bytes: Uint8Array,
  before: number,
): Pending {
  const handshake = connected(file);
  let sent = before;
  return {
    attempt: () => {
      const answer = handshake.attempt();
      if (answer !== 0) return answer;
      const more = written(system, file, bytes, sent, 0);
      if (typeof more === 'string') return more;
      sent += more ?? 0;
      return sent === bytes.length ? sent : undefined;
    },
    otherwise: undefined,
  };
}

const octetsIn = (expression: Expression | undefined): number => numberOf(expression) ?? 0;

const read: Handler = (system, { args }) =>
  reading(system, system.socket(args[0]), octetsIn(args[2]), 0);

const recv: Handler = (system, { args }) =>
  reading(system, system.socket(args[0]), octetsIn(args[2]), flagsOf(args[3]));

const readv: Handler = (system, { args }) =>
  reading(system, system.socket(args[0]), vectorOctets(args[1]), 0);

const recvmsg: Handler = (system, { args }) => {
  const flags = flagsOf(args[2]);
  const control = field(args[1], 'msg_control', 3);
  if (control !== undefined && control.kind === 'array') throw new Unsupported('msg_control');
  return reading(system, system.socket(args[0]), vectorOctets(field(args[1], 'msg_iov', 1)), flags);
};

const write: Handler = (system, { args }) =>
  writing(system, system.socket(args[0]), octetsIn(args[2]), 0);

const send: Handler = (system, { args }) =>
  writing(system, system.socket(args[0]), octetsIn(args[2]), flagsOf(args[3]));

const writev: Handler = (system, { args }) =>
  writing(system, system.socket(args[0]), vectorOctets(args[1]), 0);

const sendmsg: Handler = (system, { args }: CallAction) => {
  const flags = flagsOf(args[2]);
  const control = field(args[1], 'msg_control', 3);
  if (control !== undefined && control.kind === 'array') throw new Unsupported('msg_control');
  return writing(system, system.socket(args[0]), vectorOctets(field(args[1], 'msg_iov', 1)), flags);
};

export const DATA_CALLS: Readonly<Record<string, Handler>> = {
  read,
  readv,
  recv,
  recvfrom: recv,
  recvmsg,
  write,
  writev,
  send,
  sendto: send,
  sendmsg,
};
