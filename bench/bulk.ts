/** Bulk transfer: MB/s from one application's array to the other's. */
import net from 'node:net';
import type { TcpDefaults } from 'estab/tcp';
import { TwoHosts } from './two-hosts.ts';

const CHUNK = 64 * 1024; // octets per send and receive call

/** Two estab hosts; MB/s. */
export function estabBulk(
  octets: number,
  checksums: boolean,
  tcp: Partial<TcpDefaults> = {},
): number {
  const world = new TwoHosts(checksums, tcp);
  const source = new Uint8Array(CHUNK).fill(7);
  const sink = new Uint8Array(CHUNK);
  let received = 0;
  let left = octets;
  world.listen(80, (socket) => {
    socket.onSignal = (signal, now) => {
      if (signal !== 'readable') return;
      for (;;) {
        const taken = socket.receive(now, sink);
        if (typeof taken !== 'number' || taken === 0) return;
        received += taken;
      }
    };
  });
  const socket = world.connect(80);
  socket.onSignal = (signal, now) => {
    if (signal !== 'writable') return;
    while (left > 0) {
      const taken = socket.send(now, source, 0, Math.min(left, CHUNK));
      if (typeof taken !== 'number' || taken === 0) return;
      left -= taken;
    }
  };
  const begin = performance.now();
  while (received < octets) {
    world.run(() => received >= octets);
    if (received < octets) world.advance(50); // a delayed acknowledgment
  }
  return octets / 1000 / (performance.now() - begin);
}

/** Node's own sockets over the kernel's loopback; MB/s. */
export async function nodeBulk(octets: number): Promise<number> {
  const chunk = Buffer.alloc(CHUNK, 7);
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const begin = performance.now();
  await new Promise<void>((resolve, reject) => {
    server.on('connection', (socket) => {
      let received = 0;
      socket.on('error', reject);
      socket.on('data', (data: Buffer) => {
        received += data.length;
        if (received < octets) return;
        socket.destroy();
        resolve();
      });
    });
    const { port } = server.address() as net.AddressInfo;
    const client = net.connect(port, '127.0.0.1');
    let left = octets;
    const write = (): void => {
      while (left > 0) {
        left -= CHUNK;
        if (!client.write(chunk)) return;
      }
    };
    client.on('connect', write);
    client.on('drain', write);
    client.on('error', () => undefined); // the server hangs up when it has it all
  });
  const rate = octets / 1000 / (performance.now() - begin);
  server.close();
  return rate;
}
