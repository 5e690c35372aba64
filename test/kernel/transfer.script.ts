/** Much text between estab and the kernel: what transfer.test.ts plays. */
import { randomBytes } from 'node:crypto';
import type { Family } from '../../src/wire/address.ts';
import { serve, type Scenario } from './serve.ts';
import { sha256, type KernelEnd, type OurEnd } from './ends.ts';
import type { Stage } from './stage.ts';

const MEBIBYTE = 2 ** 20; // octets

interface Ends {
  readonly ours: OurEnd;
  readonly kernels: KernelEnd;
}

/** 10 MiB each way at once, over a connection that `connects` makes. */
const bothWays =
  (family: Family, connects: (stage: Stage) => Promise<Ends>): Scenario =>
  async (opens) => {
    const stage = await opens({ family, drawn: false, tcp: { delayedAck: 40, minRto: 1000 } });
    const { ours, kernels } = await connects(stage);
    const fromUs = randomBytes(10 * MEBIBYTE);
    const fromKernel = randomBytes(10 * MEBIBYTE);
    ours.end(fromUs);
    kernels.end(fromKernel);
    await stage.until('both FINs', () => {
      return kernels.events.includes('end') && ours.signals.includes('end');
    });
    return {
      octets: [kernels.received.octets, ours.received.octets],
      equal: [
        kernels.received.digest() === sha256(fromUs),
        ours.received.digest() === sha256(fromKernel),
      ],
      drops: stage.host.counters['tcp-checksum'] + stage.host.counters['ipv4-checksum'],
      lost: stage.link.dropped,
    };
  };

const active = (stage: Stage): Promise<Ends> => stage.estabConnects();
const passive = (stage: Stage): Promise<Ends> => stage.kernelConnects();

await serve({
  'active, IPv4': bothWays(4, active),
  'passive, IPv4': bothWays(4, passive),
  'active, IPv6': bothWays(6, active),

  /** The kernel's application stops reading until estab has probed, then goes on. */
  async 'the kernel stops reading'(opens) {
    const stage = await opens({ drawn: false, tcp: { minRto: 50 } });
    const { ours, kernels } = await stage.estabConnects();
    const text = randomBytes(2 * MEBIBYTE);
    kernels.socket.pause();
    ours.end(text);
    const { segments } = stage.figure;
    await stage.until('the window is zero', () => {
      return segments.at(-1)?.direction === 'in' && segments.at(-1)?.wnd === 0;
    });
    const before = segments.length;
    const probes = (): number =>
      segments.slice(before).filter(({ direction }) => direction === 'out').length;
    await stage.until('three probes', () => probes() >= 3);
    const answers = segments.slice(before).filter(({ direction }) => direction === 'in');
    const sent = segments.slice(before).filter(({ direction }) => direction === 'out');
    const octets = sent.map(({ text: length }) => length);
    const stateThen = ours.socket.state;
    kernels.socket.resume();
    await stage.until('all of it', () => kernels.events.includes('end'));
    return {
      probes: { octets: octets.slice(0, 3), windows: answers.slice(0, 2).map(({ wnd }) => wnd) },
      stateThen,
      equal: kernels.received.digest() === sha256(text),
      octets: kernels.received.octets,
    };
  },

  /** Our user stops receiving until the kernel has probed, then goes on. */
  async 'we stop reading'(opens) {
    const stage = await opens({ drawn: false, kernelRto: 200 });
    const { ours, kernels } = await stage.kernelConnects();
    const text = randomBytes(2 * MEBIBYTE);
    ours.pause();
    kernels.end(text);
    const { segments } = stage.figure;
    await stage.until('the window is zero', () => {
      return segments.at(-1)?.direction === 'out' && segments.at(-1)?.wnd === 0;
    });
    const unread = ours.socket.unread;
    const before = segments.length;
    const probes = (): number =>
      segments.slice(before).filter(({ direction }) => direction === 'in').length;
    await stage.until('three probes and answers', () => probes() >= 3);
    await stage.until('the answer', () => segments.at(-1)?.direction === 'out');
    const during = segments.slice(before);
    ours.resume();
    await stage.until('all of it', () => ours.signals.includes('end'));
    return {
      unread,
      during: during.slice(0, 6).map(({ direction, text: length, wnd }) => {
        return direction === 'in' ? `probe ${length}` : `window ${wnd}`;
      }),
      equal: ours.received.digest() === sha256(text),
      octets: ours.received.octets,
    };
  },
});
