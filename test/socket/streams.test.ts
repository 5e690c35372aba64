import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Listener } from '../../src/socket/listen.ts';
import type { ConnectOptions } from '../../src/socket/connect.ts';
import type { Socket } from '../../src/socket/socket.ts';
import { SocketError } from '../../src/socket/socket-error.ts';
import {
  codeOf,
  octetsOf,
  readAll,
  SERVER,
  textOf,
  twoStacks,
  write,
  type TwoStacks,
} from './two-stacks.ts';

/** Small buffers, so that a few hundred KiB fill them; 2 MSL are short. */
const tcp = { sendBuffer: 20_000, receiveBuffer: 20_000, msl: 50 };

let stacks: TwoStacks;
let listener: Listener;

beforeEach(() => {
  stacks = twoStacks({ tcp });
  listener = stacks.server.listen({ port: 80, allowHalfOpen: true });
});

afterEach(() => stacks.close());

async function connected(options?: ConnectOptions): Promise<[Socket, Socket]> {
  const client = stacks.client.connect(`${SERVER}:80`, options);
  const server = await listener.accept();
  await client.opened;
  if (server === undefined) throw new Error('the listener is closed');
  return [client, server];
}

/** Long enough for everything that can happen on a cable in memory. */
const quiet = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

describe('a connection', () => {
  test('is there at once, opened in its time, and tells who is who', async () => {
    const client = stacks.client.connect({ hostname: SERVER, port: 80 });
    expect(client.state).toBe('CLOSED');
    const { remoteAddress, localAddress, alpn } = await client.opened;
    expect([remoteAddress, alpn]).toEqual(['10.0.0.2:80', null]);
    expect(localAddress).toMatch(/^10\.0\.0\.1:\d+$/);
    expect([client.state, client.upgraded, client.secureTransport]).toEqual([
      'ESTABLISHED',
      false,
      'off',
    ]);
    const server = await listener.accept();
    expect((await server?.opened)?.remoteAddress).toBe(localAddress);
  });

  test('over IPv6 writes its addresses as RFC 3986 does', async () => {
    const client = stacks.client.connect('[fd00::2]:80');
    expect((await client.opened).remoteAddress).toBe('[fd00::2]:80');
  });

  test('takes writes before it is open, and delivers them in order', async () => {
    const client = stacks.client.connect(`${SERVER}:80`);
    const writer = client.writable.getWriter();
    void writer.write(octetsOf('one '));
    void writer.write('two ');
    void writer.write(new DataView(octetsOf('three').buffer as ArrayBuffer));
    void writer.close();
    const server = await listener.accept();
    expect(await readAll(server!.readable)).toBe('one two three');
  });

  test('many small writes of a turn become few segments', async () => {
    const [client, server] = await connected({ noDelay: true });
    const before = stacks.server.host.counters['datagrams-in'];
    const writer = client.writable.getWriter();
    for (let i = 0; i < 20; i++) void writer.write('0123456789');
    void writer.close();
    expect((await readAll(server.readable)).length).toBe(200);
    expect(stacks.server.host.counters['datagrams-in'] - before).toBeLessThan(8);
  });

  test('echoes by pipeTo, also with both sides closing by themselves', async () => {
    const client = stacks.client.connect(`${SERVER}:80`);
    const server = await listener.accept();
    const echo = server!.readable.pipeTo(server!.writable);
    const text = 'x'.repeat(300_000);
    const sent = write(client, text).then(() => client.writable.close());
    expect(await readAll(client.readable)).toBe(text);
    await Promise.all([sent, echo, client.closed, server!.closed]);
  });
});

describe('back-pressure', () => {
  test('what nobody reads closes the window and keeps the writer waiting (MUST-36)', async () => {
    const [client, server] = await connected();
    const writer = client.writable.getWriter();
    let written = 0;
    const all = (async () => {
      for (; written < 50; written++) await writer.write(new Uint8Array(10_000));
      await writer.close();
    })();
    await quiet();
    expect(written).toBeLessThan(6); // two buffers of 20,000 and what is under way
    expect(server.tcp?.connection.tcb.rcv.wnd).toBeLessThan(1460);
    const before = written;
    await quiet();
    expect(written).toBe(before);
    let octets = 0;
    for await (const chunk of server.readable) octets += chunk.length;
    await all;
    expect(octets).toBe(500_000);
  });

  test('desiredSize is 0 while a write waits', async () => {
    const [client] = await connected();
    const writer = client.writable.getWriter();
    expect(writer.desiredSize).toBe(1);
    const waiting = writer.write(new Uint8Array(100_000));
    waiting.catch(() => undefined);
    expect(writer.desiredSize).toBe(0);
    client.abort();
    expect(await codeOf(waiting)).toBe('ECONNABORTED');
  });
});

