/**
 * The kernel as ruler: goodput of Linux CUBIC between two network namespaces over estab's own netem, then
 * of the same path and the same seed with estab in place of the sender, and of the receiver. Means over
 * seeds, as of one long transfer, in a table for docs/performance.md. Measures dist/: `npm run build`, then, as root,
 * `npm run ruler`; `--quick`, `--cell loss=1,rtt=100`, `--seeds 5`, `--room 100` (Mbit/s at a time).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Ends, RulerFinding, RulerRun } from './ruler-lane.ts';

const LOSSES = [0, 0.1, 1, 3, 10]; // percent, both ways
const RTTS = [10, 50, 100, 200]; // ms
const ENDS: readonly Ends[] = ['linux-linux', 'estab-linux', 'linux-estab'];
const RATE = 50; // Mbit/s, both ways
const FLOOR = 0.95; // of Linux, in each cell
const LANES = 16;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    cell: { type: 'string' },
    seeds: { type: 'string' },
    room: { type: 'string', default: '100' },
    seconds: { type: 'string' },
  },
});
const seeds = Number(values.seeds ?? (values.quick ? 1 : 5));
const room = Number(values.room);

interface Cell {
  readonly loss: number; // percent
  readonly rtt: number; //  ms
  readonly found: Readonly<Record<Ends, RulerFinding[]>>;
}

/** A long transfer where little gets through, or where slow start is long: its length counts. */
function durationOf({ loss, rtt }: Cell): number {
  if (values.seconds !== undefined) return Number(values.seconds) * 1000;
  const seconds = loss >= 1 ? 15 : 10;
  return (values.quick ? seconds / 2 : seconds + rtt / 20) * 1000;
}

/** A timeout more or less decides a run with much loss: seeds differ by a factor of two there. */
function seedsOf({ loss }: Cell): number {
  return loss >= 10 ? 8 * seeds : loss >= 3 ? 4 * seeds : loss >= 1 ? 2 * seeds : seeds;
}

/** Mbit/s that a run will take of this machine, roughly: what runs at a time depends on it. */
function weightOf({ loss, rtt }: Cell): number {
  const bound = loss === 0 ? RATE : (1.5 * 1448 * 8) / 1000 / rtt / Math.sqrt(loss / 100);
  return Math.min(bound, RATE) + 2;
}

class Lane {
  readonly #child: ChildProcess;
  readonly ready: Promise<unknown>;

  constructor() {
    const file = fileURLToPath(new URL('ruler-lane.ts', import.meta.url));
    this.#child = spawn('unshare', ['-n', process.execPath, '--import', 'tsx', file], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('exit', (status) => {
      if (status !== 0 && status !== null) process.exit(1);
    });
    this.ready = once(this.#child, 'message');
  }

  async measure(run: RulerRun): Promise<RulerFinding> {
    this.#child.send(run);
    const [finding] = await once(this.#child, 'message');
    return finding;
  }

  end(): void {
    this.#child.disconnect();
  }
}

async function main(): Promise<void> {
  const began = performance.now();
  const cells = wantedCells();
  const runs = cells.flatMap((cell) =>
    Array.from({ length: seedsOf(cell) }, (_, i) =>
      ENDS.map((ends) => ({ cell, ends, seed: i + 1 })),
    ).flat(),
  );
  const lanes = Array.from({ length: Math.min(LANES, runs.length) }, () => new Lane());
  await Promise.all(lanes.map(({ ready }) => ready));
  let busy = 0; // Mbit/s
  let done = 0;
  const idle = [...lanes];
  const waiting = [...runs];
  await new Promise<void>((resolve) => {
    const next = (): void => {
      if (done === runs.length) return resolve();
      for (;;) {
        const at = waiting.findIndex(({ cell }) => busy === 0 || busy + weightOf(cell) <= room);
        const lane = idle[0];
        const [run] = at < 0 || lane === undefined ? [] : waiting.splice(at, 1);
        if (run === undefined || lane === undefined) return;
        idle.shift();
        const { cell, ends, seed } = run;
        const { loss, rtt } = cell;
        busy += weightOf(cell);
        const wish = { ends, loss: loss / 100, rtt, rate: RATE, seed, ms: durationOf(cell) };
        void lane.measure(wish).then((finding) => {
          cell.found[ends].push(finding);
          busy -= weightOf(cell);
          done += 1;
          idle.push(lane);
          progress(`${done} of ${runs.length}: ${describe(wish, finding)}`);
          next();
        });
      }
    };
    next();
  });
  for (const lane of lanes) lane.end();
  console.log(table(cells));
  console.log(`\n${Math.round((performance.now() - began) / 1000)} s`);
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  else console.error(text);
}

