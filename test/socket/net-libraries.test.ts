/**
 * Programs of others on `estab/net`, unchanged: both ends live on one stack with nothing but loopback.
 * Each exchanges a few MiB and uses its connection more than once.
 */
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { EventEmitter, once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import express from 'express';
import ssh2 from 'ssh2';
import { Client as UndiciClient, Agent as UndiciAgent, fetch, type buildConnector } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { netOn, Stack, type Net } from '../../src/exports/net.ts';

const BODY = Buffer.alloc(3 * 1024 * 1024 + 17);
for (let i = 0; i < BODY.length; i++) BODY[i] = i * 7 + (i >> 9);
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const EXPECTED = digest(BODY);

interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** For `localhost`, signed by itself. */
function selfSigned(): Certificate {
  const dir = mkdtempSync(join(tmpdir(), 'estab-net-'));
  try {
    const files = ['-keyout', join(dir, 'key'), '-out', join(dir, 'cert')];
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const command = ['req', '-x509', ...kind, ...files, '-days', '2', ...names];
    execFileSync('openssl', command, { stdio: 'ignore' });
    const [key, cert] = ['key', 'cert'].map((name) => readFileSync(join(dir, name), 'utf8'));
    return { key: key!, cert: cert! };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

let stack: Stack;
let net: Net;
const open: (Server | Socket)[] = [];

beforeAll(() => {
  stack = new Stack();
  net = netOn(stack);
});

afterAll(async () => {
  for (const it of open) {
    if ('destroy' in it) it.destroy();
    else it.close();
  }
  await stack.close();
});

/** Hands connections that come to `port` on, as an upper layer's server likes them. */
async function serve(onConnection: (socket: Socket) => void): Promise<number> {
  const server = net.createServer(onConnection).listen(0);
  open.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function read(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Node's TLS over a stream does not send what is left when the other side has ended. */
async function readSome(stream: Duplex, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let left = length; left > 0;) {
    const chunk = stream.read() as Buffer | null;
    if (chunk === null) await once(stream, 'readable');
    else left -= chunks[chunks.push(chunk) - 1]!.length;
  }
  return Buffer.concat(chunks);
}

const httpHandler: http.RequestListener = (request, response) => {
  if (request.method === 'GET') {
    response.end(BODY);
    return;
  }
  void read(request).then((body) => response.end(digest(body)));
};

class EstabAgent extends http.Agent {
  connections = 0;

  override createConnection(options: http.ClientRequestArgs): Socket {
    this.connections += 1;
    return net.connect({ port: Number(options.port), host: options.host ?? 'localhost' });
  }
}

function request(options: http.RequestOptions, body?: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const sent = http.request(options, (response) => void read(response).then(resolve, reject));
    sent.on('error', reject);
    sent.end(body);
  });
}

describe('node:http', () => {
  test('server and agent with keep-alive: one connection, large bodies both ways', async () => {
    const web = http.createServer(httpHandler);
    const port = await serve((socket) => web.emit('connection', socket));
    const agent = new EstabAgent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 3; i++) {
      expect(digest(await request({ port, agent }))).toBe(EXPECTED);
      const answer = await request({ port, agent, method: 'POST' }, BODY);
      expect(answer.toString()).toBe(EXPECTED);
    }
    expect(agent.connections).toBe(1);
    agent.destroy();
  });

  test('createConnection of a request, and a connection for each', async () => {
    const web = http.createServer({ keepAliveTimeout: 1 }, (_, response) => response.end('hi'));
    const port = await serve((socket) => web.emit('connection', socket));
    for (let i = 0; i < 20; i++) {
      const createConnection = (): Socket => net.connect(port, 'localhost');
      expect(
        (await request({ createConnection, headers: { connection: 'close' } })).toString(),
      ).toBe('hi');
    }
  });

  test('a request that is aborted, and one that times out', async () => {
    const web = http.createServer(() => undefined);
    const port = await serve((socket) => web.emit('connection', socket));
    const createConnection = (): Socket => net.connect(port, 'localhost');
    const control = new AbortController();
    const aborted = request({ createConnection, signal: control.signal });
    setTimeout(() => control.abort(), 20);
    await expect(aborted).rejects.toThrow('aborted');
    const silent = http.request({ createConnection });
    silent.setTimeout(30, () => silent.destroy(new Error('too slow')));
    silent.end();
    const [error] = (await once(silent, 'error')) as [Error];
    expect(error.message).toBe('too slow');
  });

  test('an upgrade takes the socket over', async () => {
    const web = http.createServer();
    web.on('upgrade', (_, socket: Socket, head: Buffer) => {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n',
      );
      socket.write(head);
      socket.pipe(socket);
    });
    const port = await serve((socket) => web.emit('connection', socket));
    const createConnection = (): Socket => net.connect(port, 'localhost');
    const headers = { connection: 'Upgrade', upgrade: 'echo' };
    const sent = http.request({ createConnection, headers }).end();
    const [, socket] = (await once(sent, 'upgrade')) as [unknown, Socket];
    socket.end('through the upgrade');
    expect((await read(socket)).toString()).toBe('through the upgrade');
  });
});

