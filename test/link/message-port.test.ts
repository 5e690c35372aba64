import { MessageChannel, Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { messagePortLink, type MessagePortLink } from '../../src/link/web/message-port.ts';
import { receive, send } from './packets.ts';
import { next, until } from './waiting.ts';

const workers: Worker[] = [];
const links: MessagePortLink[] = [];
afterEach(async () => {
  await Promise.all(links.splice(0).map((link) => link.close()));
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
});

const gate = new SharedArrayBuffer(4); // nobody opens it

/** A link to a worker that behaves so. */
function worker(behaviour: string, buffers?: number): MessagePortLink {
  const thread = new Worker(new URL('./message-port.worker.mjs', import.meta.url), {
    workerData: { behaviour, gate },
  });
  workers.push(thread);
  const link = messagePortLink(thread, { mtu: 9000, buffers });
  links.push(link);
  return link;
}

function channel(): [MessagePortLink, MessagePortLink] {
  const { port1, port2 } = new MessageChannel();
  const both: [MessagePortLink, MessagePortLink] = [
    messagePortLink(port1, { name: 'one' }),
    messagePortLink(port2, { name: 'two' }),
  ];
  links.push(...both);
  return both;
}

describe('a link over a MessagePort', () => {
  test('packets go both ways, many in a turn, and none is copied into another', async () => {
    const [one, two] = channel();
    for (let i = 0; i < 1000; i += 1) {
      send(one, [i & 0xff, i >> 8]);
      send(two, [9, i & 0xff]);
    }
    expect(await next(two, 1000)).toEqual(
      Array.from({ length: 1000 }, (_, i) => [i & 0xff, i >> 8]),
    );
    expect((await next(one, 1000)).at(-1)).toEqual([9, 231]);
  });

  test('room is where the packet is sent from, headroom in front', async () => {
    const [one, two] = channel();
    const start = one.claim(100);
    one.bytes.fill(7, start, start + 100);
    one.transmit(start + 40, start + 100);
    expect(await next(two, 1)).toEqual([new Array<number>(60).fill(7)]);
  });

  test('100 MB through a worker and back, whole and in order', async () => {
    const link = worker('echo');
    const packet = new Uint8Array(9000);
    const view = new DataView(packet.buffer);
    const PACKETS = 6000;
    let sent = 0;
    let received = 0;
    let inOrder = true;
    await until(() => {
      // As many as the buffers take: this is not TCP.
      for (let i = 0; i < 100 && sent < PACKETS && sent - received < 200; i += 1) {
        view.setUint32(0, sent);
        view.setUint32(8996, sent);
        send(link, packet);
        sent += 1;
      }
      link.drain(1000, (_bytes, at, start, end) => {
        inOrder &&= end - start === 9000 && at.getUint32(start) === received;
        inOrder &&= at.getUint32(end - 4) === received;
        received += 1;
      });
      return received === PACKETS;
    });
    expect([inOrder, link.dropped, link.rejected]).toEqual([true, 0, 0]);
  });

  test.each(['idle', 'stuck'])(
    'a peer that is %s: packets are dropped, memory is bounded',
    async (how) => {
      const link = worker(how, 8);
      const before = process.memoryUsage().arrayBuffers;
      const packet = new Uint8Array(1400);
      for (let round = 0; round < 100; round += 1) {
        for (let i = 0; i < 1000; i += 1) send(link, packet); // 140 MB in all
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(link.dropped).toBeGreaterThan(98_000);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5e6);
    },
  );

  test('a peer that sends garbage: each is counted, and packets still come', async () => {
    const link = worker('garbage');
    expect(await next(link, 1)).toEqual([[1, 2, 3]]);
    expect(link.rejected).toBe(16);
  });

  test('a peer that floods a user who does not drain: memory is bounded', async () => {
    const { port1, port2 } = new MessageChannel();
    const link = messagePortLink(port1, { buffers: 4 });
    links.push(link);
    for (let i = 0; i < 100; i += 1) {
      const packets = new ArrayBuffer(100);
      new DataView(packets).setUint32(96, 20);
      port2.postMessage({ packets, count: 1 });
    }
    await until(() => link.rejected === 96);
    expect(receive(link)).toHaveLength(4);
  });

  test('when one end closes, what it sent before arrives, and the other end is told', async () => {
    const [one, two] = channel();
    const told: (string | undefined)[] = [];
    const seen: number[][] = [];
    one.onClose = (error) => told.push(error?.message);
    two.onReadable = () => seen.push(...receive(two));
    two.onClose = (error) => told.push(error?.message);
    send(one, [1]);
    await one.close();
    await until(() => told.length === 2);
    expect(seen).toEqual([[1]]);
    expect(told).toEqual([undefined, 'two: the other end was closed']);
    send(two, [1]);
    expect([two.dropped, receive(two)]).toEqual([1, []]);
  });

  test('a worker that ends closes the link', async () => {
    const link = worker('exit');
    const closed = new Promise<Error | undefined>((resolve) => (link.onClose = resolve));
    expect((await closed)?.message).toBe('port: the other end is gone');
  });

  test('closing in the middle of a drain ends it', async () => {
    const [one, two] = channel();
    for (let i = 0; i < 10; i += 1) send(one, [i]);
    let count = 0;
    await until(() => {
      two.drain(100, () => {
        count += 1;
        if (count === 3) void two.close();
      });
      return count > 0;
    });
    expect(count).toBe(3);
  });

  test.each([{ mtu: 0 }, { mtu: 65_536 }, { buffers: 0 }])('%o is out of range', (options) => {
    const { port1 } = new MessageChannel();
    expect(() => messagePortLink(port1, options)).toThrow(RangeError);
    port1.close();
  });
});
