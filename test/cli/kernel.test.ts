import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { canUseTun, runInNamespace, script } from '../kernel/namespace.ts';
import { command, looksLikeCrash } from './estab.ts';

const noTun = canUseTun();
if (noTun !== undefined) console.log(`kernel.test.ts: skipped, ${noTun}`);

const available = (program: string): boolean =>
  spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0;
const noClients = !available('nc') || !available('curl');
if (noClients) console.log('kernel.test.ts: clients skipped, they need nc and curl');
const notRoot = process.getuid?.() !== 0 || !available('setpriv');
if (notRoot) console.log('kernel.test.ts: rights skipped, it needs root and setpriv');

const PATIENCE = 90_000; // ms, for a machine that is busy with other tests

/** What a scenario of kernel.script.ts found; it must have ended well. */
function findings(scenario: string): unknown {
  const run = runInNamespace(script('test/cli/kernel.script.ts', scenario), {
    timeout: PATIENCE - 10_000,
  });
  const { status, signal, stdout, stderr } = run;
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  return JSON.parse(stdout);
}

const title = 'estab and the kernel in a network namespace';
describe.skipIf(noTun !== undefined)(title, { timeout: PATIENCE }, () => {
  test.skipIf(noClients)('listen: nc closes first, curl is closed by us', () => {
    expect(findings('clients')).toEqual({
      nc: {
        code: 0,
        heard: 'from estab',
        states: ['SYN-RECEIVED', 'ESTABLISHED', 'CLOSE-WAIT', 'LAST-ACK', 'CLOSED'],
      },
      curl: {
        code: 0,
        body: 'estab',
        request: 'GET / HTTP/1.1',
        states: expect.arrayContaining(['SYN-RECEIVED', 'ESTABLISHED', 'FIN-WAIT-1', 'TIME-WAIT']),
      },
    });
  });

  test('listen: megabytes both ways across a half-close; the device is gone afterwards', () => {
    expect(findings('halfClose')).toEqual({
      code: 0,
      request: true,
      answer: true,
      states: ['SYN-RECEIVED', 'ESTABLISHED', 'CLOSE-WAIT', 'LAST-ACK', 'CLOSED'],
      left: ['lo'],
    });
  });

  test('connect: megabytes through an echo, and a capture that Wireshark finds sound', () => {
    expect(findings('echo')).toEqual({
      code: 0,
      same: true,
      states: expect.arrayContaining(['SYN-SENT', 'ESTABLISHED', 'FIN-WAIT-1', 'TIME-WAIT']),
      malformed: [],
    });
  });

  test('connect over IPv6, through a device of another name', () => {
    expect(findings('ipv6')).toEqual({ code: 0, heard: 'over IPv6', stderr: '' });
  });

  test('connect: refused, reset, no answer, and who cannot be a peer, in words', () => {
    const failed = (code: number, message: RegExp): unknown => ({
      code,
      stderr: expect.stringMatching(message),
    });
    expect(findings('refused')).toEqual([
      failed(1, /^estab connect: 10\.9\.0\.1 port 9: connection refused \(ECONNREFUSED\).*\n$/),
      failed(1, /^estab connect: 10\.9\.0\.1 port 8: connection reset .*\(ECONNRESET\).*\n$/),
      failed(1, /^estab connect: 10\.9\.0\.77 port 9: no answer \(ETIMEDOUT\).*\n$/),
      failed(1, /^estab connect: 10\.9\.0\.2 port 9: connection refused.*\n$/),
      failed(1, /^estab connect: 10\.9\.0\.255 names many hosts.*\n$/),
      failed(2, /^estab connect: fd00::1 cannot be reached .*give --address one of IPv6\n$/),
    ]);
  });

  test('a device that is busy, deleted or none; SIGTERM', () => {
    expect(findings('device')).toEqual({
      busy: {
        code: 1,
        stderr: expect.stringMatching(/^estab listen: .*'estab0': EBUSY, .*another name\n$/),
      },
      terminated: 143,
      gone: { code: 1, stderr: expect.stringMatching(/^estab listen: .*'estab0' is gone/) },
      lo: { code: 1, stderr: expect.stringMatching(/'lo': EINVAL, .*no TUN device/) },
    });
  });

  test('--no-configure finds an interface as it was made, and leaves it', () => {
    expect(findings('noConfigure')).toEqual({ code: 0, heard: 'found you', left: ['lo', 'mine0'] });
  });

  test('--fast-open on both sides: the input is in the SYN (RFC 7413)', () => {
    expect(findings('fastOpen')).toEqual({
      codes: [0, 0],
      heard: ['answer', 'question'],
      syns: [false, true],
    });
  });

  test('Ctrl-C resets the connection and takes the device down', () => {
    expect(findings('interrupt')).toEqual({ code: 130, client: 'ECONNRESET', left: ['lo'] });
  });

  test('while nobody reads our output the window is closed, and nothing is lost (MUST-36)', () => {
    expect(findings('pressure')).toEqual({ stalled: true, closed: true, code: 0, same: true });
  });

  test('output that nobody reads any more ends the connection quietly', () => {
    // EPIPE when our FIN went before the reset: the input has ended by then on a busy machine
    const server: unknown = expect.stringMatching(/^(ECONNRESET|EPIPE)$/);
    expect(findings('unheard')).toEqual({ server, said: '9\n0\n' });
  });

  test.skipIf(notRoot)('without the right to a device, says how to get it', () => {
    const run = runInNamespace(
      ['setpriv', '--bounding-set=-net_admin', ...command('listen', '7')],
      {
        timeout: PATIENCE - 10_000,
      },
    );
    expect({ status: run.status, stdout: run.stdout }).toEqual({ status: 1, stdout: '' });
    expect(run.stderr).toMatch(
      /^estab listen: cannot open the TUN device 'estab0': EPERM, not permitted: run as root/,
    );
    expect(looksLikeCrash(run.stderr)).toBe(false);
  });
});
