/** RFC 7413 as users meet it: connect() and listen() with `fastOpen`. */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import type { Socket as NodeSocket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ConnectOptions } from '../../src/socket/connect.ts';
import type { Listener, ListenOptions } from '../../src/socket/listen.ts';
import {
  makeNet,
  type Net,
  type TcpListenOptions,
  type TcpServer,
} from '../../src/socket/node/net.ts';
import type { Socket } from '../../src/socket/socket.ts';
import type { RecentSegment } from '../../src/stack/history.ts';
import { SYN, textLength } from '../../src/wire/segment.ts';
import { codeOf, octetsOf, readAll, SERVER, twoStacks, type TwoStacks } from './two-stacks.ts';

let stacks: TwoStacks;

beforeEach(() => {
  stacks = twoStacks({ tcp: { msl: 50 } });
});

afterEach(() => stacks.close());

const listening = (options: ListenOptions = {}): Listener =>
  stacks.server.listen({ port: 80, fastOpen: true, ...options });

interface Asking {
  readonly client: Socket;
  readonly write: Promise<void>;
}

/** connect(), and a write in the same turn. */
function asks(text: string, options: ConnectOptions = { fastOpen: true }): Asking {
  const client = stacks.client.connect(`${SERVER}:80`, options);
  const writer = client.writable.getWriter();
  const write = writer.write(octetsOf(text));
  void writer.close().catch(() => undefined);
  return { client, write };
}

/** One connection from its first octet to its last: what the server read. */
async function exchange(listener: Listener, text: string): Promise<string> {
  const { client, write } = asks(text);
  const server = await listener.accept();
  const read = await readAll(server!.readable);
  await Promise.all([write, client.closed, server!.closed]);
  return read;
}

/** Octets of text in each SYN that `socket` sent or received. */
const synText = (segments: readonly RecentSegment[] = []): number[] =>
  segments.flatMap(({ segment }) => (segment.ctl === SYN ? textLength(segment) : []));

