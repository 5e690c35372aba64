import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { fc } from '../properties.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Hub } from '../../src/link/hub.ts';
import { join } from '../../src/link/join.ts';
import { openQemuDgram } from '../../src/link/node/qemu-dgram.ts';
import {
  connectQemu,
  listenQemu,
  type QemuLink,
  type QemuServer,
  type QemuServerOptions,
} from '../../src/link/node/qemu.ts';
import { PlatformLoop } from '../../src/socket/event-loop.ts';
import { receive, send } from './packets.ts';
import { next, until } from './waiting.ts';

let folder = '';
let place = { path: '' };
const servers: QemuServer[] = [];
beforeEach(() => {
  folder = mkdtempSync(path(tmpdir(), 'estab-'));
  place = { path: path(folder, 'net.sock') };
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  rmSync(folder, { recursive: true });
});

interface Guests {
  readonly server: QemuServer;
  readonly links: QemuLink[];
}

async function listening(options: Partial<QemuServerOptions> = {}): Promise<Guests> {
  const links: QemuLink[] = [];
  const server = await listenQemu(place, { onGuest: (link) => links.push(link), ...options });
  servers.push(server);
  return { server, links };
}

/** A guest that is only a socket, to do with it what QEMU would not. */
async function bareGuest(): Promise<Socket> {
  const socket = connect(place.path);
  await once(socket, 'connect');
  return socket;
}

const frame = (n: number): number[] => new Array<number>(60).fill(n);
const prefixed = (octets: readonly number[]): Buffer =>
  Buffer.from([0, 0, octets.length >> 8, octets.length & 0xff, ...octets]);

