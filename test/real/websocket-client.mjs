// A WebSocket client on the kernel, a process of its own. Its arguments are a URL and a number of octets;
// it says what the echo answers, and how the conversation ends.
import { WebSocket } from 'ws';

const [url, length] = process.argv.slice(2);
const body = Buffer.alloc(Number(length), 'all work and no play ');
const heard = [];
const socket = new WebSocket(url);
socket.on('open', () => {
  socket.send('a text');
  socket.send(body);
  socket.ping('are you there');
});
socket.on('pong', (data) => heard.push(`pong ${data}`));
socket.on('message', (data, isBinary) => {
  heard.push(isBinary ? data.equals(body) : String(data));
  if (isBinary) socket.close(4000, 'enough');
});
socket.on('close', (code, reason) =>
  console.log(JSON.stringify({ heard, code, reason: String(reason) })),
);
