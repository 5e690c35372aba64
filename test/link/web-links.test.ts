import { BroadcastChannel } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { broadcastLink } from '../../src/link/web/broadcast-channel.ts';
import { packetStreams } from '../../src/link/web/packet-streams.ts';
import { receive, send } from './packets.ts';
import { next, until } from './waiting.ts';

describe('a link over a BroadcastChannel', () => {
  test('everybody hears everybody, and not themselves', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) =>
      broadcastLink(new BroadcastChannel('estab'), { name, medium: 'ethernet' }),
    );
    for (let i = 0; i < 500; i += 1) send(a!, [i & 0xff, 7]);
    expect((await next(b!, 500)).at(-1)).toEqual([243, 7]);
    expect(await next(c!, 500)).toHaveLength(500);
    send(b!, [1]);
    expect(await next(a!, 1)).toEqual([[1]]);
    await Promise.all([a!.close(), b!.close(), c!.close()]);
  });

  test('many large packets in a turn are several messages; what is no packet is counted', async () => {
    const bare = new BroadcastChannel('estab2');
    const one = broadcastLink(new BroadcastChannel('estab2'));
    const two = broadcastLink(new BroadcastChannel('estab2'));
    for (let i = 0; i < 300; i += 1) send(one, new Uint8Array(1500).fill(i));
    expect((await next(two, 300)).map((packet) => packet[0])).toEqual(
      Array.from({ length: 300 }, (_, i) => i & 0xff),
    );
    for (const garbage of ['text', null, Uint8Array.of(0, 0, 0), Uint8Array.of(0xff, 0, 0, 0, 1)]) {
      bare.postMessage(garbage);
    }
    bare.postMessage(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1, 9));
    expect(await next(two, 1)).toEqual([[9]]);
    expect(two.rejected).toBe(5);
    bare.close();
    const told: unknown[] = [];
    two.onClose = (error) => told.push(error);
    await two.close();
    await one.close();
    send(two, [1]);
    expect([told, two.dropped, receive(two)]).toEqual([[undefined], 1, []]);
  });
});

describe('a link over a pair of Web streams', () => {
  test('chunks are packets, both ways', async () => {
    const [there, back] = [new TransformStream<Uint8Array>(), new TransformStream<Uint8Array>()];
    const one = packetStreams({ readable: back.readable, writable: there.writable });
    const two = packetStreams({ readable: there.readable, writable: back.writable });
    for (let i = 0; i < 100; i += 1) send(one, [i]);
    expect(await next(two, 100)).toEqual(Array.from({ length: 100 }, (_, i) => [i]));
    send(two, [5, 6]);
    expect(await next(one, 1)).toEqual([[5, 6]]);
    const closed = new Promise<Error | undefined>((resolve) => (two.onClose = resolve));
    await one.close();
    expect((await closed)?.message).toMatch(/^streams: the (readable stream has ended|writable)/);
  });

  test('a stream that takes nothing: packets are dropped, and what waits is bounded', async () => {
    const writes: Uint8Array[] = [];
    const writable = new WritableStream<Uint8Array>({
      write: (chunk) => {
        writes.push(chunk);
        return new Promise(() => undefined);
      },
    });
    const link = packetStreams({ readable: new ReadableStream(), writable }, { backlog: 14_000 });
    for (let i = 0; i < 100; i += 1) send(link, new Uint8Array(1400));
    expect(link.dropped).toBe(90);
    await link.close().catch(() => undefined);
    expect(writes.length).toBeLessThanOrEqual(1);
  });

  test('a user who does not drain: the stream waits', async () => {
    let produced = 0;
    const readable = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        produced += 1;
        controller.enqueue(Uint8Array.of(produced & 0xff));
      },
    });
    const link = packetStreams({ readable, writable: new WritableStream() }, { capacity: 20 });
    for (let i = 0; i < 100; i += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(produced).toBeLessThan(25);
    expect(await next(link, 50)).toHaveLength(50);
    await link.close();
  });

  test('chunks that are no packets are dropped and counted', async () => {
    const readable = new ReadableStream<unknown>({
      start: (controller) => {
        for (const chunk of ['text', 7, null, new Uint8Array(0), new Uint8Array(1501)]) {
          controller.enqueue(chunk);
        }
        controller.enqueue(Uint8Array.of(1));
      },
    });
    const link = packetStreams({
      readable: readable as ReadableStream<Uint8Array>,
      writable: new WritableStream(),
    });
    expect(await next(link, 1)).toEqual([[1]]);
    expect(link.rejected).toBe(5);
    await link.close();
  });

  test('a stream that ends or breaks closes the link, with the reason, once', async () => {
    const ended = packetStreams({
      readable: new ReadableStream({ start: (controller) => controller.close() }),
      writable: new WritableStream(),
    });
    const broken = packetStreams({
      readable: new ReadableStream(),
      writable: new WritableStream({ start: () => Promise.reject(new Error('tunnel collapsed')) }),
    });
    const reasons: (string | undefined)[] = [];
    for (const link of [ended, broken]) link.onClose = (error) => reasons.push(error?.message);
    await until(() => reasons.length === 2);
    await Promise.all([ended.close(), broken.close()]);
    expect(reasons.sort()).toEqual(['streams: the readable stream has ended', 'tunnel collapsed']);
  });
});
