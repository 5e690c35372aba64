/** What udp.test.ts runs inside a network namespace: one scenario on TUN, its findings as JSON. */
import { execFileSync, spawn } from 'node:child_process';
import kernel from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { configureTun } from '../../src/link/node/configure-tun.ts';
import { openTun } from '../../src/link/node/tun.ts';
import { dnsResolver } from '../../src/socket/node/dns-client.ts';
import { dgramOn } from '../../src/socket/node/dgram.ts';
import type { RemoteInfo } from '../../src/socket/node/dgram-handle.ts';
import { Stack } from '../../src/socket/stack.ts';
import { printAddress } from '../../src/wire/address.ts';

const KERNEL = { 4: '10.9.0.1', 6: 'fd00:9::1' } as const;
const OURS = { 4: '10.9.0.2', 6: 'fd00:9::2' } as const;
const LONGEST = 15_000; // ms until a program is killed
const PORT = 5005;

async function run(
  program: string,
  args: readonly string[],
  input?: string,
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn(program, args, { timeout: LONGEST, killSignal: 'SIGKILL' });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined); // it need not read it
  if (input !== undefined) child.stdin.end(input);
  const [status] = await once(child, 'close');
  return { status, stdout, stderr };
}

async function stackOnTun(): Promise<Stack> {
  const link = await openTun({ name: 'tun0' });
  await configureTun({ name: 'tun0', peerAddress: `${KERNEL[4]}/24` });
  await configureTun({ name: 'tun0', peerAddress: `${KERNEL[6]}/64` });
  return new Stack({
    interfaces: [{ link, addresses: [`${OURS[4]}/24`, `${OURS[6]}/64`] }],
  });
}

/** Asks again until the answer is there: programs take their time to listen. */
async function until<T>(what: () => T | undefined): Promise<T> {
  for (const end = Date.now() + LONGEST; Date.now() < end; await sleep(20)) {
    const found = what();
    if (found !== undefined) return found;
  }
  throw new Error(`not within ${LONGEST} ms: ${what.toString()}`);
}