describe('readable', () => {
  test('fills the memory of a BYOB reader, and never more than there is', async () => {
    const [client, server] = await connected();
    const reader = server.readable.getReader({ mode: 'byob' });
    const reading = reader.read(new Uint8Array(new ArrayBuffer(8), 2, 4));
    await write(client, 'abcdef');
    const first = await reading;
    expect(textOf(first.value!)).toBe('abcd');
    expect([first.value!.byteOffset, first.value!.buffer.byteLength]).toEqual([2, 8]);
    expect(textOf((await reader.read(new Uint8Array(100))).value!)).toBe('ef');
    await client.writable.close();
    const last = await reader.read(new Uint8Array(5));
    expect([last.done, last.value?.length]).toEqual([true, 0]);
  });

  test('an end in the middle of an element errors the stream and loses nothing else', async () => {
    const [client, server] = await connected();
    const reader = server.readable.getReader({ mode: 'byob' });
    const reading = reader.read(new Uint16Array(2));
    await write(client, 'x');
    await client.writable.close();
    await expect(reading).rejects.toThrow(TypeError);
    await server.writable.close();
    await Promise.all([client.closed, server.closed]);
  });

  test('chunks are as large as what is there', async () => {
    const [client, server] = await connected();
    await write(client, 'abc');
    await quiet();
    const { value } = await server.readable.getReader().read();
    expect([value?.length, value?.buffer.byteLength]).toEqual([3, 3]);
  });

  test('text before the FIN is read after it', async () => {
    const [client, server] = await connected();
    await write(client, 'last words');
    await client.writable.close();
    await quiet();
    expect(server.state).toBe('CLOSE-WAIT');
    expect(await readAll(server.readable)).toBe('last words');
  });

  test('cancel() lets the peer go on talking to nobody; writing goes on', async () => {
    const [client, server] = await connected();
    await server.readable.cancel();
    await write(client, 'x'.repeat(100_000)); // would wait for ever
    await write(server, 'still here');
    await server.writable.close();
    expect(await readAll(client.readable)).toBe('still here');
    await client.writable.close();
    await Promise.all([client.closed, server.closed]);
  });

  test('a reader that lets go and one that comes later miss nothing', async () => {
    const [client, server] = await connected();
    const first = server.readable.getReader();
    const pending = first.read();
    first.releaseLock();
    await expect(pending).rejects.toThrow(TypeError);
    await write(client, 'kept');
    await quiet();
    expect(textOf((await server.readable.getReader().read()).value!)).toBe('kept');
  });
});

describe('half-open', () => {
  test('allowHalfOpen: after the peer has closed we may still talk', async () => {
    const [client, server] = await connected({ allowHalfOpen: true });
    await server.writable.close();
    expect(await readAll(client.readable)).toBe('');
    await quiet();
    expect(client.state).toBe('CLOSE-WAIT');
    await write(client, 'and another thing');
    await client.writable.close();
    expect(await readAll(server.readable)).toBe('and another thing');
    await Promise.all([client.closed, server.closed]);
  });

  test('without it the end of the input closes our side, after what was written', async () => {
    const [client, server] = await connected();
    await server.writable.close();
    const reader = client.readable.getReader();
    const written = reader.read().then(() => write(client, 'bye'));
    expect(await readAll(server.readable)).toBe('bye');
    await written;
    await Promise.all([client.closed, server.closed]);
    expect(await codeOf(client.writable.getWriter().write('more'))).toBe('EPIPE');
  });

  test('without a reader nothing closes by itself: there may be text to come', async () => {
    const [client, server] = await connected();
    await write(server, 'unread');
    await server.writable.close();
    await quiet();
    expect(client.state).toBe('CLOSE-WAIT');
  });
});

