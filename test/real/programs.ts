/** Programs of the machine, in the namespace of the script that starts them. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const LONGEST = 20_000; // ms until a program is killed

/** Runs a program to its end with `input` on its standard input. */
export async function run(
  program: string,
  args: readonly string[],
  input: string | Uint8Array = '',
): Promise<Run> {
  const child = spawn(program, args, { timeout: LONGEST, killSignal: 'SIGKILL' });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('latin1').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('latin1').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined); // it need not read it
  child.stdin.end(input);
  const [status] = await once(child, 'close');
  return { status, stdout, stderr };
}

/** Starts a server, which is killed when the script ends; what it says goes to standard error. */
export function serve(
  program: string,
  args: readonly string[],
  signal: 'SIGKILL' | 'SIGQUIT' = 'SIGKILL',
): ChildProcess {
  const mortal = ['--pdeathsig', 'KILL', program, ...args]; // even when the script is killed
  const server = spawn('setpriv', mortal, { stdio: ['ignore', 2, 2] });
  process.prependListener('exit', () => server.kill(signal));
  return server;
}

/** A directory that is gone when the script ends. */
export function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'estab-real-'));
  // Servers may need a moment to go.
  process.on('exit', () => rmSync(directory, { recursive: true, force: true, maxRetries: 10 }));
  return directory;
}

/** Until somebody listens there, on the kernel's side. */
export async function untilListens(port: number, host: string): Promise<void> {
  for (let patience = 500; patience > 0; patience--) {
    const socket = connect(port, host);
    const listens = await new Promise<boolean>((resolve) => {
      socket.on('connect', () => resolve(true));
      socket.on('error', () => resolve(false));
    });
    socket.destroy();
    if (listens) return;
    await setTimeout(20);
  }
  throw new Error(`nobody listens on ${host} port ${port}`);
}
