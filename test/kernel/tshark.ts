/** Wireshark's opinion of a capture. */
import { spawnSync } from 'node:child_process';

export function hasTshark(): boolean {
  return spawnSync('tshark', ['--version'], { stdio: 'ignore' }).status === 0;
}

/** What tshark prints for `args` on a capture, by line. @throws when it fails. */
export function tshark(path: string, args: readonly string[]): string[] {
  const run = spawnSync('tshark', ['-r', path, ...CHECK, ...args], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`tshark -r ${path}: ${run.stderr || run.error?.message}`);
  return run.stdout.split('\n').filter((line) => line !== '');
}

/** The packets, one line each, that are malformed or have a wrong checksum. */
export function malformedPackets(path: string): string[] {
  return tshark(path, ['-Y', OFFENDING]);
}

const CHECK = ['ip', 'tcp', 'udp'].flatMap((name) => ['-o', `${name}.check_checksum:TRUE`]);

// A status of 0 is "Bad"; 1 is "Good", 2 and 3 are "Unverified" and "Not present".
const OFFENDING = [
  '_ws.malformed',
  ...['ip', 'tcp', 'udp', 'icmp', 'icmpv6'].map((name) => `${name}.checksum.status==0`),
].join(' || ');
