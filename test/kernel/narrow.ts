/**
 * A path through the kernel that is narrower at its far end: estab on a TUN device of 1,500 octets, a
 * kernel that forwards, a link of 1,300, and another kernel that echoes and does not say so in its MSS
 * option. All inside the namespace that this process is in, and one more.
 */
import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { configureTun } from '../../src/link/node/configure-tun.ts';
import { openTun, type TunLink } from '../../src/link/node/tun.ts';
import { Driver } from '../../src/socket/driver.ts';
import { PlatformLoop } from '../../src/socket/event-loop.ts';
import { Host } from '../../src/stack/host.ts';
import type { TcpDefaults } from '../../src/tcp/options.ts';
import { parseAddress, parseCidr, type Cidr, type IpAddress } from '../../src/wire/address.ts';

export const NARROW = 1300; // octets
export const ECHO_PORT = 7;
export const FAR4 = '10.8.0.2';
export const FAR6 = 'fd00:8::2';
export const OURS4 = '10.9.0.2';
export const OURS6 = 'fd00:9::2';

/** Nobody waits here until addresses are known to be unique. */
const DAD = '/proc/sys/net/ipv6/conf/default/accept_dad';

const ECHO = `
  console.log('in');
  process.stdin.once('data', () => {
    require('net').createServer({ allowHalfOpen: true }, (s) => { s.on('error', () => {}); s.pipe(s); })
      .listen(${ECHO_PORT}, '::', () => {
        const udp = require('dgram').createSocket('udp6');
        udp.on('message', (m, from) => udp.send(m, from.port, from.address));
        udp.bind(${ECHO_PORT}, () => console.log('ready'));
      });
  });
  process.stdin.on('end', () => process.exit());
`;

export interface NarrowOptions {
  readonly tcp?: Partial<TcpDefaults>;
  /** "Too big" errors of the kernel do not reach us. */
  readonly silent?: boolean;
}

export class Narrow {
  readonly host: Host;
  readonly driver: Driver;
  readonly tun: TunLink;
  /** Errors that were kept from the host. */
  hidden = 0;
  /** Octets of the largest datagram that left. */
  largest = 0;
  readonly #far: ChildProcessWithoutNullStreams;

  constructor(tun: TunLink, far: ChildProcessWithoutNullStreams, options: NarrowOptions) {
    this.tun = tun;
    this.#far = far;
    this.host = new Host({
      name: 'estab',
      addresses: [cidr(`${OURS4}/24`), cidr(`${OURS6}/64`)],
      secret: crypto.getRandomValues(new Uint8Array(32)),
      mtu: tun.mtu,
      tcp: { minRto: 200, initialRto: 300, delayedAck: 0, ...options.tcp },
      observer: {
        packet: ({ direction, start, end }) => {
          if (direction === 'out') this.largest = Math.max(this.largest, end - start);
        },
      },
    });
    const { host } = this;
    this.driver = new Driver(
      {
        timeout: (now) => host.timeout(now),
        nextTimeout: () => host.nextTimeout(),
        flush: (now) => host.flush(now, tun),
      },
      new PlatformLoop(),
    );
    this.driver.attach(tun, (bytes, view, start, end) => {
      if (options.silent === true && isTooBig(bytes, start)) this.hidden++;
      else host.packetArrives(this.driver.now, bytes, view, start, end);
    });
  }

  async close(): Promise<void> {
    this.driver.stop();
    await this.tun.close();
    this.#far.stdin.end();
  }
}

export async function openNarrow(options: NarrowOptions = {}): Promise<Narrow> {
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  writeFileSync('/proc/sys/net/ipv6/conf/all/forwarding', '1');
  writeFileSync(DAD, '0');
  const tun = await openTun({ name: 'estab0' });
  await configureTun({ name: tun.name, peerAddress: '10.9.0.1/24' });
  await configureTun({ name: tun.name, peerAddress: 'fd00:9::1/64' });
  const far = spawn('unshare', ['-n', process.execPath, '-e', ECHO]);
  far.stderr.pipe(process.stderr);
  const lines = createInterface({ input: far.stdout })[Symbol.asyncIterator]();
  await lines.next();
  const there = ['-t', String(far.pid), '-n'];
  const mtu = String(NARROW);
  ip('link', 'add', 'r0', 'mtu', mtu, 'type', 'veth', 'peer', 'name', 's0');
  ip('link', 'set', 's0', 'netns', String(far.pid));
  ip('addr', 'add', '10.8.0.1/24', 'dev', 'r0');
  ip('addr', 'add', 'fd00:8::1/64', 'dev', 'r0', 'nodad');
  ip('link', 'set', 'r0', 'up');
  for (const command of [
    ['sh', '-c', `echo 0 > ${DAD}`],
    ['ip', 'link', 'set', 'lo', 'up'],
    ['ip', 'addr', 'add', `${FAR4}/24`, 'dev', 's0'],
    ['ip', 'addr', 'add', `${FAR6}/64`, 'dev', 's0', 'nodad'],
    ['ip', 'link', 'set', 's0', 'up'],
    ['ip', 'route', 'add', 'default', 'via', '10.8.0.1', 'mtu', mtu, 'advmss', '1460'],
    ['ip', '-6', 'route', 'add', 'default', 'via', 'fd00:8::1', 'mtu', mtu, 'advmss', '1440'],
  ]) {
    execFileSync('nsenter', [...there, ...command]);
  }
  far.stdin.write('go\n');
  await lines.next();
  return new Narrow(tun, far, options);
}

export async function output(program: string, ...args: readonly string[]): Promise<string> {
  const child = spawn(program, args);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(child, 'close');
  return text;
}

export function addressOf(text: string): IpAddress {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  return address;
}

function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (parsed === undefined) throw new Error(`${text} is no address with a prefix length`);
  return parsed;
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args);
}

/** Fragmentation needed, or packet too big. */
function isTooBig(bytes: Uint8Array, start: number): boolean {
  if (bytes[start]! >> 4 === 6) return bytes[start + 6] === 58 && bytes[start + 40] === 2;
  return bytes[start + 9] === 1 && bytes[start + 20] === 3 && bytes[start + 21] === 4;
}
