/**
 * A network of our own to show things in: a Linux network namespace, so that a demonstration never
 * touches the machine's. The command starts itself again inside one.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Why no namespace with a TUN device can be had here; undefined when it is worth a try. */
export function whyNoNamespace(): string | undefined {
  if (process.platform !== 'linux') return `that needs Linux, this is ${process.platform}`;
  if (!existsSync('/dev/net/tun')) return 'there is no /dev/net/tun here: `modprobe tun`';
  return undefined;
}

/**
 * Runs this command with `args` inside a namespace of its own, where it is root; its output is ours.
 * Answers why that failed, in one line, undefined when it did not.
 */
export function runInside(args: readonly string[]): Promise<string | undefined> {
  const [, script = ''] = process.argv;
  const flags = process.getuid?.() === 0 ? ['-n'] : ['-U', '-r', '-n'];
  const command = [process.execPath, ...process.execArgv, script, ...args];
  const child = spawn('unshare', [...flags, '--', ...command], {
    stdio: ['ignore', 'inherit', 'pipe'],
    timeout: LONGEST,
  });
  let said = '';
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (text: string) => {
    said += text;
  });
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(`unshare cannot be started: ${error.message}`));
    child.on('close', (status, signal) => {
      if (status === 0) resolve(undefined);
      else if (signal !== null) resolve(`it took longer than ${LONGEST / 1000} s`);
      else resolve(lastLine(said) ?? `unshare ended with status ${status}`);
    });
  });
}

/** Of what it said, without who said it. */
const lastLine = (said: string): string | undefined =>
  said
    .trim()
    .split('\n')
    .at(-1)
    ?.replace(/^estab demo: /, '');

const LONGEST = 10_000; // ms; it takes a few hundred