describe('connect() and listen() with fastOpen', () => {
  test('RFC 7413 §2: a cookie comes with the first connection, text in the SYN with the next', async () => {
    const listener = listening();
    const { counters } = stacks.server.host;
    expect(await exchange(listener, 'first')).toBe('first');
    expect([counters['fast-open-granted'], counters['fast-open-accepted']]).toEqual([1, 0]);

    const { client, write } = asks('second');
    const server = await listener.accept();
    expect(server?.state).toBe('SYN-RECEIVED');
    expect(server?.tcp?.unread).toBe(6);
    expect(synText(server?.tcp?.recentSegments())).toEqual([6]);
    expect(await readAll(server!.readable)).toBe('second');
    await Promise.all([write, client.closed, server?.closed]);
    expect([counters['fast-open-granted'], counters['fast-open-accepted']]).toEqual([1, 1]);
  });

  test('the server answers before the handshake is over, and the client reads it', async () => {
    const listener = listening();
    await exchange(listener, 'for the cookie');
    const { client } = asks('question');
    const server = await listener.accept();
    const writer = server!.writable.getWriter();
    const answered = writer.write(octetsOf('answer'));
    expect(server?.state).toBe('SYN-RECEIVED');
    await answered;
    void writer.close();
    expect(await readAll(client.readable)).toBe('answer');
  });

  test('a first chunk larger than a segment: what does not fit follows, in order and once', async () => {
    const listener = listening();
    await exchange(listener, 'for the cookie');
    const text = Array.from({ length: 60_000 }, (_, i) => i % 10).join('');
    const { client, write } = asks(text);
    const server = await listener.accept();
    expect(server?.tcp?.unread).toBeGreaterThan(1000);
    expect(server?.tcp?.unread).toBeLessThan(1500);
    expect(await readAll(server!.readable)).toBe(text);
    await Promise.all([write, client.closed]);
  });

  test('a first chunk larger than the send buffer is written to its end', async () => {
    await stacks.close();
    stacks = twoStacks({ tcp: { msl: 50, sendBuffer: 5000 } });
    const listener = listening();
    await exchange(listener, 'for the cookie');
    const text = 'x'.repeat(23_456);
    expect(await exchange(listener, text)).toBe(text);
  });

  test('nothing is written at once: the connection opens all the same', async () => {
    const listener = listening();
    const client = stacks.client.connect(`${SERVER}:80`, { fastOpen: true });
    await client.opened;
    const server = await listener.accept();
    const writer = client.writable.getWriter();
    await writer.write(octetsOf('later'));
    void writer.close();
    expect(await readAll(server!.readable)).toBe('later');
  });

  test('closed without a word: the FIN waits for the handshake', async () => {
    const listener = listening();
    await exchange(listener, 'for the cookie');
    const client = stacks.client.connect(`${SERVER}:80`, { fastOpen: true });
    void client.writable.close();
    const server = await listener.accept();
    expect(await readAll(server!.readable)).toBe('');
    await client.closed;
  });

  test('RFC 7413 §4.2.1: the server has forgotten the cookie, the text comes with the handshake', async () => {
    const listener = listening();
    await exchange(listener, 'for the cookie');
    stacks.server.host.rotateFastOpenKey();
    stacks.server.host.rotateFastOpenKey();
    const { client, write } = asks('again');
    const server = await listener.accept();
    expect(stacks.server.host.counters['fast-open-accepted']).toBe(0);
    expect(await readAll(server!.readable)).toBe('again');
    await Promise.all([write, client.closed]);
    expect(stacks.server.host.counters['fast-open-invalid']).toBe(1);
    expect(synText(server?.tcp?.recentSegments())).toEqual([5]);
    expect(await exchange(listener, 'with the new one')).toBe('with the new one');
    expect(stacks.server.host.counters['fast-open-accepted']).toBe(1);
  });

  test('RFC 7413 §4.2: a server that does not know the option is an ordinary one', async () => {
    const listener = listening({ fastOpen: false });
    expect(await exchange(listener, 'one')).toBe('one');
    expect(await exchange(listener, 'two')).toBe('two');
    expect(stacks.server.host.counters['fast-open-granted']).toBe(0);
  });

  test('it is off unless it is asked for: no option, no text in a SYN', async () => {
    const listener = listening();
    const { client } = asks('plain', {});
    const server = await listener.accept();
    expect(await readAll(server!.readable)).toBe('plain');
    await client.closed;
    expect(stacks.server.host.counters['fast-open-granted']).toBe(0);
  });

  test('RFC 7413 §5.1: beyond its limit a listener knows no Fast Open', async () => {
    const listener = listening({ fastOpen: 0 });
    expect(await exchange(listener, 'asks')).toBe('asks');
    const { counters } = stacks.server.host;
    expect([counters['fast-open-limited'], counters['fast-open-granted']]).toEqual([1, 0]);
  });

  test('nobody listens: refused as always, and the write with it', async () => {
    const listener = listening();
    await exchange(listener, 'for the cookie');
    await listener.close();
    const { client, write } = asks('hello?');
    expect(await codeOf(client.opened)).toBe('ECONNREFUSED');
    expect(await codeOf(write)).toBe('ECONNREFUSED');
  });

  test('given up before the SYN could leave: nothing leaves', async () => {
    listening();
    const client = stacks.client.connect(`${SERVER}:80`, { fastOpen: true });
    client.abort();
    expect(await codeOf(client.opened)).toBe('ECONNABORTED');
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(stacks.client.host.counters.opened).toBe(0);
  });

  test('over a name: what was written meanwhile leaves with the SYN', async () => {
    stacks.client.useResolver(() =>
      stacks.client.resolve(SERVER).then(async (found) => {
        await new Promise((resolve) => setTimeout(resolve, 2));
        return found;
      }),
    );
    const listener = listening();
    await exchange(listener, 'for the cookie');
    const client = stacks.client.connect('server.test:80', { fastOpen: true });
    const writer = client.writable.getWriter();
    void writer.write(octetsOf('named'));
    void writer.close();
    const server = await listener.accept();
    expect(synText(server?.tcp?.recentSegments())).toEqual([5]);
    expect(await readAll(server!.readable)).toBe('named');
  });
});

test('fastOpen that is none is refused with a sentence', () => {
  const connect = (fastOpen: unknown) => () =>
    stacks.client.connect(`${SERVER}:80`, { fastOpen: fastOpen as boolean });
  const listen = (fastOpen: unknown) => () =>
    stacks.server.listen({ fastOpen: fastOpen as number });
  expect(connect('yes')).toThrow('fastOpen is yes: give true or false');
  expect(listen(-1)).toThrow('fastOpen is -1: give true, false or how many connections at a time');
  expect(listen(1.5)).toThrow('fastOpen is 1.5: give');
});

