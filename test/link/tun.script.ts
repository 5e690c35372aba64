/** What tun.test.ts runs inside a network namespace: one scenario, its findings as JSON. */
import { execFile, execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { promisify } from 'node:util';
import { parentPort, Worker } from 'node:worker_threads';
import { configureTun } from '../../src/link/node/configure-tun.ts';
import { openTun } from '../../src/link/node/tun.ts';
import { Driver } from '../../src/socket/driver.ts';
import { PlatformLoop } from '../../src/socket/event-loop.ts';
import { EchoHost } from './echo-host.ts';

const interfaces = (): string[] =>
  [...execFileSync('ip', ['-o', 'link'], { encoding: 'utf8' }).matchAll(/^\d+: ([^:@]+)/gm)].map(
    (match) => match[1] ?? '',
  );

const codeOf = (error: Error | undefined): unknown =>
  error !== undefined && 'code' in error ? error.code : undefined;

async function messageOf(action: Promise<unknown>): Promise<string> {
  try {
    await action;
  } catch (error) {
    return error instanceof Error && 'code' in error
      ? `${error.code}: ${error.message}`
      : `${error}`;
  }
  return 'no error';
}

/** Sends `count` datagrams of `size` octets to `address`; resolves when all have come back. */
async function udpEcho(address: string, count: number, size: number): Promise<number> {
  const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', recvBufferSize: 4e6 });
  socket.connect(7, address);
  await once(socket, 'connect');
  const message = Buffer.alloc(size, 'estab');
  let returned = 0;
  const all = new Promise<void>((resolve) => {
    socket.on('message', (answer) => {
      if (answer.equals(message)) returned += 1;
      if (returned === count) resolve();
    });
  });
  for (let i = 0; i < count; i += 1) socket.send(message);
  await all;
  socket.close();
  return returned;
}

const ping = (...args: string[]): Promise<{ stdout: string }> => promisify(execFile)('ping', args);

/** The device up, with an echo host on it. */
async function echoing(): Promise<{ close: () => Promise<void>; host: EchoHost }> {
  const link = await openTun({ name: 'estab0' });
  await configureTun({ name: 'estab0', peerAddress: '10.9.0.1/24', routes: ['10.10.0.0/16'] });
  await configureTun({ name: 'estab0', peerAddress: 'fd00:9::1/64', routes: ['fd00:10::/48'] });
  const host = new EchoHost(link);
  const driver = new Driver(host, new PlatformLoop());
  driver.attach(link, (bytes, view, start, end) => host.packetArrives(bytes, view, start, end));
  const close = (): Promise<void> => {
    driver.stop();
    return link.close();
  };
  return { close, host };
}

const SCENARIOS: Readonly<Record<string, () => Promise<unknown>>> = {
  async echo() {
    const { close } = await echoing();
    const returned = [
      await udpEcho('10.9.0.2', 200, 1000),
      await udpEcho('10.10.3.4', 5, 0),
      await udpEcho('fd00:9::2', 200, 1000),
      await udpEcho('fd00:10::5', 5, 1),
    ];
    await close();
    return { returned, interfaces: interfaces() };
  },

  async ping() {
    const { close, host } = await echoing();
    const four = await ping('-c3', '-i0.002', '10.9.0.2');
    const six = await ping('-c3', '-i0.002', 'fd00:9::2');
    await close();
    const received = [four, six].map(({ stdout }) => / (\d+) received/.exec(stdout)?.[1]);
    return { received, answered: host.answered };
  },

  async names() {
    const one = await openTun();
    const two = await openTun({ mtu: 9000 });
    const three = await openTun({ name: 'vpn%d', mtu: 1280 });
    await configureTun({ name: three.name, peerAddress: '10.1.0.1/16', mtu: 1400 });
    const opened = [one, two, three].map(({ name, mtu, ifindex }) => ({ name, mtu, ifindex }));
    const present = interfaces();
    await Promise.all([one.close(), two.close(), three.close(), three.close()]);
    return { opened, present, left: interfaces() };
  },

  /** Binds to the kernel's new address at once, many times over. */
  async usable() {
    for (let round = 0; round < 20; round += 1) {
      const link = await openTun({ name: 'six0' });
      await configureTun({ name: 'six0', peerAddress: 'fd00:9::1/64' });
      const socket = createSocket('udp6');
      socket.bind(0, 'fd00:9::1');
      await once(socket, 'listening');
      socket.close();
      await link.close();
    }
    return 'always';
  },

  async errors() {
    const link = await openTun({ name: 'busy0' });
    const messages = {
      busy: await messageOf(openTun({ name: 'busy0' })),
      other: await messageOf(openTun({ name: 'lo' })),
      slash: await messageOf(openTun({ name: 'a/b' })),
      long: await messageOf(openTun({ name: 'sixteen-letters-' })),
      percent: await messageOf(openTun({ name: 'a%s' })),
      mtu: await messageOf(openTun({ mtu: 20 })),
      absent: await messageOf(configureTun({ name: 'nope', peerAddress: '10.0.0.1/8' })),
      address: await messageOf(configureTun({ name: 'busy0', peerAddress: '10.0.0.1' })),
      route: await messageOf(
        configureTun({
          name: 'busy0',
          peerAddress: '10.0.0.1/8',
          routes: ['11.0.0.0/8', '11.0.0.0/8'],
        }),
      ),
    };
    const beforeRange = link.dropped;
    link.transmit(0, 20); // the interface is up, but twenty zeros are no datagram
    await link.close();
    link.transmit(0, 20);
    return { messages, dropped: link.dropped - beforeRange, left: interfaces() };
  },

  async deleted() {
    const link = await openTun({ name: 'gone0' });
    const closed = new Promise((resolve) => {
      link.onClose = (error) => resolve(`${codeOf(error)}: ${error?.message}`);
    });
    link.onReadable = () => link.drain(64, () => undefined);
    link.onReadable();
    execFileSync('ip', ['link', 'del', 'gone0']);
    const reason = await closed;
    await link.close();
    return { reason, drained: link.drain(1, () => undefined) };
  },

  async abort() {
    const controller = new AbortController();
    const link = await openTun({ name: 'sig0', signal: controller.signal });
    const closed = new Promise((resolve) => {
      link.onClose = resolve;
    });
    controller.abort(new Error('enough'));
    const error = (await closed) ?? null;
    const late = await messageOf(openTun({ signal: controller.signal }));
    return { error, late, left: interfaces() };
  },

  async exit() {
    await echoing();
    setTimeout(() => process.exit(3), 20); // while the pool's thread waits
  },

  async crash() {
    await echoing();
    setTimeout(() => {
      throw new Error('crash');
    }, 20);
  },

  /** A worker with an open device that is terminated cannot clean up; it must end all the same. */
  async worker() {
    const load = `import('tsx/esm/api').then((tsx) => tsx.tsImport('${import.meta.url}', 'file:///'))`;
    const worker = new Worker(load, { eval: true, argv: ['hold'] });
    await once(worker, 'message');
    const held = interfaces();
    await worker.terminate();
    return { held };
  },

  async hold() {
    await echoing();
    parentPort?.postMessage('ready');
  },

  async open() {
    const link = await openTun({ name: 'one0' });
    await link.close();
  },
};

const scenario = SCENARIOS[process.argv[2] ?? ''];
if (scenario === undefined) throw new Error(`no scenario ${process.argv[2]}`);
console.log(JSON.stringify(await scenario()) ?? '');
