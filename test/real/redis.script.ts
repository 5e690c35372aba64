/** ioredis over estab/net at a Redis server on the kernel: what redis.test.ts plays. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { AbstractConnector, Redis } from 'ioredis';
import net, { useStack } from '../../src/exports/net.ts';
import { home, KERNELS } from './home.ts';
import { digest, MEGABYTE, sample } from './octets.ts';
import { plays } from './plays.ts';
import { serve, untilListens } from './programs.ts';

const PORT = 6379;
const BODY = sample(MEGABYTE + 17);

useStack(await home());
const addresses = ['--bind', KERNELS[4], KERNELS[6], '--port', String(PORT)];
serve('redis-server', [
  ...addresses,
  '--protected-mode',
  'no',
  '--save',
  '',
  '--loglevel',
  'warning',
]);
await untilListens(PORT, KERNELS[4]);

/** ioredis connects through an object of such a class; its own ones use node:net and node:tls. */
class EstabConnector extends AbstractConnector {
  readonly #host: string;
  readonly #port: number;

  constructor(options: unknown) {
    super(2000); // ms until a socket that does not end is destroyed
    const { host, port } = options as { host: string; port: number };
    this.#host = host;
    this.#port = port;
  }

  override connect(): Promise<Socket> {
    this.connecting = true;
    this.stream = net.connect(this.#port, this.#host);
    return Promise.resolve(this.stream);
  }
}

function client(host: string = KERNELS[4]): Redis {
  return new Redis({ host, port: PORT, Connector: EstabConnector, retryStrategy: () => 10 });
}

async function values(host: string): Promise<unknown> {
  const redis = client(host);
  const set = await redis.set('body', BODY);
  const body = await redis.getBuffer('body');
  const missing = await redis.get('nothing');
  const wrong = await redis.lpush('body', 'x').catch((error: Error) => error.message);
  const quit = await redis.quit();
  return { set, same: body !== null && digest(body) === digest(BODY), missing, wrong, quit };
}

async function pipeline(): Promise<unknown> {
  const redis = client();
  const commands = redis.pipeline();
  for (let i = 1; i <= 1000; i++) commands.incrby('sum', i);
  const answers = (await commands.exec()) ?? [];
  const transaction = await redis.multi().get('sum').del('sum').exec();
  redis.disconnect();
  return { answers: answers.length, last: answers.at(-1), transaction };
}

/** A thousand messages in their order; the reader has said where it is before the first. */
async function subscription(): Promise<unknown> {
  const [reader, writer] = [client(KERNELS[6]), client()];
  const heard: string[] = [];
  const all = new Promise<void>((resolve) => {
    reader.on('message', (_channel, message) => {
      if (heard.push(message) === 1000) resolve();
    });
  });
  await reader.subscribe('news');
  const listeners = await Promise.all(
    Array.from({ length: 1000 }, (_, i) => writer.publish('news', String(i))),
  );
  await all;
  reader.disconnect();
  writer.disconnect();
  return {
    inOrder: heard.every((message, i) => message === String(i)),
    listeners: listeners.every((count) => count === 1),
  };
}

/** The server closes the connection; ioredis makes another one, and repeats what was not answered. */
async function reconnection(): Promise<unknown> {
  const [redis, other] = [client(), client()];
  const id = await redis.client('ID');
  const blocked = redis.blpop('list', 0);
  const [closed, ready] = [once(redis, 'close'), once(redis, 'ready')];
  while (!String(await other.client('LIST')).includes('cmd=blpop'));
  await other.client('KILL', 'ID', id);
  await closed;
  await ready;
  await other.rpush('list', 'late');
  const popped = await blocked;
  const another = (await redis.client('ID')) !== id;
  redis.disconnect();
  other.disconnect();
  return { popped, another };
}

await plays({
  values: () => values(KERNELS[4]),
  'values, IPv6': () => values(KERNELS[6]),
  pipeline,
  subscription,
  reconnection,
});
