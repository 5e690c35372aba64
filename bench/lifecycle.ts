/** Connections opened and closed per second: handshake, both FINs, both acknowledged. */
import net from 'node:net';
import { TwoHosts } from './two-hosts.ts';

const TOGETHER = 64; // connections at a time
const PORTS = 16; //    servers, so that ephemeral ports do not run out beside TIME-WAIT
const TIME_WAIT = 60_000; // ms, 2 MSL by default

/** `timeWait` connections are in TIME-WAIT all the while; opened and closed per second. */
export function estabLifecycles(count: number, timeWait: number): number {
  const world = new TwoHosts(true);
  let ended = 0;
  for (let port = 1; port <= PORTS; port++) {
    world.listen(port, (socket) => {
      socket.onSignal = (signal, now) => {
        if (signal === 'end') socket.close(now);
        else if (signal === 'closed') ended++;
      };
    });
  }
  // Virtual time per batch such that as many connections as asked for have not waited 2 MSL yet.
  const pause = timeWait === 0 ? TIME_WAIT : (TIME_WAIT * TOGETHER) / timeWait;
  const batch = (): void => {
    const before = ended;
    for (let i = 0; i < TOGETHER; i++) {
      const socket = world.connect(1 + (i % PORTS));
      socket.onSignal = (signal, now) => {
        if (signal === 'established') socket.close(now);
      };
    }
    world.run(() => ended - before === TOGETHER);
    if (ended - before !== TOGETHER) throw new Error('connections that do not end');
    world.advance(pause);
  };
  for (let opened = 0; opened < timeWait; opened += TOGETHER) batch();
  ended = 0;
  const begin = performance.now();
  while (ended < count) batch();
  const rate = (ended / (performance.now() - begin)) * 1000;
  const waiting = world.client.sockets().filter(({ state }) => state === 'TIME-WAIT').length;
  if (Math.abs(waiting - timeWait) > 2 * TOGETHER) {
    throw new Error(`${waiting} connections in TIME-WAIT, not ${timeWait}`);
  }
  return rate;
}

/** The same with Node's own sockets over loopback. */
export async function nodeLifecycles(count: number): Promise<number> {
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const client = net.connect(port, '127.0.0.1', () => client.end());
      client.resume();
      client.on('error', reject);
      client.on('close', () => resolve());
    });
  const worker = async (share: number): Promise<void> => {
    for (let i = 0; i < share; i++) await one();
  };
  const begin = performance.now();
  await Promise.all(Array.from({ length: TOGETHER }, () => worker(count / TOGETHER)));
  const rate = (count / (performance.now() - begin)) * 1000;
  server.close();
  return rate;
}
