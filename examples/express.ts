/**
 * An Express application that does not know what it runs on. As root:
 *
 *     npx tsx examples/express.ts &
 *     curl -d '{"name":"world"}' -H 'Content-Type: application/json' http://10.9.0.2/greet
 */
import { createServer } from 'node:http';
import express from 'express';
import net from 'estab/net';
import { neighbour } from './tun.ts';

const app = express();
app.use(express.json());
app.get('/', (_request, response) => {
  response.send('POST a name to /greet\n');
});
app.post('/greet', (request, response) => {
  response.json({ greeting: `hello, ${request.body.name}`, from: request.ip });
});

const stack = await neighbour();
const web = createServer(app);
net
  .createServer((socket) => web.emit('connection', socket))
  .listen(80, () => console.log('http://10.9.0.2/, Ctrl-C ends it'));

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stack.close().then(() => process.exit()));
}