describe('close()', () => {
  test('delivers what was written, ends both streams, and resolves when it is acknowledged', async () => {
    const [client, server] = await connected();
    const writer = client.writable.getWriter();
    const writes = [writer.write('a'.repeat(50_000)), writer.write('b')];
    const reader = client.readable.getReader();
    const reading = reader.read();
    const closed = client.close();
    expect(client.close()).toBe(closed);
    expect(client.closed).toBe(closed);
    expect(await reading).toEqual({ done: true, value: undefined });
    const text = await readAll(server.readable);
    expect(text.length).toBe(50_001);
    await Promise.all(writes);
    await closed;
    expect(client.state).toBe('FIN-WAIT-2');
    expect(await codeOf(writer.write('c'))).toBe('EPIPE');
  });

  test('text that comes afterwards is answered with a reset (RFC 9293 §3.6.1, SHLD-3)', async () => {
    const [client, server] = await connected();
    await client.close();
    await write(server, 'too late');
    expect(await codeOf(server.closed)).toBe('ECONNRESET');
    expect(client.state).toBe('CLOSED');
  });

  test('with text unread is a reset (RFC 9293 §3.6.1, SHLD-3)', async () => {
    const [client, server] = await connected();
    await write(server, 'never read');
    await quiet();
    await client.close();
    expect(await codeOf(server.closed)).toBe('ECONNRESET');
  });

  test('with a reason does not wait for writes, and says so', async () => {
    const [client] = await connected();
    const reason = new Error('no time');
    const waiting = codeOf(client.writable.getWriter().write(new Uint8Array(200_000)));
    void client.close(reason);
    expect(await waiting).toBe(reason);
  });

  test('before it is open: opened is rejected, nothing leaves any more', async () => {
    const client = stacks.client.connect('10.0.0.77:80');
    await client.close();
    expect(await codeOf(client.opened)).toBe('ECONNABORTED');
    expect(await codeOf(client.writable.getWriter().write('x'))).toBe('ECONNABORTED');
    expect(stacks.client.sockets()).toEqual([]);
  });

  test('before it is open, with a reason', async () => {
    const client = stacks.client.connect('10.0.0.77:80');
    await client.close('changed my mind');
    expect(await codeOf(client.opened)).toBe('changed my mind');
  });

  test('await using', async () => {
    let client: Socket;
    {
      await using socket = stacks.client.connect(`${SERVER}:80`);
      client = socket;
      await write(socket, 'hello');
    }
    expect(client.state).toBe('FIN-WAIT-2');
    await expect(client.closed).resolves.toBeUndefined();
  });

  test('using', async () => {
    const server = listener.accept();
    {
      using socket = stacks.client.connect(`${SERVER}:80`);
      await write(socket, 'hello');
    }
    expect(await readAll((await server)!.readable)).toBe('hello');
  });
});

describe('errors', () => {
  test('abort() resets; the peer hears of it, our streams fail with the reason', async () => {
    const [client, server] = await connected();
    const reason = new Error('enough');
    const reading = codeOf(client.readable.getReader().read());
    client.abort(reason);
    expect(await reading).toBe(reason);
    expect(await codeOf(client.closed)).toBe(reason);
    expect(await codeOf(server.closed)).toBe('ECONNRESET');
    expect(await codeOf(server.readable.getReader().read())).toBe('ECONNRESET');
    expect(await codeOf(server.writable.getWriter().write('x'))).toBe('ECONNRESET');
  });

  test('what arrived before a reset is read, and then the reset', async () => {
    const [client, server] = await connected();
    await write(server, 'x'.repeat(15_000));
    await quiet();
    server.abort();
    expect(await codeOf(client.closed)).toBe('ECONNRESET');
    const reader = client.readable.getReader();
    let length = 0;
    while (length < 15_000) length += (await reader.read()).value?.length ?? Infinity;
    expect(length).toBe(15_000);
    expect(await codeOf(reader.read())).toBe('ECONNRESET');
  });

  test('writable.abort() resets', async () => {
    const [client, server] = await connected();
    await client.writable.abort('why not');
    expect(await codeOf(client.closed)).toBe('why not');
    expect(await codeOf(server.closed)).toBe('ECONNRESET');
  });

  test('a reset ends a write that waits and a read that waits', async () => {
    const [client, server] = await connected();
    const waiting = codeOf(client.writable.getWriter().write(new Uint8Array(200_000)));
    const reading = codeOf(client.readable.getReader().read());
    await quiet();
    server.abort();
    expect([await waiting, await reading]).toEqual(['ECONNRESET', 'ECONNRESET']);
  });

  test('nobody listens: refused, and every promise and stream says so', async () => {
    const client = stacks.client.connect(`${SERVER}:81`);
    const error = await client.opened.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SocketError);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toBe(
      'TypeError: SocketError: connection refused by 10.0.0.2:81: nobody listens there',
    );
    expect(await codeOf(client.closed)).toBe('ECONNREFUSED');
    expect(await codeOf(client.readable.getReader().read())).toBe('ECONNREFUSED');
    expect(await codeOf(client.writable.getWriter().write('x'))).toBe('ECONNREFUSED');
    expect(await codeOf(client.close())).toBe('ECONNREFUSED');
    client.abort();
  });

  test('a signal that is aborted: before, while opening, while open', async () => {
    const before = stacks.client.connect(`${SERVER}:80`, { signal: AbortSignal.abort('early') });
    expect(await codeOf(before.opened)).toBe('early');
    expect(stacks.client.sockets()).toEqual([]);
    const control = new AbortController();
    const opening = stacks.client.connect('10.0.0.77:80', control);
    control.abort('late');
    expect(await codeOf(opening.opened)).toBe('late');
    expect(stacks.client.sockets()).toEqual([]);
    const other = new AbortController();
    const [open, server] = await connected(other);
    other.abort(new Error('done'));
    await expect(open.closed).rejects.toThrow('done');
    expect(await codeOf(server.closed)).toBe('ECONNRESET');
  });

  test('TLS is the host’s', async () => {
    const [client] = await connected();
    expect(() => client.startTls()).toThrow(/SocketError: startTls/);
    for (const secureTransport of ['on', 'starttls'] as const) {
      expect(() => stacks.client.connect(`${SERVER}:80`, { secureTransport })).toThrow(/TLS/);
    }
    await client.close();
  });

  test('no rejection is left unhandled', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    const refused = stacks.client.connect(`${SERVER}:81`);
    const [open] = await connected();
    open.abort();
    await refused.opened.catch(() => undefined);
    await quiet();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});

