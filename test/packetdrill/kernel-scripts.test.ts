/** The selftests of the Linux kernel, in the archive of Debian's linux-source package, if it is installed. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { playScript } from '../../src/lab/packetdrill/play.ts';
import { renderOutcome } from '../../src/lab/packetdrill/render.ts';

const SOURCES = '/usr/src';
const archive = (existsSync(SOURCES) ? readdirSync(SOURCES) : []).find((name) =>
  /^linux-source-6\.(?:1[2-9]|[2-9]\d)\.tar\.xz$/.test(name),
);

/** Those of 6.12 that are about TCP alone, and pass. */
const PASS =
  /slow-start-(?:ack-per-[124]pkt|ack-per-2pkt-send-[56]pkt|app-limited|app-limited-9-packets-out)\.pkt$/;

if (archive === undefined) {
  test('not played: no archive of linux-source-6.12 or later in /usr/src', () => {
    expect(archive).toBeUndefined();
  });
} else {
  test(`the selftests in ${archive}`, { timeout: 300_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'estab-kernel-'));
    try {
      const wanted = '*/tools/testing/selftests/net/packetdrill/*.pkt';
      execFileSync('tar', ['xJf', join(SOURCES, archive), '-C', folder, '--wildcards', wanted]);
      const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
      const scripts = files.filter((file) => file.endsWith('.pkt')).sort();
      expect(scripts.length).toBeGreaterThan(20);
      for (const file of scripts) {
        const text = readFileSync(join(folder, file), 'utf8');
        for (const carrier of ['4', '6'] as const) {
          const outcome = playScript(text, file, { carrier });
          expect(['passed', 'failed', 'unsupported', 'other-family']).toContain(outcome.status);
          if (PASS.test(file)) expect(outcome.status, renderOutcome(outcome)).toBe('passed');
        }
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
