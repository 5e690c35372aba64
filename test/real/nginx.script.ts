/** Clients that Node's programs use, over estab/net, at nginx: what nginx.test.ts plays. */
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { Agent, buildConnector, Client, fetch } from 'undici';
import net, { useStack } from '../../src/exports/net.ts';
import { SERVER_NAME } from './certificate.ts';
import { home, KERNELS } from './home.ts';
import { BACKEND, HTTP, HTTPS, serveNginx } from './nginx.ts';
import { digest, MEGABYTE, read, sample } from './octets.ts';
import { plays } from './plays.ts';

const BODY = sample(5 * MEGABYTE + 17);
const POST = sample(2 * MEGABYTE + 3);

useStack(await home());
const ca = await serveNginx({ body: BODY, short: Buffer.from('short\n') });
let fromNginx = 0; // connections

const web = http.createServer((asked, response) => {
  void read(asked).then((body) => response.end(`${asked.method} ${digest(body)}`));
});
net
  .createServer((socket) => {
    fromNginx += 1;
    web.emit('connection', socket);
  })
  .listen(BACKEND);

let connections = 0;
function connect(port: number, host: string): Socket {
  connections += 1;
  return net.connect({ port, host });
}

class HttpAgent extends http.Agent {
  override createConnection({ port, host }: http.ClientRequestArgs): Socket {
    return connect(Number(port), host ?? '');
  }
}

class HttpsAgent extends https.Agent {
  override createConnection(options: https.RequestOptions): Duplex {
    const socket = connect(Number(options.port), options.host ?? '');
    return tls.connect({ socket, ca, servername: SERVER_NAME });
  }
}

/** What the answer to `body`, or to nothing, says. */
function ask(module: typeof http | typeof https, options: http.RequestOptions, body?: Buffer) {
  return new Promise<Buffer>((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const asked = module.request({ ...options, method }, (response) => {
      read(response).then(resolve, reject);
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/** Everything there is to ask for, over one connection; what was not as it must be. */
async function ask5MB(module: typeof http | typeof https, options: http.RequestOptions) {
  connections = 0;
  const answers = {
    short: String(await ask(module, { ...options, path: '/short' })),
    body: digest(await ask(module, { ...options, path: '/body' })) === digest(BODY),
    post: String(await ask(module, { ...options, path: '/estab/' }, POST)),
    again: digest(await ask(module, { ...options, path: '/body' })) === digest(BODY),
  };
  (options.agent as http.Agent).destroy();
  return { ...answers, post: answers.post === `POST ${digest(POST)}`, connections };
}

const overTls = buildConnector({ ca });
const connector: buildConnector.connector = (options, callback) => {
  const { protocol, port, hostname } = options;
  const socket = connect(Number(port), hostname);
  if (protocol === 'https:') {
    overTls({ ...options, servername: SERVER_NAME, httpSocket: socket }, callback);
    return;
  }
  socket.once('connect', () => callback(null, socket));
  socket.once('error', (error) => callback(error, null));
};

async function undiciClient(): Promise<unknown> {
  connections = 0;
  const client = new Client(`http://${KERNELS[4]}:${HTTP}`, { connect: connector, pipelining: 3 });
  const get = (path: string): Promise<ArrayBuffer> =>
    client.request({ path, method: 'GET' }).then(({ body }) => body.arrayBuffer());
  const [body, ...short] = await Promise.all([get('/body'), get('/short'), get('/short')]);
  const { body: answer } = await client.request({ path: '/estab/', method: 'POST', body: POST });
  const post = (await answer.text()) === `POST ${digest(POST)}`;
  await client.close();
  const same = digest(new Uint8Array(body)) === digest(BODY);
  return { body: same, short: short.map((text) => String(Buffer.from(text))), post, connections };
}

async function undiciFetch(origin: string): Promise<unknown> {
  connections = 0;
  const dispatcher = new Agent({ connect: connector });
  const answers = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const response = await fetch(`${origin}/body`, { dispatcher });
      return digest(new Uint8Array(await response.arrayBuffer())) === digest(BODY);
    }),
  );
  const { status } = await fetch(`${origin}/nothing`, { dispatcher });
  await dispatcher.close();
  return { answers, status, connections };
}

const keepAlive = { keepAlive: true, maxSockets: 1 };
await plays({
  'node:http': () =>
    ask5MB(http, { agent: new HttpAgent(keepAlive), port: HTTP, host: KERNELS[4] }),
  'node:http, IPv6': () =>
    ask5MB(http, { agent: new HttpAgent(keepAlive), port: HTTP, host: KERNELS[6] }),
  'node:https': () =>
    ask5MB(https, { agent: new HttpsAgent(keepAlive), port: HTTPS, host: KERNELS[4] }),
  'node:https, IPv6': () =>
    ask5MB(https, { agent: new HttpsAgent(keepAlive), port: HTTPS, host: KERNELS[6] }),
  'undici Client': undiciClient,
  'undici fetch': () => undiciFetch(`http://${KERNELS[4]}:${HTTP}`),
  'undici fetch, TLS, IPv6': () => undiciFetch(`https://[${KERNELS[6]}]:${HTTPS}`),
  'connections of nginx to estab': () => Promise.resolve(fromNginx),
});
