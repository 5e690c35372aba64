/** The program of docs/kernel.md, in a network namespace, with curl on the kernel's side. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { fromSource, programsOf } from '../../tools/docs-blocks.ts';
import { canUseTun, runInNamespace } from '../kernel/namespace.ts';

const noCurl = spawnSync('curl', ['--version']).status === 0 ? undefined : 'there is no curl';
const unavailable = canUseTun() ?? noCurl;
if (unavailable !== undefined) console.log(`kernel-program.test.ts: ${unavailable}, skipped`);

const directory = mkdtempSync(join(tmpdir(), 'estab-docs-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Runs the program "$1", waits until it says something, asks it four times, and interrupts it. */
const ASK = `
"$0" --import tsx "$1" > "$1.out" & program=$!
until [ -s "$1.out" ] || ! kill -0 $program; do sleep 0.1; done
for address in 10.9.0.2 '[fd00:9::2]' 10.9.0.2 '[fd00:9::2]'; do
  curl -sS -g --noproxy '*' --max-time 10 "http://$address/" || echo "curl: $?"
done
awk '/^Tcp:/ { resets = $9 } END { print "resets", resets }' /proc/net/snmp
kill -INT $program; wait $program`;

describe('docs/kernel.md', () => {
  test.skipIf(unavailable !== undefined)(
    'its program answers curl over IPv4 and IPv6, without a reset (SHLD-3)',
    { timeout: 60_000 },
    () => {
      const [program] = programsOf('docs/kernel.md');
      const path = join(directory, 'server.mts');
      writeFileSync(path, fromSource(program!.block.code));
      const command = ['sh', '-c', ASK, process.execPath, path];
      const { status, stdout, stderr } = runInNamespace(command, { timeout: 50_000 });
      expect({ status, stdout, stderr }).toEqual({
        status: 0,
        stdout: `${'hello from estab\n'.repeat(4)}resets 0\n`,
        stderr: '',
      });
    },
  );
});
