/**
 * For tests against the kernel: runs a command in a fresh network namespace, where it is root, has
 * a loopback interface and nothing else. Namespaces belong to threads and Node has several, so a
 * test does not enter one: it starts a child in it.
 */
import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface NamespaceOptions {
  /** What the command reads from its standard input. Default: nothing. */
  readonly input?: string;
  /** Milliseconds until it is killed. Default 20000. */
  readonly timeout?: number;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface NamespaceResult {
  /** Exit status; `null` when killed, see `signal`. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs a TypeScript file of this repository, named by its path from the root. */
export function script(path: string, ...args: readonly string[]): string[] {
  return [process.execPath, '--import', 'tsx', path, ...args];
}

/** Runs `command` in a namespace of its own and waits for its end. */
export function runInNamespace(
  command: readonly string[],
  options: NamespaceOptions = {},
): NamespaceResult {
  const [program, args] = entering(command);
  const { status, signal, stdout, stderr, error } = spawnSync(program, args, {
    cwd: ROOT,
    encoding: 'utf8',
    input: options.input ?? '',
    timeout: options.timeout ?? 20_000,
    killSignal: 'SIGKILL',
    env: { ...process.env, ...options.env },
  });
  const reason = error === undefined ? '' : `${error.message}\n`;
  return { status, signal, stdout: stdout ?? '', stderr: reason + (stderr ?? '') };
}

/** Starts `command` in a namespace of its own; kill() reaches the command itself. */
export function spawnInNamespace(
  command: readonly string[],
  options: NamespaceOptions = {},
): ChildProcessWithoutNullStreams {
  const [program, args] = entering(command);
  const child = spawn(program, args, {
    cwd: ROOT,
    timeout: options.timeout ?? 20_000,
    killSignal: 'SIGKILL',
    env: { ...process.env, ...options.env },
  });
  if (options.input !== undefined) child.stdin.end(options.input);
  return child;
}

/** unshare and the shell exec what they start, so the child's pid stays the command's. */
function entering(command: readonly string[]): [string, string[]] {
  const flags = process.getuid?.() === 0 ? '-n' : '-Urn';
  const up = 'ip link set lo up && exec "$@"';
  return ['unshare', [flags, 'sh', '-c', up, 'sh', ...command]];
}

/** `undefined` when a TUN device can be made in a namespace; otherwise why not, in one line. */
export function canUseTun(): string | undefined {
  if (process.platform !== 'linux') return `TUN needs Linux, this is ${process.platform}`;
  if (!existsSync('/dev/net/tun')) return 'there is no /dev/net/tun';
  const probe = runInNamespace(['ip', 'tuntap', 'add', 'mode', 'tun', 'name', 'probe']);
  if (probe.status === 0) return undefined;
  const why = probe.stderr.trim().split('\n')[0] ?? '';
  return `no TUN device in a network namespace: ${why === '' ? `status ${probe.status}` : why}`;
}
