/**
 * A web server on a TCP of its own. As root:
 *
 *     npx tsx examples/http-server.ts &
 *     curl http://10.9.0.2/ 'http://[fd00:9::2]/'
 */
import { createServer } from 'node:http';
import net from 'estab/net';
import { neighbour } from './tun.ts';

const stack = await neighbour();
const web = createServer((request, response) => {
  const { remoteAddress, remotePort } = request.socket;
  response.end(`hello, ${remoteAddress} port ${remotePort}\n`);
});

const server = net.createServer((socket) => web.emit('connection', socket));
server.listen(80, () => console.log('http://10.9.0.2/ and http://[fd00:9::2]/, Ctrl-C ends it'));

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stack.close().then(() => process.exit()));
}
