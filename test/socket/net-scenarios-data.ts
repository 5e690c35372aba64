/** Scenarios: octets both ways, backpressure, and the ways in which a connection ends. */
import { once } from 'node:events';
import type { Harness, Scenario } from './net-harness.ts';

const MIB = 1024 * 1024;

const pattern = (length: number): Buffer => {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8)) & 0xff;
  return bytes;
};

const onread = (h: Harness, size: number, goOn: (length: number) => boolean | undefined) => {
  const buffer = Buffer.alloc(size);
  const all: Buffer[] = [];
  return {
    all,
    onread: {
      buffer,
      callback: (length: number, into: Uint8Array): boolean => {
        if (into !== buffer) h.note('client', 'another buffer');
        all.push(Buffer.from(into.subarray(0, length)));
        return goOn(length) as boolean;
      },
    },
  };
};

export const exchanging: readonly Scenario[] = [
  {
    name: 'echo and end',
    play: async (h) => {
      const { client, peer } = await h.pair();
      peer.pipe(peer);
      client.end('hello', () => h.note('client', 'end callback'));
      await h.closed(client, peer);
      h.note('client', client.bytesRead, client.bytesWritten, client.readyState);
      h.note('peer', peer.bytesRead, peer.bytesWritten, peer.readyState);
    },
  },
  {
    name: 'a few MiB there and back',
    play: async (h) => {
      const { client, peer } = await h.pair({}, {}, { peer: false });
      peer.pipe(peer);
      client.end(pattern(3 * MIB + 5));
      await h.closed(client, peer);
      h.note('client', client.bytesRead, client.bytesWritten);
    },
  },
  {
    name: 'strings in many encodings',
    play: async (h) => {
      const { client, peer } = await h.pair();
      client.write('Grüße, 世界 🎉 ');
      client.write('é\u00ff', 'latin1');
      client.write('68656c6c6f', 'hex');
      client.write('d29ybGQ=', 'base64');
      client.write('ab', 'utf16le');
      client.write('x'.repeat(100_000));
      client.end('¡fin!');
      await h.closed(client, peer);
      h.note('client', client.bytesWritten);
      h.note('peer', peer.bytesRead);
    },
  },
  {
    name: 'setEncoding',
    play: async (h) => {
      const { client, peer } = await h.pair({}, {}, { peer: false });
      let text = '';
      peer.setEncoding('utf8').on('data', (part) => (text += String(part)));
      for (const octet of Buffer.from('a 世界 🎉')) {
        client.write(Buffer.of(octet));
        await h.turns(1);
      }
      client.end();
      await h.closed(client, peer);
      h.note('peer', text);
    },
  },
  {
    name: 'cork and uncork',
    play: async (h) => {
      const { client, peer } = await h.pair();
      client.cork();
      for (const word of ['a', 'bc', 'def']) client.write(word, () => h.note('callbacks', word));
      h.note('client', client.bytesWritten, client.writableLength);
      client.uncork();
      client.end();
      await h.closed(client, peer);
    },
  },
  {
    name: 'typed arrays and empty chunks',
    play: async (h) => {
      const { client, peer } = await h.pair();
      client.write(new Uint8Array([65, 66]));
      client.write('');
      client.write(Buffer.alloc(0), () => h.note('client', 'empty'));
      client.write(new Uint8Array(new Uint16Array([0x4343, 0x4444]).buffer));
      client.end();
      await h.closed(client, peer);
      h.note('client', client.bytesWritten);
    },
  },
  {
    name: 'nobody reads: write says false, no callback, then drain',
    play: async (h) => {
      const { client, peer } = await h.pair({ pauseOnConnect: true }, {}, { peer: false });
      h.note(
        'client',
        client.write(pattern(16 * MIB), () => h.note('client', 'taken')),
      );
      await h.settle();
      h.note('client', client.writableNeedDrain, client.bufferSize, client.bytesWritten);
      peer.resume();
      await once(client, 'drain');
      client.end();
      await h.closed(client, peer);
      h.note('peer', peer.bytesRead);
    },
  },
  {
    name: 'a reader that pauses gets nothing until it resumes',
    play: async (h) => {
      const { client, peer } = await h.pair();
      peer.pause();
      client.write('wait');
      await h.settle();
      h.note('peer', 'resumes', peer.isPaused());
      peer.resume();
      client.end();
      await h.closed(client, peer);
    },
  },
  {
    name: 'the end waits for a paused reader',
    play: async (h) => {
      const { client, peer } = await h.pair();
      peer.pause();
      client.end('text');
      await h.settle();
      h.note('peer', 'resumes', peer.readableEnded);
      peer.resume();
      await h.closed(client, peer);
    },
  },
  {
    name: 'readable and read(n)',
    play: async (h) => {
      const { client, peer } = await h.pair({}, {}, { peer: false });
      client.end('0123456789');
      await h.settle();
      const parts: string[] = [];
      peer.on('readable', () => {
        for (let part = peer.read(4); part !== null; part = peer.read(4)) parts.push(String(part));
      });
      await h.closed(client, peer);
      h.note('peer', parts.join('|'));
    },
  },
  {
    name: 'async iteration',
    play: async (h) => {
      const { client, peer } = await h.pair({}, {}, { peer: false });
      client.end('for await');
      let text = '';
      for await (const chunk of peer) text += String(chunk);
      h.note('peer', text);
      await h.closed(client, peer);
    },
  },
  {
    name: 'half open: the other side goes on',
    play: async (h) => {
      const { client, peer } = await h.pair({ allowHalfOpen: true }, { allowHalfOpen: true });
      client.end('question');
      await once(peer, 'end');
      h.note('peer', peer.readyState, peer.readable, peer.writable, peer.writableEnded);
      h.note('client', client.readyState);
      peer.write('an ');
      peer.end('answer');
      await h.closed(client, peer);
    },
  },
  {
    name: 'not half open: end is answered',
    play: async (h) => {
      const { client, peer } = await h.pair();
      peer.on('end', () => h.note('peer', peer.write('in end'), peer.writableEnded));
      client.end();
      await h.closed(client, peer);
    },
  },
  {
    name: 'write after the other side has ended',
    play: async (h) => {
      const { client, peer } = await h.pair();
      peer.on('end', () => {
        setImmediate(() => {
          h.note(
            'peer',
            peer.write('late', (error) => h.note('callback', error)),
          );
        });
      });
      client.end();
      await h.closed(client, peer);
    },
  },
  {
    name: 'write after end',
    play: async (h) => {
      const { client, peer } = await h.pair();
      client.end('last');
      h.note(
        'client',
        client.write('more', (error) => h.note('callback', error)),
      );
      await h.closed(client, peer);
    },
  },
  {
    name: 'end after end',
    play: async (h) => {
      const { client, peer } = await h.pair();
      client.end('last');
      client.end((error?: Error) => h.note('callback', error));
      await h.closed(client, peer);
    },
  },
  {
    name: 'write after destroy',
    play: async (h) => {
      const { client, peer } = await h.pair();
      client.destroy();
      h.note(
        'client',
        client.write('more', (error) => h.note('callback', error)),
      );
      await h.closed(client, peer);
    },
  },
  {
    name: 'write on a socket that was never connected',
    play: async (h) => {
      const socket = h.watch('client', new h.net.Socket());
      socket.write('to nobody', (error) => h.note('callback', error));
      await h.closed(socket);
    },
  },
  {
    name: 'destroy: the other side reads an end',
    play: async (h) => {
      const { client, peer } = await h.pair();
      client.write('bye');
      client.destroy();
      await h.closed(client, peer);
    },
  },
  {
    name: 'destroy with an error',
    play: async (h) => {
      const { client, peer } = await h.pair();
      client.destroy(new Error('enough'));
      await h.closed(client, peer);
      h.note('client', client.errored?.message);
    },
  },
  {
    name: 'destroy twice, with an error in between',
    play: async (h) => {
      const { client, peer } = await h.pair();
      client.destroy();
      client.destroy(new Error('ignored'));
      await h.closed(client, peer);
    },
  },
  {
    name: 'destroy with text unread: the other side is reset',
    play: async (h) => {
      const { client, peer } = await h.pair({ pauseOnConnect: true }, {}, { peer: false });
      client.write('unread');
      await h.settle();
      peer.destroy();
      await h.closed(client, peer);
    },
  },
  {
    name: 'resetAndDestroy',
    play: async (h) => {
      const { client, peer } = await h.pair();
      h.note('client', client.resetAndDestroy() === client);
      await h.closed(client, peer);
    },
  },
  {
    name: 'resetAndDestroy by the server',
    play: async (h) => {
      const { client, peer } = await h.pair();
      peer.resetAndDestroy();
      await h.closed(client, peer);
    },
  },
  {
    name: 'resetAndDestroy while it connects',
    play: async (h) => {
      const [server, port] = await h.listen();
      server.on('connection', (socket) => h.watch('peer', socket));
      const client = h.connect({ port, host: '127.0.0.1' });
      client.resetAndDestroy();
      await h.closed(client);
      await h.settle();
    },
  },
  {
    name: 'resetAndDestroy of a socket that was never connected',
    play: async (h) => {
      const socket = h.watch('client', new h.net.Socket());
      socket.resetAndDestroy();
      await h.closed(socket);
    },
  },
  {
    name: 'resetAndDestroy of a closed socket',
    play: async (h) => {
      const { client, peer } = await h.pair();
      client.destroy();
      await h.closed(client, peer);
      client.resetAndDestroy();
      await h.settle();
    },
  },
  {
    name: 'last words, and a reset right behind them',
    play: async (h) => {
      const { client, peer } = await h.pair({ pauseOnConnect: true }, {}, { peer: false });
      client.pause();
      client.write('never read');
      await h.settle();
      peer.write('last words');
      await h.settle();
      peer.resetAndDestroy();
      await h.settle();
      client.resume();
      await h.closed(client, peer);
    },
  },
  {
    name: 'a reset in the middle of a long write',
    play: async (h) => {
      const { client, peer } = await h.pair({ pauseOnConnect: true }, {}, { peer: false });
      client.write(pattern(16 * MIB), (error) => h.note('callback', error));
      await h.settle();
      peer.resetAndDestroy();
      await h.closed(client, peer);
    },
  },
  {
    name: 'a reset while nobody reads is found by the next write',
    play: async (h) => {
      const { client, peer } = await h.pair({ noDelay: true }, {}, { client: false });
      const full = client.readableHighWaterMark;
      client.pause();
      peer.write(pattern(full));
      await h.settle();
      peer.resetAndDestroy();
      await h.settle();
      h.note('client', 'writes');
      client.write('?', (error) => h.note('callback', error));
      await h.closed(client, peer);
    },
  },
  {
    name: 'destroySoon sends what was written',
    play: async (h) => {
      const { client, peer } = await h.pair({ pauseOnConnect: true }, {}, { client: false });
      client.write(pattern(4 * MIB));
      client.destroySoon();
      h.note('client', client.destroyed, client.writable);
      peer.resume();
      await h.closed(client, peer);
      h.note('peer', peer.bytesRead);
    },
  },
  {
    name: 'destroySoon of a socket that has ended',
    play: async (h) => {
      const { client, peer } = await h.pair({ allowHalfOpen: true });
      client.end('x');
      await once(client, 'finish');
      client.destroySoon();
      h.note('client', client.destroyed);
      peer.end();
      await h.closed(client, peer);
    },
  },
  {
    name: 'setTimeout: silence',
    play: async (h) => {
      const { client, peer } = await h.pair();
      h.note('client', client.setTimeout(40, () => h.note('client', 'callback')) === client);
      h.note('client', client.timeout);
      await once(client, 'timeout');
      client.destroy();
      await h.closed(client, peer);
    },
  },
  {
    name: 'setTimeout: what is heard puts it off, 0 turns it off',
    play: async (h) => {
      const { client, peer } = await h.pair();
      client.setTimeout(60);
      for (let i = 0; i < 4; i++) {
        await h.settle();
        peer.write('.');
      }
      client.setTimeout(0);
      await h.settle();
      await h.settle();
      await h.settle();
      client.destroy();
      await h.closed(client, peer);
    },
  },
  {
    name: 'the timeout option, while it connects',
    play: async (h) => {
      const client = h.connect({
        port: 1,
        host: 'a.test',
        timeout: 30,
        lookup: () => undefined,
      });
      await once(client, 'timeout');
      h.note('client', client.connecting, client.timeout);
      client.destroy();
      await h.closed(client);
    },
  },
  {
    name: 'onread: a buffer of the user is used again',
    play: async (h) => {
      const reader = onread(h, 1000, () => true);
      const { client, peer } = await h.pair({}, { onread: reader.onread }, { client: false });
      peer.end(pattern(10_001));
      await h.closed(client, peer);
      h.note('client', Buffer.concat(reader.all).equals(pattern(10_001)), client.bytesRead);
    },
  },
  {
    name: 'onread: false pauses until resume',
    play: async (h) => {
      let goOn = false;
      const reader = onread(h, 1000, () => goOn);
      const { client, peer } = await h.pair({}, { onread: reader.onread }, { client: false });
      peer.end(pattern(5000));
      await h.settle();
      h.note('client', reader.all.length);
      goOn = true;
      client.resume();
      await h.closed(client, peer);
      h.note('client', client.bytesRead);
    },
  },
  {
    name: 'onread: pause and resume',
    play: async (h) => {
      const reader = onread(h, 1000, () => true);
      const { client, peer } = await h.pair({}, { onread: reader.onread }, { client: false });
      client.pause();
      peer.write('held back');
      await h.settle();
      h.note('client', reader.all.length);
      client.resume();
      peer.end();
      await h.closed(client, peer);
      h.note('client', Buffer.concat(reader.all).toString());
    },
  },
  {
    name: 'onread: a function makes each buffer',
    play: async (h) => {
      const all: string[] = [];
      let made = 0;
      const buffer = (): Buffer => {
        made++;
        return Buffer.alloc(100);
      };
      const callback = (length: number, into: Uint8Array): boolean => {
        all.push(Buffer.from(into.subarray(0, length)).toString());
        return true;
      };
      const { client, peer } = await h.pair(
        {},
        { onread: { buffer, callback } },
        { client: false },
      );
      peer.end('x'.repeat(250));
      await h.closed(client, peer);
      h.note('client', all.join('').length, made >= 3);
    },
  },
  {
    name: 'noDelay, keepAlive, ref and unref answer with the socket',
    play: async (h) => {
      const { client, peer } = await h.pair(
        { noDelay: true, keepAlive: true, keepAliveInitialDelay: 5000 },
        { noDelay: true, keepAlive: true, keepAliveInitialDelay: 5000 },
      );
      h.note('client', client.setNoDelay() === client, client.setNoDelay(false) === client);
      h.note('client', client.setKeepAlive(true, 1000) === client, client.ref() === client);
      h.note('client', client.unref() === client, client.setKeepAlive() === client);
      client.end('x');
      await h.closed(client, peer);
    },
  },
  {
    name: 'end in connect, with text from the other side',
    play: async (h) => {
      const [server, port] = await h.listen();
      server.on('connection', (socket) => h.watch('peer', socket).end('banner'));
      const client = h.connect({ port, host: '127.0.0.1' });
      client.on('connect', () => client.end());
      await h.closed(client);
    },
  },
  {
    name: 'both ends end at once',
    play: async (h) => {
      const { client, peer } = await h.pair();
      client.end('a');
      peer.end('b');
      await h.closed(client, peer);
    },
  },
  {
    name: 'unshift gives back',
    play: async (h) => {
      const { client, peer } = await h.pair({}, {}, { peer: false });
      client.end('head|body');
      await once(peer, 'readable');
      const text = String(peer.read());
      peer.unshift(text.slice(text.indexOf('|') + 1));
      peer.on('data', (chunk) => h.note('peer', String(chunk)));
      await h.closed(client, peer);
    },
  },
];
