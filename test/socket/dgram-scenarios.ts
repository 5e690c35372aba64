/**
 * What programs do with node:dgram, each as a function of the module, so that it can be played on the
 * kernel's loopback and on ours: what they log must be the same.
 */
import type nodeDgram from 'node:dgram';
import { once } from 'node:events';

export type Module = Pick<typeof nodeDgram, 'createSocket' | 'Socket'>;
type Socket = nodeDgram.Socket;

/** What happened, in order; ports chosen by the system by the names they were given. */
export class Log {
  readonly lines: string[] = [];
  readonly #ports: Map<number, string> = new Map();

  port(port: number, name: string): void {
    this.#ports.set(port, name);
  }

  say(...what: unknown[]): void {
    this.lines.push(what.map((one) => this.#text(one)).join(' '));
  }

  /** Calls and says what came of it. */
  try(name: string, call: () => unknown): void {
    try {
      const answer = call();
      this.say(name, typeof answer === 'object' && answer !== null ? shape(answer) : answer);
    } catch (error) {
      this.say(name, 'throws', error);
    }
  }

  /** All that a socket does from now on. */
  watch(name: string, socket: Socket): void {
    socket.on('listening', () => this.say(name, 'listening'));
    socket.on('connect', () => this.say(name, 'connect'));
    socket.on('close', () => this.say(name, 'close'));
    socket.on('error', (error) => this.say(name, 'error', error));
    socket.on('message', (text, from) => this.say(name, 'message', text.toString(), from));
  }

  #text(what: unknown): string {
    if (what instanceof Error) return this.#error(what);
    const text = typeof what === 'string' ? what : JSON.stringify(what, undefined, 0);
    return this.#named(text ?? String(what));
  }

  #error(error: Error): string {
    const kind =
      error instanceof RangeError
        ? 'RangeError'
        : error instanceof TypeError
          ? 'TypeError'
          : 'Error';
    const facts = Object.entries(error).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
    return this.#named(
      `${kind} ${error.name} "${error.message}" ${facts.join(' ')} | ${String(error)}`,
    );
  }

  #named(text: string): string {
    let named = text;
    for (const [port, name] of this.#ports) named = named.replaceAll(String(port), `<${name}>`);
    return named;
  }
}

function shape(answer: object): unknown {
  return 'createSocket' in answer || 'bind' in answer ? 'a socket' : answer;
}

const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

async function bound(module: Module, log: Log, name: string, ...args: unknown[]): Promise<Socket> {
  const socket = module.createSocket('udp4');
  (socket.bind as (...a: unknown[]) => Socket)(...args);
  await once(socket, 'listening');
  log.port(socket.address().port, name);
  return socket;
}

async function freePort(module: Module): Promise<number> {
  const socket = module.createSocket('udp4');
  socket.bind(0);
  await once(socket, 'listening');
  const { port } = socket.address();
  await closed(socket);
  return port;
}

async function closed(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => socket.close(() => resolve()));
}

