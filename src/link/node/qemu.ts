/**
 * Virtual machines of QEMU as devices: `-netdev stream` over a unix socket or TCP, each frame behind
 * its length, and `-netdev dgram` over UDP, a frame in each datagram. **QEMU's dgram over unix sockets
 * is not here: Node has no unix datagrams. Use stream.**
 */
import { unlinkSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Device } from '../link.ts';
import { DeviceError } from './libc.ts';
import { QemuStreamLink, type QemuOptions } from './qemu-stream.ts';

/** Where QEMU is, or looks for us: a unix socket, or a TCP port. */
export type QemuPlace =
  { readonly path: string } | { readonly host?: string | undefined; readonly port: number };

/** The medium is ethernet unless the options say otherwise. Open, it keeps the process alive. */
export interface QemuLink extends Device {
  /** Frames that came and are none: empty, too long. */
  readonly rejected: number;
  /** Frames that came while `capacity` others waited, and were dropped. */
  readonly overrun: number;
}

export interface QemuServer {
  /** Where it listens: of TCP port 0, the port that it got. */
  readonly place: QemuPlace;
  /** Closes it, and the links of all guests. */
  close(): Promise<void>;
}

export interface QemuServerOptions extends QemuOptions {
  /** A guest has connected: as often as there are guests. Its name ends in a number of its own. */
  readonly onGuest: (link: QemuLink) => void;
  /** Guests at the same time; others are turned away. Default 64. */
  readonly guests?: number | undefined;
}

/**
 * Waits for guests: `qemu-system-x86_64 -netdev stream,id=n,server=off,addr.type=unix,addr.path=PATH`.
 * A unix socket that nobody listens on any more is replaced.
 * @throws DeviceError that names the place and says what to do.
 */
export async function listenQemu(
  place: QemuPlace,
  options: QemuServerOptions,
): Promise<QemuServer> {
  try {
    return await listen(place, options);
  } catch (error) {
    const stale = 'path' in place && codeOf(error) === 'EADDRINUSE' && !(await answers(place));
    if (!stale) throw failure('listen for guests on', place, error);
    unlinkSync(place.path);
    return listen(place, options);
  }
}

/**
 * Connects to a QEMU that waits: `-netdev stream,id=n,server=on,addr.type=unix,addr.path=PATH`.
 * @throws DeviceError that names the place and says what to do.
 */
export async function connectQemu(place: QemuPlace, options: QemuOptions = {}): Promise<QemuLink> {
  try {
    const { name = 'qemu' } = options;
    return new QemuStreamLink(await dial(place), { medium: 'ethernet', ...options, name });
  } catch (error) {
    throw failure('reach a QEMU at', place, error);
  }
}

function dial(place: QemuPlace): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = 'path' in place ? connect(place.path) : connect(place.port, place.host);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** Does anybody listen there? */
async function answers(place: QemuPlace): Promise<boolean> {
  try {
    (await dial(place)).destroy();
    return true;
  } catch (error) {
    return codeOf(error) !== 'ECONNREFUSED';
  }
}

async function listen(place: QemuPlace, options: QemuServerOptions): Promise<QemuServer> {
  const { name = 'qemu', guests = 64 } = options;
  const links = new Set<QemuStreamLink>();
  let number = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    const medium = options.medium ?? 'ethernet';
    const link = new QemuStreamLink(socket, { ...options, medium, name: `${name}${number}` });
    number += 1;
    links.add(link);
    socket.once('close', () => links.delete(link));
    options.onGuest(link);
  });
  server.maxConnections = guests;
  await bound(server, place);
  const address = server.address();
  return {
    place: isTcp(address) ? { host: address.address, port: address.port } : place,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      await Promise.all([...links].map((link) => link.close()));
      await closed;
    },
  };
}

function bound(server: Server, place: QemuPlace): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(place, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

const isTcp = (address: AddressInfo | string | null): address is AddressInfo =>
  typeof address === 'object' && address !== null;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'EIO';

function failure(doWhat: string, place: QemuPlace, error: unknown): DeviceError {
  const code = codeOf(error);
  const where = 'path' in place ? `'${place.path}'` : `${place.host ?? ''} port ${place.port}`;
  const advice = ADVICE[code];
  const reason = advice === undefined ? code : `${code}, ${advice}`;
  return new DeviceError(code, `cannot ${doWhat} ${where}: ${reason}`, { cause: error });
}

const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket: start QEMU first, or is the path right?',
  ECONNREFUSED: 'nobody listens there: start QEMU first',
  EADDRINUSE: 'somebody listens there already: choose another place',
  EACCES: 'not permitted',
};
