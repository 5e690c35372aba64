/** Fragments and path MTU with the kernel as router: what path-mtu.test.ts plays. */
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { monotonicMs } from '../../src/link/node/clock.ts';
import { OurEnd } from './ends.ts';
import {
  addressOf,
  ECHO_PORT,
  FAR4,
  FAR6,
  openNarrow,
  OURS4,
  OURS6,
  output,
  type Narrow,
  type NarrowOptions,
} from './narrow.ts';

const TEXT = 2 ** 20; // octets
const PATIENCE = 20_000; // ms

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = monotonicMs() + PATIENCE;
  while (!condition()) {
    if (monotonicMs() > deadline) throw new Error(`in vain for ${PATIENCE} ms: ${what}`);
    await setTimeout(5);
  }
}

/** 1 MiB to the far kernel and back. */
async function echoed(net: Narrow, to: string): Promise<object> {
  const text = randomBytes(TEXT);
  const ends: OurEnd[] = [];
  const act = (calls: (now: number) => void): void => {
    calls(net.driver.now);
    net.driver.flush();
  };
  const began = monotonicMs();
  act((now) => {
    const socket = net.host.open(now, { remote: addressOf(to), remotePort: ECHO_PORT });
    if ('error' in socket) throw new Error(socket.message);
    ends.push(new OurEnd(act, socket));
  });
  const [end] = ends;
  if (end === undefined) throw new Error('no socket');
  await until('established', () => end.signals.includes('established'));
  let mss = 0;
  end.onText = () => (mss = end.socket.connection.largestText);
  end.end(text);
  await until('the echo', () => end.signals.includes('end'));
  return {
    equal: end.received.digest() === createHash('sha256').update(text).digest('hex'),
    mss,
    lowered: net.host.counters['path-mtu-lowered'],
    hidden: net.hidden > 0,
    ms: Math.round(monotonicMs() - began),
  };
}

const both = async (options: NarrowOptions): Promise<object> => {
  const net = await openNarrow(options);
  const results = [await echoed(net, FAR4), await echoed(net, FAR6)];
  await net.close();
  return results;
};

/** `3 packets transmitted, 3 received, ...` of both families. */
async function pings(size: number): Promise<object> {
  const net = await openNarrow();
  const ping = async (to: string): Promise<string> => {
    const size_ = String(size);
    const text = await output('ping', '-n', '-c', '3', '-i', '0.2', '-W', '2', '-s', size_, to);
    return /\d+ received/.exec(text)?.[0] ?? text;
  };
  const received = [await ping(OURS4), await ping(OURS6)];
  const { reassembled, fragmented } = net.host.counters;
  await net.close();
  return { received, reassembled, fragmented };
}

/** Datagrams of 5,000 octets to the far kernel and back, sent again as an application does. */
async function datagrams(): Promise<object> {
  const net = await openNarrow();
  const got: number[] = [];
  for (const to of [FAR4, FAR6]) {
    const remote = addressOf(to);
    const socket = net.host.openUdp(net.driver.now, { family: remote.family });
    if ('error' in socket) throw new Error(socket.message);
    let answered = 0;
    socket.onMessage = (_now, _bytes, start, end) => (answered = end - start);
    for (let i = 0; i < 10 && answered === 0; i++) {
      socket.send(net.driver.now, new Uint8Array(5000).fill(i), 0, 5000, remote, ECHO_PORT);
      net.driver.flush();
      await setTimeout(200);
    }
    got.push(answered);
  }
  const lowered = net.host.counters['path-mtu-lowered'];
  await net.close();
  return { got, lowered };
}

const SCENARIOS: Readonly<Record<string, () => Promise<object>>> = {
  'ping 4000': () => pings(4000),
  'ping 60000': () => pings(60_000),
  datagrams,
  polite: () => both({}),
  silent: () => both({ silent: true }),
  'silent, always': () => both({ silent: true, tcp: { mtuProbing: 'always' } }),
};

const scenario = SCENARIOS[process.argv[2] ?? ''];
if (scenario === undefined) throw new Error(`no scenario ${process.argv[2]}`);
process.stdout.write(`${JSON.stringify(await scenario())}\n`);
process.exit();