export const SCENARIOS: Readonly<Record<string, (module: Module, log: Log) => Promise<void>>> = {
  'a message and its answer': async (module, log) => {
    const server = await bound(module, log, 'server', 0, '127.0.0.1');
    const client = module.createSocket('udp4');
    server.on('message', (_text, from) => log.port(from.port, 'client'));
    log.watch('server', server);
    log.watch('client', client);
    server.on('message', (text, from) => {
      server.send(`re: ${text.toString()}`, from.port, from.address, (error, bytes) =>
        log.say('answered', error, bytes),
      );
    });
    client.send('hello', server.address().port, '127.0.0.1', (error, bytes) =>
      log.say('sent', error, bytes),
    );
    await once(client, 'message');
    log.say('address', client.address(), server.address());
    client.close(() => log.say('closed'));
    await closed(server);
    await soon();
  },

  'bind: its arguments': async (module, log) => {
    const forms: [string, unknown[]][] = [
      ['nothing', []],
      ['port', [0]],
      ['port and address', [0, '127.0.0.1']],
      ['options', [{ port: 0, address: '127.0.0.1', exclusive: true }]],
      ['options without port', [{}]],
      ['null', [null]],
      ['address undefined', [0, undefined]],
      ['address empty', [0, '']],
      ['localhost', [0, 'localhost']],
    ];
    for (const [name, args] of forms) {
      const socket = module.createSocket('udp4');
      log.watch(name, socket);
      const bind = socket.bind.bind(socket) as (...a: unknown[]) => Socket;
      log.say(name, bind(...args, () => log.say(name, 'callback')) === socket);
      await once(socket, 'listening');
      const { port, ...where } = socket.address();
      log.say(name, port > 0, where);
      await closed(socket);
    }
  },

  'bind: errors': async (module, log) => {
    const first = await bound(module, log, 'first', 0, '127.0.0.1');
    const { port } = first.address();
    log.try('twice', () => first.bind(0));
    const attempts: [string, 'udp4' | 'udp6', unknown[]][] = [
      ['taken', 'udp4', [port, '127.0.0.1']],
      ['taken by any', 'udp4', [port]],
      ['not ours', 'udp4', [0, '192.0.2.77']],
      ['other family', 'udp4', [0, '::1']],
      ['other family', 'udp6', [0, '127.0.0.1']],
      ['no address', 'udp4', [0, '127.0.0.1.5.invalid']],
    ];
    for (const [name, type, args] of attempts) {
      const socket = module.createSocket(type);
      const bind = socket.bind.bind(socket) as (...a: unknown[]) => Socket;
      bind(...args, () => log.say(name, 'callback'));
      const [error] = await Promise.race([
        new Promise<[Error]>((resolve) => socket.once('error', (e) => resolve([e]))),
        once(socket, 'listening'),
      ]);
      if (name === 'no address') {
        log.say(name, (error as NodeJS.ErrnoException).syscall);
      } else log.say(name, error);
      log.try('address', () => socket.address());
      await closed(socket);
    }
    await closed(first);
  },

  'a bind that failed may be tried again': async (module, log) => {
    const first = await bound(module, log, 'first', 0, '127.0.0.1');
    const { port } = first.address();
    const socket = module.createSocket('udp4');
    socket.bind(port, '127.0.0.1');
    const [error] = await once(socket, 'error');
    log.say(error);
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    log.say('listens');
    await closed(socket);
    await closed(first);
  },

  'two with reuseAddr: the last one hears': async (module, log) => {
    const first = module.createSocket({ type: 'udp4', reuseAddr: true });
    first.bind(0, '127.0.0.1');
    await once(first, 'listening');
    const { port } = first.address();
    log.port(port, 'shared');
    const second = module.createSocket({ type: 'udp4', reuseAddr: true });
    second.bind(port, '127.0.0.1');
    await once(second, 'listening');
    first.on('message', (text) => log.say('first', text.toString()));
    second.on('message', (text) => log.say('second', text.toString()));
    const client = module.createSocket('udp4');
    client.send('one', port);
    await once(second, 'message');
    await Promise.all([closed(first), closed(second), closed(client)]);
  },

  'dual stack, and IPv6 only': async (module, log) => {
    const both = module.createSocket('udp6');
    both.bind(0);
    await once(both, 'listening');
    log.port(both.address().port, 'both');
    log.say(both.address());
    const { port } = both.address();
    both.on('message', (text, from) => {
      log.port(from.port, `from ${text.toString()}`);
      log.say(text.toString(), from);
      both.send('back', from.port, from.address);
    });
    const four = module.createSocket('udp4');
    const six = module.createSocket('udp6');
    four.send('four', port, '127.0.0.1');
    log.say('four', (await once(four, 'message')).toString());
    six.send('six', port, '::1');
    log.say('six', (await once(six, 'message')).toString());
    const only = module.createSocket({ type: 'udp6', ipv6Only: true });
    only.bind(0);
    await once(only, 'listening');
    const beside = module.createSocket('udp4');
    beside.bind(only.address().port);
    await once(beside, 'listening');
    log.say('beside');
    await Promise.all([both, four, six, only, beside].map(closed));
  },

  'send: its arguments': async (module, log) => {
    const server = await bound(module, log, 'server', 0, '127.0.0.1');
    const { port } = server.address();
    const client = await bound(module, log, 'client', 0, '127.0.0.1');
    const bytes = Buffer.from('0123456789');
    const forms: [string, unknown[]][] = [
      ['string', ['text', port]],
      ['address', ['text', port, '127.0.0.1']],
      ['port as text', ['text', String(port), '127.0.0.1']],
      ['localhost', ['text', port, 'localhost']],
      ['buffer', [bytes, port]],
      ['typed array', [new Uint16Array([0x3130, 0x3332]), port]],
      ['data view', [new DataView(bytes.buffer, bytes.byteOffset + 2, 3), port]],
      ['list', [[bytes, 'text', new Uint8Array([33])], port]],
      ['empty list', [[], port]],
      ['empty', ['', port]],
      ['slice', [bytes, 3, 4, port]],
      ['slice and address', [bytes, 3, 4, port, '127.0.0.1']],
      ['slice of text', ['abcdef', 1, 2, port]],
      ['slice of nothing', [bytes, 10, 0, port]],
      ['address undefined', [bytes, port, undefined]],
    ];
    for (const [name, args] of forms) {
      const told = new Promise<void>((resolve) => {
        (client.send as (...a: unknown[]) => void).call(
          client,
          ...args,
          (error: Error | null, sent: number) => {
            log.say(name, 'sent', error, sent);
            resolve();
          },
        );
      });
      const [text, from] = await once(server, 'message');
      await told;
      log.say(name, String(text), from);
    }
    await closed(server);
    await closed(client);
  },

  'send: what it throws': async (module, log) => {
    const socket = module.createSocket('udp4');
    const send = socket.send.bind(socket) as (...a: unknown[]) => void;
    const bad: [string, unknown[]][] = [
      ['nothing', []],
      ['no port', ['x']],
      ['number', [5, 1000]],
      ['object', [{}, 1000]],
      ['undefined', [undefined, 1000]],
      ['port 0', ['x', 0]],
      ['port text', ['x', 'abc']],
      ['port blank', ['x', ' ']],
      ['port 65536', ['x', 65_536]],
      ['port -1', ['x', -1]],
      ['port 1.5', ['x', 1.5]],
      ['port object', ['x', {}]],
      ['port null', ['x', null]],
      ['address number', ['x', 1000, 5]],
      ['address object', ['x', 1000, {}]],
      ['bad list', [['x', 5], 1000]],
      ['offset', [Buffer.from('abc'), 4, 1, 1000]],
      ['length', [Buffer.from('abc'), 1, 3, 1000]],
      ['slice of number', [5, 1, 3, 1000]],
      ['long text as message', [Symbol('an extremely long description of it'), 1000]],
      ['function', [function named() {}, 1000]],
    ];
    for (const [name, args] of bad) log.try(name, () => send(...args));
    await closed(socket);
    log.try('closed', () => send('x', 1000));
  },

  'send: errors of the system': async (module, log) => {
    const socket = await bound(module, log, 'socket', 0, '127.0.0.1');
    const attempt = (name: string, bytes: number, address: string): Promise<void> =>
      new Promise((resolve) => {
        socket.send(Buffer.alloc(bytes), 9, address, (error, sent) => {
          log.say(name, error, sent);
          resolve();
        });
      });
    await attempt('too long', 65_508, '127.0.0.1');
    await attempt('other family', 1, '::1');
    socket.send(Buffer.alloc(65_508), 9, '127.0.0.1'); // nobody is told
    await soon();
    await closed(socket);
    const any = module.createSocket('udp4');
    await new Promise<void>((resolve) => {
      any.send('x', 9, '255.255.255.255', (error) => {
        log.say('broadcast', error);
        resolve();
      });
    });
    await closed(any);
  },

  'large messages': async (module, log) => {
    const server = await bound(module, log, 'server', 0, '127.0.0.1');
    const client = await bound(module, log, 'client', 0, '127.0.0.1');
    for (const size of [1472, 16_356, 16_357, 20_000, 65_507]) {
      const bytes = Buffer.alloc(size, 'abcdefghijk');
      client.send(bytes, server.address().port, (error, sent) => log.say(size, error, sent));
      const [text, from] = await once(server, 'message');
      log.say(size, bytes.equals(text as Buffer), from);
    }
    await closed(server);
    await closed(client);
  },

  'connected: send, hear, disconnect': async (module, log) => {
    const server = await bound(module, log, 'server', 0, '127.0.0.1');
    const other = await bound(module, log, 'other', 0, '127.0.0.1');
    const client = module.createSocket('udp4');
    log.watch('client', client);
    client.bind(await freePort(module)); // one that the system chose is given back by disconnect()
    await once(client, 'listening');
    log.try('remoteAddress', () => client.remoteAddress());
    log.try('disconnect', () => client.disconnect());
    client.connect(server.address().port, '127.0.0.1', () => log.say('callback'));
    log.try('connect', () => client.connect(1, '127.0.0.1'));
    await once(client, 'connect');
    log.port(client.address().port, 'client');
    log.say(client.address(), client.remoteAddress());
    log.try('again', () => client.connect(1, '127.0.0.1'));
    log.try('send to', () => client.send('x', 0, 1, 9, '127.0.0.1'));
    log.try('send port', () => client.send('x', 0, 1, 9));
    server.on('message', (text, from) => log.say('server', text.toString(), from));
    client.send('one', (error, sent) => log.say('sent', error, sent));
    await once(server, 'message');
    client.send(Buffer.from('0123'), 1, 2, (error, sent) => log.say('sent', error, sent));
    await once(server, 'message');
    client.send(['a', 'b'], (error, sent) => log.say('sent', error, sent));
    await once(server, 'message');
    other.send('not heard', client.address().port, '127.0.0.1');
    server.send('heard', client.address().port, '127.0.0.1');
    await once(client, 'message');
    await soon();
    client.disconnect();
    log.try('remoteAddress', () => client.remoteAddress());
    other.send('heard now', client.address().port, '127.0.0.1');
    await once(client, 'message');
    client.connect(other.address().port);
    await once(client, 'connect');
    log.say(client.remoteAddress());
    await Promise.all([closed(server), closed(other), closed(client)]);
  },

  'connect: what it throws and tells': async (module, log) => {
    const socket = module.createSocket('udp4');
    const connect = socket.connect.bind(socket) as (...a: unknown[]) => void;
    for (const args of [[], [0], ['x'], [70_000], [5, 5], [5, null], [5, {}]]) {
      log.try(JSON.stringify(args), () => connect(...args));
    }
    const failed = module.createSocket('udp4');
    log.watch('failed', failed);
    await new Promise<void>((resolve) => {
      (failed.connect as (...a: unknown[]) => void).call(failed, 9, '::1', (error?: Error) => {
        log.say('callback', error);
        resolve();
      });
    });
    failed.connect(9, '::1');
    await once(failed, 'error');
    await closed(failed);
    await closed(socket);
  },

  'nobody there: connected sockets hear of it': async (module, log) => {
    const nobody = await bound(module, log, 'nobody', 0, '127.0.0.1');
    const { port } = nobody.address();
    await closed(nobody);
    const client = module.createSocket('udp4');
    log.watch('client', client);
    client.connect(port, '127.0.0.1');
    await once(client, 'connect');
    client.send('one', (error, sent) => log.say('one', error, sent));
    await once(client, 'error');
    await soon();
    client.send('two', (error, sent) => log.say('two', error, sent));
    await once(client, 'error');
    await closed(client);
    const loose = module.createSocket('udp4');
    log.watch('loose', loose);
    loose.send('three', port, '127.0.0.1', (error, sent) => log.say('three', error, sent));
    await soon();
    await closed(loose);
  },

  'calls in a row wait for listening': async (module, log) => {
    const server = await bound(module, log, 'server', 0, '127.0.0.1');
    server.on('message', (text) => log.say('server', text.toString()));
    const client = module.createSocket('udp4');
    log.watch('client', client);
    const { port } = server.address();
    client.send('1', port, '127.0.0.1', () => log.say('sent 1'));
    client.send('2', port, '127.0.0.1', () => log.say('sent 2'));
    client.close(() => log.say('close callback'));
    log.try('address', () => client.address());
    await once(client, 'close');
    await soon();
    await closed(server);
  },

  'close in all places': async (module, log) => {
    const early = module.createSocket('udp4');
    log.watch('early', early);
    log.say(early.close(() => log.say('early callback')) === early);
    await once(early, 'close');
    for (const name of ['address', 'remoteAddress', 'close', 'bind'] as const) {
      log.try(name, () => (early[name] as () => unknown)());
    }
    log.try('ref', () => early.ref() === early);
    log.try('unref', () => early.unref() === early);
    log.try('connect', () => early.connect(5));
    const binding = module.createSocket('udp4');
    log.watch('binding', binding);
    binding.bind(0, () => log.say('never'));
    binding.close();
    await once(binding, 'close');
    await soon();
    const inside = await bound(module, log, 'inside', 0, '127.0.0.1');
    log.watch('inside', inside);
    inside.on('message', () => inside.close());
    inside.send('1', inside.address().port);
    inside.send('2', inside.address().port);
    await once(inside, 'close');
    await soon();
  },

  'a signal closes': async (module, log) => {
    const controller = new AbortController();
    const socket = module.createSocket({ type: 'udp4', signal: controller.signal });
    log.watch('socket', socket);
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    controller.abort();
    await once(socket, 'close');
    const aborted = module.createSocket({ type: 'udp4', signal: AbortSignal.abort() });
    log.watch('aborted', aborted);
    await once(aborted, 'close');
    const other = new AbortController();
    const done = module.createSocket({ type: 'udp4', signal: other.signal });
    await closed(done);
    log.try('abort after close', () => other.abort());
  },

  'createSocket: what it throws': async (module, log) => {
    const create = module.createSocket as (...a: unknown[]) => Socket;
    const bad: unknown[] = [
      undefined,
      null,
      'udp5',
      {},
      { type: 'tcp' },
      { type: 'udp4', lookup: 5 },
      { type: 'udp4', lookup: {} },
      { type: 'udp4', signal: 5 },
      { type: 'udp4', signal: {} },
      { type: 'udp4', recvBufferSize: -5 },
      { type: 'udp4', recvBufferSize: 1.5 },
      { type: 'udp4', sendBufferSize: 'a' },
      { type: 'udp4', sendBufferSize: 2 ** 33 },
    ];
    for (const options of bad)
      log.try(JSON.stringify(options) ?? 'undefined', () => create(options));
    log.say(Reflect.get(module.createSocket('udp6'), 'type'));
  },

  'settings of an unbound socket': async (module, log) => {
    const socket = module.createSocket('udp4');
    settings(socket, log);
    await closed(socket);
  },

  'settings of a bound socket': async (module, log) => {
    const socket = await bound(module, log, 'socket', 0, '127.0.0.1');
    settings(socket, log);
    await closed(socket);
  },

  'groups: what is refused': async (module, log) => {
    const socket = await bound(module, log, 'socket', 0, '0.0.0.0');
    const join = socket.addMembership.bind(socket) as (...a: unknown[]) => void;
    const leave = socket.dropMembership.bind(socket) as (...a: unknown[]) => void;
    log.try('nothing', () => join());
    log.try('nothing', () => leave());
    log.try('unicast', () => join('192.0.2.1'));
    log.try('text', () => join('nonsense'));
    log.try('other family', () => join('ff02::1'));
    log.try('no interface', () => join('239.9.9.9', '192.0.2.9'));
    log.try('bad interface', () => join('239.9.9.9', 'nonsense'));
    log.try('not a member', () => leave('239.9.9.9', '127.0.0.1'));
    log.try('join', () => join('239.9.9.9', '127.0.0.1'));
    log.try('join again', () => join('239.9.9.9', '127.0.0.1'));
    log.try('leave', () => leave('239.9.9.9', '127.0.0.1'));
    log.try('leave again', () => leave('239.9.9.9', '127.0.0.1'));
    log.try('source', () => socket.addSourceSpecificMembership(5 as never, '232.1.1.1'));
    log.try('group', () => socket.addSourceSpecificMembership('1.1.1.1', 5 as never));
    await closed(socket);
    log.try('closed', () => join('239.9.9.9'));
  },

  'groups: what is sent comes to members on lo': async (module, log) => {
    const member = module.createSocket({ type: 'udp4', reuseAddr: true });
    member.bind(0);
    await once(member, 'listening');
    const { port } = member.address();
    log.port(port, 'group');
    member.addMembership('239.9.9.9', '127.0.0.1');
    member.setMulticastInterface('127.0.0.1');
    member.on('message', (text, from) => log.say(text.toString(), from.address));
    member.send('loop', port, '239.9.9.9');
    await once(member, 'message');
    member.setMulticastLoopback(false);
    member.dropMembership('239.9.9.9', '127.0.0.1');
    member.send('gone', port, '239.9.9.9', (error, sent) => log.say('sent', error, sent));
    await soon();
    await closed(member);
  },

  'names: lookup as an option': async (module, log) => {
    const server = await bound(module, log, 'server', 0, '127.0.0.1');
    server.on('message', (text) => log.say('server', text.toString()));
    const client = module.createSocket({
      type: 'udp4',
      lookup: ((name: string, family: unknown, callback: (...a: unknown[]) => void) => {
        log.say('lookup', name, family);
        if (name === 'bad.example') {
          callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }));
          return;
        }
        callback(null, '127.0.0.1', 4);
      }) as never,
    });
    log.watch('client', client);
    client.send('hello', server.address().port, 'server.example');
    await once(server, 'message');
    client.send('x', 9, 'bad.example', (error) => log.say('callback', error));
    await soon();
    client.send('x', 9, 'bad.example');
    await once(client, 'error');
    client.connect(9, 'bad.example', ((error: Error) => log.say('connect', error)) as never);
    await soon();
    await closed(client);
    await closed(server);
  },

  'each message is an event of its own': async (module, log) => {
    const server = await bound(module, log, 'server', 0, '127.0.0.1');
    const { port } = server.address();
    const client = await bound(module, log, 'client', 0, '127.0.0.1');
    const all = new Promise<void>((resolve) => {
      let count = 0;
      server.on('message', (text) => {
        log.say('message', text.toString());
        process.nextTick(() => log.say('tick after', text.toString()));
        void Promise.resolve().then(() => log.say('microtask after', text.toString()));
        if (++count === 3) setImmediate(resolve);
      });
    });
    for (const text of ['1', '2', '3']) client.send(text, port, '127.0.0.1');
    await all;
    await closed(server);
    await closed(client);
  },

  'using: closed when the block is left': async (module, log) => {
    const socket = await bound(module, log, 'socket', 0, '127.0.0.1');
    log.watch('socket', socket);
    await socket[Symbol.asyncDispose]();
    log.say('disposed');
    await socket[Symbol.asyncDispose]();
  },
};

