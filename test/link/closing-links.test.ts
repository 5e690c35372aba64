/** A link that goes away under open connections, of every kind: each gets an error, none hangs. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { Hub } from '../../src/link/hub.ts';
import { join } from '../../src/link/join.ts';
import type { Device } from '../../src/link/link.ts';
import { netem } from '../../src/link/netem.ts';
import { connectQemu, listenQemu, type QemuLink } from '../../src/link/node/qemu.ts';
import { pair } from '../../src/link/pair.ts';
import { messagePortLink } from '../../src/link/web/message-port.ts';
import { packetStreams } from '../../src/link/web/packet-streams.ts';
import { webSocketLink } from '../../src/link/web/websocket.ts';
import { PlatformLoop } from '../../src/socket/event-loop.ts';
import { Stack } from '../../src/socket/stack.ts';
import { codeOf, readAll, write } from '../socket/two-stacks.ts';

interface Cable {
  readonly near: Device;
  readonly far: Device;
  readonly remove?: () => unknown;
}

const CABLES: Readonly<Record<string, () => Cable | Promise<Cable>>> = {
  pair() {
    const [near, far] = pair();
    return { near, far };
  },

  netem() {
    const [inner, far] = pair({ checksumOffload: false });
    return { near: netem(inner, { loop: new PlatformLoop(), out: { delay: 1 } }), far };
  },

  'two joints and a hub'() {
    const loop = new PlatformLoop();
    const hub = new Hub({ medium: 'ip' });
    const [near, left] = pair({ checksumOffload: false });
    const [right, far] = pair({ checksumOffload: false });
    join(left, hub.port(), loop);
    const joint = join(hub.port(), right, loop);
    return { near, far, remove: () => joint.close() };
  },

  MessagePort() {
    const { port1, port2 } = new MessageChannel();
    return { near: messagePortLink(port1), far: messagePortLink(port2) };
  },

  async WebSocket() {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const accepted = once(server, 'connection') as Promise<[WebSocket]>;
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    const near = webSocketLink(socket);
    const [peer] = await accepted;
    await once(socket, 'open');
    return { near, far: webSocketLink(peer), remove: () => server.close() };
  },

  'Web streams'() {
    const [there, back] = [new TransformStream<Uint8Array>(), new TransformStream<Uint8Array>()];
    return {
      near: packetStreams({ readable: back.readable, writable: there.writable }),
      far: packetStreams({ readable: there.readable, writable: back.writable }),
    };
  },

  async 'a socket of QEMU'() {
    const folder = mkdtempSync(path(tmpdir(), 'estab-'));
    const place = { path: path(folder, 'net.sock') };
    let guest: (link: QemuLink) => void = () => undefined;
    const connected = new Promise<QemuLink>((resolve) => (guest = resolve));
    const server = await listenQemu(place, { medium: 'ip', onGuest: guest });
    const near = await connectQemu(place, { medium: 'ip' });
    const remove = async (): Promise<void> => {
      await server.close();
      rmSync(folder, { recursive: true });
    };
    return { near, far: await connected, remove };
  },
};

describe.each(Object.keys(CABLES))('%s', (kind) => {
  test('carries a connection, and when it goes, both ends and one that was being made are told', async () => {
    const { near, far, remove } = await CABLES[kind]!();
    const client = new Stack({ interfaces: [{ link: near, addresses: ['10.0.0.1/24'] }] });
    const server = new Stack({ interfaces: [{ link: far, addresses: ['10.0.0.2/24'] }] });
    const listener = server.listen({ hostname: '10.0.0.2', port: 7 });

    const first = client.connect('10.0.0.2:7');
    const accepted = (await listener.accept())!;
    await write(first, 'hello');
    await first.writable.close();
    expect(await readAll(accepted.readable)).toBe('hello');

    const open = client.connect('10.0.0.2:7');
    const other = (await listener.accept())!;
    await open.opened;
    await write(open, 'unread');
    const half = client.connect('10.0.0.99:7'); // nobody answers there
    const ends = [open.closed, other.closed, half.opened].map(codeOf);
    await far.close();
    if (kind.includes('hub')) await near.close(); // a hub does not tell one port of another
    for (const code of await Promise.all(ends)) expect(code).toMatch(/^E[A-Z]+$/);
    expect(client.sockets().filter(({ state }) => state !== 'TIME-WAIT')).toEqual([]);
    await Promise.all([client.close(), server.close(), remove?.()]);
  });
});
