/**
 * One question to one name server: over UDP from a port of its own (RFC 5452 §4.5 and §9.1), over TCP
 * when the answer does not fit (RFC 7766 §5). What is no answer is passed over, a bounded number of
 * times; the socket is closed whatever happens.
 */
import type { TcpSocket } from '../../stack/tcp-socket.ts';
import type { UdpSocket } from '../../stack/udp-socket.ts';
import { printAddress, type IpAddress } from '../../wire/address.ts';
import type { Stack } from '../stack.ts';

export interface Server {
  readonly address: IpAddress;
  readonly port: number;
}

/** Says what an answer means; undefined: it is none. */
export type Reader<T> = (octets: Buffer) => T | undefined;

/** The server did not help; another may. */
export class ServerError extends Error {
  constructor({ address, port }: Server, why: string) {
    super(`name server ${printAddress(address)} port ${port}: ${why}`);
  }
}

const MOST_JUNK = 100; // datagrams that are no answer: somebody guesses ids
const MOST_OCTETS = 4096; // in a datagram; nobody was told that we take more than 512 (RFC 1035 §4.2.1)
const LENGTH = 2; // octets in front of a message over TCP, RFC 1035 §4.2.2

/** Ends the exchange when it is called. */
type Finish<T> = (outcome: T | Error) => void;

export function askOverUdp<T>(
  stack: Stack,
  server: Server,
  message: Buffer,
  read: Reader<T>,
  timeout: number,
  signal: AbortSignal,
): Promise<T> {
  return exchange(stack, server, timeout, signal, (finish) => {
    const socket = stack.act((now) => {
      const opened = stack.host.openUdp(now, { family: server.address.family });
      if ('error' in opened) return opened;
      const refusal =
        opened.connect(now, server.address, server.port) ??
        listen(opened, server, read, finish) ??
        sendOn(opened, now, message);
      if (refusal === undefined) return opened;
      opened.close(now);
      return refusal;
    });
    if ('error' in socket) {
      finish(new ServerError(server, socket.message));
      return () => undefined;
    }
    return () => stack.act((now) => socket.close(now));
  });
}

function sendOn(
  socket: UdpSocket,
  now: number,
  message: Buffer,
): Exclude<ReturnType<UdpSocket['send']>, number> | undefined {
  const sent = socket.send(now, message);
  return typeof sent === 'number' ? undefined : sent;
}

function listen<T>(
  socket: UdpSocket,
  server: Server,
  read: Reader<T>,
  finish: Finish<T>,
): undefined {
  let junk = 0;
  socket.onMessage = (_now, bytes, start, end) => {
    const octets = end - start > MOST_OCTETS ? undefined : Buffer.from(bytes.subarray(start, end));
    const answer = octets && read(octets);
    if (answer !== undefined) finish(answer);
    else if (++junk >= MOST_JUNK) finish(new ServerError(server, 'too much that is no answer'));
  };
  socket.onError = ({ reason, hard }) => {
    if (hard) finish(new ServerError(server, reason));
  };
}

export function askOverTcp<T>(
  stack: Stack,
  server: Server,
  message: Buffer,
  read: Reader<T>,
  timeout: number,
  signal: AbortSignal,
): Promise<T> {
  return exchange(stack, server, timeout, signal, (finish) => {
    const socket = stack.act((now) =>
      stack.host.open(now, { remote: server.address, remotePort: server.port }),
    );
    if ('error' in socket) {
      finish(new ServerError(server, socket.message));
      return () => undefined;
    }
    converse(socket, server, message, read, finish);
    return () => {
      socket.onSignal = undefined;
      stack.act((now) => socket.abort(now));
    };
  });
}

/** Says the message, collects one, lengths in front. */
function converse<T>(
  socket: TcpSocket,
  server: Server,
  message: Buffer,
  read: Reader<T>,
  finish: Finish<T>,
): void {
  let heard = Buffer.alloc(0);
  socket.onSignal = (signal, now) => {
    switch (signal) {
      case 'established': {
        const framed = Buffer.alloc(LENGTH + message.length);
        framed.writeUInt16BE(message.length);
        framed.set(message, LENGTH);
        socket.send(now, framed);
        return;
      }
      case 'readable': {
        const more = Buffer.alloc(socket.unread);
        const count = socket.receive(now, more);
        if (typeof count === 'number') heard = Buffer.concat([heard, more.subarray(0, count)]);
        if (heard.length < LENGTH || heard.length < LENGTH + heard.readUInt16BE()) return;
        const answer = read(heard.subarray(LENGTH, LENGTH + heard.readUInt16BE()));
        finish(answer ?? new ServerError(server, 'what it said is no answer'));
        return;
      }
      case 'end':
      case 'reset':
      case 'refused':
      case 'timeout':
      case 'aborted':
      case 'closed':
        finish(new ServerError(server, `connection ${signal}`));
        return;
      default:
        return;
    }
  };
}

/** A promise with a deadline, a way to be called off, and an end that comes once. */
function exchange<T>(
  stack: Stack,
  server: Server,
  timeout: number,
  signal: AbortSignal,
  start: (finish: Finish<T>) => () => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    let close: (() => void) | undefined = undefined;
    let over = false;
    const finish = (outcome: T | Error): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      stack.release();
      close?.();
      if (outcome instanceof Error) reject(outcome);
      else resolve(outcome);
    };
    const abort = (): void => {
      const reason: unknown = signal.reason;
      finish(reason instanceof Error ? reason : new ServerError(server, 'called off'));
    };
    const timer = setTimeout(() => finish(new ServerError(server, 'no answer')), timeout);
    signal.addEventListener('abort', abort);
    stack.hold();
    close = start(finish);
    if (over) close();
  });
}
