/** ECN with the kernel: what ecn.test.ts plays. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { EcnMode } from '../../src/tcp/options.ts';
import { sha256, type KernelEnd, type OurEnd } from './ends.ts';
import { serve, type Scenario } from './serve.ts';
import type { Stage } from './stage.ts';

const TEXT = 2 ** 18; // octets

interface Ends {
  readonly ours: OurEnd;
  readonly kernels: KernelEnd;
}

/** What is agreed upon when we are set to `ours` and the kernel to `kernels`; text both ways. */
const agree =
  (ours: EcnMode, kernels: number, connects: (stage: Stage) => Promise<Ends>): Scenario =>
  async (opens) => {
    writeFileSync('/proc/sys/net/ipv4/tcp_ecn', String(kernels));
    const stage = await opens({ drawn: false, tcp: { profile: 'linux', ecn: ours } });
    const ends = await connects(stage);
    const fromKernel = randomBytes(TEXT);
    const fromUs = randomBytes(TEXT);
    ends.kernels.end(fromKernel);
    ends.ours.end(fromUs);
    let mode = '';
    await stage.until('both ends', () => {
      if (ends.ours.socket.state === 'ESTABLISHED') mode = ends.ours.socket.info(0).ecnMode;
      return ends.kernels.events.includes('end') && ends.ours.signals.includes('end');
    });
    return {
      mode,
      equal: [
        ends.kernels.received.digest() === sha256(fromUs),
        ends.ours.received.digest() === sha256(fromKernel),
      ],
    };
  };

const active = (stage: Stage): Promise<Ends> => stage.estabConnects();
const passive = (stage: Stage): Promise<Ends> => stage.kernelConnects();

await serve({
  'classic, active': agree('classic', 1, active),
  'classic, passive': agree('passive', 1, passive),
  'accurate to classic, active': agree('accurate', 1, active),
  'accurate to none, active': agree('accurate', 0, active),
  'accurate, active': agree('accurate', 3, active),
  'accurate, passive': agree('accurate', 3, passive),
});
