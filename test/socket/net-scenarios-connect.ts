/** Scenarios: names, addresses, attempts, and all the ways in which a connection does not come about. */
import { once } from 'node:events';
import type { LookupFunction } from 'node:net';
import type { Harness, Scenario } from './net-harness.ts';

type Address = { address: string; family: number };

/** A lookup that finds `list`, in a turn of its own. */
const finds =
  (...list: Address[]): LookupFunction =>
  (_name, options, callback) => {
    setImmediate(() => {
      if (options.all === true) callback(null, list);
      else callback(null, list[0]!.address, list[0]!.family);
    });
  };

const V4 = { address: '127.0.0.1', family: 4 };
const V4_B = { address: '127.0.0.2', family: 4 };
const V6 = { address: '::1', family: 6 };

async function fails(h: Harness, options: Parameters<Harness['connect']>[0]): Promise<void> {
  const client = h.connect(options);
  await h.closed(client);
  h.note('client', client.readyState, client.pending, client.destroyed, client.connecting);
  h.note('client', client.autoSelectFamilyAttemptedAddresses);
}

const fields = (h: Harness, who: string, s: import('node:net').Socket): void => {
  h.note(who, s.localAddress, s.localPort, s.localFamily);
  h.note(who, s.remoteAddress, s.remotePort, s.remoteFamily, s.address());
  h.note(who, s.readyState, s.pending, s.connecting, s.destroyed, s.bytesRead, s.bytesWritten);
  h.note(who, s.timeout, s.allowHalfOpen, s.bufferSize, s.readable, s.writable);
};

