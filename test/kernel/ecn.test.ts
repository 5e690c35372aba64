/** ECN with the Linux kernel: RFC 3168, and RFC 9768 where the kernel has it. */
import { describe, expect, test } from 'vitest';
import { runInNamespace } from './namespace.ts';
import { scenesOf } from './scenes.ts';

const scenes = scenesOf('test/kernel/ecn.script.ts');

/** Linux numbers AccECN 3 to 5; kernels that do not have it, or not yet, refuse the number. */
function withoutAccEcn(): string | undefined {
  if (scenes.unavailable !== undefined) return scenes.unavailable;
  const asked = runInNamespace(['sh', '-c', 'echo 3 > /proc/sys/net/ipv4/tcp_ecn']);
  return asked.status === 0 ? undefined : 'the kernel takes no net.ipv4.tcp_ecn=3';
}

const missing = withoutAccEcn();
if (missing !== undefined) console.log(`ecn.test.ts: AccECN is skipped, ${missing}`);

const equal = [true, true];

describe.skipIf(scenes.unavailable !== undefined)('ECN with the kernel', () => {
  test.each([
    ['classic, active', 'classic'],
    ['classic, passive', 'classic'],
    ['accurate to classic, active', 'classic'], // RFC 9768 §3.1.2: the kernel's SYN,ACK says so
    ['accurate to none, active', 'none'],
  ])('RFC 3168 §6.1.1: %s is %s', async (scenario, mode) => {
    expect(await scenes.play(scenario)).toEqual({ mode, equal });
  });

  test.skipIf(missing !== undefined).each(['accurate, active', 'accurate, passive'])(
    'RFC 9768 §3.1: %s',
    async (scenario) => {
      expect(await scenes.play(scenario)).toEqual({ mode: 'accurate', equal });
    },
  );
});
