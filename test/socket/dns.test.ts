/** The DNS client against a server that says what the test wants: RFC 1035, RFC 2308, RFC 5452. */
import { afterEach, describe, expect, test } from 'vitest';
import { dnsResolver, type DnsOptions } from '../../src/socket/node/dns-client.ts';
import { lookupOn, type LookupOptions } from '../../src/socket/node/dns-lookup.ts';
import { NameError, type Resolver } from '../../src/socket/resolver.ts';
import { Stack } from '../../src/socket/stack.ts';
import { a, aaaa, cname, NameServer, reply, soa, texts, type Says } from './name-server.ts';

const open: NameServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

function serve(says: Says, options: DnsOptions = {}): { server: NameServer; resolve: Resolver } {
  const server = new NameServer(says);
  open.push(server);
  const resolve = dnsResolver(server.client, {
    servers: ['192.0.2.53'],
    timeout: 10_000, // what is not silent answers, however busy the machine is
    attempts: 2,
    ...options,
  });
  return { server, resolve };
}

const zone: Says = (asked) => {
  const { name, type } = asked;
  if (name === 'both.example') {
    return reply(asked, {
      answers: [type === 'A' ? a(name, '198.51.100.7') : aaaa(name, '2001:db8:7::7')],
    });
  }
  if (name === 'four.example' && type === 'A') {
    return reply(asked, { answers: [a(name, '198.51.100.1'), a(name, '198.51.100.2')] });
  }
  if (name === 'alias.example' && type === 'A') {
    return reply(asked, {
      answers: [
        cname(name, 'Real.Example'),
        cname('real.example', 'x.example'),
        a('x.example', '198.51.100.3'),
      ],
    });
  }
  if (name === 'half.example') return reply(asked, { answers: [cname(name, 'both.example')] });
  if (name === 'nosuch.example')
    return reply(asked, { rcode: 3, authorities: [soa('example', 60)] });
  return reply(asked, { authorities: [soa('example', 60)] });
};

async function failure(promise: Promise<unknown>): Promise<NameError> {
  const error: unknown = await promise.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (error instanceof NameError) return error;
  throw new Error(`not a NameError: ${String(error)}`);
}

describe('what is found', () => {
  test('both families, ordered by RFC 6724', async () => {
    const { resolve, server } = serve(zone);
    expect(texts(await resolve('both.example', {}))).toEqual(['2001:db8:7::7', '198.51.100.7']);
    expect(server.names.sort()).toEqual(['A both.example', 'AAAA both.example']);
    expect(texts(await resolve('both.example', { family: 6 }))).toEqual(['2001:db8:7::7']);
    expect(texts(await resolve('both.example', { family: 4 }))).toEqual(['198.51.100.7']);
  });

  test('one family alone, several addresses', async () => {
    const { resolve } = serve(zone);
    expect(texts(await resolve('four.example', {}))).toEqual(['198.51.100.1', '198.51.100.2']);
  });

  test('aliases, in one answer or with a question of their own', async () => {
    const { resolve, server } = serve(zone);
    expect(texts(await resolve('alias.example', { family: 4 }))).toEqual(['198.51.100.3']);
    expect(texts(await resolve('half.example', { family: 4 }))).toEqual(['198.51.100.7']);
    expect(server.names).toEqual(['A alias.example', 'A half.example', 'A both.example']);
  });

  test('aliases in a circle end', async () => {
    const circle: Says = (asked) =>
      reply(asked, {
        answers: [cname(asked.name, asked.name === 'x.example' ? 'y.example' : 'x.example')],
      });
    const { resolve, server } = serve(circle);
    expect((await failure(resolve('x.example', { family: 4 }))).code).toBe('ENOTFOUND');
    expect(server.asked.length).toBeLessThanOrEqual(8);
  });

  test('names of other alphabets are asked for in ASCII', async () => {
    const { resolve, server } = serve(zone);
    await failure(resolve('bücher.example', { family: 4 }));
    expect(server.names).toEqual(['A xn--bcher-kva.example']);
  });

  test('truncated: asked again over TCP (RFC 7766)', async () => {
    const many = Array.from({ length: 200 }, (_, i) => a('big.example', `198.51.100.${i}`));
    const { resolve, server } = serve((asked) =>
      asked.over === 'udp' ? reply(asked, { truncated: true }) : reply(asked, { answers: many }),
    );
    expect(await resolve('big.example', { family: 4 })).toHaveLength(200);
    expect(server.names).toEqual(['A big.example', 'A big.example tcp']);
  });

  test('over IPv6', async () => {
    const { resolve } = serve(zone, { servers: ['[2001:db8::53]:53'] });
    expect(texts(await resolve('four.example', { family: 4 }))).toHaveLength(2);
  });
});

