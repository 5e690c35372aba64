import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { configureTun } from '../../src/link/node/configure-tun.ts';
import { canUseTun, runInNamespace, script, type NamespaceResult } from '../kernel/namespace.ts';

const noTun = canUseTun();
if (noTun !== undefined) console.log(`tun.test.ts: skipped, ${noTun}`);

const available = (program: string): boolean =>
  spawnSync(program, ['-V'], { stdio: 'ignore' }).status === 0;
const noPing = !available('ping');
if (noPing) console.log('tun.test.ts: pings skipped, there is no ping');
const notRoot = process.getuid?.() !== 0 || !available('setpriv');
if (notRoot) console.log('tun.test.ts: EPERM skipped, it needs root and setpriv');

/** Runs a scenario of tun.script.ts. It has to end by itself: the harness kills it after 20 s. */
function run(scenario: string, before: readonly string[] = []): NamespaceResult {
  return runInNamespace([...before, ...script('test/link/tun.script.ts', scenario)]);
}

/** What a scenario found; it must have ended well. */
function findings(scenario: string): unknown {
  const { status, signal, stdout, stderr } = run(scenario);
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  return JSON.parse(stdout);
}

describe.skipIf(noTun !== undefined)('a TUN device in a network namespace', () => {
  test('carries datagrams of the kernel both ways, IPv4 and IPv6, and is gone when closed', () => {
    expect(findings('echo')).toEqual({ returned: [200, 5, 200, 5], interfaces: ['lo'] });
  });

  test.skipIf(noPing)('the kernel pings through it', () => {
    expect(findings('ping')).toEqual({ received: ['3', '3'], answered: 6 });
  });

  test('names, MTU and index are those of the kernel', () => {
    expect(findings('names')).toEqual({
      opened: [
        { name: 'tun0', mtu: 1500, ifindex: expect.any(Number) },
        { name: 'tun1', mtu: 9000, ifindex: expect.any(Number) },
        { name: 'vpn0', mtu: 1400, ifindex: expect.any(Number) },
      ],
      present: ['lo', 'tun0', 'tun1', 'vpn0'],
      left: ['lo'],
    });
  });

  test('an IPv6 address can be bound to when configureTun() resolves', () => {
    expect(findings('usable')).toBe('always');
  });

  test('errors name the input and say what to do; what the kernel refuses is counted', () => {
    expect(findings('errors')).toEqual({
      messages: {
        busy: expect.stringMatching(/^EBUSY: .*'busy0'.*in use.*choose another name$/),
        other: expect.stringMatching(/^EINVAL: .*'lo'.*no TUN device: choose another name$/),
        slash: expect.stringMatching(/^EINVAL: 'a\/b' cannot name an interface: use 1 to 15/),
        long: expect.stringMatching(/^EINVAL: 'sixteen-letters-' cannot name/),
        percent: expect.stringMatching(/^EINVAL: 'a%s' cannot name/),
        mtu: 'EINVAL: mtu is 20, it must be an integer from 68 to 65535',
        absent: expect.stringMatching(/^ENODEV: interface 'nope': .*there is no such interface$/),
        address: expect.stringMatching(/^EINVAL: '10.0.0.1' is not .*such as 10.9.0.1\/24$/),
        route: expect.stringMatching(/^EEXIST: interface 'busy0': .*11.0.0.0\/8.*there already$/),
      },
      dropped: 2,
      left: ['lo'],
    });
  });

  test('an interface deleted under it closes it, with the reason', () => {
    expect(findings('deleted')).toEqual({
      reason: "EBADFD: the TUN device 'gone0' is gone, its interface was deleted: EBADFD",
      drained: 0,
    });
  });

  test('an AbortSignal closes it; an aborted one does not open it', () => {
    expect(findings('abort')).toEqual({ error: null, late: 'Error: enough', left: ['lo'] });
  });

  test('process.exit(), an uncaught error and worker.terminate() are not held up', () => {
    expect(run('exit')).toMatchObject({ status: 3, signal: null });
    expect(run('crash')).toMatchObject({ status: 1, signal: null });
    expect(findings('worker')).toEqual({ held: ['lo', 'estab0'] });
  });

  test.skipIf(notRoot)('without the right to make one, says how to get it', () => {
    const { status, stderr } = run('open', ['setpriv', '--bounding-set=-net_admin']);
    expect(status).toBe(1);
    expect(stderr).toContain(
      "cannot open the TUN device 'one0': EPERM, not permitted: run as root, or inside `unshare -Urn`",
    );
  });

  test('without koffi, says how to add it', () => {
    const { status, stderr } = runInNamespace(script('test/link/tun.script.ts', 'open'), {
      env: { NODE_OPTIONS: '--import=./test/link/without-koffi.mjs' },
    });
    expect(status).toBe(1);
    expect(stderr).toContain('a TUN device needs the package koffi, add it: npm install koffi');
  });
});

test('configureTun refuses what is no address before it does anything', async () => {
  const wrong = configureTun({ name: 'x', peerAddress: '10.0.0.0/8', routes: ['::/129'] });
  await expect(wrong).rejects.toMatchObject({ code: 'EINVAL', name: 'DeviceError' });
});
