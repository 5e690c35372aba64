// A WebSocket server on the kernel, a process of its own: what is said is said back. Its only argument
// is a port.
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ host: '::', port: Number(process.argv[2]) });
server.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
