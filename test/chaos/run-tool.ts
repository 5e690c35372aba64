/** Heavy work beside vitest, in a process of its own: vitest's module runner makes it half as fast. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Said {
  readonly status: number | null;
  readonly output: string;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Runs a TypeScript file of tools/ with `args`; what it says on both outputs. */
export function runTool(file: string, ...args: readonly string[]): Promise<Said> {
  const child = spawn(process.execPath, ['--import', 'tsx', `tools/${file}`, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output: Buffer.concat(chunks).toString() }));
  });
}
