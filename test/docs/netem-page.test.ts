/** The commands of docs/netem.md, typed in as they stand, in a namespace. */
import { describe, expect, test } from 'vitest';
import { blocksOf } from '../../tools/docs-blocks.ts';
import { canUseTun, runInNamespace, script } from '../kernel/namespace.ts';

const PRIVATE = 'mkdir -p /run/netns && mount -t tmpfs none /run/netns';
const ESTAB = script('src/cli/main.ts').join(' ');

const noTun = canUseTun();
const probe = ['unshare', '-m', 'sh', '-c', `${PRIVATE} && ip netns add probe && ping -V`];
const why =
  noTun ??
  (runInNamespace(probe).status === 0 ? undefined : 'it needs ip netns, as root, and ping');
if (why !== undefined) console.log(`netem-page.test.ts: skipped, ${why}`);

const [block] = blocksOf('docs/netem.md').filter(({ language }) => language === 'sh');

describe.skipIf(why !== undefined)('docs/netem.md', () => {
  test('two kernels ping each other through it, as the page says', { timeout: 60_000 }, () => {
    const code = block?.code ?? '';
    expect(code).toContain('ping -c 20');
    const shell = `${PRIVATE}; estab() { ${ESTAB} "$@"; }\n${code}`;
    const command = ['unshare', '-m', 'bash', '-c', shell];
    const { status, stdout, stderr } = runInNamespace(command, { timeout: 50_000 });
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: 'estab: between tun:A and tun:B; Ctrl-C ends it\n',
    });
    const times = [...stdout.matchAll(/time=([\d.]+)/g)].map(([, ms]) => Number(ms));
    expect(times.length).toBeGreaterThan(10);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(39.9);
    expect(stdout).toMatch(/^1\d\.\d s +left to right +right to left$/m);
    expect(stdout).toMatch(/^packets +\d+ +\d+$/m);
  });
});
