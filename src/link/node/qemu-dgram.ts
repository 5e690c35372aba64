/** QEMU's `-netdev dgram` over UDP: each datagram is one frame. */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { MessageLink } from '../message-link.ts';
import { DeviceError } from './libc.ts';
import type { QemuOptions } from './qemu-stream.ts';
import type { QemuLink } from './qemu.ts';

export interface QemuDgramOptions extends QemuOptions {
  /** Ours: a literal address and a port. */
  readonly local: { readonly host: string; readonly port: number };
  /** QEMU's. What comes from elsewhere is dropped. */
  readonly remote: { readonly host: string; readonly port: number };
}

/**
 * `-netdev dgram,id=n,local.type=inet,local.host=…,local.port=…,remote.type=inet,remote.host=…,…`,
 * where QEMU's local is our remote. No end knows whether the other one is there.
 * @throws DeviceError that names the place.
 */
export async function openQemuDgram(options: QemuDgramOptions): Promise<QemuLink> {
  const { local, remote } = options;
  const socket = createSocket(isIPv6(local.host) ? 'udp6' : 'udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(local.port, local.host, () => {
        socket.connect(remote.port, remote.host, (error?: Error) =>
          error === undefined ? resolve() : reject(error),
        );
      });
    });
  } catch (error) {
    socket.close();
    const code =
      error instanceof Error && 'code' in error && typeof error.code === 'string'
        ? error.code
        : 'EIO';
    const places = `${local.host} port ${local.port} to ${remote.host} port ${remote.port}`;
    throw new DeviceError(code, `cannot send frames from ${places}: ${code}`, { cause: error });
  }
  socket.removeAllListeners('error');
  return new QemuDgramLink(socket, options);
}

const BACKLOG = 2 ** 20; // octets

class QemuDgramLink extends MessageLink {
  readonly #socket: Socket;
  readonly #backlog: number;

  constructor(socket: Socket, options: QemuOptions) {
    super('qemu', { medium: 'ethernet', ...options });
    this.#socket = socket;
    this.#backlog = options.backlog ?? BACKLOG;
    socket.on('message', (frame) => {
      if (!this.closed) this.arrived(frame, 0, frame.length);
    });
    socket.on('error', () => undefined); // ECONNREFUSED: QEMU is not there now
  }

  protected send(start: number, end: number): boolean {
    if (this.#socket.getSendQueueSize() > this.#backlog) return false;
    this.#socket.send(this.bytes.slice(start, end), () => undefined); // lost, as on any wire
    return true;
  }

  protected release(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }
}
