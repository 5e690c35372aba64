/**
 * estab against Node's own `net` in one run: medians of rounds taken alternately, and their ratios,
 * because a machine that is shared changes its speed from one minute to the next.
 * `npm run bench` for all, `npm run bench -- --quick` for one short round, `npm run bench -- --micro`
 * for the small things that comments in src/ quote. Measures dist/: `npm run build` first.
 */
import { execFileSync } from 'node:child_process';
import nodeNet from 'node:net';
import { fileURLToPath } from 'node:url';
import estabNet from 'estab/net';
import { estabBulk, nodeBulk } from './bulk.ts';
import { echoConnections, echoRoundTrips, echoThroughput } from './echo.ts';
import { nodeShapedChunks, plainChunks, webChunks } from './flavours.ts';
import { estabLifecycles, nodeLifecycles } from './lifecycle.ts';
import { micro } from './micro.ts';

const quick = process.argv.includes('--quick');
const ROUNDS = quick ? 1 : 7;
const BULK = (quick ? 32 : 256) * 1024 * 1024; // octets
const LIVES = quick ? 6_400 : 64_000;
const NODE_LIVES = quick ? 640 : 6_400;
const IN_TIME_WAIT = 10_000;
const ECHO = (quick ? 8 : 64) * 1024 * 1024; // octets
const ECHO_LIVES = quick ? 640 : 6_400;
const TRIPS = quick ? 2_000 : 20_000;
const CHUNKS = quick ? 10_000 : 100_000;

interface Series {
  readonly name: string;
  readonly unit: string;
  readonly once: () => number | Promise<number>;
  values: number[];
}

const series = (name: string, unit: string, once: Series['once']): Series => ({
  name,
  unit,
  once,
  values: [],
});

const all = {
  bulk: series('estab, bulk, checksums', 'MB/s', () => estabBulk(BULK, true)),
  nodeBulk: series('node:net on loopback, bulk', 'MB/s', () => nodeBulk(BULK)),
  plain: series('estab, bulk, without header prediction', 'MB/s', () =>
    estabBulk(BULK, true, { fastPath: false }),
  ),
  offload: series('estab, bulk, checksum offload', 'MB/s', () => estabBulk(BULK, false)),
  lives: series('estab, open+close', '/s', () => estabLifecycles(LIVES, 0)),
  nodeLives: series('node:net on loopback, open+close', '/s', () => nodeLifecycles(NODE_LIVES)),
  livesWaiting: series('estab, open+close beside 10,000 in TIME-WAIT', '/s', () =>
    estabLifecycles(LIVES, IN_TIME_WAIT),
  ),
  echo: series('estab/net, echo', 'MB/s', () => echoThroughput(estabNet, ECHO)),
  nodeEcho: series('node:net on loopback, echo', 'MB/s', () => echoThroughput(nodeNet, ECHO)),
  echoLives: series('estab/net, connections', '/s', () => echoConnections(estabNet, ECHO_LIVES)),
  nodeEchoLives: series('node:net on loopback, connections', '/s', () =>
    echoConnections(nodeNet, ECHO_LIVES),
  ),
  trips: series('estab/net, round trips', '/s', () => echoRoundTrips(estabNet, TRIPS)),
  nodeTrips: series('node:net on loopback, round trips', '/s', () =>
    echoRoundTrips(nodeNet, TRIPS),
  ),
  plainChunk: series('TcpSocket, a chunk of 1 KiB', 'ns', () => plainChunks(CHUNKS)),
  webChunk: series('Web streams, a chunk of 1 KiB', 'ns', () => webChunks(CHUNKS)),
  nodeChunk: series('estab/net, a chunk of 1 KiB', 'ns', () => nodeShapedChunks(CHUNKS)),
};

/**
 * What is measured together, each in a process of its own: what the compiler learns from one kind of
 * work slows down the other.
 */
const parts: Readonly<Record<string, readonly Series[]>> = {
  bulk: [all.bulk, all.nodeBulk, all.plain, all.offload],
  lives: [all.lives, all.nodeLives, all.livesWaiting],
  echo: [all.echo, all.nodeEcho],
  'echo connections': [all.echoLives, all.nodeEchoLives],
  'round trips': [all.trips, all.nodeTrips],
  chunks: [all.plainChunk, all.webChunk, all.nodeChunk],
};

