/** Heavy work beside vitest, in a process of its own: vitest's module runner makes it half as fast. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Said {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Runs a TypeScript file of tools/ with `args`; what it says. */
export function runTool(file: string, ...args: readonly string[]): Promise<Said> {
  const child = spawn(process.execPath, ['--import', 'tsx', `tools/${file}`, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output, errors }));
  });
}
