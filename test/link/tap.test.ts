import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { canUseTun, runInNamespace, script } from '../kernel/namespace.ts';

const noTun = canUseTun();
if (noTun !== undefined) console.log(`tap.test.ts: skipped, ${noTun}`);

/** Network namespaces with names need root, and a mount of their own so that nobody else sees them. */
const PRIVATE = [
  'unshare',
  '-m',
  'sh',
  '-c',
  'mkdir -p /run/netns && mount -t tmpfs none /run/netns && exec "$@"',
  'sh',
];
const noSpaces =
  noTun === undefined
    ? runInNamespace([...PRIVATE, 'ip', 'netns', 'add', 'probe'])
        .stderr.trim()
        .split('\n')[0]
    : '';
const noPing =
  spawnSync('ping', ['-V'], { stdio: 'ignore' }).status === 0 ? '' : 'there is no ping';
const notTwo = `${noSpaces}${noPing}`;
if (notTwo !== '') console.log(`tap.test.ts: several kernels skipped, ${notTwo}`);

/** What a scenario of tap.script.ts found; it must have ended well. */
function findings(scenario: string): unknown {
  const command = [...PRIVATE, ...script('test/link/tap.script.ts', scenario)];
  const { status, signal, stdout, stderr } = runInNamespace(command, { timeout: 30_000 });
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  return JSON.parse(stdout);
}

describe.skipIf(noTun !== undefined)('a TAP device in a network namespace', () => {
  test('its name, MTU, hardware address and carrier are the kernel’s', () => {
    expect(findings('names')).toEqual({
      name: 'tap0',
      medium: 'ethernet',
      mtu: 1400,
      sameAddress: true,
      carriers: [true, false, true],
      refused: 1,
    });
  });

  test('what arrives is a frame', () => {
    expect(findings('frame')).toEqual({
      length: 42,
      to: [255, 255, 255, 255, 255, 255],
      asksFor: [10, 9, 0, 2],
    });
  });
});

describe.skipIf(noTun !== undefined || notTwo !== '')('between kernels in namespaces', () => {
  test('netem joins two TUN devices: delay, loss, duplicates, a partition that heals', () => {
    const found = findings('tun');
    expect(found).toMatchObject({ plain: { received: 10 }, cut: 0, healed: 2 });
    expect(found).toHaveProperty(
      'plain.atLeast',
      expect.toSatisfy((ms: number) => ms >= 39.9),
    );
    expect(found).toHaveProperty(
      'lossy.share',
      expect.toSatisfy((share: number) => share > 0.7 && share < 0.9),
    );
    const { lossy, duplicates } = found as {
      lossy: { missing: number; lost: number };
      duplicates: number[];
    };
    expect(lossy.missing).toBeLessThanOrEqual(lossy.lost); // a duplicate may have made up for a lost one
    expect(duplicates[0]).toBeGreaterThan(0);
  });

  test('a hub switches between three TAP devices', () => {
    const found = findings('hub');
    expect(found).toMatchObject({ received: [5, 5], forwarded: true });
    expect(found).toHaveProperty(
      'slowAtLeast',
      expect.toSatisfy((ms: number) => ms >= 14.9),
    );
  });
});