describe('QEMU’s -netdev stream', () => {
  test('frames go both ways, in the format of QEMU, over a unix socket', async () => {
    const { links } = await listening();
    const guest = await bareGuest();
    await until(() => links.length === 1);
    const [link] = links;
    expect([link!.name, link!.medium, link!.mtu]).toEqual(['qemu0', 'ethernet', 1500]);
    guest.write(Buffer.concat([prefixed(frame(1)), prefixed(frame(2))]));
    expect(await next(link!, 2)).toEqual([frame(1), frame(2)]);
    send(link!, frame(3));
    const [data] = (await once(guest, 'data')) as [Buffer];
    expect([...data]).toEqual([...prefixed(frame(3))]);
    guest.destroy();
  });

  test('over TCP, and to a QEMU that waits', async () => {
    const links: QemuLink[] = [];
    const server = await listenQemu(
      { host: '127.0.0.1', port: 0 },
      { onGuest: (l) => links.push(l) },
    );
    servers.push(server);
    const there = await connectQemu(server.place);
    await until(() => links.length === 1);
    for (let i = 0; i < 1000; i += 1) send(there, frame(i & 0xff));
    expect((await next(links[0]!, 1000)).at(-1)).toEqual(frame(231));
    await there.close();
  });

  test('guests on a hub talk to each other', async () => {
    const hub = new Hub();
    const loop = new PlatformLoop();
    await listening({ onGuest: (link) => join(link, hub.port(), loop) });
    const guests = await Promise.all([connectQemu(place), connectQemu(place), connectQemu(place)]);
    const to = (n: number, from: number): number[] => [
      2,
      0,
      0,
      0,
      0,
      n,
      2,
      0,
      0,
      0,
      0,
      from,
      8,
      0,
      1,
    ];
    send(guests[0], to(255, 0));
    expect(await next(guests[1], 1)).toEqual([to(255, 0)]);
    send(guests[2], to(0, 2));
    expect(await next(guests[0], 1)).toEqual([to(0, 2)]);
    expect(receive(guests[1])).toEqual([]);
    await Promise.all(guests.map((guest) => guest.close()));
  });

  test('a guest that sends an impossible length is disconnected; others are not', async () => {
    const { links } = await listening();
    const [bad, good] = [await bareGuest(), await connectQemu(place)];
    await until(() => links.length === 2);
    const told: (string | undefined)[] = [];
    links[0]!.onClose = (error) => told.push(error?.message);
    bad.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 1, 2, 3]));
    await once(bad, 'close');
    expect(told).toEqual(['qemu0: the guest sent a length that no frame has']);
    send(good, frame(1));
    expect(await next(links[1]!, 1)).toEqual([frame(1)]);
    await good.close();
  });

  test('octets of any kind are survived, and the server goes on', async () => {
    const { links } = await listening();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }),
        async (chunks) => {
          const before = links.length;
          const guest = await bareGuest();
          guest.on('error', () => undefined);
          for (const chunk of chunks) guest.write(chunk);
          guest.end();
          guest.resume();
          await once(guest, 'close');
          await until(() => links.length > before);
          for (const packet of receive(links.at(-1)!))
            expect(packet.length).toBeLessThanOrEqual(1518);
        },
      ),
      { numRuns: 50 },
    );
    const guest = await connectQemu(place);
    send(guest, frame(1));
    await until(() => links.length > 0);
    expect(await next(links.at(-1)!, 1)).toEqual([frame(1)]);
    await guest.close();
  });

  test('a guest that stops reading: frames are dropped and counted, memory is bounded', async () => {
    const { links } = await listening({ backlog: 200_000 });
    const guest = await bareGuest();
    guest.pause();
    await until(() => links.length === 1);
    const [link] = links;
    const before = process.memoryUsage().arrayBuffers;
    const packet = new Uint8Array(1400);
    for (let round = 0; round < 100; round += 1) {
      for (let i = 0; i < 1000; i += 1) send(link!, packet); // 140 MB in all
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(link!.dropped).toBeGreaterThan(95_000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20e6);
    await link!.close(); // and is not held up
    guest.destroy();
  });

  test('a guest that floods a user who does not drain: memory is bounded', async () => {
    const { links } = await listening({ capacity: 50 });
    const guest = await connectQemu(place, { backlog: 1e9 });
    await until(() => links.length === 1);
    for (let i = 0; i < 5000; i += 1) send(guest, frame(i & 0xff));
    await until(() => links[0]!.overrun === 4950);
    expect(receive(links[0]!)).toHaveLength(50);
    await guest.close();
  });

  test('when the guest goes, its link is told; a closed link disconnects it', async () => {
    const { links } = await listening();
    const [one, two] = [await bareGuest(), await bareGuest()];
    await until(() => links.length === 2);
    const told: (string | undefined)[] = [];
    for (const link of links) link.onClose = (error) => told.push(error?.message);
    one.destroy();
    await until(() => told.length === 1);
    two.resume();
    const ended = once(two, 'close');
    send(links[1]!, frame(1));
    await links[1]!.close();
    await ended;
    expect(told).toEqual(['qemu0: the guest went away', undefined]);
    expect(two.bytesRead).toBe(64); // what was sent before is not lost
  });

  test('a socket left behind is replaced; one in use, and a QEMU that is not there, are named', async () => {
    const { server } = await listening();
    await expect(listenQemu(place, { onGuest: () => undefined })).rejects.toThrow(
      /cannot listen for guests on '.*net\.sock': EADDRINUSE, somebody listens there already/,
    );
    await server.close();
    servers.length = 0;
    await expect(connectQemu(place)).rejects.toThrow(/ENOENT, there is no such socket: start QEMU/);
    // A process that was killed leaves its socket behind.
    const killed = createServer().listen(place.path);
    await once(killed, 'listening');
    const { renameSync } = await import('node:fs');
    renameSync(place.path, `${place.path}2`);
    killed.close();
    await once(killed, 'close');
    renameSync(`${place.path}2`, place.path);
    await expect(connectQemu(place)).rejects.toThrow(/ECONNREFUSED, nobody listens there/);
    await listening();
    await (await connectQemu(place)).close();
  });

  test('more guests than agreed are turned away', async () => {
    const { links } = await listening({ guests: 1 });
    const first = await connectQemu(place);
    await until(() => links.length === 1);
    const second = await connectQemu(place);
    const closed = new Promise((resolve) => (second.onClose = resolve));
    await closed;
    expect(links).toHaveLength(1);
    await first.close();
  });
});

/** Below the ephemeral ports of Linux, and another one for each process. */
const FREE = 20_000 + (process.pid % 4000) * 3;

describe('QEMU’s -netdev dgram over UDP', () => {
  test('a datagram is a frame, both ways, and strangers are not heard', async () => {
    const [here, there] = [FREE, FREE + 1].map((port) => ({ host: '127.0.0.1', port }));
    const one = await openQemuDgram({ local: here!, remote: there! });
    send(one, frame(0)); // nobody is there: lost, and no error
    const two = await openQemuDgram({ local: there!, remote: here! });
    const stranger = await openQemuDgram({
      local: { host: '127.0.0.1', port: FREE + 2 },
      remote: here!,
    });
    send(stranger, frame(9));
    const heard: number[][] = [];
    await until(() => {
      send(one, frame(1)); // the first ones may still fall to what the kernel heard before
      heard.push(...receive(two));
      return heard.length > 0;
    });
    expect(heard[0]).toEqual(frame(1));
    send(two, frame(2));
    expect(await next(one, 1)).toEqual([frame(2)]);
    await expect(openQemuDgram({ local: here!, remote: there! })).rejects.toThrow(
      `cannot send frames from 127.0.0.1 port ${FREE} to 127.0.0.1 port ${FREE + 1}: EADDRINUSE`,
    );
    const told: unknown[] = [];
    one.onClose = (error) => told.push(error);
    await Promise.all([one.close(), two.close(), stranger.close()]);
    expect(told).toEqual([undefined]);
  });
});