function settings(socket: Socket, log: Log): void {
  const loose = socket as unknown as Record<string, (...a: unknown[]) => unknown>;
  const calls: [string, ...unknown[]][] = [
    ['setBroadcast', true],
    ['setBroadcast', false],
    ['setTTL', 16],
    ['setTTL', 0],
    ['setTTL', 256],
    ['setTTL', '16'],
    ['setTTL'],
    ['setMulticastTTL', 0],
    ['setMulticastTTL', 255],
    ['setMulticastTTL', 256],
    ['setMulticastTTL', 'x'],
    ['setMulticastLoopback', true],
    ['setMulticastLoopback', false],
    ['setMulticastInterface', '127.0.0.1'],
    ['setMulticastInterface', '0.0.0.0'],
    ['setMulticastInterface', '192.0.2.9'],
    ['setMulticastInterface', 'nonsense'],
    ['setMulticastInterface', 5],
    ['setRecvBufferSize', -1],
    ['setRecvBufferSize', 1.5],
    ['setRecvBufferSize', 'x'],
    ['setRecvBufferSize', 10_000],
    ['getRecvBufferSize'],
    ['setSendBufferSize', 10_000],
    ['getSendBufferSize'],
    ['getSendQueueSize'],
    ['getSendQueueCount'],
  ];
  for (const [name, ...args] of calls) {
    log.try(`${name} ${JSON.stringify(args)}`, () => loose[name]!(...args));
  }
  log.try('ref', () => socket.ref() === socket);
  log.try('unref', () => socket.unref() === socket);
  socket.ref();
}