describe('misuse', () => {
  test.for([
    ['', /address is ''/],
    ['example.com', /address is 'example.com'/],
    ['example.com:', /address is/],
    ['example.com:port', /address is/],
    ['fd00::2:80', /address is/],
    ['[fd00::2]', /address is/],
    ['10.0.0.2:0', /port is 0/],
    ['10.0.0.2:65536', /port is 65536/],
    ['10.0.0.2:123456', /address is/],
    [{ hostname: '', port: 80 }, /hostname is ''/],
    [{ hostname: SERVER, port: 1.5 }, /port is 1.5/],
    [{ hostname: SERVER, port: NaN }, /port is NaN/],
  ] as const)('connect(%j) is refused in words', ([address, words]) => {
    expect(() => stacks.client.connect(address)).toThrow(words);
    expect(() => stacks.client.connect(address)).toThrow(SocketError);
  });

  test('a local address that is none, or none of ours', async () => {
    expect(() => stacks.client.connect(`${SERVER}:80`, { localAddress: 'here' })).toThrow(/here/);
    const away = stacks.client.connect(`${SERVER}:80`, { localAddress: '192.0.2.1' });
    expect(await codeOf(away.opened)).toBe('EADDRNOTAVAIL');
    const other = stacks.client.connect(`${SERVER}:80`, { localAddress: 'fd00::1' });
    expect(await codeOf(other.opened)).toBe('EHOSTUNREACH');
  });

  test.for([
    ['0.0.0.0:80', 'EINVAL'],
    ['255.255.255.255:80', 'EINVAL'],
    ['224.0.0.1:80', 'EINVAL'],
    ['10.0.0.255:80', 'EINVAL'],
    ['no.such.name:80', 'ENOTFOUND'],
  ])('connect(%s) fails with %s', async ([address = '', code]) => {
    expect(await codeOf(stacks.client.connect(address).opened)).toBe(code);
  });

  test('an option of TCP that is out of its range', async () => {
    const client = stacks.client.connect(`${SERVER}:80`, { tcp: { sendBuffer: -1 } });
    await expect(client.opened).rejects.toThrow(RangeError);
    await expect(client.closed).rejects.toThrow(RangeError);
  });

  test('a chunk that is no octets ends the connection in words', async () => {
    const [client, server] = await connected();
    const writer = client.writable.getWriter();
    const wrong: unknown = 42;
    expect(await codeOf(writer.write(wrong as string))).toBe('EINVAL');
    expect(await codeOf(client.closed)).toBe('EINVAL');
    expect(await codeOf(server.closed)).toBe('ECONNRESET');
  });

  test('an empty chunk is sent with the next one', async () => {
    const [client, server] = await connected();
    await write(client, '');
    await write(client, 'x');
    await client.writable.close();
    expect(await readAll(server.readable)).toBe('x');
  });
});