describe('what is not found', () => {
  test('ENOTFOUND, as node:dns has it', async () => {
    const { resolve } = serve(zone);
    const error = await failure(resolve('nosuch.example', {}));
    expect({ ...error, message: error.message }).toEqual({
      message: 'getaddrinfo ENOTFOUND nosuch.example',
      code: 'ENOTFOUND',
      errno: -3008,
      syscall: 'getaddrinfo',
      hostname: 'nosuch.example',
    });
    expect((await failure(resolve('four.example', { family: 6 }))).code).toBe('ENOTFOUND');
  });

  test.each(['', '.', 'a..b', `${'x'.repeat(64)}.example`, `${'x.'.repeat(127)}x`, 'a b', 'a\0b'])(
    'no name: %j is not asked for',
    async (name) => {
      const { resolve, server } = serve(zone);
      expect((await failure(resolve(name, {}))).code).toBe('ENOTFOUND');
      expect(server.asked).toEqual([]);
    },
  );

  test('no server at all is EAI_AGAIN, and says what to do', async () => {
    const { server } = serve(zone);
    const error = await failure(dnsResolver(server.client)('x.example', {}));
    expect(error.code).toBe('EAI_AGAIN');
    expect(String(error.cause)).toMatch(/no name server: give dnsResolver one/);
  });

  test('silence is EAI_AGAIN after all attempts', async () => {
    const { resolve, server } = serve(() => undefined, { timeout: 60 });
    expect((await failure(resolve('x.example', { family: 4 }))).code).toBe('EAI_AGAIN');
    expect(server.asked).toHaveLength(2);
  });

  test('nobody there is known at once: port unreachable', async () => {
    const { resolve } = serve(zone, { servers: ['192.0.2.53:99'], timeout: 60_000, attempts: 1 });
    const error = await failure(resolve('x.example', { family: 4 }));
    expect(String(error.cause)).toMatch(/port-unreachable/);
  });
});

describe('several servers', () => {
  test('SERVFAIL, REFUSED and silence lead to the next one', async () => {
    let count = 0;
    const { resolve, server } = serve(
      (asked) => {
        count++;
        if (count === 1) return reply(asked, { rcode: 2 });
        if (count === 2) return reply(asked, { rcode: 5 });
        return count === 3 ? undefined : zone(asked, Buffer.alloc(0));
      },
      { servers: ['192.0.2.53', '192.0.2.54', '2001:db8::53'], timeout: 300 },
    );
    expect(texts(await resolve('four.example', { family: 4 }))).toHaveLength(2);
    expect(server.asked).toHaveLength(4);
  });

  test('a name that is not there is not asked for elsewhere', async () => {
    const { resolve, server } = serve(zone, { servers: ['192.0.2.53', '192.0.2.54'] });
    await failure(resolve('nosuch.example', { family: 4 }));
    expect(server.asked).toHaveLength(1);
  });

  test.each([
    'nonsense',
    '1.2.3.4:0',
    '1.2.3.4:70000',
    '[1.2.3.4]:53',
    '',
    '::1]:53',
    'example.com',
  ])('%j is no server', (text) => {
    const stack = new Stack();
    expect(() => dnsResolver(stack, { servers: [text] })).toThrow(RangeError);
  });
});

describe('what is remembered', () => {
  test('as long as its TTL says; nothing with TTL 0', async () => {
    let ttl = 60;
    const { resolve, server } = serve((asked) =>
      reply(asked, { answers: [a(asked.name, '198.51.100.1', ttl)] }),
    );
    await resolve('x.example', { family: 4 });
    await resolve('X.Example.', { family: 4 });
    expect(server.asked).toHaveLength(1);
    ttl = 0;
    await resolve('y.example', { family: 4 });
    await resolve('y.example', { family: 4 });
    expect(server.asked).toHaveLength(3);
  });

  test('that there is nothing, too (RFC 2308), when there is an SOA', async () => {
    const { resolve, server } = serve(zone);
    await failure(resolve('nosuch.example', { family: 4 }));
    await failure(resolve('nosuch.example', { family: 4 }));
    expect(server.asked).toHaveLength(1);
  });

  test('not more than so many', async () => {
    const { resolve, server } = serve(
      (asked) => reply(asked, { answers: [a(asked.name, '198.51.100.1')] }),
      { cacheSize: 2 },
    );
    for (const name of ['a', 'b', 'c', 'a']) await resolve(`${name}.example`, { family: 4 });
    expect(server.asked).toHaveLength(4);
  });

  test('the same question is under way once', async () => {
    const { resolve, server } = serve(zone);
    await Promise.all(Array.from({ length: 20 }, () => resolve('four.example', { family: 4 })));
    expect(server.asked).toHaveLength(1);
  });
});

