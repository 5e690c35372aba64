/** OpenSSH and ssh2 on estab/net: commands, SFTP and a forwarded stream, and ssh at a server of ours. */
import { describe, expect, test } from 'vitest';
import { playing } from './playing.ts';

const play = playing('test/real/ssh.script.ts', ['sshd', 'ssh', 'ssh-keygen'], { root: true });

describe.skipIf(play.unavailable !== undefined)('SSH', () => {
  test.each([
    ['exec', '10.7.0.2', '10.7.0.1'],
    ['exec, IPv6', 'fd07::2', 'fd07::1'],
  ])('ssh2 at sshd, %s: 1 MB goes in, its digest comes out', async (scenario, from, to) => {
    const all = { from, to, port: '2222', sum: true, status: 3 };
    expect(await play.found(scenario)).toEqual(all);
  });

  test('ssh2 at sshd, SFTP: a file of 1 MB there and back', async () => {
    expect(await play.found('sftp')).toEqual({ written: true, back: true, listed: true });
  });

  test('ssh2 at sshd: a forwarded stream of 1 MB that leads to an echo on estab', async () => {
    expect(await play.found('forward')).toBe(true);
  });

  test.each(['ssh', 'ssh, IPv6'])('%s at ssh2 on estab: 1 MB there and back', async (scenario) => {
    expect(await play.found(scenario)).toEqual({ status: 7, same: true, stderr: '' });
  });
});