function describe({ ends, loss, rtt, seed }: RulerRun, finding: RulerFinding): string {
  const { cpu, arrived, lost, full, congestion } = finding;
  const share = `${(cpu * 100).toFixed(0)} % of a core`;
  const fates = `${arrived} packets, ${lost} lost, ${full} too many`;
  return `${ends}, ${loss * 100} %, ${rtt} ms, seed ${seed}: ${mbits(finding).toFixed(2)} Mbit/s, ${fates}, ${share} ${congestion}`;
}

function wantedCells(): Cell[] {
  const cell = (loss: number, rtt: number): Cell => ({
    loss,
    rtt,
    found: { 'linux-linux': [], 'estab-linux': [], 'linux-estab': [] },
  });
  const [, loss, rtt] = /^loss=([0-9.]+),rtt=([0-9]+)$/.exec(values.cell ?? '') ?? [];
  if (values.cell !== undefined) {
    if (rtt === undefined) throw new RangeError(`--cell is '${values.cell}', give loss=1,rtt=100`);
    return [cell(Number(loss), Number(rtt))];
  }
  return LOSSES.flatMap((share) => RTTS.map((time) => cell(share, time)));
}

const mbits = ({ octets, ms }: RulerFinding): number => (octets * 8) / 1000 / ms;

interface Mean {
  readonly mbits: number; // of all runs together, as of one long transfer
  readonly error: number; // its standard error, as a share of it
}

function mean(findings: readonly RulerFinding[]): Mean {
  const n = findings.length;
  const rates = findings.map(mbits);
  const average = rates.reduce((sum, rate) => sum + rate) / n;
  const squares = rates.reduce((sum, rate) => sum + (rate - average) ** 2, 0);
  return { mbits: average, error: Math.sqrt(squares / Math.max(n - 1, 1) / n) / average };
}

/** To Linux: `0.98 ± 0.03`, a standard error behind it; bold where it is below the floor by two of them. */
function ratio(ours: Mean, linux: Mean): string {
  const share = ours.mbits / linux.mbits;
  const error = share * Math.hypot(ours.error, linux.error);
  const text = `${share.toFixed(2)} ± ${error.toFixed(2)}`;
  return share + 2 * error < FLOOR ? `**${text}**` : text;
}

function table(cells: readonly Cell[]): string {
  const rows = [
    '|  loss |    RTT | seeds | Linux to Linux | estab sends | of Linux | estab receives | of Linux |',
    '| ----: | -----: | ----: | -------------: | ----------: | -------: | -------------: | -------: |',
  ];
  for (const { loss, rtt, found } of cells) {
    const linux = mean(found['linux-linux']);
    const sends = mean(found['estab-linux']);
    const receives = mean(found['linux-estab']);
    const [a, b, c] = [linux, sends, receives].map((each) => each.mbits.toFixed(2));
    const n = found['linux-linux'].length;
    const ratios = [ratio(sends, linux), ratio(receives, linux)];
    rows.push(
      `| ${loss} % | ${rtt} ms | ${n} | ${a} | ${b} | ${ratios[0]} | ${c} | ${ratios[1]} |`,
    );
  }
  return rows.join('\n');
}

await main();