export const connecting: readonly Scenario[] = [
  {
    name: 'refused',
    play: async (h) => fails(h, { port: await h.closedPort(), host: '127.0.0.1' }),
  },
  {
    name: 'refused over IPv6',
    play: async (h) => fails(h, { port: await h.closedPort(), host: '::1' }),
  },
  {
    name: 'refused, with a local address and port',
    play: async (h) => {
      const localPort = await h.closedPort();
      await fails(h, { port: 1, host: '127.0.0.1', localAddress: '127.0.0.1', localPort });
    },
  },
  {
    name: 'an IPv4-mapped address, refused',
    play: async (h) => fails(h, { port: await h.closedPort(), host: '::ffff:127.0.0.1' }),
  },
  { name: 'port 0', play: (h) => fails(h, { port: 0, host: '127.0.0.1' }) },
  {
    name: 'the unspecified address is this host',
    play: async (h) => fails(h, { port: await h.closedPort(), host: '0.0.0.0' }),
  },
  {
    name: 'broadcast and multicast',
    play: async (h) => {
      await fails(h, { port: 1, host: '255.255.255.255' });
      await fails(h, { port: 1, host: '224.0.0.1' });
    },
  },
  {
    name: 'a local address that is not ours',
    play: (h) => fails(h, { port: 1, host: '127.0.0.1', localAddress: '203.0.113.9' }),
  },
  {
    name: 'a local address of the other family',
    play: (h) => fails(h, { port: 1, host: '127.0.0.1', localAddress: '::1' }),
  },
  {
    name: 'a name that a lookup finds: one address',
    play: async (h) => fails(h, { port: await h.closedPort(), host: 'a.test', lookup: finds(V4) }),
  },
  {
    name: 'autoSelectFamily: all addresses refuse',
    play: async (h) => {
      const lookup = finds(V4, V6, V4_B);
      await fails(h, { port: await h.closedPort(), host: 'a.test', lookup });
    },
  },
  {
    name: 'autoSelectFamily: families take turns',
    play: async (h) => {
      const lookup = finds(V4, V4_B, { address: '127.0.0.3', family: 4 }, V6);
      await fails(h, { port: await h.closedPort(), host: 'a.test', lookup });
    },
  },
  {
    name: 'autoSelectFamily off',
    play: async (h) => {
      const lookup = finds(V4, V6);
      const port = await h.closedPort();
      await fails(h, { port, host: 'a.test', lookup, autoSelectFamily: false });
    },
  },
  {
    name: 'autoSelectFamily: the second address answers',
    play: async (h) => {
      const [server, port] = await h.listen();
      server.on('connection', (socket) => socket.end('hello'));
      const client = h.connect({ port, host: 'a.test', lookup: finds(V6, V4) });
      await h.closed(client);
      h.note('client', client.autoSelectFamilyAttemptedAddresses);
    },
  },
  {
    name: 'setDefaultAutoSelectFamily(false)',
    play: async (h) => {
      h.note('net', h.net.getDefaultAutoSelectFamily());
      h.net.setDefaultAutoSelectFamily(false);
      h.note('net', h.net.getDefaultAutoSelectFamily());
      const port = await h.closedPort();
      await fails(h, { port, host: 'a.test', lookup: finds(V4, V6) });
      h.net.setDefaultAutoSelectFamily(true);
    },
  },
  {
    name: 'setDefaultAutoSelectFamilyAttemptTimeout',
    play: (h) => {
      h.note('net', h.net.getDefaultAutoSelectFamilyAttemptTimeout());
      h.net.setDefaultAutoSelectFamilyAttemptTimeout(3);
      h.note('net', h.net.getDefaultAutoSelectFamilyAttemptTimeout());
      h.net.setDefaultAutoSelectFamilyAttemptTimeout(250);
    },
  },
  {
    name: 'what a lookup is asked',
    play: async (h) => {
      const port = await h.closedPort();
      for (const wish of [
        {},
        { family: 4 },
        { family: 6 },
        { hints: 1 },
        { autoSelectFamily: false },
      ]) {
        const lookup: LookupFunction = (name, options, callback) => {
          h.note('lookup', name, { ...options });
          callback(new Error('none'), '', 0);
        };
        const client = h.net.connect({ port, host: 'a.test', lookup, ...wish });
        client.on('error', (error) => h.note('lookup', error));
        await h.closed(client);
      }
    },
  },
  {
    name: 'a lookup that fails',
    play: (h) => {
      const error = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
      const lookup: LookupFunction = (_n, _o, callback) =>
        setImmediate(() => callback(error, '', 0));
      return fails(h, { port: 1, host: 'a.test', lookup });
    },
  },
  {
    name: 'a lookup that finds no address',
    play: async (h) => {
      const bad = { address: 'nonsense', family: 4 };
      await fails(h, { port: 1, host: 'a.test', lookup: finds(bad) });
      await fails(h, { port: 1, host: 'a.test', lookup: finds(bad), autoSelectFamily: false });
    },
  },
  {
    name: 'a lookup that finds an unknown family',
    play: async (h) => {
      const bad = { address: '127.0.0.1', family: 5 };
      await fails(h, { port: 1, host: 'a.test', lookup: finds(bad) });
      await fails(h, { port: 1, host: 'a.test', lookup: finds(bad), autoSelectFamily: false });
    },
  },
  {
    name: 'a name that nobody knows',
    play: (h) => fails(h, { port: 1, host: 'nobody-knows.invalid' }),
  },
  {
    name: 'destroyed in the same turn',
    play: async (h) => {
      const [, port] = await h.listen();
      const client = h.connect({ port, host: '127.0.0.1' });
      client.destroy();
      await h.closed(client);
      await h.settle();
    },
  },
  {
    name: 'destroyed with an error while it connects',
    play: async (h) => {
      const [, port] = await h.listen();
      const client = h.connect({ port, host: '127.0.0.1' });
      client.destroy(new Error('changed my mind'));
      await h.closed(client);
    },
  },
  {
    name: 'destroyed in lookup',
    play: async (h) => {
      const client = h.connect({ port: 1, host: 'a.test', lookup: finds(V4, V6) });
      client.on('lookup', () => client.destroy());
      await h.closed(client);
    },
  },
  {
    name: 'destroyed in connectionAttemptFailed',
    play: async (h) => {
      const client = h.connect({
        port: await h.closedPort(),
        host: 'a.test',
        lookup: finds(V4, V6),
      });
      client.on('connectionAttemptFailed', () => client.destroy());
      await h.closed(client);
    },
  },
  {
    name: 'destroyed in connect',
    play: async (h) => {
      const [, port] = await h.listen();
      const client = h.connect({ port, host: '127.0.0.1' });
      client.on('connect', () => client.destroy());
      await h.closed(client);
    },
  },
  {
    name: 'a signal that aborts in connect',
    play: async (h) => {
      const [server, port] = await h.listen();
      server.on('connection', (socket) => socket.on('error', () => undefined));
      const control = new AbortController();
      const client = h.connect({ port, host: '127.0.0.1', signal: control.signal });
      client.on('connect', () => control.abort());
      await h.closed(client);
    },
  },
  {
    name: 'a signal that aborts before the connection is there',
    play: async (h) => {
      const control = new AbortController();
      const [, port] = await h.listen();
      const client = h.connect({ port, host: '127.0.0.1', signal: control.signal });
      control.abort(new Error('too late'));
      await h.closed(client);
    },
  },
  {
    name: 'a signal that was aborted before',
    play: async (h) => {
      const [, port] = await h.listen();
      const client = h.connect({ port, host: '127.0.0.1', signal: AbortSignal.abort() });
      await h.closed(client);
      await h.settle();
    },
  },
  {
    name: 'write before the connection is refused',
    play: async (h) => {
      const client = h.connect({ port: await h.closedPort(), host: '127.0.0.1' });
      client.write('lost', (error) => h.note('callback', error));
      client.end('too', () => h.note('end callback'));
      await h.closed(client);
      h.note('client', client.bytesWritten);
    },
  },
  {
    name: 'write before the connection is there',
    play: async (h) => {
      const [server, port] = await h.listen();
      server.on('connection', (socket) => h.watch('peer', socket));
      const client = h.connect({ port, host: '127.0.0.1' });
      h.note('client', client.write('one'), client.write('två', 'latin1'), client.bytesWritten);
      h.note('client', client.bufferSize, client.writableLength);
      client.end('three', () => h.note('client', 'end callback'));
      await h.closed(client);
      h.note('client', client.bytesWritten);
    },
  },
  {
    name: 'what a socket says before, in and after a connection',
    play: async (h) => {
      const socket = new h.net.Socket();
      fields(h, 'before', socket);
      const [, port] = await h.listen();
      socket.connect(port, '127.0.0.1');
      h.note('while', socket.readyState, socket.pending, socket.connecting, socket.remoteAddress);
      await once(socket, 'connect');
      h.watch('client', socket);
      fields(h, 'in', socket);
      socket.destroy();
      fields(h, 'after', socket);
      await h.closed(socket);
      fields(h, 'closed', socket);
    },
  },
  {
    name: 'what a socket over IPv6 says',
    play: async (h) => {
      const [server, port] = await h.listen({}, '::1');
      server.on('connection', (socket) => fields(h, 'peer', socket));
      const client = h.connect({ port, host: '::1' });
      await once(client, 'connect');
      fields(h, 'client', client);
      await h.settle();
    },
  },
  {
    name: 'IPv4 to a server of both families',
    play: async (h) => {
      const [server, port] = await h.listen({}, '::');
      h.note('server', server.address());
      server.on('connection', (socket) => fields(h, 'peer', socket));
      const client = h.connect({ port, host: '127.0.0.1' });
      await once(client, 'connect');
      fields(h, 'client', client);
      await h.settle();
    },
  },
  {
    name: 'an IPv4-mapped address',
    play: async (h) => {
      const [server, port] = await h.listen();
      server.on('connection', (socket) => fields(h, 'peer', socket));
      const client = h.connect({ port, host: '::ffff:127.0.0.1' });
      await once(client, 'connect');
      fields(h, 'client', client);
      await h.settle();
    },
  },
  {
    name: 'a local port',
    play: async (h) => {
      const localPort = await h.closedPort();
      const { client, peer } = await h.pair({}, { localPort, localAddress: '127.0.0.1' });
      fields(h, 'client', client);
      h.note('peer', peer.remotePort === client.localPort);
    },
  },
  {
    name: 'a local port that somebody listens on',
    play: async (h) => {
      const [, port] = await h.listen();
      const [other] = await h.listen();
      const localPort = h.portOf(other, 'OTHER');
      await fails(h, { port, host: '127.0.0.1', localPort, localAddress: '127.0.0.1' });
    },
  },
  {
    name: 'connected again after close',
    play: async (h) => {
      const [server, port] = await h.listen();
      server.on('connection', (socket) => socket.end('once'));
      const client = h.connect({ port, host: '127.0.0.1' });
      await h.closed(client);
      fields(h, 'client', client);
      client.connect(port, '127.0.0.1', () => h.note('client', 'again'));
      await new Promise((resolve) => client.once('close', resolve));
    },
  },
  {
    name: 'connected again after it was refused',
    play: async (h) => {
      const refused = await h.closedPort();
      const [server, port] = await h.listen();
      server.on('connection', (socket) => socket.end('welcome'));
      const client = h.connect({ port: refused, host: '127.0.0.1' });
      client.once('close', () => client.connect(port, '127.0.0.1'));
      await new Promise((resolve) => client.once('end', resolve));
      await h.settle();
    },
  },
  {
    name: 'an empty Socket connected later, arguments one by one',
    play: async (h) => {
      const [server, port] = await h.listen();
      server.on('connection', (socket) => socket.end());
      const socket = h.watch('client', new h.net.Socket());
      h.note(
        'client',
        socket.connect(`${port}` as unknown as number, '127.0.0.1', () =>
          h.note('client', 'callback'),
        ) === socket,
      );
      await h.closed(socket);
    },
  },
  {
    name: 'a Unix socket that is not there',
    play: (h) => fails(h, { path: '/nonexistent/socket' }),
  },
];
