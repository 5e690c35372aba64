/** What a chunk costs in each flavour of socket: the same octets in one direction over loopback. */
import { Stack } from 'estab';
import { netOn } from 'estab/net';
import { parseAddress } from 'estab/wire';

const CHUNK = 1024; // octets: so small that the chunk costs, not its octets
const LOCALHOST = '127.0.0.1';

/** The pull interface: TcpSocket. Nanoseconds per chunk. */
export async function plainChunks(count: number): Promise<number> {
  await using stack = new Stack();
  stack.hold(); // a TcpSocket is no reason for the process to go on
  const octets = count * CHUNK;
  const into = new Uint8Array(64 * 1024);
  const chunk = new Uint8Array(CHUNK).fill(7);
  const begin = performance.now();
  await new Promise<void>((resolve, reject) => {
    let received = 0;
    let left = octets;
    stack.act((now) => {
      const onConnection = (socket: ReturnType<typeof opened>): void => {
        socket.onSignal = (signal, at) => {
          if (signal !== 'readable') return;
          for (;;) {
            const taken = socket.receive(at, into);
            if (typeof taken !== 'number' || taken === 0) break;
            received += taken;
          }
          if (received === octets) resolve();
        };
      };
      const listener = stack.host.listen(now, { port: 7, onConnection });
      if ('error' in listener) throw new Error(listener.message);
      const socket = opened(stack, now);
      socket.onSignal = (signal, at) => {
        if (signal === 'reset') reject(new Error('reset'));
        if (signal !== 'established' && signal !== 'writable') return;
        while (left > 0) {
          const taken = socket.send(at, chunk, 0, Math.min(left, CHUNK));
          if (typeof taken !== 'number' || taken === 0) return;
          left -= taken;
        }
      };
    });
  });
  stack.release();
  return ((performance.now() - begin) / count) * 1e6;
}

function opened(stack: Stack, now: number) {
  const remote = parseAddress(LOCALHOST)!;
  const socket = stack.host.open(now, { remote, remotePort: 7 });
  if ('error' in socket) throw new Error(socket.message);
  return socket;
}

/** Web streams: connect() and listen(). Nanoseconds per chunk. */
export async function webChunks(count: number): Promise<number> {
  await using stack = new Stack();
  const listener = stack.listen({ port: 7, hostname: LOCALHOST });
  const chunk = new Uint8Array(CHUNK).fill(7);
  const begin = performance.now();
  const client = stack.connect({ hostname: LOCALHOST, port: 7 });
  const send = async (): Promise<void> => {
    const writer = client.writable.getWriter();
    for (let i = 0; i < count; i++) {
      await writer.ready;
      void writer.write(chunk);
    }
    await writer.close();
  };
  const sent = send();
  for await (const socket of listener) {
    let received = 0;
    for await (const octets of socket.readable) received += octets.length;
    if (received !== count * CHUNK) throw new Error(`${received} octets came`);
    break;
  }
  await sent;
  return ((performance.now() - begin) / count) * 1e6;
}

/** The shape of node:net. Nanoseconds per chunk. */
export async function nodeShapedChunks(count: number): Promise<number> {
  await using stack = new Stack();
  const net = netOn(stack);
  const chunk = Buffer.alloc(CHUNK, 7);
  const begin = performance.now();
  await new Promise<void>((resolve, reject) => {
    const server = net.createServer((socket) => {
      let received = 0;
      socket.on('error', reject);
      socket.on('data', (data: Buffer) => (received += data.length));
      socket.on('end', () => {
        if (received === count * CHUNK) resolve();
        else reject(new Error(`${received} octets came`));
      });
    });
    server.listen(7, LOCALHOST, () => {
      const client = net.connect(7, LOCALHOST);
      let left = count;
      const write = (): void => {
        while (left > 0) {
          left -= 1;
          if (!client.write(chunk)) return;
        }
        client.end();
      };
      client.on('connect', write);
      client.on('drain', write);
      client.on('error', reject);
    });
  });
  return ((performance.now() - begin) / count) * 1e6;
}
