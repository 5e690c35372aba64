import { afterEach, describe, expect, test } from 'vitest';
import type { Device } from '../../src/link/link.ts';
import { pair } from '../../src/link/pair.ts';
import { PlatformLoop, type Timer } from '../../src/socket/event-loop.ts';
import { connect, listen, sockets } from '../../src/socket/default-stack.ts';
import type { Socket } from '../../src/socket/socket.ts';
import { defaultStack, Stack, useStack } from '../../src/socket/stack.ts';
import { NameError } from '../../src/socket/resolver.ts';
import { parseAddress, printAddress, printCidr } from '../../src/wire/address.ts';
import { codeOf, readAll, SERVER, textOf, twoStacks, write } from './two-stacks.ts';

const open: Stack[] = [];
afterEach(() => Promise.all(open.splice(0).map((stack) => stack.close())));

function made(...args: ConstructorParameters<typeof Stack>): Stack {
  const stack = new Stack(...args);
  open.push(stack);
  return stack;
}

const quiet = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
const states = (stack: Stack): string[] => stack.sockets().map(({ state }) => state);

/** A connection of `stack` with itself. */
async function withItself(stack: Stack, hostname = 'localhost'): Promise<[Socket, Socket]> {
  const listener = stack.listen({ hostname });
  const client = stack.connect({ hostname, port: listener.port });
  const server = await listener.accept();
  await client.opened;
  await listener.close();
  if (server === undefined) throw new Error('the listener is closed');
  return [client, server];
}

