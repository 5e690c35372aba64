import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import {
  webSocketLink,
  type WebSocketLink,
  type WebSocketOptions,
} from '../../src/link/web/websocket.ts';
import { receive, send } from './packets.ts';
import { next, until } from './waiting.ts';

const servers: WebSocketServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    for (const client of server.clients) client.terminate();
    server.close();
  }
});

interface Connected {
  readonly link: WebSocketLink;
  /** The other end: bare, to do with it what is not allowed. */
  readonly peer: WebSocket;
}

async function connected(options: WebSocketOptions = {}): Promise<Connected> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  servers.push(server);
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  const accepted = once(server, 'connection') as Promise<[WebSocket]>;
  const client = new WebSocket(`ws://127.0.0.1:${address.port}`);
  const link = webSocketLink(client, options);
  const [peer] = await accepted;
  peer.binaryType = 'arraybuffer';
  await until(() => client.readyState === WebSocket.OPEN);
  return { link, peer };
}

describe('a link over a WebSocket', () => {
  test('binary messages are packets, both ways', async () => {
    const { link, peer } = await connected();
    const other = webSocketLink(peer);
    for (let i = 0; i < 300; i += 1) {
      send(link, [i & 0xff, 1]);
      send(other, [2, i & 0xff]);
    }
    expect((await next(other, 300)).at(-1)).toEqual([43, 1]);
    expect((await next(link, 300)).at(-1)).toEqual([2, 43]);
    expect([link.dropped, link.rejected, link.overrun]).toEqual([0, 0, 0]);
  });

  test('before it is open, packets are dropped and counted', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    servers.push(server);
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    const link = webSocketLink(socket);
    send(link, [1]);
    expect(link.dropped).toBe(1);
    await once(socket, 'open');
    send(link, [1]);
    expect(link.dropped).toBe(1);
  });

  test('text, nothing and too much are dropped and counted; what follows is not', async () => {
    const { link, peer } = await connected({ mtu: 100 });
    peer.send('hello');
    peer.send(new Uint8Array(0));
    peer.send(new Uint8Array(101));
    peer.send(new Uint8Array(1_000_000));
    peer.send('x'.repeat(1_000_000));
    peer.send(new Uint8Array(100));
    expect((await next(link, 1))[0]).toHaveLength(100);
    expect(link.rejected).toBe(5);
  });

  test('a peer that floods a user who does not drain: memory is bounded', async () => {
    const { link, peer } = await connected({ capacity: 100 });
    for (let i = 0; i < 10_000; i += 1) peer.send(new Uint8Array(1000));
    await until(() => link.overrun === 9900);
    expect(receive(link)).toHaveLength(100);
  });

  test('a peer that stops reading: packets are dropped and counted, memory is bounded', async () => {
    const { link, peer } = await connected({ backlog: 300_000 });
    peer.pause();
    const client = servers[0]!.clients; // the peer is among them, and reads nothing
    expect(client.size).toBe(1);
    const before = process.memoryUsage().arrayBuffers;
    const packet = new Uint8Array(1400);
    for (let round = 0; round < 200; round += 1) {
      for (let i = 0; i < 500; i += 1) send(link, packet); // 140 MB in all
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(link.dropped).toBeGreaterThan(80_000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20e6);
    peer.resume();
    await until(() => {
      const { dropped } = link;
      send(link, [1]);
      return link.dropped === dropped; // it goes on
    });
  });

  test('when the peer goes, the link says so, once', async () => {
    const { link, peer } = await connected();
    const told: (string | undefined)[] = [];
    link.onClose = (error) => told.push(error?.message);
    peer.close(1001);
    await until(() => told.length > 0);
    await link.close();
    send(link, [1]);
    expect(link.dropped).toBe(1);
    expect(receive(link)).toEqual([]);
    expect(told).toEqual(['websocket: the WebSocket was closed, code 1001']);
    expect(() => webSocketLink(peer)).toThrow('the socket is closed');
  });

  test('a connection that fails ends as one that breaks', async () => {
    const link = webSocketLink(new WebSocket('ws://127.0.0.1:1'));
    const closed = new Promise<Error | undefined>((resolve) => (link.onClose = resolve));
    expect((await closed)?.message).toBe('websocket: the WebSocket was closed, code 1006');
  });

  test('closing the link closes the socket', async () => {
    const { link, peer } = await connected();
    const told: unknown[] = [];
    link.onClose = (error) => told.push(error);
    const code = once(peer, 'close');
    await link.close();
    expect((await code)[0]).toBe(1000);
    expect(told).toEqual([undefined]);
  });
});