const SCENARIOS: Readonly<Record<string, (stack: Stack) => Promise<unknown>>> = {
  /** nc -u says a line to an echo of ours. */
  async 'nc as a client'(stack) {
    const server = dgramOn(stack).createSocket('udp6', (text, from) => {
      server.send(`you said ${text.toString()}`, from.port, from.address);
    });
    server.bind(PORT);
    await once(server, 'listening');
    const said: string[] = [];
    for (const address of Object.values(OURS)) {
      const { stdout } = await run('nc', ['-u', '-w', '1', address, String(PORT)], 'good day\n');
      said.push(stdout);
    }
    server.close();
    return said;
  },

  /** We say a line to nc -u -l, which says one itself. */
  async 'nc as a server'(stack) {
    const said: unknown[] = [];
    for (const [type, address] of [
      ['udp4', KERNEL[4]],
      ['udp6', KERNEL[6]],
    ] as const) {
      const nc = run('nc', ['-u', '-l', '-w', '1', address, String(PORT)], 'nc here\n');
      const client = dgramOn(stack).createSocket(type);
      client.on('error', () => undefined); // nc is not there yet: ECONNREFUSED
      client.connect(PORT, address);
      let heard: [Buffer, RemoteInfo] | undefined;
      client.on('message', (text, from) => (heard = [text, from]));
      for (let i = 0; i < 100 && heard === undefined; i++) {
        if (i > 0) client.send('hello nc\n'); // connected by then
        await sleep(50);
      }
      const { stdout } = await nc; // once nobody has said anything for a second
      const [text, from] = heard ?? [];
      said.push({ nc: stdout.split('\n')[0], us: String(text), from });
      client.close();
    }
    return said;
  },

  /** 65,507 octets there and back, in fragments both ways, of both families. */
  async 'large messages'(stack) {
    const results: unknown[] = [];
    for (const [type, address, ours] of [
      ['udp4', KERNEL[4], OURS[4]],
      ['udp6', KERNEL[6], OURS[6]],
    ] as const) {
      const echo = kernel.createSocket(type);
      echo.on('message', (text, from) => echo.send(text, from.port, from.address));
      echo.bind(PORT, address);
      await once(echo, 'listening');
      const client = dgramOn(stack).createSocket(type);
      client.bind(0, ours);
      for (const size of [1472, 1473, 9000, 65_507]) {
        const text = Buffer.alloc(size, 'abcdefghijklmnopqrstuvwxy');
        const heard = once(client, 'message');
        client.send(text, PORT, address);
        const [back] = await heard;
        results.push(text.equals(back));
      }
      echo.close();
      client.close();
    }
    return results;
  },

  /** Nobody has the port: both say so, and both hear of it. */
  async unreachable(stack) {
    const results: unknown[] = [];
    for (const [type, address, ours] of [
      ['udp4', KERNEL[4], OURS[4]],
      ['udp6', KERNEL[6], OURS[6]],
    ] as const) {
      for (const [module, to] of [
        [dgramOn(stack), address],
        [kernel, ours],
      ] as const) {
        const client = module.createSocket(type);
        client.connect(PORT, to);
        await once(client, 'connect');
        Reflect.apply(client.send, client, ['anybody?']); // two modules, two types
        const [error] = await once(client, 'error');
        results.push((error as Error).message);
        client.close();
      }
    }
    return results;
  },

  async traceroute() {
    const results: unknown[] = [];
    for (const [flag, address] of [
      ['-4', OURS[4]],
      ['-6', OURS[6]],
    ] as const) {
      const args = [flag, '-n', '-q', '1', '-w', '2', '-m', '4', address];
      const { status, stdout } = await run('traceroute', args);
      const hops = stdout.trim().split('\n').slice(1);
      results.push({ status, hops: hops.map((hop) => hop.trim().split(/\s+/).slice(0, 2)) });
    }
    return results;
  },

  async ping() {
    const results: unknown[] = [];
    for (const address of Object.values(OURS)) {
      const { status, stdout } = await run('ping', ['-n', '-c', '2', '-i', '0.2', address]);
      results.push([status, /(\d+) received/.exec(stdout)?.[1]]);
    }
    return results;
  },

  /** dnsmasq as the server: names of a hosts file, an alias, a long answer over TCP. */
  async dnsmasq(stack) {
    const here = mkdtempSync(join(tmpdir(), 'estab-dns-'));
    const many = Array.from({ length: 120 }, (_, i) => `10.7.0.${i + 1} many.test`);
    const hosts = ['10.7.1.1 one.test', 'fd00:7::1 one.test', '10.7.1.2 four.test', ...many];
    writeFileSync(join(here, 'hosts'), `${hosts.join('\n')}\n`);
    const args = ['-k', '-C', '/dev/null', '-u', 'root', '-R', '-h', '-H', join(here, 'hosts')];
    args.push('--cname=alias.test,one.test', '--local=/test/', '--local-ttl=60', '--pid-file=');
    args.push(`--listen-address=${KERNEL[4]},${KERNEL[6]}`, '--bind-interfaces');
    const server = spawn('dnsmasq', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    server.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
    await until(() => {
      if (server.exitCode !== null) throw new Error(complaint);
      const listens = execFileSync('ss', ['-lun'], { encoding: 'utf8' });
      return listens.includes(`${KERNEL[4]}:53`) || undefined;
    });
    const found: Record<string, unknown> = {};
    for (const address of [KERNEL[4], `[${KERNEL[6]}]:53`]) {
      stack.useResolver(dnsResolver(stack, { servers: [address] }));
      for (const name of ['one.test', 'four.test', 'alias.test', 'nosuch.test']) {
        const list = await stack.resolve(name).then(
          (addresses) => addresses.map(printAddress),
          (error: Error) => error.message,
        );
        found[`${name} ${address}`] = list;
      }
      const before = stack.host.counters['segments-in'];
      const long = await stack.resolve('many.test', { family: 4 });
      const overTcp = stack.host.counters['segments-in'] > before;
      found[`many.test ${address}`] = [long.length, overTcp ? 'over TCP' : 'over UDP'];
    }
    server.kill();
    return found;
  },

  /** A group joined here hears the kernel, and the kernel's member hears us. */
  async multicast(stack) {
    const ours = dgramOn(stack).createSocket('udp4');
    ours.bind(PORT);
    await once(ours, 'listening');
    ours.addMembership('239.9.9.9', OURS[4]);
    const theirs = kernel.createSocket('udp4');
    theirs.bind(PORT);
    await once(theirs, 'listening');
    theirs.addMembership('239.9.9.9', KERNEL[4]);
    theirs.setMulticastInterface(KERNEL[4]);
    theirs.setMulticastLoopback(false);
    ours.setMulticastLoopback(false);
    const both = Promise.all([once(ours, 'message'), once(theirs, 'message')]);
    theirs.send('from the kernel', PORT, '239.9.9.9');
    ours.send('from estab', PORT, '239.9.9.9');
    const [[one], [two]] = await both;
    ours.close();
    theirs.close();
    return [String(one), String(two)];
  },
};

const [name = ''] = process.argv.slice(2);
const scenario = SCENARIOS[name];
if (scenario === undefined) throw new Error(`no scenario '${name}'`);
const stack = await stackOnTun();
stack.hold();
const result = await scenario(stack);
stack.release();
await stack.close();
process.stdout.write(`${JSON.stringify(result)}\n`);
