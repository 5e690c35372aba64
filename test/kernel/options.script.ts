/** What estab and the kernel negotiate, and windows beyond 64 KiB: what options.test.ts plays. */
import { randomBytes } from 'node:crypto';
import { serve, type Scenario } from './serve.ts';
import { sha256, type KernelEnd, type OurEnd } from './ends.ts';
import type { Stage } from './stage.ts';

const TEXT = 2 ** 20; // octets
const UNSCALED = 65_535; // octets, the largest window without scaling

interface Ends {
  readonly ours: OurEnd;
  readonly kernels: KernelEnd;
}

/** The kernel sends into our window until it is full, then everything goes both ways. */
const negotiates =
  (connects: (stage: Stage) => Promise<Ends>): Scenario =>
  async (opens) => {
    const stage = await opens({
      drawn: false,
      tcp: { profile: 'linux', receiveBuffer: 4 * UNSCALED, receiveBufferMax: 4 * UNSCALED },
    });
    const { ours, kernels } = await connects(stage);
    const { scaled, sackOn, timestamps, snd } = ours.socket.connection.tcb;
    const fromKernel = randomBytes(TEXT);
    const fromUs = randomBytes(TEXT);
    ours.pause();
    kernels.end(fromKernel);
    await stage.until('more than 64 KiB unread', () => ours.socket.unread > UNSCALED);
    const recent = timestamps?.recent;
    ours.resume();
    ours.end(fromUs);
    await stage.until('both ends', () => {
      return kernels.events.includes('end') && ours.signals.includes('end');
    });
    return {
      options: [scaled, sackOn, recent !== undefined],
      kernelScales: snd.shift > 0,
      windowBeyond64KiB: snd.maxWnd > UNSCALED,
      equal: [
        kernels.received.digest() === sha256(fromUs),
        ours.received.digest() === sha256(fromKernel),
      ],
    };
  };

await serve({
  active: negotiates((stage) => stage.estabConnects()),
  passive: negotiates((stage) => stage.kernelConnects()),
});
