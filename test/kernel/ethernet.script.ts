/** What ethernet.test.ts runs inside a network namespace: one scenario, its findings as JSON. */
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { configureTun } from '../../src/link/node/configure-tun.ts';
import { openTap } from '../../src/link/node/tap.ts';
import { Stack } from '../../src/socket/stack.ts';
import type { NetworkInterface } from '../../src/stack/interface.ts';
import { parseAddress, printAddress, printCidr } from '../../src/wire/address.ts';

const MAC = '02:00:00:00:00:0a';
const DEVICE = 'tap0';
const LONGEST = 25_000; // ms to wait for anything
const HERE = mkdtempSync(join(tmpdir(), 'estab-ethernet-'));

const run = promisify(execFile);
const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' }).trim();

/** What a program printed, whatever its exit status. */
async function output(program: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await run(program, args, { timeout: LONGEST }).catch(
    (error: { stdout: string; stderr: string }) => error,
  );
  return stdout + stderr;
}

async function until<T>(what: () => T | undefined | false): Promise<T> {
  for (const end = Date.now() + LONGEST; Date.now() < end; await sleep(50)) {
    const found = what();
    if (found !== undefined && found !== false) return found;
  }
  throw new Error(`not within ${LONGEST} ms: ${what.toString()}`);
}

interface Scene {
  readonly stack: Stack;
  readonly iface: NetworkInterface;
  readonly daemons: ChildProcess[];
}

/** A TAP device: the kernel has the first address of each prefix, we have `addresses`. */
async function scene(addresses: readonly string[], kernel = KERNEL): Promise<Scene> {
  const link = await openTap({ name: DEVICE });
  execFileSync('sysctl', ['-qw', `net.ipv6.conf.${DEVICE}.accept_dad=0`]);
  for (const peerAddress of kernel) await configureTun({ name: DEVICE, peerAddress });
  const stack = new Stack({ secret: new Uint8Array(16).fill(7) });
  stack.hold();
  const iface = stack.addInterface({ link, name: 'eth0', mac: MAC, addresses, slaac: false });
  return { stack, iface, daemons: [] };
}

const KERNEL: readonly string[] = ['10.9.0.1/24', 'fd00:9::1/64'];
const OURS: readonly string[] = ['10.9.0.2/24', 'fd00:9::2/64'];

const ready = ({ iface }: Scene): Promise<boolean> =>
  until(() => iface.addresses.every(({ state }) => state === 'preferred'));

const received = (text: string): string | undefined => /(\d+) received/.exec(text)?.[1];
const ping = (address: string): Promise<string> =>
  output('ping', '-n', '-c', '3', '-i', '0.2', '-W', '2', address);

const kernelNeighbour = (address: string): string =>
  ip('neigh', 'show', address, 'dev', DEVICE).replace(/ *$/, '');

/** Does the kernel get a TCP connection with a listener of ours at that address? */
function reached({ stack }: Scene, host: string): Promise<boolean> {
  const port = 7000;
  stack.act((now) => stack.host.listen(now, { port, onConnection: () => undefined }));
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    setTimeout(() => socket.destroy(), 3000).unref();
  });
}

function daemon(scene: Scene, program: string, ...args: string[]): void {
  scene.daemons.push(spawn(program, args, { stdio: ['ignore', 'inherit', 'ignore'] }));
}

const ourNeighbours = ({ stack }: Scene): Record<string, string> =>
  Object.fromEntries(
    stack.host
      .neighbours()
      .map(({ address, state, router }) => [address, state + (router ? ' router' : '')]),
  );

