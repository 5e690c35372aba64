/**
 * One lane of ruler.ts: two namespaces, in each a process with kernel sockets, and here, between them,
 * netem, and an estab stack in place of one of them. Runs one measurement after the other. Started in a
 * namespace of its own, since that is where TUN devices are made.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PlatformLoop, Stack, type Device } from 'estab';
import { join, netem, pair, type NetemSettings } from 'estab/link';
import { monotonicMs, openTun } from 'estab/link/node';
import { parseAddress } from 'estab/wire';
import type { KernelOrder } from './ruler-kernel.ts';

/** Who is at the ends, sender first. */
export type Ends = 'linux-linux' | 'estab-linux' | 'linux-estab';

export interface RulerRun {
  readonly ends: Ends;
  readonly loss: number; // a share
  readonly rtt: number; //  ms
  readonly rate: number; // Mbit/s
  readonly seed: number;
  readonly ms: number; //   how long it lasts
}

export interface RulerFinding {
  readonly octets: number; // that the receiving application took
  readonly ms: number;
  readonly cpu: number; //    share of a core that this process took
  readonly lost: number; //   packets on the way there, by chance
  readonly full: number; //   and because the queue was full
  readonly arrived: number; //packets that the sender sent
  readonly congestion: string; // what `ss` says of the kernel's sender
}

const LEFT = '10.77.0.1'; // the sender
const RIGHT = '10.77.0.2';
const PORT = 5000;
const MTU = 1500; // octets
const SACK_RECOVERY = 'TcpExtTCPSackRecovery';
const LEAST_QUEUE = 10 * MTU; // octets

/** A network namespace with a process in it that has the kernel's sockets. */
class KernelHost {
  readonly address: string;
  readonly #child: ChildProcess;

