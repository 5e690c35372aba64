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

// The text is nobody's business: heuristic dissectors find strange protocols in random octets, call
// them malformed, or take minutes.
const TEXT_IS_DATA = ['-d', 'tcp.port==1-65535,data', '-o', 'tcp.desegment_tcp_streams:FALSE'];

const CHECK = [
  ...TEXT_IS_DATA,
  ...['ip', 'tcp', 'udp'].flatMap((name) => ['-o', `${name}.check_checksum:TRUE`]),
];

// Linux writes a TCP checksum of 0 as 0xffff, which UDP must and TCP need not: one packet in 65536.
// To tshark that is wrong (RFC 1624); from the kernel, and so inbound, it is forgiven.
const MINUS_ZERO = '(tcp.checksum==0xffff && frame.p2p_dir==1)';

// A status of 0 is "Bad"; 1 is "Good", 2 and 3 are "Unverified" and "Not present".
const OFFENDING = [
  '_ws.malformed',
  `(tcp.checksum.status==0 && !${MINUS_ZERO})`,
  ...['ip', 'udp', 'icmp', 'icmpv6'].map((name) => `${name}.checksum.status==0`),
].join(' || ');