describe('a stack without interfaces', () => {
  test('talks to itself by any name of its own', async () => {
    const stack = made();
    for (const hostname of ['localhost', '127.0.0.1', '127.1.2.3', '::1', 'www.localhost']) {
      const [client, server] = await withItself(stack, hostname);
      await write(client, hostname);
      await client.writable.close();
      expect(await readAll(server.readable)).toBe(hostname);
      await Promise.all([client.closed, server.closed]);
    }
  });

  test('reaches nobody else, and says so', async () => {
    const stack = made();
    expect(await codeOf(stack.connect('192.0.2.1:80').opened)).toBe('EHOSTUNREACH');
    expect(await codeOf(stack.connect('[2001:db8::1]:80').opened)).toBe('EHOSTUNREACH');
  });

  test('megabytes through loopback leave others their turn', async () => {
    const stack = made();
    const [client, server] = await withItself(stack);
    let turns = 0;
    const count = (): void => {
      turns++;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    const megabyte = new Uint8Array(1 << 20);
    const sent = (async () => {
      const writer = client.writable.getWriter();
      for (let i = 0; i < 96; i++) await writer.write(megabyte);
      await writer.close();
    })();
    let octets = 0;
    for await (const chunk of server.readable) octets += chunk.length;
    await sent;
    clearImmediate(timer);
    expect(octets).toBe(96 << 20);
    expect(turns).toBeGreaterThan(5);
  });
});

describe('the default stack', () => {
  test('is loopback only until another one is to be used', async () => {
    const first = defaultStack();
    open.push(first);
    expect(first.interfaces.map(({ name }) => name)).toEqual(['lo']);
    const listener = listen({ port: 8080 });
    const client = connect('localhost:8080');
    await client.opened;
    expect(
      sockets()
        .map(({ state }) => state)
        .sort(),
    ).toEqual(['ESTABLISHED', 'ESTABLISHED', 'LISTEN']);
    await client.close();
    await listener.close();

    const other = made({ name: 'other' });
    useStack(other);
    expect(defaultStack()).toBe(other);
    expect(sockets()).toEqual([]);
    expect(await codeOf(connect('localhost:8080').opened)).toBe('ECONNREFUSED');
    const third = made();
    const elsewhere = listen({ stack: third });
    await connect({ hostname: 'localhost', port: elsewhere.port }, { stack: third }).opened;
  });
});

describe('listen()', () => {
  test('is iterated over, and ends with the listener', async () => {
    const stack = made();
    const listener = stack.listen({ hostname: '127.0.0.1' });
    const greeted: string[] = [];
    const serving = (async () => {
      for await (const socket of listener) {
        greeted.push(await readAll(socket.readable));
        await socket.closed;
      }
    })();
    for (const text of ['one', 'two', 'three']) {
      const client = stack.connect({ hostname: '127.0.0.1', port: listener.port });
      await write(client, text);
      await client.writable.close();
      await client.closed;
    }
    await listener.close();
    await serving;
    expect(greeted).toEqual(['one', 'two', 'three']);
    expect(states(stack).filter((state) => state !== 'TIME-WAIT')).toEqual([]);
  });

  test('who leaves the loop closes it', async () => {
    const stack = made();
    const listener = stack.listen();
    const client = stack.connect({ hostname: 'localhost', port: listener.port });
    for await (const socket of listener) {
      await write(socket, 'only you');
      await socket.writable.close();
      break;
    }
    expect(await readAll(client.readable)).toBe('only you');
    expect(states(stack)).not.toContain('LISTEN');
    expect(await listener.accept()).toBeUndefined();
  });

  test('port 0 is a free one, told; a taken one is refused in words', () => {
    const stack = made();
    const listener = stack.listen({ hostname: '127.0.0.1' });
    const { port } = listener;
    expect(port).toBeGreaterThan(0);
    expect(listener.address).toBe('127.0.0.1');
    expect(() => stack.listen({ hostname: '127.0.0.1', port })).toThrow(
      expect.objectContaining({ code: 'EADDRINUSE' }),
    );
    expect(stack.listen({ hostname: '::1', port }).port).toBe(port);
  });

  test('localhost is both loopback addresses on one port', async () => {
    const stack = made();
    const { port } = stack.listen({ hostname: 'localhost' });
    await stack.connect(`127.0.0.1:${port}`).opened;
    await stack.connect(`[::1]:${port}`).opened;
    expect(states(stack).filter((state) => state === 'LISTEN')).toHaveLength(2);
  });

  test('connections that nobody accepts wait, as many as the backlog says', async () => {
    const stack = made({ tcp: { synTimeout: 180_000 } });
    const listener = stack.listen({ hostname: '127.0.0.1', backlog: 3 });
    const address = `127.0.0.1:${listener.port}`;
    const clients = Array.from({ length: 6 }, () => stack.connect(address));
    await quiet();
    expect(listener.waiting).toBe(3);
    const accepted = [await listener.accept(), await listener.accept(), await listener.accept()];
    expect(accepted.map((socket) => socket?.state)).toEqual([
      'ESTABLISHED',
      'ESTABLISHED',
      'ESTABLISHED',
    ]);
    await listener.close();
    for (const client of clients) client.abort();
  });

  test('a connection that ended while it waited says so when it is accepted', async () => {
    const stack = made();
    const listener = stack.listen({ hostname: '127.0.0.1' });
    const client = stack.connect(`127.0.0.1:${listener.port}`);
    await write(client, 'hello');
    await client.writable.close();
    const aborted = stack.connect(`127.0.0.1:${listener.port}`);
    await aborted.opened;
    aborted.abort();
    await quiet();
    const first = await listener.accept();
    expect(await readAll(first!.readable)).toBe('hello');
    const second = await listener.accept();
    if (second !== undefined) expect(await codeOf(second.closed)).toBe('ECONNRESET');
  });

  test('close() resets those that nobody took; accept() ends', async () => {
    const stack = made();
    const listener = stack.listen({ hostname: '127.0.0.1' });
    const client = stack.connect(`127.0.0.1:${listener.port}`);
    await client.opened;
    await listener.close();
    await listener.close();
    expect(await codeOf(client.closed)).toBe('ECONNRESET');
    const other = stack.listen();
    const waiting = [other.accept(), other.accept()];
    await other.close();
    expect(await Promise.all(waiting)).toEqual([undefined, undefined]);
  });

  test('await using, and a signal', async () => {
    const stack = made();
    {
      await using listener = stack.listen();
      expect(listener.port).toBeGreaterThan(0);
    }
    expect(states(stack)).toEqual([]);
    const control = new AbortController();
    const listener = stack.listen(control);
    control.abort();
    expect(await listener.accept()).toBeUndefined();
    expect(await stack.listen({ signal: AbortSignal.abort() }).accept()).toBeUndefined();
    expect(states(stack)).toEqual([]);
  });

  test.for([
    [{ port: -1 }, 'EINVAL'],
    [{ port: 65_536 }, 'EINVAL'],
    [{ port: 1.5 }, 'EINVAL'],
    [{ backlog: 0 }, 'EINVAL'],
    [{ hostname: '192.0.2.1' }, 'EADDRNOTAVAIL'],
    [{ hostname: 'example.com' }, 'EADDRNOTAVAIL'],
    [{ hostname: '' }, 'EADDRNOTAVAIL'],
  ] as const)('listen(%j) is refused with %s', ([options, code]) => {
    const stack = made();
    expect(() => stack.listen(options)).toThrow(expect.objectContaining({ code }));
    expect(states(stack)).toEqual([]);
  });
});

describe('act()', () => {
  test('what a call throws leaves it, and what it made due is sent all the same', async () => {
    const { client, server, close } = twoStacks();
    const arrived = new Promise<void>((resolve) => {
      server.act((now) => server.host.listen(now, { port: 80, onConnection: () => resolve() }));
    });
    expect(() =>
      client.act((now) => {
        client.host.open(now, { remote: parseAddress(SERVER)!, remotePort: 80 });
        throw new Error('of the user');
      }),
    ).toThrow('of the user');
    await arrived;
    await close();
  });

  test('the pull interface: receive into memory of ours, at the present time', async () => {
    const { client, server, close } = twoStacks();
    const buffer = new Uint8Array(100);
    const received = new Promise<string>((resolve) => {
      server.act((now) =>
        server.host.listen(now, {
          port: 80,
          onConnection: (socket) => {
            socket.onSignal = (signal, at) => {
              if (signal !== 'readable') return;
              const taken = socket.receive(at, buffer);
              resolve(textOf(buffer.subarray(0, Number(taken))));
            };
          },
        }),
      );
    });
    client.act((now) => {
      const socket = client.host.open(now, { remote: parseAddress(SERVER)!, remotePort: 80 });
      if (!('error' in socket)) socket.send(now, new TextEncoder().encode('pulled'));
    });
    expect(await received).toBe('pulled');
    await close();
  });
});

describe('interfaces', () => {
  test('have addresses of both families, gateways and a name', () => {
    const [link] = pair({ names: ['eth9', 'other'] });
    const stack = made({
      interfaces: [
        { link, addresses: ['10.1.0.2/16', 'fd00::2/64'], gateways: ['10.1.0.1', 'fd00::1'] },
      ],
    });
    const [lo, iface] = stack.interfaces;
    expect([lo?.name, iface?.name]).toEqual(['lo', 'eth9']);
    expect(iface?.addresses.map(({ cidr }) => printCidr(cidr))).toEqual([
      '10.1.0.2/16',
      'fd00::2/64',
    ]);
    const ways = stack.host
      .routes()
      .map(({ to, via }) => `${printCidr(to)} ${via === undefined ? '' : printAddress(via)}`);
    expect(ways).toEqual(expect.arrayContaining(['0.0.0.0/0 10.1.0.1', '::/0 fd00::1']));
  });

  test('two of them, two neighbours, one host', async () => {
    const [a0, a1] = pair();
    const [b0, b1] = pair();
    const middle = made({
      interfaces: [
        { link: a0, name: 'a', addresses: ['10.0.1.1/24'] },
        { link: b0, name: 'b', addresses: ['10.0.2.1/24'] },
      ],
    });
    const left = made({ interfaces: [{ link: a1, addresses: ['10.0.1.2/24'] }] });
    const right = made({ interfaces: [{ link: b1, addresses: ['10.0.2.2/24'] }] });
    for (const [stack, address] of [
      [left, '10.0.1.2'],
      [right, '10.0.2.2'],
    ] as const) {
      const listener = stack.listen({ port: 80 });
      const socket = middle.connect(`${address}:80`);
      const peer = await listener.accept();
      expect((await socket.opened).localAddress.split(':')[0]).toBe(address.replace(/2$/, '1'));
      await write(socket, address);
      await socket.writable.close();
      expect(await readAll(peer!.readable)).toBe(address);
    }
  });

  test.for([
    [{ addresses: ['10.0.0.2'] }, /address is '10.0.0.2'/],
    [{ addresses: ['10.0.0.2/33'] }, /address is/],
    [{ addresses: ['0.0.0.0/0'] }, /cannot be the address/],
    [{ addresses: ['127.0.0.1/8'] }, /already/],
    [{ gateways: ['router'] }, /gateway is 'router'/],
    [{ mac: '02:00' }, /mac is '02:00'/],
    [{ mtu: 10 }, /mtu/],
    [{ name: 'lo' }, /lo/],
  ] as const)('%j is refused in words', ([wish, words]) => {
    const [link] = pair();
    expect(() => made({ interfaces: [{ link, ...wish }] })).toThrow(words);
  });

  test('a link that closes under open connections: each gets an error, none hangs', async () => {
    const { client, server, links, close } = twoStacks();
    const listener = server.listen({ port: 80 });
    const idle = client.connect(`${SERVER}:80`);
    await idle.opened;
    const writing = client.connect('[fd00::2]:80');
    await writing.opened;
    const opening = client.connect('10.0.0.77:80');
    const write = codeOf(writing.writable.getWriter().write(new Uint8Array(1_000_000)));
    const read = codeOf(idle.readable.getReader().read());
    const accepted = [await listener.accept(), await listener.accept()];
    await links[0].close();
    expect(await write).toBe('ENETDOWN');
    expect(await read).toBe('ENETDOWN');
    expect(await codeOf(opening.opened)).toBe('ENETDOWN');
    expect(await codeOf(idle.closed)).toBe('ENETDOWN');
    for (const socket of accepted) expect(await codeOf(socket!.closed)).toBe('ENETDOWN');
    expect(client.interfaces.map(({ name }) => name)).toEqual(['lo']);
    expect(await codeOf(client.connect(`${SERVER}:80`).opened)).toBe('EHOSTUNREACH');
    const [one, other] = await withItself(client); // what has nothing to do with it goes on
    await write2(one, other);
    await close();
  });

  test('onClose is told, with the reason of the link', async () => {
    const told: unknown[] = [];
    const [link] = pair();
    const stack = made();
    stack.addInterface({ link, addresses: ['10.0.0.1/24'], onClose: (error) => told.push(error) });
    const reason = new Error('unplugged');
    link.onClose?.(reason);
    expect(told).toEqual([reason]);
    expect(stack.interfaces).toHaveLength(1);
  });

  test('removeInterface() takes the link down with it', async () => {
    const { client, server, close } = twoStacks();
    server.listen({ port: 80 });
    const socket = client.connect(`${SERVER}:80`);
    await socket.opened;
    await client.removeInterface(client.interfaces[1]!);
    expect(await codeOf(socket.closed)).toBe('ENETDOWN');
    expect(client.interfaces).toHaveLength(1);
    await close();
  });
});

/** Time that passes when everything is quiet, for checks that take seconds. */
class QuickLoop extends PlatformLoop {
  #skipped = 0;
  override now(): number {
    return super.now() + this.#skipped;
  }
  override later(call: () => void, ms: number): Timer {
    const at = this.now() + ms;
    return super.later(() => {
      this.#skipped += Math.max(0, at - this.now());
      call();
    }, 1);
  }
}

describe('on an Ethernet', () => {
  const lan = (): [Stack, Stack] => {
    const [a, b] = pair({ medium: 'ethernet' });
    const eventLoop = new QuickLoop();
    const stack = (link: Device, name: string, addresses: string[], mac?: string): Stack =>
      made({ name, eventLoop, interfaces: [{ link, addresses, mac }] });
    return [
      stack(a, 'left', ['10.0.0.1/24', 'fd00::1/64'], '02:00:00:00:00:01'),
      stack(b, 'right', ['10.0.0.2/24', 'fd00::2/64']),
    ];
  };

  test('addresses are checked first, then neighbours find each other, over both families', async () => {
    const [left, right] = lan();
    expect(left.interfaces[1]?.addresses.map(({ state }) => state)).toContain('tentative');
    await Promise.all([left.configured(), right.configured()]);
    expect(left.interfaces[1]?.addresses.map(({ state }) => state)).not.toContain('tentative');
    const listener = right.listen({ port: 80 });
    for (const address of ['10.0.0.2:80', '[fd00::2]:80']) {
      const client = left.connect(address);
      const server = await listener.accept();
      await write(client, address);
      await client.writable.close();
      expect(await readAll(server!.readable)).toBe(address);
    }
    const macs = left.interfaces.map(({ mac }) => mac?.low);
    expect(macs).toEqual([undefined, 1]);
    expect((right.interfaces[1]?.mac?.high ?? 0) & 0x0300).toBe(0x0200); // locally administered
  });

  test('configured() ends with a signal, with the stack, and at once where nothing is checked', async () => {
    const [left, right] = lan();
    expect(await codeOf(left.configured({ signal: AbortSignal.abort('no') }))).toBe('no');
    const control = new AbortController();
    const waiting = codeOf(left.configured(control));
    control.abort('enough');
    expect(await waiting).toBe('enough');
    const other = codeOf(right.configured());
    await right.close();
    expect(await other).toBe('ENETDOWN');
    await made().configured();
  });
});

async function write2(one: Socket, other: Socket): Promise<void> {
  await write(one, 'still here');
  await one.writable.close();
  expect(await readAll(other.readable)).toBe('still here');
}

describe('names', () => {
  test('the resolver is asked for what is no literal address and not localhost', async () => {
    const asked: string[] = [];
    const { client, server, close } = twoStacks({
      resolver: (name) => {
        asked.push(name);
        return Promise.resolve([parseAddress(SERVER)!]);
      },
    });
    server.listen({ port: 80 });
    const socket = client.connect('server.example:80');
    expect((await socket.opened).remoteAddress).toBe('10.0.0.2:80');
    await client.connect(`${SERVER}:80`).opened;
    expect(await client.resolve('localhost', { family: 4 })).toHaveLength(1);
    expect(asked).toEqual(['server.example']);
    await close();
  });

  test('a name that is not found, and a socket that is closed while it is looked up', async () => {
    const aborted: boolean[] = [];
    const stack = made({
      resolver: (name, { signal }) =>
        name === 'slow.example'
          ? new Promise((_, reject) => {
              signal?.addEventListener('abort', () => {
                aborted.push(true);
                reject(new Error('aborted'));
              });
            })
          : Promise.reject(new NameError('ENOTFOUND', name)),
    });
    const missing = await stack.connect('no.example:80').opened.catch((error: unknown) => error);
    expect(missing).toMatchObject({ code: 'ENOTFOUND', message: /no\.example/ });
    const slow = stack.connect('slow.example:80');
    await slow.close();
    expect(await codeOf(slow.opened)).toBe('ECONNABORTED');
    expect(aborted).toEqual([true]);
  });

  test('of several addresses the first that answers is taken (RFC 8305)', async () => {
    const { client, server, close } = twoStacks({
      resolver: () =>
        Promise.resolve(['fd00::77', SERVER, '10.0.0.78'].map((a) => parseAddress(a)!)),
    });
    server.listen({ port: 80 });
    const socket = client.connect('server.example:80');
    expect((await socket.opened).remoteAddress).toBe('10.0.0.2:80');
    await quiet();
    expect(states(client)).toEqual(['ESTABLISHED']); // the others are given up
    await close();
  });

  test('when all fail the first reason is told, with the others', async () => {
    const { client, close } = twoStacks({
      resolver: () => Promise.resolve([SERVER, 'fd00::2'].map((a) => parseAddress(a)!)),
    });
    const error = await client.connect('server.example:80').opened.catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'ECONNREFUSED', cause: { errors: [{}, {}] } });
    expect(String(error)).toContain('[fd00::2]:80');
    await close();
  });
});