describe('called off', () => {
  test('at once, and the last one takes the question with him', async () => {
    const { resolve, server } = serve(() => undefined, { timeout: 60_000 });
    const one = new AbortController();
    const two = new AbortController();
    const first = resolve('x.example', { family: 4, signal: one.signal });
    const second = resolve('x.example', { family: 4, signal: two.signal });
    one.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    expect(server.client.host.udpSockets()).toHaveLength(1);
    two.abort(new Error('enough, too'));
    await expect(second).rejects.toThrow('enough, too');
    await new Promise((done) => setTimeout(done, 5));
    expect(server.client.host.udpSockets()).toEqual([]);
  });

  test('before it began', async () => {
    const { resolve, server } = serve(zone);
    const signal = AbortSignal.abort(new Error('no'));
    await expect(resolve('four.example', { signal })).rejects.toThrow('no');
    await new Promise((done) => setTimeout(done, 5));
    expect(server.client.host.udpSockets()).toEqual([]);
  });
});

describe('hostile answers', () => {
  const good = (asked: Parameters<Says>[0]): Buffer =>
    reply(asked, { answers: [a(asked.name, '198.51.100.1')] });

  test('ids and ports are different each time', async () => {
    const { resolve, server } = serve(zone);
    for (let i = 0; i < 40; i++)
      await resolve(`n${i}.example`, { family: 4 }).catch(() => undefined);
    expect(new Set(server.asked.map(({ id }) => id)).size).toBeGreaterThan(35);
    expect(new Set(server.asked.map(({ fromPort }) => fromPort)).size).toBeGreaterThan(35);
  });

  const bad: [string, (octets: Buffer, asked: Buffer) => Buffer][] = [
    ['another id', (octets) => flip(octets, 0, 1)],
    ['a question', (_, asked) => asked],
    ['another opcode', (octets) => flip(octets, 2, 0x08)],
    ['no question', (octets) => flip(octets, 5, 1)],
    ['two questions', (octets) => flip(octets, 5, 3)],
    ['another name', (octets) => flip(octets, 13, 0x01)],
    ['another type', (octets, asked) => flip(octets, asked.length - 3, 0x1d)],
    ['another class', (octets, asked) => flip(octets, asked.length - 1, 2)],
    ['nothing', () => Buffer.alloc(0)],
    ['an octet', () => Buffer.alloc(1)],
    ['a header', (octets) => octets.subarray(0, 12)],
    ['half an answer', (octets) => octets.subarray(0, octets.length - 3)],
    ['a name that points at itself', (octets, asked) => pointing(octets, asked, asked.length)],
    ['a name that points ahead', (octets, asked) => pointing(octets, asked, asked.length + 4)],
    ['a name beyond the end', (octets, asked) => pointing(octets, asked, 0x3fff)],
    ['more records than there are', (octets) => withCount(octets, 200)],
    ['65535 records', (octets) => withCount(octets, 0xffff)],
    [
      'more octets than anybody asked for',
      (octets) => Buffer.concat([octets, Buffer.alloc(60_000)]),
    ],
  ];

  test.each(bad)('%s is no answer; the right one behind it is', async (_name, spoil) => {
    const { resolve } = serve((asked, octets) => [
      spoil(Buffer.from(good(asked)), octets),
      good(asked),
    ]);
    expect(texts(await resolve('x.example', { family: 4 }))).toEqual(['198.51.100.1']);
  });

  test('a flood of guesses ends the question, not the process', async () => {
    const { resolve, server } = serve((asked) =>
      Array.from({ length: 300 }, (_, i) => flip(Buffer.from(good(asked)), 1, 1 + (i % 250))),
    );
    const error = await failure(resolve('x.example', { family: 4 }));
    expect(String(error.cause)).toMatch(/too much that is no answer/);
    expect(server.client.host.udpSockets()).toEqual([]);
  });

  test('another host cannot answer: the question left for one', async () => {
    const { resolve, server } = serve(() => undefined, { attempts: 1, timeout: 60 });
    const spoofer = server.stack.act((now) =>
      server.stack.host.openUdp(now, {
        local: server.stack.interfaces[1]!.addresses[2]!.cidr.address,
        localPort: 5353,
      }),
    );
    if ('error' in spoofer) throw new Error(spoofer.message);
    server.says = (asked) => {
      const octets = good(asked);
      const to = server.client.interfaces[1]!.addresses[0]!.cidr.address;
      server.stack.act((now) => spoofer.send(now, octets, 0, octets.length, to, asked.fromPort));
      return undefined;
    };
    expect((await failure(resolve('x.example', { family: 4 }))).code).toBe('EAI_AGAIN');
  });

  test('garbage of all kinds, over UDP and TCP, ends in an error', async () => {
    let state = 7;
    const random = (): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 8;
    const { resolve, server } = serve(
      (asked) => {
        const octets = Buffer.from(
          reply(asked, { answers: [a(asked.name, '1.2.3.4'), cname('b', 'c')] }),
        );
        if (asked.over === 'udp' && random() % 4 === 0) return reply(asked, { truncated: true });
        for (let i = 0; i < 8; i++)
          octets[12 + (random() % (octets.length - 12))] = random() & 0xff;
        return octets;
      },
      { timeout: 5, attempts: 1, cacheSize: 0 },
    );
    for (let i = 0; i < 100; i++) {
      await resolve(`g${i}.example`, { family: 4 }).catch((error: unknown) => {
        expect(error).toBeInstanceOf(NameError);
      });
    }
    expect(server.client.host.udpSockets()).toEqual([]);
  });
});

