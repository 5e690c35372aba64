/** curl, nc and ping, the programs themselves, on the Linux kernel with estab at the other end. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { scenesOf } from './scenes.ts';

const scenes = scenesOf('test/kernel/programs.script.ts');
const skip = scenes.unavailable !== undefined;

/** Is it there, and does its help say `feature`? */
function lacks(program: string, args: readonly string[], feature: string): boolean {
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  const there = `${stdout ?? ''}${stderr ?? ''}`.includes(feature);
  if (!there) console.log(`programs.test.ts: no ${program} with ${feature}, skipped`);
  return !there;
}
const noCurl = lacks('curl', ['--version'], 'http');
const noNc = lacks('nc', ['-h'], '-N'); // OpenBSD's
const noPing = lacks('ping', ['-V'], 'ping');

describe.skipIf(skip || noCurl)('curl', () => {
  test('gets 600,000 octets of an estab server', async () => {
    expect(await scenes.play('curl')).toEqual({
      status: 0,
      stderr: '',
      head: ['HTTP/1.0 200 OK', 'X-Request: GET /hello HTTP/1.1'],
      equal: true,
    });
  });

  test('gets a greeting over IPv6', async () => {
    const stdout = 'hello\n';
    expect(await scenes.play('curl, IPv6')).toEqual({ status: 0, stderr: '', stdout });
  });

  test('posts 600,000 octets', async () => {
    const stdout = 'thank you\n';
    const octets = 600_000;
    expect(await scenes.play('curl, upload')).toEqual({ status: 0, stderr: '', stdout, octets });
  });

  test('says that a closed port refused it', async () => {
    const status = 7; // CURLE_COULDNT_CONNECT
    expect(await scenes.play('curl, closed port')).toEqual({ status, refused: true });
  });
});

describe.skipIf(skip || noNc)('nc', () => {
  test('as a client: 600,000 octets come back from an estab echo, and it ends', async () => {
    expect(await scenes.play('nc as a client')).toEqual({ status: 0, stderr: '', equal: true });
  });

  test('as a server: estab connects, both say what they have to say', async () => {
    expect(await scenes.play('nc as a server')).toEqual({
      status: 0,
      stderr: '',
      stdout: 'good day, nc\n',
      octets: 600_000,
      signals: ['established', 'end', 'closed'],
    });
  });
});

describe.skipIf(skip || noPing)('ping', () => {
  test.each(['ping', 'ping, IPv6'])('is answered: %s', async (family) => {
    expect(await scenes.play(family)).toEqual({ status: 0, received: '3' });
  });
});
