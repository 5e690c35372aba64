/** Window scaling, SACK and timestamps with the Linux kernel: RFC 7323, RFC 2018. */
import { describe, expect, test } from 'vitest';
import { scenesOf } from './scenes.ts';

const scenes = scenesOf('test/kernel/options.script.ts');

describe.skipIf(scenes.unavailable !== undefined)('options with the kernel', () => {
  test.each(['active', 'passive'])(
    'estab %s: all are negotiated, and windows beyond 64 KiB are used both ways',
    async (role) => {
      expect(await scenes.play(role)).toEqual({
        options: [true, true, true],
        kernelScales: true,
        windowBeyond64KiB: true,
        equal: [true, true],
      });
    },
  );
});
