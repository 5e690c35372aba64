/**
 * An end of ruler.ts on the kernel's sockets: a process in a network namespace of its own. It does what
 * it is told over IPC: `listen`, `send`, `taken`, `stop`.
 */
import net from 'node:net';

export type KernelOrder =
  | { readonly do: 'listen'; readonly port: number }
  | { readonly do: 'send'; readonly host: string; readonly port: number }
  | { readonly do: 'taken' }
  | { readonly do: 'stop' };

const chunk = Buffer.alloc(256 * 1024, 7);
const sockets = new Set<net.Socket>();
let server: net.Server | undefined;
let taken = 0;

function adopt(socket: net.Socket): void {
  sockets.add(socket);
  socket.on('error', () => undefined); // a reset, at the end of a run
  socket.on('close', () => sockets.delete(socket));
}

function listen(port: number): void {
  taken = 0;
  server = net.createServer((socket) => {
    adopt(socket);
    socket.on('data', (data) => (taken += data.length));
  });
  server.listen(port, '0.0.0.0', () => process.send?.('listening'));
}

function send(host: string, port: number): void {
  const socket = net.connect(port, host);
  adopt(socket);
  const pour = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('connect', pour);
  socket.on('drain', pour);
}

process.on('message', (order: KernelOrder) => {
  switch (order.do) {
    case 'listen':
      return listen(order.port);
    case 'send':
      return send(order.host, order.port);
    case 'taken':
      return void process.send?.(taken);
    case 'stop':
      for (const socket of sockets) socket.resetAndDestroy();
      server?.close();
      return;
  }
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