describe('lookup, as node:dns has it', () => {
  function looked(
    stack: Stack,
    name: string,
    options?: LookupOptions | number,
  ): Promise<unknown[]> {
    return new Promise((resolve) => {
      if (options === undefined) lookupOn(stack)(name, (...args) => resolve(args));
      else lookupOn(stack)(name, options, (...args) => resolve(args));
    });
  }

  test('one address, all addresses, errors', async () => {
    const { server, resolve } = serve(zone);
    const stack = server.client;
    stack.useResolver(resolve);
    expect(await looked(stack, '192.0.2.9')).toEqual([null, '192.0.2.9', 4]);
    expect(await looked(stack, '::1', 4)).toEqual([null, '::1', 6]);
    expect(await looked(stack, 'four.example', 4)).toEqual([null, '198.51.100.1', 4]);
    expect(await looked(stack, 'both.example', { all: true, order: 'ipv6first' })).toEqual([
      null,
      [
        { address: '2001:db8:7::7', family: 6 },
        { address: '198.51.100.7', family: 4 },
      ],
    ]);
    expect(await looked(stack, 'localhost', { family: 'IPv4' })).toEqual([null, '127.0.0.1', 4]);
    expect(await looked(stack, 'a.localhost', { all: true })).toEqual([
      null,
      [
        { address: '::1', family: 6 },
        { address: '127.0.0.1', family: 4 },
      ],
    ]);
    expect(await looked(stack, '')).toEqual([null, null, 4]);
    expect(await looked(stack, '', { all: true })).toEqual([null, []]);
    const [error] = await looked(stack, 'nosuch.example');
    expect(error).toMatchObject({ code: 'ENOTFOUND', hostname: 'nosuch.example' });
  });

  test('misuse throws at once', () => {
    const lookup = lookupOn(new Stack()) as (...args: unknown[]) => void;
    expect(() => lookup('x')).toThrow('The "callback" argument must be of type function');
    expect(() => lookup(5, () => undefined)).toThrow(
      'The "hostname" argument must be of type string',
    );
    expect(() => lookup('x', { family: 5 }, () => undefined)).toThrow(/must be one of: 0, 4, 6/);
  });

  test('hosts of the stack go before servers', async () => {
    const stack = new Stack({ hosts: { 'db.internal': ['10.0.0.5', 'fd00::5'], one: '10.0.0.1' } });
    expect(await looked(stack, 'DB.internal', { all: true })).toEqual([
      null,
      [
        { address: '10.0.0.5', family: 4 },
        { address: 'fd00::5', family: 6 },
      ],
    ]);
    expect(await looked(stack, 'one.')).toEqual([null, '10.0.0.1', 4]);
    const [error] = await looked(stack, 'two');
    expect(error).toMatchObject({ code: 'ENOTFOUND' });
  });
});

function flip(octets: Buffer, at: number, bits: number): Buffer {
  const other = Buffer.from(octets);
  other[at]! ^= bits;
  return other;
}

/** The answer's name is a pointer. */
function pointing(octets: Buffer, asked: Buffer, to: number): Buffer {
  const rest = Buffer.from([
    0xc0 | (to >> 8),
    to & 0xff,
    0,
    1,
    0,
    1,
    0,
    0,
    0,
    60,
    0,
    4,
    1,
    2,
    3,
    4,
  ]);
  const head = Buffer.from(octets.subarray(0, asked.length));
  return Buffer.concat([head, rest]);
}

function withCount(octets: Buffer, count: number): Buffer {
  octets.writeUInt16BE(count, 6);
  return octets;
}