test('express: an application that knows nothing of it', async () => {
  const app = express();
  app.get('/body', (_, response) => void response.send(BODY));
  app.post('/length', express.raw({ limit: '10mb', type: '*/*' }), (asked, response) => {
    response.json({ length: (asked.body as Buffer).length, from: asked.ip });
  });
  const web = http.createServer(app);
  const port = await serve((socket) => web.emit('connection', socket));
  const agent = new EstabAgent({ keepAlive: true });
  expect(digest(await request({ port, agent, path: '/body' }))).toBe(EXPECTED);
  const headers = { 'content-type': 'application/octet-stream' };
  const answer = await request({ port, agent, path: '/length', method: 'POST', headers }, BODY);
  expect(JSON.parse(answer.toString())).toEqual({ length: BODY.length, from: '::1' });
  agent.destroy();
});

describe('node:tls over { socket }', () => {
  const certificate = selfSigned();

  test('both ends, large bodies both ways', async () => {
    const server = tls.createServer(certificate, (secure) => secure.pipe(secure));
    const port = await serve((raw) => server.emit('connection', raw));
    for (let i = 0; i < 2; i++) {
      const socket = net.connect(port, 'localhost');
      const options = { socket, servername: 'localhost', ca: certificate.cert };
      const secure = tls.connect(options);
      await once(secure, 'secureConnect');
      expect(secure.authorized).toBe(true);
      secure.write(BODY);
      expect(digest(await readSome(secure, BODY.length))).toBe(EXPECTED);
      secure.end();
      await once(secure, 'close');
    }
  });

  test('a certificate that is not trusted is an error of the client', async () => {
    const port = await serve((raw) => {
      new tls.TLSSocket(raw, { isServer: true, ...certificate }).on('error', () => undefined);
    });
    const socket = net.connect(port, 'localhost');
    const secure = tls.connect({ socket, servername: 'localhost' });
    const [error] = (await once(secure, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
  });

  test('HTTPS through an agent', async () => {
    const web = http.createServer(httpHandler);
    const port = await serve((raw) => {
      const secure = new tls.TLSSocket(raw, { isServer: true, ...certificate });
      web.emit('connection', secure);
    });
    const createConnection = (): tls.TLSSocket =>
      tls.connect({
        socket: net.connect(port, 'localhost'),
        servername: 'localhost',
        ca: certificate.cert,
      });
    expect(digest(await request({ createConnection }))).toBe(EXPECTED);
  });
});

test('node:http2: many streams on one connection', async () => {
  const web = http2.createServer();
  web.on('stream', (stream, headers) => {
    stream.respond({ ':status': 200 });
    if (headers[':method'] === 'GET') stream.end(BODY);
    else stream.pipe(stream);
  });
  let connections = 0;
  const port = await serve((socket) => {
    connections += 1;
    web.emit('connection', socket);
  });
  const session = http2.connect('http://localhost', {
    createConnection: () => net.connect(port, 'localhost'),
  });
  const get = session.request({ ':path': '/' });
  const posts = Array.from({ length: 3 }, () => session.request({ ':method': 'POST' }).end(BODY));
  const bodies = await Promise.all([get, ...posts].map((stream) => read(stream)));
  for (const body of bodies) expect(digest(body)).toBe(EXPECTED);
  expect(connections).toBe(1);
  await new Promise<void>((resolve) => session.close(resolve));
});

describe('undici with a connect option', () => {
  const connector =
    (port: () => number): buildConnector.connector =>
    (_, callback) => {
      const socket = net.connect(port(), 'localhost');
      socket.once('connect', () => callback(null, socket));
      socket.once('error', (error) => callback(error, null));
    };

  test('Client: pipelined requests, large bodies both ways', async () => {
    const web = http.createServer(httpHandler);
    const port = await serve((socket) => web.emit('connection', socket));
    const client = new UndiciClient('http://localhost', {
      connect: connector(() => port),
      pipelining: 2,
    });
    const get = client.request({ path: '/', method: 'GET' });
    const post = client.request({ path: '/', method: 'POST', body: BODY });
    expect(digest(Buffer.from(await (await get).body.arrayBuffer()))).toBe(EXPECTED);
    expect(await (await post).body.text()).toBe(EXPECTED);
    await client.close();
  });

  test('fetch through an Agent', async () => {
    const web = http.createServer(httpHandler);
    const port = await serve((socket) => web.emit('connection', socket));
    const dispatcher = new UndiciAgent({ connect: connector(() => port) });
    for (let i = 0; i < 3; i++) {
      const answer = await fetch('http://any.test/', { dispatcher });
      expect(digest(Buffer.from(await answer.arrayBuffer()))).toBe(EXPECTED);
    }
    await dispatcher.close();
  });
});

test('ws: client and server', async () => {
  const web = http.createServer();
  const sockets = new WebSocketServer({ server: web });
  sockets.on('connection', (socket) =>
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
  );
  const port = await serve((socket) => web.emit('connection', socket));
  const client = new WebSocket('ws://localhost/', {
    createConnection: () => net.connect(port, 'localhost'),
  });
  await once(client, 'open');
  for (const message of ['a text', BODY, Buffer.from('short')]) {
    client.send(message);
    const [echoed] = (await once(client, 'message')) as [Buffer];
    expect(Buffer.compare(echoed, Buffer.from(message))).toBe(0);
  }
  client.close(1000, 'enough');
  const [code, reason] = (await once(client, 'close')) as [number, Buffer];
  expect([code, String(reason)]).toEqual([1000, 'enough']);
});

test('ssh2: client over { sock }, server over injectSocket', async () => {
  const keys = ssh2.utils.generateKeyPairSync('ed25519');
  const server = new ssh2.Server({ hostKeys: [keys.private] }, (client) => {
    client.on('authentication', (attempt) => attempt.accept());
    client.on('ready', () => {
      client.on('session', (accept) => {
        accept().on('exec', (acceptExec, _, info) => {
          const channel = acceptExec();
          channel.write(`${info.command}:`);
          channel.pipe(channel);
          channel.on('end', () => {
            channel.exit(0);
            channel.end();
          });
        });
      });
    });
    client.on('error', () => undefined);
  });
  const port = await serve((socket) => server.injectSocket(socket));
  const client = new ssh2.Client();
  const ready = once(client, 'ready');
  client.connect({ sock: net.connect(port, 'localhost'), username: 'anybody', password: 'any' });
  await ready;
  const text = await new Promise<string>((resolve, reject) => {
    client.exec('echo', (error, channel) => {
      if (error) reject(error);
      else {
        void read(channel).then((all) => resolve(digest(all)), reject);
        channel.end(BODY);
      }
    });
  });
  expect(text).toBe(digest(Buffer.concat([Buffer.from('echo:'), BODY])));
  client.end();
  await once(client, 'close');
});

test('sockets are as pg, ioredis and others want them: made first, connected later', async () => {
  const port = await serve((socket) => socket.pipe(socket));
  const socket = new net.Socket();
  expect(socket).toBeInstanceOf(EventEmitter);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 1000);
  socket.connect(port, 'localhost');
  socket.once('connect', () => socket.setKeepAlive(true));
  socket.end('later');
  expect((await read(socket)).toString()).toBe('later');
});