  constructor(address: string) {
    this.address = address;
    const file = fileURLToPath(new URL('ruler-kernel.ts', import.meta.url));
    const command = ['-n', process.execPath, '--import', 'tsx', file];
    this.#child = spawn('unshare', command, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  }

  async ready(): Promise<void> {
    await once(this.#child, 'message');
    this.run('ip', 'link', 'set', 'lo', 'up');
    const { run } = this;
    // Linux's own defaults, whatever this machine has; nothing is remembered from run to run.
    run.call(this, 'sysctl', '-qw', 'net.ipv4.tcp_rmem=4096 131072 6291456');
    run.call(this, 'sysctl', '-qw', 'net.ipv4.tcp_wmem=4096 16384 4194304');
    run.call(this, 'sysctl', '-qw', 'net.ipv4.tcp_no_metrics_save=1');
  }

  run(command: string, ...args: readonly string[]): string {
    const into = ['-t', `${this.#child.pid}`, '-n', command, ...args];
    return execFileSync('nsenter', into, { encoding: 'utf8' });
  }

  /** A device of this process goes to the other one's namespace, and gets its address there. */
  takes(device: string): void {
    execFileSync('ip', ['link', 'set', device, 'netns', `${this.#child.pid}`]);
    this.run('ip', 'addr', 'add', `${this.address}/24`, 'dev', device);
    this.run('ip', 'link', 'set', device, 'up');
    const route = ['10.77.0.0/24', 'dev', device, 'src', this.address, 'congctl', 'cubic'];
    this.run('ip', 'route', 'replace', ...route);
    this.run('ip', 'tcp_metrics', 'flush');
  }

  tell(order: KernelOrder): void {
    this.#child.send(order);
  }

  async listens(): Promise<void> {
    this.tell({ do: 'listen', port: PORT });
    await once(this.#child, 'message');
  }

  async taken(): Promise<number> {
    this.tell({ do: 'taken' });
    const [octets] = await once(this.#child, 'message');
    return Number(octets);
  }

  /** What its sender is: must be cubic, with timestamps (an MSS of 1448) and SACK. */
  congestion(): string {
    const told = this.run('ss', '-tinH', 'state', 'established');
    const words = /\b(cubic|bbr|reno)\b.*\b(mss:[0-9]+)/.exec(told);
    const sack = /TcpExtTCPSackRecovery +([0-9]+)/.exec(this.run('nstat', '-asz', SACK_RECOVERY));
    return `${words?.[1] ?? '?'} ${words?.[2] ?? '?'}, ${sack?.[1] ?? '?'} recoveries by SACK so far`;
  }
}

/** What is at one end of the network: a device to join, and how to work it. */
interface End {
  readonly device: Device;
  readonly begin: () => Promise<void>;
  readonly taken: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

async function kernelEnd(host: KernelHost, sends: boolean): Promise<End> {
  const device = await openTun({ name: sends ? 'rulera' : 'rulerb', mtu: MTU });
  host.takes(device.name);
  return {
    device,
    begin: async () => {
      if (sends) host.tell({ do: 'send', host: RIGHT, port: PORT });
      else await host.listens();
    },
    taken: () => host.taken(),
    stop: async () => {
      host.tell({ do: 'stop' });
      await Promise.resolve();
    },
  };
}

const CHUNK = new Uint8Array(65_536);

function estabEnd(sends: boolean): End {
  const [ours, device] = pair({ mtu: MTU, checksumOffload: false });
  const address = `${sends ? LEFT : RIGHT}/24`;
  const stack = new Stack({
    interfaces: [{ link: ours, addresses: [address] }],
    tcp: { profile: 'linux' },
  });
  let taken = 0;
  const begin = (): void =>
    stack.act((now) => {
      if (sends) {
        const remote = parseAddress(RIGHT);
        if (remote === undefined) throw new Error(RIGHT);
        const socket = stack.host.open(now, { remote, remotePort: PORT });
        if ('error' in socket) throw new Error(socket.message);
        socket.onSignal = (signal, at) => {
          if (signal === 'writable') while (socket.send(at, CHUNK) === CHUNK.length);
        };
        return;
      }
      const listener = stack.host.listen(now, {
        port: PORT,
        onConnection: (socket) => {
          socket.onSignal = (signal, at) => {
            if (signal !== 'readable') return;
            for (;;) {
              const got = socket.receive(at, CHUNK);
              if (typeof got !== 'number' || got === 0) return;
              taken += got;
            }
          };
        },
      });
      if ('error' in listener) throw new Error(listener.message);
    });
  return {
    device,
    begin: () => Promise.resolve(begin()),
    taken: () => Promise.resolve(taken),
    stop: () => stack.close(),
  };
}

async function measure(
  { ends, loss, rtt, rate, seed, ms }: RulerRun,
  hosts: readonly [KernelHost, KernelHost],
): Promise<RulerFinding> {
  const left = ends === 'estab-linux' ? estabEnd(true) : await kernelEnd(hosts[0], true);
  const right = ends === 'linux-estab' ? estabEnd(false) : await kernelEnd(hosts[1], false);
  const queueOctets = Math.max((rate * 1000 * rtt) / 8, LEAST_QUEUE); // a BDP
  const way: NetemSettings = {
    loss,
    delay: rtt / 2,
    rate: rate * 1e6,
    queue: Infinity,
    queueOctets,
  };
  const loop = new PlatformLoop();
  const between = netem(right.device, { loop, out: way, in: way, seed });
  const joint = join(left.device, between, loop);
  await right.begin();
  const cpu = process.cpuUsage();
  const began = monotonicMs();
  await left.begin();
  await setTimeout(ms / 2);
  const congestion = ends === 'estab-linux' ? '' : hosts[0].congestion();
  await setTimeout(Math.max(began + ms - monotonicMs(), 0));
  const octets = await right.taken();
  const took = monotonicMs() - began;
  const { user, system } = process.cpuUsage(cpu);
  const { lost, queueFull: full, arrived } = between.out.counters;
  await Promise.all([left.stop(), right.stop()]);
  await joint.close();
  await setTimeout(20); // the kernel takes the devices away
  return { octets, ms: took, cpu: (user + system) / 1000 / took, lost, full, arrived, congestion };
}

const hosts = [new KernelHost(LEFT), new KernelHost(RIGHT)] as const;
await Promise.all(hosts.map((host) => host.ready()));
process.on('disconnect', () => process.exit());
process.on('message', (run: RulerRun) => {
  measure(run, hosts).then(
    (finding) => process.send?.(finding),
    (error: Error) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.send?.('ready');
