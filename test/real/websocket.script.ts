/** WebSockets, each end once on estab and once on the kernel: what websocket.test.ts plays. */
import { once } from 'node:events';
import http from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import net, { useStack } from '../../src/exports/net.ts';
import { home, KERNELS, OURS } from './home.ts';
import { MEGABYTE, sample } from './octets.ts';
import { plays } from './plays.ts';
import { run, serve, untilListens } from './programs.ts';

const PORT = 8080;
const BODY = sample(MEGABYTE + 17);

useStack(await home());
serve(process.execPath, ['test/real/websocket-server.mjs', String(PORT)]);
await untilListens(PORT, KERNELS[6]);

const web = http.createServer();
const echo = new WebSocketServer({ noServer: true });
web.on('upgrade', (asked, socket, head) => {
  echo.handleUpgrade(asked, socket, head, (conversation) => {
    conversation.on('message', (data, binary) => conversation.send(data, { binary }));
  });
});
net.createServer((socket) => web.emit('connection', socket)).listen(PORT);

const numbered = (_: unknown, i: number): Buffer => Buffer.from(`message ${i}`);

/** Our client at the kernel's server. */
async function client(host: string): Promise<unknown> {
  const socket = new WebSocket('ws://server.test/', {
    createConnection: () => net.connect(PORT, host),
  });
  await once(socket, 'open');
  const messages = [Buffer.from('a text'), BODY, ...Array.from({ length: 1000 }, numbered)];
  const heard: Buffer[] = [];
  const all = new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer) => {
      if (heard.push(data) === messages.length) resolve();
    });
  });
  for (const message of messages) socket.send(message);
  await all;
  const closed = once(socket, 'close');
  socket.close(4000, 'enough');
  const [code, reason] = await closed;
  const same = messages.every((message, i) => heard[i]?.equals(message));
  return { same, code, reason: String(reason) };
}

/** The kernel's client at our server. */
async function server(url: string): Promise<unknown> {
  const args = ['test/real/websocket-client.mjs', url, String(BODY.length)];
  const { stdout, stderr } = await run(process.execPath, args);
  if (stderr !== '') throw new Error(stderr);
  return JSON.parse(stdout);
}

await plays({
  client: () => client(KERNELS[4]),
  'client, IPv6': () => client(KERNELS[6]),
  server: () => server(`ws://${OURS[4]}:${PORT}/`),
  'server, IPv6': () => server(`ws://[${OURS[6]}]:${PORT}/`),
});
