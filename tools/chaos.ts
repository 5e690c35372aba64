/**
 * Chaos: 10 MiB at 30 % loss with corruption, duplication and reordering, octets equal, for many seeds:
 * `npm run chaos -- --seeds 10000 --from 0`. A seed that fails is told with its last segments, and the
 * exit status is 1. As many processes as cores, or `--workers`; the n-th takes each so-many-th seed.
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chaosFailure } from '../test/chaos/chaos.ts';

const REFRESH = 500; // ms
const MOST_TOLD = 3; // failures that are told in full

const number = { type: 'string' } as const;
const { values } = parseArgs({
  options: { seeds: number, from: number, workers: number, step: number },
});
const seeds = wish(values.seeds, 'seeds', 1000);
const from = wish(values.from, 'from', 0);
const step = wish(values.step, 'step', 0); // a process of ours: seeds `from`, `from + step`, ...

if (step > 0) for (let i = 0; i < seeds; i++) process.send?.(chaosFailure(from + i * step) ?? '');
else await playAll(wish(values.workers, 'workers', availableParallelism()));

async function playAll(workers: number): Promise<void> {
  const began = performance.now();
  let done = 0;
  const failures: string[] = [];
  const seconds = (): number => Math.round((performance.now() - began) / 1000);
  const state = (): string =>
    `${done} of ${seeds} seeds, ${failures.length} failed, ${seconds()} s`;
  const progress = setInterval(() => {
    if (process.stderr.isTTY) process.stderr.write(`\r${state()} `);
  }, REFRESH);
  const told = (failure: string): void => {
    done += 1;
    if (failure !== '') failures.push(failure);
  };
  await Promise.all(Array.from({ length: workers }, (_, i) => worker(i, workers, told)));
  clearInterval(progress);
  if (process.stderr.isTTY) process.stderr.write('\r');
  for (const failure of failures.slice(0, MOST_TOLD)) console.log(`${failure}\n`);
  for (const failure of failures.slice(MOST_TOLD)) console.log(failure.split('\n')[0]);
  console.log(state());
  process.exitCode = failures.length > 0 ? 1 : 0;
}

function worker(nth: number, of: number, told: (failure: string) => void): Promise<void> {
  const share = Math.ceil((seeds - nth) / of);
  const args = ['--from', `${from + nth}`, '--seeds', `${share}`, '--step', `${of}`];
  if (share <= 0) return Promise.resolve();
  const child = fork(fileURLToPath(import.meta.url), args, { execArgv: ['--import', 'tsx'] });
  child.on('message', (failure) => told(String(failure)));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      if (status === 0) resolve();
      else reject(new Error(`a worker ended with status ${status}`));
    });
  });
}

function wish(text: string | undefined, what: string, otherwise: number): number {
  const value = Number(text ?? otherwise);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new RangeError(`--${what} is '${text}', give an integer such as ${otherwise}`);
}
