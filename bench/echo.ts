/** An echo server and its client on anything of the shape of `node:net`, in one process. */
import type nodeNet from 'node:net';

type Net = Pick<typeof nodeNet, 'createServer' | 'connect'>;
type Client = nodeNet.Socket;

const CHUNK = 64 * 1024; // octets per write
const TOGETHER = 64; //     connections at a time
const HOST = '127.0.0.1';

/** MB/s there, and as many back at the same time. */
export async function echoThroughput(net: Net, octets: number): Promise<number> {
  return served(net, async (port) => {
    const chunk = Buffer.alloc(CHUNK, 7);
    const client = await connected(net, port);
    const begin = performance.now();
    await new Promise<void>((resolve, reject) => {
      let sent = 0;
      let received = 0;
      const write = (): void => {
        while (sent < octets) {
          sent += CHUNK;
          if (!client.write(chunk)) return;
        }
      };
      client.on('drain', write);
      client.on('error', reject);
      client.on('data', (data: Buffer) => {
        received += data.length;
        if (received >= octets) resolve();
      });
      write();
    });
    const rate = octets / 1000 / (performance.now() - begin);
    client.destroy();
    return rate;
  });
}

/** Connections per second: opened, 64 octets echoed, closed by both sides. */
export async function echoConnections(net: Net, count: number): Promise<number> {
  return served(net, async (port) => {
    const message = Buffer.alloc(64, 7);
    const one = (): Promise<void> =>
      new Promise((resolve, reject) => {
        const client = net.connect(port, HOST);
        client.on('connect', () => client.write(message));
        client.on('data', () => client.end());
        client.on('error', reject);
        client.on('close', () => resolve());
      });
    const worker = async (share: number): Promise<void> => {
      for (let i = 0; i < share; i++) await one();
    };
    const begin = performance.now();
    await Promise.all(Array.from({ length: TOGETHER }, () => worker(count / TOGETHER)));
    return (count / (performance.now() - begin)) * 1000;
  });
}

/** Round trips of 64 octets per second on one connection, one after the other. */
export async function echoRoundTrips(net: Net, count: number): Promise<number> {
  return served(net, async (port) => {
    const message = Buffer.alloc(64, 7);
    const client = await connected(net, port);
    client.setNoDelay(true);
    const begin = performance.now();
    await new Promise<void>((resolve, reject) => {
      let left = count;
      client.on('error', reject);
      client.on('data', () => {
        left -= 1;
        if (left === 0) resolve();
        else client.write(message);
      });
      client.write(message);
    });
    const rate = (count / (performance.now() - begin)) * 1000;
    client.destroy();
    return rate;
  });
}

async function served(net: Net, use: (port: number) => Promise<number>): Promise<number> {
  const server = net.createServer({ noDelay: true }, (socket: Client) => {
    socket.on('error', () => undefined); // the client hangs up
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server without a port');
  try {
    return await use(address.port);
  } finally {
    server.close();
  }
}

async function connected(net: Net, port: number): Promise<Client> {
  const client = net.connect(port, HOST);
  await new Promise<void>((resolve, reject) => {
    client.once('connect', resolve);
    client.once('error', reject);
  });
  return client;
}
