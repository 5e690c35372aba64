/** TCP Fast Open with the Linux kernel, both ways: RFC 7413. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { scenesOf } from './scenes.ts';

const scenes = scenesOf('test/kernel/fast-open.script.ts');
const python = spawnSync('python3', ['--version']).status === 0;
if (!python) console.log('fast-open.test.ts: the kernel as client is skipped, there is no python3');

describe.skipIf(scenes.unavailable !== undefined)('RFC 7413 §2 with the kernel', () => {
  test.skipIf(!python).each(['IPv4', 'IPv6'])(
    'over %s the kernel asks us for a cookie, then its text is in the SYN and ours before it is over',
    async (family) => {
      expect(await scenes.play(`kernel is client, ${family}`)).toEqual({
        answers: ['A COOKIE', 'AND TEXT'],
        handed: [
          [[0], false],
          [[8], true],
        ],
        granted: 1,
        accepted: 1,
        kernels: 1,
      });
    },
  );

  test.each(['IPv4', 'IPv6'])(
    'over %s we ask the kernel for a cookie, and our text is in the next SYN',
    async (family) => {
      expect(await scenes.play(`kernel is server, ${family}`)).toEqual({
        first: [[0], 'a cookie'],
        second: [[8], 'and text'],
        kernels: 1,
      });
    },
  );
});