const SCENARIOS: Readonly<Record<string, () => Promise<readonly [Scene, unknown]>>> = {
  async neighbours() {
    const all = await scene(OURS);
    await ready(all);
    const pings = [received(await ping('10.9.0.2')), received(await ping('fd00:9::2'))];
    const kernel = [kernelNeighbour('10.9.0.2'), kernelNeighbour('fd00:9::2')];
    const tcp = [await reached(all, '10.9.0.2')];
    return [all, { pings, kernel, tcp, ours: ourNeighbours(all) }];
  },

  /** The kernel asks again: our answers to its unicast probes keep us REACHABLE. */
  async probes() {
    const all = await scene(OURS);
    await ready(all);
    const ours = ['10.9.0.2', 'fd00:9::2'];
    for (const family of ['ipv4', 'ipv6']) {
      execFileSync('sysctl', ['-qw', `net.${family}.neigh.${DEVICE}.delay_first_probe_time=1`]);
    }
    for (const address of ours) {
      ip('neigh', 'replace', address, 'lladdr', MAC, 'nud', 'stale', 'dev', DEVICE);
    }
    const stale = ours.map((address) => kernelNeighbour(address).endsWith('STALE'));
    for (const address of ours) {
      const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
      socket.send('estab', 9, address, () => socket.close());
    }
    const asked = ours.map((address) =>
      until(() => kernelNeighbour(address).endsWith('REACHABLE')),
    );
    return [all, { stale, asked: await Promise.all(asked) }];
  },

  async tools() {
    const all = await scene(OURS);
    await ready(all);
    const duplicates = await output('arping', '-D', '-c', '2', '-w', '3', '-I', DEVICE, '10.9.0.2');
    const who = await output('ndisc6', '-1', 'fd00:9::2', DEVICE);
    return [
      all,
      {
        duplicates: duplicates.includes(' 0% packet loss'),
        who: who.includes('02:00:00:00:00:0A'),
      },
    ];
  },

  /** We open: the kernel answers our ARP and our solicitations; nobody answers for a third. */
  async opens() {
    const all = await scene(OURS);
    await ready(all);
    const { stack } = all;
    const open = (address: string): Promise<string> =>
      new Promise((resolve) => {
        const remote = parseAddress(address)!;
        const socket = stack.act((now) => stack.host.open(now, { remote, remotePort: 9 }));
        if ('error' in socket) resolve(socket.error);
        else socket.onSignal = (signal) => resolve(signal);
      });
    const began = Date.now();
    const results = await Promise.all(
      ['10.9.0.1', 'fd00:9::1', '10.9.0.77', 'fd00:9::77'].map(open),
    );
    const took = Date.now() - began;
    return [all, { results, quick: took < 5000, ours: ourNeighbours(all) }];
  },

  /** The kernel has our address before us. */
  async duplicate() {
    const all = await scene(['fd00:9::1/64', '10.9.0.2/24']);
    await until(() => all.iface.addresses.some(({ state }) => state === 'duplicate'));
    const { state } = all.iface.addresses.find(({ cidr }) => printCidr(cidr) === 'fd00:9::1/64')!;
    return [all, { state, conflicts: all.stack.host.counters['address-conflicts'] }];
  },

  async radvd() {
    const all = await scene([], ['2001:db8:5::1/64']);
    const { stack, iface } = all;
    const file = join(HERE, 'radvd.conf');
    writeFileSync(
      file,
      `interface ${DEVICE} {
        AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvLinkMTU 1400;
        prefix 2001:db8:5::/64 { AdvOnLink on; AdvAutonomous on; };
        RDNSS 2001:db8:5::35 { };
      };`,
    );
    execFileSync('sysctl', ['-qw', 'net.ipv6.conf.all.forwarding=1']);
    daemon(all, 'radvd', '-n', '-C', file, '-p', join(HERE, 'radvd.pid'), '-m', 'stderr');
    stack.act((now) => stack.host.slaac(now, iface, true));
    const address = await until(() =>
      iface.addresses.find(({ origin, state }) => origin === 'slaac' && state === 'preferred'),
    );
    const text = printAddress(address.cidr.address);
    const pings = received(await ping(text));
    const tcp = await reached(all, text);
    const kernel = kernelNeighbour(text).replace(text, '*');
    const routes = stack.host.routes().filter(({ origin }) => origin === 'router');
    return [
      all,
      {
        prefix: text.startsWith('2001:db8:5:0:') || text.startsWith('2001:db8:5::'),
        pings,
        tcp,
        kernel,
        mtu: iface.mtu,
        routes: routes.map(({ to }) => printCidr(to)).toSorted(),
        nameservers: stack.host.nameservers().map(printAddress),
        router: Object.values(ourNeighbours(all)).some((state) => state.endsWith('router')),
      },
    ];
  },

  async dnsmasq() {
    const all = await scene([], ['10.9.0.1/24']);
    const { stack, iface } = all;
    const leases = join(HERE, 'leases');
    daemon(
      all,
      'dnsmasq',
      '--keep-in-foreground',
      '--port=0',
      '--conf-file=/dev/null',
      `--interface=${DEVICE}`,
      '--bind-interfaces',
      '--dhcp-authoritative',
      '--dhcp-range=10.9.0.50,10.9.0.60,255.255.255.0,2m',
      '--dhcp-option=option:dns-server,10.9.0.53',
      '--domain=example.net',
      '--no-ping',
      `--dhcp-leasefile=${leases}`,
      `--pid-file=${join(HERE, 'dnsmasq.pid')}`,
      '--user=root',
      '--log-facility=/dev/null',
    );
    await sleep(500);
    const client = stack.act((now) => stack.host.dhcp(now, iface))!;
    const lease = await until(() => client.lease);
    const address = printAddress(lease.address.address);
    const pings = received(await ping(address));
    const tcp = await reached(all, address);
    const known = readFileSync(leases, 'utf8').includes(`${MAC} ${address} estab`);
    const found = {
      inRange: /^10\.9\.0\.(5\d|60)$/.test(address),
      length: printCidr(lease.address).endsWith('/24'),
      seconds: Math.round((lease.expiresAt - lease.obtainedAt) / 1000),
      nameservers: stack.host.nameservers().map(printAddress),
      domain: lease.domain,
      gateway: stack.host
        .routes()
        .some(({ origin, to }) => origin === 'dhcp' && to.prefixLength === 0),
      pings,
      tcp,
      known,
    };
    stack.act((now) => client.release(now));
    const released = await until(() => !readFileSync(leases, 'utf8').includes(address));
    return [all, { ...found, released, addresses: iface.addresses.length }];
  },
};

const [, , name = ''] = process.argv;
const scenario = SCENARIOS[name];
if (scenario === undefined) throw new Error(`no scenario ${name}`);
const [{ stack, daemons }, found] = await scenario();
for (const child of daemons) child.kill();
stack.release();
await stack.close();
console.log(JSON.stringify(found));
process.exit(0);