describe('close()', () => {
  test('ends every socket and listener with an error, and closes the links', async () => {
    const { client, server, links } = twoStacks();
    const listener = server.listen({ port: 80 });
    const socket = client.connect(`${SERVER}:80`);
    const peer = await listener.accept();
    const accepting = listener.accept();
    const raw = client.act((now) =>
      client.host.open(now, { remote: parseAddress(SERVER)!, remotePort: 80 }),
    );
    const closing = server.close();
    expect(server.close()).toBe(closing);
    await closing;
    expect(await codeOf(peer!.closed)).toBe('ENETDOWN');
    expect(await accepting).toBeUndefined();
    expect(await codeOf(socket.closed)).toMatch(/ECONNRESET|ENETDOWN/);
    expect('state' in raw && raw.state).toBe('CLOSED');
    const before = links[0].dropped;
    links[0].transmit(0, 40);
    expect(links[0].dropped).toBe(before + 1);
    expect(() => server.connect(`${SERVER}:80`)).toThrow(
      expect.objectContaining({ code: 'ENETDOWN' }),
    );
    expect(() => server.listen()).toThrow(expect.objectContaining({ code: 'ENETDOWN' }));
    expect(() => server.addInterface({ link: links[1] })).toThrow(RangeError);
    await client.close();
  });

  test('with time to linger connections end in order', async () => {
    const { client, server } = twoStacks();
    const listener = server.listen({ port: 80 });
    const socket = client.connect(`${SERVER}:80`);
    const peer = await listener.accept();
    const writer = socket.writable.getWriter();
    void writer.write('x'.repeat(500_000));
    const reading = readAll(peer!.readable);
    await client.close({ linger: 10_000 });
    expect((await reading).length).toBe(500_000);
    await server.close();
  });

  test('who does not end in time is reset', async () => {
    const { client, server } = twoStacks();
    const listener = server.listen({ port: 80 });
    const socket = client.connect(`${SERVER}:80`);
    await listener.accept();
    const writing = codeOf(socket.writable.getWriter().write(new Uint8Array(1_000_000)));
    await client.close({ linger: 30 });
    expect(await writing).toBe('ENETDOWN');
    await server.close();
  });

  test('await using', async () => {
    const [link]: [Device, Device] = pair();
    {
      await using stack = new Stack({ interfaces: [{ link, addresses: ['10.0.0.1/24'] }] });
      expect(stack.interfaces).toHaveLength(2);
    }
    const before = link.dropped;
    link.transmit(0, 40);
    expect(link.dropped).toBe(before + 1);
  });
});
