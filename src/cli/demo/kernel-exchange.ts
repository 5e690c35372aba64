/**
 * The kernel as peer: node:net is the kernel's TCP, the other end is ours. Once it connects to us
 * and closes first, once we connect to it and close first.
 */
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { parseAddress, parseCidr, type Cidr, type IpAddress } from '../../wire/address.ts';
import type { TcpSocket } from '../../stack/tcp-socket.ts';
import { LiveLadder } from '../net/live-ladder.ts';
import { granted, openStation, type Station } from '../net/station.ts';
import { Failure } from '../failure.ts';

const OURS = '10.9.0.2';
const KERNELS = '10.9.0.1';
const PORT = 7; // echo, RFC 862

/** Shows both exchanges through `write` and leaves a capture of them. */
export async function talkWithKernel(write: (text: string) => void, pcap: string): Promise<void> {
  const line = (text: string): void => write(`  ${text}\n`);
  const station = await openStation({
    tun: 'estab0',
    addresses: [cidrOf(`${OURS}/24`)],
    kernel: [cidrOf(`${KERNELS}/24`)],
    pcap,
    observers: [new LiveLadder(line, { us: 'estab', peer: "the kernel's TCP" })],
  });
  try {
    write('The kernel connects to estab, talks, and closes first:\n\n');
    await soon(kernelConnects(station));
    write('\nestab connects to the kernel, talks, and closes first:\n\n');
    await soon(estabConnects(station));
  } finally {
    await station.close();
  }
}

/** @throws Failure when it takes too long. */
async function soon(exchange: Promise<string>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Failure('the kernel did not answer')), PATIENCE);
  });
  try {
    return await Promise.race([exchange, late]);
  } finally {
    clearTimeout(timer);
  }
}

const PATIENCE = 4000; // ms; a millisecond or two is usual

/** estab echoes. Answers what came back to the kernel. */
async function kernelConnects(station: Station): Promise<string> {
  const over = state(station, 'CLOSED');
  const listener = granted(
    station.act((now) => station.host.listen(now, { port: PORT, onConnection: echo })),
  );
  const client = connect({ host: OURS, port: PORT });
  let heard = '';
  client.setEncoding('utf8').on('data', (text: string) => {
    heard += text;
    if (heard.length === GREETING.length) client.end();
  });
  await once(client, 'connect');
  client.write(GREETING);
  await Promise.all([once(client, 'close'), over]);
  station.act((now) => listener.close(now));
  return heard;
}

const GREETING = 'Good day, estab.';

function echo(socket: TcpSocket): void {
  socket.onSignal = (signal, now) => {
    if (signal === 'readable') socket.send(now, received(socket, now));
    if (signal === 'end') socket.close(now);
  };
}

/** The kernel echoes. Answers what came back to estab. */
async function estabConnects(station: Station): Promise<string> {
  const server = createServer({ allowHalfOpen: true }, (socket) => void socket.pipe(socket));
  server.listen(PORT, KERNELS);
  await once(server, 'listening');
  try {
    return await estabTalks(station);
  } finally {
    await closed(server);
  }
}

async function estabTalks(station: Station): Promise<string> {
  const over = state(station, 'TIME-WAIT');
  const greeting = Uint8Array.from('Good day, kernel.', (c) => c.charCodeAt(0));
  const remote = addressOf(KERNELS);
  const socket = granted(
    station.act((now) => station.host.open(now, { remote, remotePort: PORT })),
  );
  let heard = '';
  const broken = new Promise<never>((_, reject) => {
    socket.onSignal = (signal, now) => {
      if (signal === 'established') socket.send(now, greeting);
      if (signal === 'readable') heard += String.fromCharCode(...received(socket, now));
      if (signal === 'readable' && heard.length === greeting.length) socket.close(now);
      if (signal === 'reset' || signal === 'refused' || signal === 'timeout') {
        reject(new Failure(`the connection to the kernel ended: ${signal}`));
      }
    };
  });
  await Promise.race([over, broken]);
  return heard;
}

function received(socket: TcpSocket, now: number): Uint8Array {
  const octets = new Uint8Array(socket.unread);
  socket.receive(now, octets);
  return octets;
}

/** The next connection comes to this state. */
function state(station: Station, wanted: 'CLOSED' | 'TIME-WAIT'): Promise<void> {
  return new Promise((resolve) => {
    station.onTransition = (_socket, to) => {
      if (to === wanted) setImmediate(resolve); // when what it sends has left, too
    };
  });
}

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
  });

function addressOf(text: string): IpAddress {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`${text} is no address`); // our bug
  return address;
}

function cidrOf(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new Error(`${text} is no prefix`); // our bug
  return cidr;
}