describe('estab/net: connect() and listen() with fastOpen', () => {
  const clients = (): Net => makeNet(() => stacks.client);
  const servers = (): Net => makeNet(() => stacks.server);

  /** A server that answers with what it was sent. */
  async function echo(options: Partial<TcpListenOptions> = {}): Promise<TcpServer> {
    const server = servers().createServer((socket) => socket.pipe(socket));
    server.listen({ port: 80, fastOpen: true, ...options });
    await once(server, 'listening');
    return server;
  }

  /** What the echo of `writes` is, all of them written at once. */
  async function echoed(writes: readonly (string | Buffer)[], corked = false): Promise<string> {
    const socket = clients().connect({ port: 80, host: SERVER, fastOpen: true });
    if (corked) socket.cork();
    for (const chunk of writes) socket.write(chunk);
    if (corked) socket.uncork();
    socket.end();
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(socket.bytesWritten).toBe(Buffer.concat(writes.map((w) => Buffer.from(w))).length);
    return text;
  }

  test('text in the SYN of the second connection, and the server has it at once', async () => {
    const server = await echo();
    expect(await echoed(['first'])).toBe('first');
    const accepted = once(server, 'connection');
    const socket = clients().connect({ port: 80, host: SERVER, fastOpen: true });
    socket.write('second');
    const [child] = (await accepted) as [NodeSocket];
    const [info] = stacks.server
      .sockets()
      .filter(({ remotePort }) => remotePort === child.remotePort);
    expect(synText(info?.socket?.recentSegments())).toEqual([6]);
    expect(String((await once(socket, 'data'))[0])).toBe('second');
    expect(stacks.server.host.counters['fast-open-accepted']).toBe(1);
    socket.end();
    await once(socket, 'close');
    server.close();
  });

  test.each([
    ['a string', ['hello ', 'world']],
    ['octets', [Buffer.from('hello '), Buffer.from('world')]],
    ['latin1 and UTF-8 by turns', ['grüße ', Buffer.from('世界')]],
    ['more than a segment', ['x'.repeat(5000), 'y'.repeat(70_000)]],
    ['more than the send buffer', ['x'.repeat(300_000), 'y']],
  ])('%s: each octet once and in order, with a cookie and without', async (_what, writes) => {
    const server = await echo();
    const text = writes.map(String).join('');
    for (const corked of [false, true, true]) expect(await echoed(writes, corked)).toBe(text);
    expect(stacks.server.host.counters['fast-open-accepted']).toBe(2);
    server.close();
  });

  test('a server that refuses: the text comes after the handshake', async () => {
    const server = await echo({ fastOpen: 0 });
    expect(await echoed(['one'])).toBe('one');
    expect(await echoed(['two'])).toBe('two');
    expect(stacks.server.host.counters['fast-open-limited']).toBe(2);
    server.close();
  });

  test('tcp of connect() and listen() is what the connection has', async () => {
    const server = await echo({ tcp: { congestionControl: 'bbr', maxSeg: 700 } });
    const tcp = { congestionControl: 'reno', userTimeout: 5000 } as const;
    const socket = clients().connect({ port: 80, host: SERVER, noDelay: true, tcp });
    await once(server, 'connection');
    const of = (stack: TwoStacks['client'], state: string) =>
      stack.sockets().find((one) => one.state === state)?.socket?.options;
    expect(of(stacks.client, 'ESTABLISHED')).toMatchObject({ ...tcp, noDelay: true });
    expect(of(stacks.server, 'ESTABLISHED')).toMatchObject({
      congestionControl: 'bbr',
      maxSeg: 700,
    });
    socket.destroy();
    server.close();
  });

  test('what is no option is refused as Node refuses', () => {
    const connect = (options: object) => () => clients().connect({ port: 80, ...options });
    expect(connect({ fastOpen: 1 })).toThrow(
      'The "options.fastOpen" property must be of type boolean. Received type number (1)',
    );
    expect(connect({ tcp: 7 })).toThrow('The "options.tcp" property must be of type object.');
    expect(connect({ tcp: { nagle: true } })).toThrow('there is no option nagle; those of TCP are');
    const listen = (options: object) => () =>
      servers()
        .createServer()
        .listen({ port: 80, ...options });
    expect(listen({ fastOpen: 'yes' })).toThrow(
      'The "options.fastOpen" property must be one of type boolean or number.',
    );
    expect(listen({ tcp: { msl: -1 } })).toThrow('msl is -1, it must be a number from 0');
  });
});
