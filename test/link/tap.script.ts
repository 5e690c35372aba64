/** What tap.test.ts runs inside a network namespace: one scenario, its findings as JSON. */
import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { netem } from '../../src/link/netem.ts';
import { configureTun } from '../../src/link/node/configure-tun.ts';
import { Hub } from '../../src/link/hub.ts';
import { join } from '../../src/link/join.ts';
import { openTap } from '../../src/link/node/tap.ts';
import { openTun } from '../../src/link/node/tun.ts';
import { PlatformLoop } from '../../src/socket/event-loop.ts';

const run = promisify(execFile);
const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' });
const loop = new PlatformLoop();

/** A namespace of its own with the kernel's side of `device` in it, under that address. */
async function station(device: string, address: string): Promise<string> {
  ip('netns', 'add', device);
  ip('link', 'set', device, 'netns', device);
  ip('-n', device, 'address', 'add', address, 'dev', device);
  ip('-n', device, 'link', 'set', device, 'up');
  return device;
}

const pingFrom = async (space: string, ...args: string[]): Promise<string> =>
  (
    await run('ip', ['netns', 'exec', space, 'ping', '-n', ...args]).catch(
      (e: { stdout: string }) => e,
    )
  ).stdout;

interface Pings {
  readonly sent: number;
  readonly received: number;
  readonly duplicates: number;
  readonly times: readonly number[]; // ms
}

function read(output: string): Pings {
  const [, sent = '', received = ''] =
    /(\d+) packets transmitted, (\d+) received/.exec(output) ?? [];
  const duplicates = (output.match(/DUP!/g) ?? []).length;
  const times = [...output.matchAll(/time=([\d.]+)/g)].map((match) => Number(match[1]));
  return { sent: Number(sent), received: Number(received), duplicates, times };
}

const SCENARIOS: Readonly<Record<string, () => Promise<unknown>>> = {
  async names() {
    const link = await openTap({ mtu: 1400 });
    const { name, medium, mtu } = link;
    const address = link.hardwareAddress();
    const printed = /link\/ether (\S+)/.exec(ip('link', 'show', name))?.[1];
    await configureTun({ name, peerAddress: '10.9.0.1/24' });
    const carriers = [true, false, true].map((on) => {
      link.carrier(on);
      return !ip('link', 'show', name).includes('NO-CARRIER');
    });
    const beforeShort = link.dropped;
    link.transmit(0, 13); // no Ethernet header
    const refused = link.dropped - beforeShort;
    await link.close();
    return { name, medium, mtu, sameAddress: address === printed, carriers, refused };
  },

  /** The kernel asks who has an address behind the TAP device: an ARP request is a frame. */
  async frame() {
    const link = await openTap();
    await configureTun({ name: link.name, peerAddress: '10.9.0.1/24' });
    const arrived = new Promise((resolve) => {
      const look = (): void => {
        link.drain(64, (_bytes, view, start, end) => {
          if (view.getUint16(start + 12) !== 0x0806) return;
          const octets = (from: number, to: number): number[] =>
            Array.from({ length: to - from }, (_, i) => view.getUint8(start + from + i));
          resolve({ length: end - start, to: octets(0, 6), asksFor: octets(38, 42) });
        });
      };
      link.onReadable = look;
      look();
    });
    void run('ping', ['-c1', '-W1', '10.9.0.2']).catch(() => undefined);
    const request = await arrived;
    await link.close();
    return request;
  },

  /** Two kernels, each behind a TUN device, with netem between them. */
  async tun() {
    const [left, right] = [await openTun({ name: 'left' }), await openTun({ name: 'right' })];
    await station('left', '10.1.0.1/24');
    await station('right', '10.1.0.2/24');
    const between = netem(left, { loop, in: { delay: 20 }, out: { delay: 20 } });
    const joint = join(between, right, loop);
    const plain = read(await pingFrom('left', '-c10', '-i0.02', '10.1.0.2'));
    between.in.change({ delay: 1, loss: 0.2, duplicate: 0.1 });
    between.out.change({ delay: undefined });
    const lossy = read(await pingFrom('left', '-c500', '-i0.002', '-W1', '10.1.0.2'));
    const { lost, duplicated } = between.in.counters;
    between.partition();
    const cut = read(await pingFrom('right', '-c2', '-i0.01', '-W0.2', '10.1.0.1'));
    between.heal();
    between.in.change({ loss: 0, duplicate: 0 });
    const healed = read(await pingFrom('right', '-c2', '-i0.01', '10.1.0.1'));
    await joint.close();
    return {
      plain: { received: plain.received, atLeast: Math.min(...plain.times) },
      lossy: { share: lossy.received / lossy.sent, missing: lossy.sent - lossy.received, lost },
      duplicates: [lossy.duplicates, duplicated],
      cut: cut.received,
      healed: healed.received,
    };
  },

  /** Three kernels on a hub, each behind a TAP device, a slow line to one of them. */
  async hub() {
    const hub = new Hub({ now: () => loop.now() });
    const joints = [];
    for (const [i, name] of ['one', 'two', 'three'].entries()) {
      const tap = await openTap({ name });
      await station(name, `10.2.0.${i + 1}/24`);
      const device = i === 2 ? netem(tap, { loop, out: { delay: 15 } }) : tap;
      joints.push(join(device, hub.port(), loop));
    }
    const quick = read(await pingFrom('one', '-c5', '-i0.02', '10.2.0.2'));
    const slow = read(await pingFrom('two', '-c5', '-i0.02', '10.2.0.3'));
    const { forwarded } = hub;
    await Promise.all(joints.map((joint) => joint.close()));
    return {
      received: [quick.received, slow.received],
      slowAtLeast: Math.min(...slow.times),
      forwarded: forwarded >= 20,
    };
  },
};

const scenario = SCENARIOS[process.argv[2] ?? ''];
if (scenario === undefined) throw new Error(`no scenario ${process.argv[2]}`);
console.log(JSON.stringify(await scenario()));
