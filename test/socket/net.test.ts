/** What estab's `net` does that no scenario of the kernel's loopback shows. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { pair } from '../../src/link/pair.ts';
import defaultNet, * as names from '../../src/exports/net.ts';
import { netOn, Stack, useStack, defaultStack } from '../../src/exports/net.ts';
import type { StackOptions } from '../../src/socket/stack.ts';

const stacks: Stack[] = [];

function onStack(options: StackOptions = {}): { stack: Stack; net: names.Net } {
  const stack = new Stack(options);
  stacks.push(stack);
  return { stack, net: netOn(stack) };
}

afterEach(async () => {
  for (const stack of stacks.splice(0)) await stack.close();
});

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

async function serve(net: names.Net, onConnection?: (socket: Socket) => void): Promise<number> {
  const server = net.createServer(onConnection).listen(0);
  await once(server, 'listening');
  return portOf(server);
}

describe('the module', () => {
  test('has the names of node:net that are documented, by default and one by one', () => {
    for (const [name, value] of Object.entries(defaultNet)) {
      expect(Reflect.get(names, name)).toBe(value);
    }
  });

  test('useStack moves what is opened from now on', async () => {
    const before = defaultStack();
    const { stack } = onStack();
    useStack(stack);
    const port = await serve(defaultNet, (socket) => socket.end('moved'));
    const client = netOn(stack).connect(port, 'localhost');
    const [data] = (await once(client, 'data')) as [Buffer];
    expect(String(data)).toBe('moved');
    useStack(before);
  });

  test('a stack that is closed refuses', async () => {
    const { stack, net } = onStack();
    await stack.close();
    const client = net.connect(80, '127.0.0.1');
    const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ENETDOWN');
    const server = net.createServer().listen(0);
    const [refused] = (await once(server, 'error')) as [NodeJS.ErrnoException];
    expect(refused.code).toBe('ENETDOWN');
  });

  test('a stack that closes under open sockets ends them without a crash', async () => {
    const { stack, net } = onStack();
    const accepted: Socket[] = [];
    const server = net.createServer((socket) => accepted.push(socket.pipe(socket))).listen(0);
    await once(server, 'listening');
    const client = net.connect(portOf(server), 'localhost');
    client.write('hello');
    await once(client, 'data');
    const ends = [client, accepted[0]!, server].map((it) => once(it, 'close'));
    void stack.close();
    expect(await Promise.all(ends)).toEqual([[true], [true], []]);
  });
});

describe('addresses', () => {
  test('no route: ENETUNREACH, as the kernel says it', async () => {
    const { net } = onStack();
    const client = net.connect(81, '198.51.100.1');
    const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
    expect({ ...error }).toEqual({
      errno: -101,
      code: 'ENETUNREACH',
      syscall: 'connect',
      address: '198.51.100.1',
      port: 81,
    });
    expect(error.message).toBe('connect ENETUNREACH 198.51.100.1:81 - Local (0.0.0.0:0)');
  });

  test('an address that does not answer has its time, then the next is tried (RFC 8305)', async () => {
    const [link] = pair();
    const { net } = onStack({ interfaces: [{ link, addresses: ['10.0.0.1/24'] }] });
    const port = await serve(net, (socket) => socket.end('here'));
    const log: string[] = [];
    const client = net.connect({
      port,
      host: 'two.test',
      autoSelectFamilyAttemptTimeout: 20,
      lookup: (_name, _options, callback) => {
        const found = [
          { address: '10.0.0.9', family: 4 },
          { address: '::1', family: 6 },
        ];
        setImmediate(() => callback(null, found));
      },
    });
    for (const event of ['connectionAttempt', 'connectionAttemptTimeout', 'connect']) {
      client.on(event, (address?: string) => log.push(`${event} ${address ?? ''}`.trim()));
    }
    const [data] = (await once(client, 'data')) as [Buffer];
    expect(String(data)).toBe('here');
    expect(log).toEqual([
      'connectionAttempt 10.0.0.9',
      'connectionAttemptTimeout 10.0.0.9',
      'connectionAttempt ::1',
      'connect',
    ]);
  });

  test('all addresses fail, one of them by silence: an AggregateError', async () => {
    const [link] = pair();
    const { net } = onStack({ interfaces: [{ link, addresses: ['10.0.0.1/24'] }] });
    const client = net.connect({
      port: 9,
      host: 'two.test',
      autoSelectFamilyAttemptTimeout: 20,
      lookup: (_name, _options, callback) => {
        callback(null, [
          { address: '10.0.0.9', family: 4 },
          { address: '127.0.0.1', family: 4 },
        ]);
      },
    });
    const [error] = (await once(client, 'error')) as [AggregateError & { code: string }];
    expect(error).toBeInstanceOf(AggregateError);
    expect(error.code).toBe('ETIMEDOUT');
    expect(error.errors.map(({ message }: Error) => message)).toEqual([
      'connect ETIMEDOUT 10.0.0.9:9',
      'connect ECONNREFUSED 127.0.0.1:9',
    ]);
  });

  test('the resolver of the stack is asked, and may be abandoned', async () => {
    let asked: AbortSignal | undefined;
    const { net } = onStack({
      resolver: (name, { signal }) => {
        expect(name).toBe('slow.test');
        asked = signal;
        return new Promise(() => undefined);
      },
    });
    const client = net.connect(80, 'slow.test');
    await new Promise((resolve) => setImmediate(resolve));
    client.destroy();
    await once(client, 'close');
    expect(asked?.aborted).toBe(true);
  });

  test('a blockList of a server drops connections unseen', async () => {
    const { net } = onStack();
    const blockList = new net.BlockList();
    blockList.addAddress('::1', 'ipv6');
    const seen: (string | undefined)[] = [];
    const options: object = { blockList };
    const server = net.createServer(options, (socket) => {
      seen.push(socket.remoteAddress);
      socket.end('welcome');
    });
    server.listen(0);
    await once(server, 'listening');
    const blocked = net.connect(portOf(server), '::1').resume();
    await once(blocked, 'close');
    const welcome = net.connect(portOf(server), '127.0.0.1');
    const [data] = (await once(welcome, 'data')) as [Buffer];
    expect(String(data)).toBe('welcome');
    expect(seen).toEqual(['::ffff:127.0.0.1']);
  });
});

describe('sockets', () => {
  test('nothing happens before the turn of the event loop is over', async () => {
    const { net } = onStack();
    const port = await serve(net, (socket) => socket.end('quick'));
    const client = net.connect(port, '127.0.0.1');
    for (let i = 0; i < 1000; i++) await Promise.resolve();
    expect(client.connecting).toBe(true);
    await once(client, 'connect');
    for (let i = 0; i < 1000; i++) await Promise.resolve();
    expect(String(((await once(client, 'data')) as [Buffer])[0])).toBe('quick');
  });

  test('destroyed in connectionAttempt', async () => {
    const { net } = onStack();
    const client = net.connect(await serve(net), '127.0.0.1');
    client.on('connectionAttempt', () => client.destroy());
    await once(client, 'close');
    expect(client.destroyed).toBe(true);
  });

  test('nobody reads: the window closes, and memory is bounded by buffers', async () => {
    const { net, stack } = onStack();
    const accepted: Socket[] = [];
    const port = await serve(net, (socket) => accepted.push(socket));
    const client = net.connect(port, '127.0.0.1');
    await once(client, 'connect');
    let written = 0;
    const chunk = Buffer.alloc(10_000);
    const more = (): void => {
      while (client.write(chunk)) written += chunk.length;
    };
    client.on('drain', more);
    more();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(written).toBeLessThan(2 * 1024 * 1024);
    const queued = stack.sockets().reduce((sum, socket) => sum + socket.receiveQueue, 0);
    expect(queued).toBeGreaterThan(10_000);
    client.off('drain', more);
    let read = 0;
    accepted[0]!.on('data', (data: Buffer) => (read += data.length));
    client.end();
    await once(accepted[0]!, 'end');
    expect(read).toBe(client.bytesWritten);
  });

  test('AsyncLocalStorage: listeners hear in the context of their socket', async () => {
    const { net } = onStack();
    const context = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const port = await context.run('server', () =>
      serve(net, (socket) => {
        seen.push(context.getStore());
        socket.on('data', () => seen.push(context.getStore())).pipe(socket);
      }),
    );
    for (const name of ['one', 'two']) {
      await context.run(name, async () => {
        const client = net.connect(port, 'localhost');
        client.on('connect', () => seen.push(context.getStore()));
        client.write(name);
        await once(client, 'data');
        client.on('close', () => seen.push(context.getStore()));
        client.destroy();
        await once(client, 'close');
      });
    }
    expect(seen.filter((name) => name === undefined)).toEqual([]);
    expect(seen.filter((name) => name === 'one').length).toBeGreaterThanOrEqual(2);
  });

  test('a listener that throws is uncaught, and does no harm to other sockets', async () => {
    const { net } = onStack();
    const port = await serve(net, (socket) => socket.pipe(socket));
    const bad = net.connect(port, 'localhost');
    const good = net.connect(port, 'localhost');
    await Promise.all([once(bad, 'connect'), once(good, 'connect')]);
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const uncaught = once(process, 'uncaughtException');
    bad.on('data', () => {
      throw new Error('of a listener');
    });
    bad.write('x');
    good.write('y');
    const [[error], [data]] = await Promise.all([uncaught, once(good, 'data')]);
    for (const listener of listeners) process.on('uncaughtException', listener);
    expect((error as Error).message).toBe('of a listener');
    expect(String(data)).toBe('y');
  });
});

describe('the life of the process', () => {
  const program = (body: string): string => {
    const entry = fileURLToPath(new URL('../../src/exports/net.ts', import.meta.url));
    const tsx = fileURLToPath(new URL('../../node_modules/tsx/dist/cli.mjs', import.meta.url));
    const code = `import net from ${JSON.stringify(entry)};\n${body}`;
    return execFileSync(process.execPath, [tsx, '--input-type=module', '--eval', code], {
      encoding: 'utf8',
      timeout: 20_000,
    }).trim();
  };

  test('a server and a socket keep it, unref() lets it go, and a program ends by itself', () => {
    const text = program(`
      const server = net.createServer((socket) => socket.pipe(socket)).listen(0, () => {
        const client = net.connect(server.address().port, 'localhost', () => client.end('done'));
        client.on('data', (data) => console.log(String(data)));
        client.on('close', () => server.close());
      });
      net.createServer().listen(0).unref();
      process.on('exit', () => console.log('exit'));
    `);
    expect(text).toBe('done\nexit');
  });

  test('what was sent before destroy() is delivered', () => {
    const text = program(`
      const server = net.createServer((socket) => {
        socket.on('data', (data) => console.log(data.length));
        server.close();
      }).listen(0, () => {
        const client = net.connect(server.address().port, 'localhost', () => {
          client.write(Buffer.alloc(1000), () => client.destroy());
        });
      });
    `);
    expect(text).toBe('1000');
  });
});