/** Rounds of one part, taken in turn, after one that is not counted. */
async function measure(part: readonly Series[]): Promise<void> {
  for (const { once } of part) await once();
  for (let round = 0; round < ROUNDS; round++) {
    for (const one of part) one.values.push(await one.once());
  }
}

/** What another process of the bench prints. */
function printed(file: string, ...args: readonly string[]): string {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const node = ['--expose-gc', '--import', 'tsx', path, ...args];
  return execFileSync(process.execPath, node, { encoding: 'utf8' });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** The median of the ratios of neighbours in time: a machine that changes its speed changes both. */
const ratio = (one: Series, other: Series): number =>
  median(one.values.map((value, round) => value / (other.values[round] ?? NaN)));

const figure = (value: number): string => Math.round(value).toLocaleString('en-US');

function runAll(): void {
  console.log(
    `Node ${process.version}, MTU 1500, two stacks in one process, ${ROUNDS} rounds each\n`,
  );
  for (const [name, part] of Object.entries(parts)) {
    if (process.stderr.isTTY) process.stderr.write(`measuring ${name}\r`);
    const measured = JSON.parse(printed('main.ts', '--part', name, ...process.argv.slice(2)));
    part.forEach((one, i) => (one.values = measured[i]));
  }
  for (const { name, unit, values } of Object.values(all)) {
    const range = `${figure(Math.min(...values))} to ${figure(Math.max(...values))}`;
    console.log(`${name.padEnd(48)}${figure(median(values)).padStart(10)} ${unit}  (${range})`);
  }
  const { perEnd } = JSON.parse(printed('memory.ts')) as { perEnd: number };
  line('estab, idle connection, one end', perEnd, 'octets');
  const idle = quick ? undefined : (JSON.parse(printed('idle.ts')) as Idle);
  if (idle !== undefined) {
    line('estab, one end of 100,000 idle connections', idle.perEnd, 'octets');
    line('estab, a segment of 64 octets on 10 connections', idle.alone, 'ns');
  }
  const ack = JSON.parse(printed('ack.ts')) as AckCost;
  line('estab, an ACK, 10 segments SACKed', ack.few, 'ns');
  line('the same, 10,000 segments SACKed', ack.many, 'ns');
  console.log();
  judge(perEnd, ack, idle);
}

/** What bench/idle.ts prints. */
interface Idle {
  readonly perEnd: number; // octets
  readonly alone: number; //  ns per segment, with 10 connections
  readonly ratio: number; //  the same with 100,000 more, to that
}

/** What bench/ack.ts prints. */
interface AckCost {
  readonly few: number; //   ns per acknowledgment
  readonly many: number;
  readonly ratio: number;
}

const line = (name: string, value: number, unit: string): void =>
  console.log(`${name.padEnd(48)}${figure(value).padStart(10)} ${unit}`);

/** What docs/performance.md promises, as ratios of one run. */
function judge(perEnd: number, ack: AckCost, idle: Idle | undefined): void {
  const promises: readonly [name: string, ratio: number, floor: number][] = [
    ['bulk / node:net', ratio(all.bulk, all.nodeBulk), 0.6],
    ['open+close / node:net', ratio(all.lives, all.nodeLives), 25],
    ['open+close with / without 10,000 in TIME-WAIT', ratio(all.livesWaiting, all.lives), 0.7],
    ['1,536 octets / idle connection end', 1536 / perEnd, 1],
    ['estab/net echo / node:net', ratio(all.echo, all.nodeEcho), 0.6],
    ['estab/net connections / node:net', ratio(all.echoLives, all.nodeEchoLives), 2],
    ['estab/net round trips / node:net', ratio(all.trips, all.nodeTrips), 1],
    ['3 / an ACK of 10,000 SACKed to one of 10', 3 / ack.ratio, 1],
    ['1.5 / a segment beside 100,000 idle', 1.5 / (idle?.ratio ?? NaN), 1],
  ];
  for (const [name, is, floor] of promises) {
    if (Number.isNaN(is)) continue;
    const verdict = quick ? 'one short round says little' : is >= floor ? 'holds' : 'MISSED';
    console.log(`${name.padEnd(48)}${is.toFixed(2).padStart(10)}  floor ${floor}: ${verdict}`);
  }
}

const part = parts[process.argv[process.argv.indexOf('--part') + 1] ?? ''];
if (process.argv.includes('--micro')) micro();
else if (process.argv.includes('--part') && part !== undefined) {
  await measure(part);
  console.log(JSON.stringify(part.map(({ values }) => values)));
} else runAll();
