/** Much text between estab and the Linux kernel, and windows that close. */
import { describe, expect, test } from 'vitest';
import { scenesOf } from './scenes.ts';

const scenes = scenesOf('test/kernel/transfer.script.ts');
const MEBIBYTE = 2 ** 20; // octets

describe.skipIf(scenes.unavailable !== undefined)('text to and from the kernel', () => {
  test.each(['active, IPv4', 'passive, IPv4', 'active, IPv6'])(
    '10 MiB each way at once with equal digests, estab %s',
    async (role) => {
      expect(await scenes.play(role)).toEqual({
        octets: [10 * MEBIBYTE, 10 * MEBIBYTE],
        equal: [true, true],
        drops: 0,
        lost: 0,
      });
    },
  );

  test('the kernel stops reading: estab probes the closed window and goes on (MUST-36)', async () => {
    expect(await scenes.play('the kernel stops reading')).toEqual({
      probes: { octets: [1, 1, 1], windows: [0, 0] },
      stateThen: 'ESTABLISHED',
      equal: true,
      octets: 2 * MEBIBYTE,
    });
  });

  // The kernel probes without text, below the window: each is answered with where the window is.
  test('estab stops reading: the kernel probes, estab answers and goes on (MUST-35)', async () => {
    // 128 KiB, but for what is less than a scaled window can say.
    const full = (unread: number): boolean => 131_072 - 128 < unread && unread <= 131_072;
    expect(await scenes.play('we stop reading')).toEqual({
      unread: expect.toSatisfy(full),
      during: ['probe 0', 'window 0', 'probe 0', 'window 0', 'probe 0', 'window 0'],
      equal: true,
      octets: 2 * MEBIBYTE,
    });
  });
});
