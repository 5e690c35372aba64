/**
 * The golden grids: `npm run grids` writes them all anew, `npm run grids -- fairness` some of them.
 * `--long` prints them for longer transfers and writes nothing. One process for each grid, as many at a
 * time as there are cores; `--print NAME` is what such a process does.
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { GRIDS } from '../test/grids/all-grids.ts';
import type { Grid } from '../test/grids/grid.ts';

const REFRESH = 500; // ms

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    long: { type: 'boolean', default: false },
    print: { type: 'boolean', default: false },
  },
});

const names = GRIDS.map(({ name }) => name);
const unknown = positionals.find((name) => !names.includes(name));
if (unknown !== undefined) {
  console.error(`grids: there is no grid '${unknown}'; there are ${names.join(', ')}`);
  process.exitCode = 2;
} else {
  const wanted = GRIDS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  if (values.print) for (const grid of wanted) print(grid);
  else await makeAll(wanted);
}

function print(grid: Grid): void {
  let done = 0;
  const text = grid.text(values.long, () => {
    done += 1;
    process.send?.(done);
  });
  process.stdout.write(text);
}

async function makeAll(wanted: readonly Grid[]): Promise<void> {
  const began = performance.now();
  const cells = wanted.reduce((sum, grid) => sum + grid.cells, 0);
  const done = new Map<Grid, number>();
  const seconds = (): number => Math.round((performance.now() - began) / 1000);
  const progress = setInterval(() => {
    if (!process.stderr.isTTY) return;
    const sum = [...done.values()].reduce((a, b) => a + b, 0);
    process.stderr.write(`\r${sum} of ${cells} cells, ${seconds()} s `);
  }, REFRESH);
  const waiting = [...wanted];
  const work = async (): Promise<void> => {
    for (let grid = waiting.shift(); grid !== undefined; grid = waiting.shift()) {
      const one = grid;
      const text = await made(one, (count) => done.set(one, count));
      if (values.long) process.stdout.write(`${text}\n`);
      else writeFileSync(new URL(`../grids/${one.name}.txt`, import.meta.url), text);
      console.error(`\r${one.name}: ${one.cells} cells, at ${seconds()} s`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  clearInterval(progress);
}

/** What a process of its own prints: a compiler that has seen another grid makes slower code. */
function made(grid: Grid, onCells: (count: number) => void): Promise<string> {
  const args = ['--print', grid.name, ...(values.long ? ['--long'] : [])];
  const path = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, ['--import', 'tsx', path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.on('message', (count) => onCells(Number(count)));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      if (status === 0) resolve(Buffer.concat(chunks).toString());
      else reject(new Error(`${grid.name}: status ${status}`));
    });
  });
}
