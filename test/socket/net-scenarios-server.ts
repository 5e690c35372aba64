/** Scenarios: listening, accepting, closing; and what is answered to wrong calls of all kinds. */
import { once } from 'node:events';
import type { Harness, Scenario } from './net-harness.ts';

/** Listens as `args` say and tells how that went. */
async function listens(h: Harness, ...args: unknown[]): Promise<void> {
  const server = h.watchServer('server', h.net.createServer());
  const listened: unknown = Reflect.apply(server.listen, server, args);
  h.note('server', listened === server, server.listening);
  await once(server, 'listening').catch(() => undefined);
  await h.turns(2);
  h.note('server', server.listening, server.address());
  server.close((error) => h.note('server', 'close callback', error));
  await h.turns(4);
}

const nothing = (): void => undefined;

export const serving: readonly Scenario[] = [
  { name: 'listen()', play: (h) => listens(h) },
  { name: 'listen(0)', play: (h) => listens(h, 0) },
  { name: "listen('0')", play: (h) => listens(h, '0') },
  { name: 'listen(null)', play: (h) => listens(h, null) },
  { name: 'listen(callback)', play: (h) => listens(h, () => h.note('server', 'callback')) },
  {
    name: 'listen(0, host, backlog, callback)',
    play: (h) => listens(h, 0, '127.0.0.1', 5, () => h.note('server', 'callback')),
  },
  { name: 'listen(0, backlog)', play: (h) => listens(h, 0, 7) },
  { name: 'listen({ port, host })', play: (h) => listens(h, { port: 0, host: '::1' }) },
  {
    name: 'listen({ port, ipv6Only, exclusive })',
    play: (h) => listens(h, { port: 0, ipv6Only: true, exclusive: true }),
  },
  { name: 'listen on 0.0.0.0', play: (h) => listens(h, 0, '0.0.0.0') },
  { name: 'listen on a foreign address', play: (h) => listens(h, 0, '203.0.113.5') },
  {
    name: 'listen on a name that nobody knows',
    play: (h) => listens(h, 0, 'nobody-knows.invalid'),
  },
  { name: 'listen on a path', play: (h) => listens(h, '/nonexistent/dir/socket') },
  {
    name: 'listen where somebody listens',
    play: async (h) => {
      const [, port] = await h.listen();
      await listens(h, port, '127.0.0.1');
      await listens(h, port);
      await listens(h, port, '0.0.0.0');
    },
  },
  {
    name: 'listen on the same port of another address',
    play: async (h) => {
      const [, port] = await h.listen();
      await listens(h, port, '::1');
      await listens(h, port, '127.0.0.2');
    },
  },
  {
    name: 'ipv6Only leaves IPv4 to others',
    play: async (h) => {
      const server = h.watchServer('first', h.net.createServer());
      server.listen({ port: 0, host: '::', ipv6Only: true });
      await once(server, 'listening');
      const port = h.portOf(server);
      await listens(h, port, '0.0.0.0');
      const client = h.connect({ port, host: '127.0.0.1' });
      await h.closed(client);
    },
  },
  {
    name: 'listen twice',
    play: async (h) => {
      const [server] = await h.listen();
      h.try('server', () => server.listen(0));
    },
  },
  {
    name: 'listen again after close',
    play: async (h) => {
      const [server] = await h.listen();
      server.close();
      await once(server, 'close');
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      h.note('server', server.listening, server.address());
    },
  },
  {
    name: 'listen again in error',
    play: async (h) => {
      const [, port] = await h.listen();
      const server = h.watchServer('second', h.net.createServer());
      server.once('error', () => server.listen(0, '127.0.0.1'));
      server.listen(port, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', () => resolve(undefined)));
      h.note('second', server.listening);
    },
  },
  {
    name: 'close before listening was told',
    play: async (h) => {
      const server = h.watchServer('server', h.net.createServer());
      server.listen(0);
      server.close((error) => h.note('server', 'callback', error));
      await h.settle();
    },
  },
  {
    name: 'close of what does not listen',
    play: async (h) => {
      const server = h.watchServer('server', h.net.createServer());
      h.note('server', server.close((error) => h.note('server', 'callback', error)) === server);
      await h.settle();
    },
  },
  {
    name: 'close waits for connections',
    play: async (h) => {
      const { server, client, peer, port } = await h.pair();
      server.close(() => h.note('server', 'callback'));
      h.note('server', server.listening, server.address());
      const late = h.watch('late', h.net.connect(port, '127.0.0.1'));
      await h.closed(late);
      h.note('server', 'still open');
      client.end('bye');
      await h.closed(client, peer);
      await h.settle();
    },
  },
  {
    name: 'getConnections',
    play: async (h) => {
      const { server, client, peer } = await h.pair();
      const count = (): Promise<void> =>
        new Promise((resolve) => {
          server.getConnections((error, n) => {
            h.note('server', error, n);
            resolve();
          });
        });
      await count();
      client.destroy();
      await h.closed(client, peer);
      await count();
    },
  },
  {
    name: 'asyncDispose',
    play: async (h) => {
      const [server] = await h.listen();
      await server[Symbol.asyncDispose]();
      h.note('server', server.listening);
      await server[Symbol.asyncDispose]();
    },
  },
  {
    name: 'a signal closes the server',
    play: async (h) => {
      const control = new AbortController();
      const server = h.watchServer('server', h.net.createServer());
      server.listen({ port: 0, signal: control.signal });
      await once(server, 'listening');
      control.abort();
      await h.settle();
      h.note('server', server.listening);
    },
  },
  {
    name: 'a signal that was aborted before closes the server',
    play: async (h) => {
      const server = h.watchServer('server', h.net.createServer());
      server.listen({ port: 0, signal: AbortSignal.abort() });
      await h.settle();
      h.note('server', server.listening);
    },
  },
  {
    name: 'maxConnections',
    play: async (h) => {
      const { server, client, peer, port } = await h.pair();
      server.maxConnections = 1;
      const second = h.watch('second', h.net.connect(port, '127.0.0.1'));
      await h.closed(second);
      client.end();
      await h.closed(client, peer);
      const third = h.watch('third', h.net.connect(port, '127.0.0.1'));
      await once(third, 'connect');
      await h.settle();
    },
  },
  {
    name: 'pauseOnConnect',
    play: async (h) => {
      const { client, peer } = await h.pair({ pauseOnConnect: true }, {}, { peer: false });
      client.write('early');
      await h.settle();
      h.note('peer', peer.isPaused(), peer.bytesRead);
      peer.on('data', (data) => h.note('peer', String(data)));
      peer.resume();
      await h.settle();
      h.note('peer', peer.bytesRead);
    },
  },
  {
    name: 'what a server says',
    play: async (h) => {
      const server = h.net.createServer({
        allowHalfOpen: true,
        highWaterMark: 1234,
        noDelay: true,
      });
      h.note('server', server.listening, server.address(), server.maxConnections);
      const own = server as unknown as Record<string, unknown>;
      h.note(
        'server',
        own['allowHalfOpen'],
        own['pauseOnConnect'],
        own['noDelay'],
        own['highWaterMark'],
      );
      const { peer, server: other } = await h.pair({ highWaterMark: 1234 });
      h.note('peer', peer.readableHighWaterMark, peer.writableHighWaterMark, peer.allowHalfOpen);
      h.note('peer', (peer as unknown as { server: unknown }).server === other);
      h.note('server', other.ref() === other, other.unref() === other);
    },
  },
  {
    name: 'createServer(options, listener), Server() without new',
    play: async (h) => {
      const make = h.net.Server as unknown as (...args: unknown[]) => import('node:net').Server;
      const server = h.watchServer(
        'server',
        make({}, () => h.note('listener', 'called')),
      );
      h.note('server', server instanceof h.net.Server, server.listenerCount('connection'));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const client = h.connect({ port: h.portOf(server), host: '127.0.0.1' });
      await once(client, 'connect');
      await h.settle();
    },
  },
  {
    name: 'subclasses and instanceof',
    play: (h) => {
      class Mine extends h.net.Socket {}
      const mine = new Mine();
      h.note(
        'mine',
        mine instanceof h.net.Socket,
        mine instanceof h.net.Stream,
        mine.constructor === Mine,
      );
      const make = h.net.Socket as unknown as () => import('node:net').Socket;
      h.note(
        'mine',
        make() instanceof h.net.Socket,
        new h.net.Socket().constructor === h.net.Socket,
      );
      h.note('mine', h.net.Socket.name, h.net.Server.name);
    },
  },
  {
    name: 'isIP and its kin',
    play: (h) => {
      for (const text of [
        '127.0.0.1',
        '::1',
        'fe80::1%eth0',
        '::ffff:1.2.3.4',
        '1.2.3',
        'a.test',
        '',
      ]) {
        h.note('net', text, h.net.isIP(text), h.net.isIPv4(text), h.net.isIPv6(text));
      }
      const list = new h.net.BlockList();
      list.addSubnet('10.0.0.0', 8);
      h.note('net', list.check('10.1.2.3'), list.check('11.1.2.3'));
      h.note('net', new h.net.SocketAddress({ address: '1.2.3.4', port: 5 }).port);
    },
  },
];

const misuses: Readonly<Record<string, (net: Harness['net']) => unknown>> = {
  'connect()': ({ connect }) => Reflect.apply(connect, undefined, []),
  'connect({})': ({ connect }) => Reflect.apply(connect, undefined, [{}]),
  'connect(70000)': ({ connect }) => connect(70_000),
  "connect('70000')": ({ connect }) => connect('70000'),
  'connect({ port: -1 })': ({ connect }) => connect({ port: -1 }),
  'connect({ port: 1.5 })': ({ connect }) => connect({ port: 1.5 }),
  'connect({ port: null })': ({ connect }) => connect({ port: null as never }),
  "connect({ port: '' })": ({ connect }) => connect({ port: '' as never }),
  "connect({ port: 'abc' })": ({ connect }) => connect({ port: 'abc' as never }),
  'connect({ port: {} })': ({ connect }) => connect({ port: {} as never }),
  'connect({ path: 5 })': ({ connect }) => connect({ path: 5 as never }),
  'connect host 5': ({ connect }) => connect({ port: 1, host: 5 as never }),
  'connect lookup 3': ({ connect }) => connect({ port: 1, host: 'a', lookup: 3 as never }),
  'connect localAddress': ({ connect }) => connect({ port: 1, localAddress: 'a' }),
  'connect localPort': ({ connect }) => connect({ port: 1, localPort: 'a' as never }),
  'connect autoSelectFamily': ({ connect }) => connect({ port: 1, autoSelectFamily: 1 as never }),
  'connect attempt timeout 0': ({ connect }) =>
    connect({ port: 1, autoSelectFamilyAttemptTimeout: 0 }),
  'connect attempt timeout x': ({ connect }) =>
    connect({ port: 1, autoSelectFamilyAttemptTimeout: 'x' as never }),
  'connect signal': ({ connect }) => connect({ port: 1, signal: 5 as never }),
  'connect timeout': ({ connect }) => connect({ port: 1, timeout: 'x' as never }),
  'connect family': ({ connect }) => connect({ port: 1, host: 'localhost', family: 9 }),
  'Socket objectMode': ({ Socket }) => new Socket({ objectMode: true } as object),
  'Socket readableObjectMode': ({ Socket }) => new Socket({ readableObjectMode: true } as object),
  'Socket keepAliveInitialDelay': ({ Socket }) =>
    new Socket({ keepAliveInitialDelay: 'x' } as object),
  'Socket signal': ({ Socket }) => new Socket({ signal: 1 as never }),
  'Socket readable: false': ({ Socket }) => new Socket({ readable: false }).readyState,
  'Socket writable: false': ({ Socket }) => new Socket({ writable: false }).readyState,
  'Socket(null)': ({ Socket }) => new Socket(null as never).readyState,
  'createServer(5)': ({ createServer }) => createServer(5 as never),
  "createServer('x')": ({ createServer }) => createServer('x' as never),
  'createServer keepAliveInitialDelay': ({ createServer }) =>
    createServer({ keepAliveInitialDelay: 'q' as never }),
  'listen({})': ({ createServer }) => createServer().listen({}),
  'listen({ backlog })': ({ createServer }) => createServer().listen({ backlog: 4 }),
  'listen(-1)': ({ createServer }) => createServer().listen(-1),
  'listen(70000)': ({ createServer }) => createServer().listen(70_000),
  'listen(1.5)': ({ createServer }) => createServer().listen(1.5),
  'listen(true)': ({ createServer }) => createServer().listen(true),
  "listen({ port: 'x' })": ({ createServer }) => createServer().listen({ port: 'x' as never }),
  'listen({ path: 5 })': ({ createServer }) => createServer().listen({ path: 5 as never }),
  'listen host 5': ({ createServer }) => createServer().listen({ port: 0, host: 5 as never }),
  'listen signal': ({ createServer }) => createServer().listen({ port: 0, signal: 4 as never }),
  'listen fd -1': ({ createServer }) => createServer().listen({ fd: -1 }),
  'getConnections()': ({ createServer }) => createServer().getConnections(undefined as never),
  "setTimeout('x')": ({ Socket }) => new Socket().setTimeout('x' as never),
  'setTimeout(-1)': ({ Socket }) => new Socket().setTimeout(-1),
  'setTimeout(NaN)': ({ Socket }) => new Socket().setTimeout(Number.NaN),
  'setTimeout(Infinity)': ({ Socket }) => new Socket().setTimeout(Infinity),
  'setTimeout(1, x)': ({ Socket }) => new Socket().setTimeout(1, 'x' as never),
  'setTimeout(0, x)': ({ Socket }) => new Socket().setTimeout(0, 'x' as never),
  'write(5)': ({ Socket }) => new Socket().write(5 as never),
  'write(null)': ({ Socket }) => new Socket().write(null as never),
  'write encoding': ({ Socket }) => new Socket().write('a', 'nonsense' as never),
  'setDefaultAutoSelectFamily(1)': (net) => net.setDefaultAutoSelectFamily(1 as never),
  'setDefaultAutoSelectFamilyAttemptTimeout(0)': (net) =>
    net.setDefaultAutoSelectFamilyAttemptTimeout(0),
  'setDefaultAutoSelectFamilyAttemptTimeout(x)': (net) =>
    net.setDefaultAutoSelectFamilyAttemptTimeout('x' as never),
};

export const misusing: readonly Scenario[] = Object.entries(misuses).map(([name, call]) => ({
  name: `misuse: ${name}`,
  play: async (h) => {
    h.try('call', () => {
      const given = call(h.net);
      if (typeof given === 'object' && given !== null && 'on' in given) {
        (given as import('node:events').EventEmitter).on('error', nothing);
        if ('destroy' in given) (given as import('node:net').Socket).destroy();
        else (given as import('node:net').Server).close();
      }
      return given;
    });
    await h.turns(1);
  },
}));
