import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readPcapng } from '../../src/pcap/read-pcapng.ts';
import { canUseTun } from '../kernel/namespace.ts';
import { command, looksLikeCrash } from './estab.ts';

const noTun = canUseTun();
if (noTun !== undefined) console.log(`demo.test.ts: the kernel's part skipped, ${noTun}`);

/** In a process of its own: the demo starts itself again. */
function demo(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { status: number | null; stdout: string; stderr: string } {
  const [node = '', ...rest] = command('demo', ...args);
  const { status, stdout, stderr } = spawnSync(node, rest, {
    encoding: 'utf8',
    timeout: 25_000,
    env: { ...process.env, ...env },
  });
  return { status, stdout, stderr };
}

const FIGURES = Array.from(
  { length: 8 },
  (_, i) => `RFC 9293 §3.${i < 6 ? 5 : 6}, Figure ${6 + i}`,
);

describe('estab demo', () => {
  test('shows the figures, the tables and, where it may, the kernel', () => {
    const folder = mkdtempSync(join(tmpdir(), 'estab-test-'));
    const pcap = join(folder, 'demo.pcapng');
    const { status, stdout, stderr } = demo(['--pcap', pcap]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const figure of FIGURES) expect(stdout).toContain(`cite: ${figure}\n`);
    expect([...stdout.matchAll(/^# steps .* agree/gm)]).toHaveLength(7);
    if (noTun === undefined) {
      expect(stdout).toMatch(/LAST-ACK +--> .*<CTL=FIN,ACK>/);
      expect(stdout).toMatch(/TIME-WAIT +--> .*<CTL=ACK>/);
      expect(stdout).toContain(`\nThe capture of both is ${pcap}: wireshark ${pcap}\n`);
      const { packets, error } = readPcapng(readFileSync(pcap));
      expect(error).toBeUndefined();
      expect(packets.length).toBeGreaterThan(10);
      expect(packets.some(({ comment }) => comment?.startsWith('LISTEN → SYN-RECEIVED'))).toBe(
        true,
      );
    }
    rmSync(folder, { recursive: true });
  });

  test('without a namespace says why in one line, and ends well', () => {
    const { status, stdout, stderr } = demo([], { PATH: '/nowhere' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const line = stdout.trimEnd().split('\n').at(-1);
    expect(line).toMatch(/^Not shown: (unshare cannot be started|there is no|that needs Linux)/);
    expect(looksLikeCrash(stdout)).toBe(false);
  });
});
