/** Ends of connections with the kernel as peer: what closing.test.ts plays. */
import { randomBytes } from 'node:crypto';
import { sha256 } from './ends.ts';
import type { Family } from '../../src/wire/address.ts';
import { serve, type Scenario } from './serve.ts';

const SOME = 200_000; // octets: several windows

/** Estab asks for a port of the kernel's that nobody has. */
const estabRefused =
  (family: Family): Scenario =>
  async (opens) => {
    const stage = await opens({ family, iss: [100] });
    const ours = stage.open();
    await stage.untilIn(ours, 'CLOSED');
    const { lines } = stage.figure;
    const quiet = stage.nextTimeout() === Infinity; // nothing will ever be sent again
    return { lines, signals: ours.signals, quiet };
  };

/** The kernel asks for a port of ours that nobody has. */
const kernelRefused =
  (family: Family): Scenario =>
  async (opens) => {
    const stage = await opens({ family });
    const kernels = stage.kernelOpens();
    await stage.until('connect() fails', () => kernels.events.includes('close'));
    return { lines: stage.figure.lines, kernel: kernels.events, state: stage.kernelState() };
  };

await serve({
  async 'half-close by estab'(opens) {
    const stage = await opens({ drawn: false });
    const { ours, kernels } = await stage.estabConnects();
    const text = randomBytes(SOME);
    ours.end('that is all');
    await stage.until('the FIN', () => kernels.events.includes('end'));
    await stage.untilIn(ours, 'FIN-WAIT-2');
    const states = [ours.socket.state, stage.kernelState()];
    kernels.write(text);
    await stage.until('the text', () => ours.received.octets === SOME);
    const still = [ours.socket.state, stage.kernelState()];
    kernels.end();
    await stage.untilIn(ours, 'TIME-WAIT');
    const equal = ours.received.digest() === sha256(text);
    return { states, still, text: kernels.received.text, equal, signals: ours.signals };
  },

  async 'half-close by the kernel'(opens) {
    const stage = await opens({ drawn: false });
    const { ours, kernels } = await stage.kernelConnects();
    const text = randomBytes(SOME);
    kernels.end('that is all');
    await stage.untilIn(ours, 'CLOSE-WAIT');
    await stage.untilKernelIn('FIN-WAIT-2');
    ours.write(text);
    await stage.until('the text', () => kernels.received.octets === SOME);
    const still = [ours.socket.state, stage.kernelState()];
    ours.end();
    await stage.untilIn(ours, 'CLOSED');
    const equal = kernels.received.digest() === sha256(text);
    const kernel = stage.kernelState();
    return { still, text: ours.received.text, equal, signals: ours.signals, kernel };
  },

  async 'abort by estab'(opens) {
    const stage = await opens({ iss: [100] });
    const { ours, kernels } = await stage.estabConnects();
    const before = stage.figure.lines.length;
    ours.abort();
    await stage.until('the kernel knows', () => kernels.events.includes('close'));
    const lines = stage.figure.lines.slice(before);
    return { lines, kernel: kernels.events, signals: ours.signals };
  },

  /** The reset lies ahead of what the kernel has received: RFC 5961 challenges it. */
  async 'abort by estab, its text lost'(opens) {
    const stage = await opens({ iss: [100] });
    const { ours, kernels } = await stage.kernelConnects();
    const before = stage.figure.lines.length;
    stage.link.outgoing = ({ text }) => (text > 0 ? 'lose' : 'deliver');
    ours.write('ten octets');
    ours.abort();
    await stage.until('the kernel knows', () => kernels.events.includes('close'));
    return { lines: stage.figure.lines.slice(before), kernel: kernels.events };
  },

  /** SHLD-3: our application is gone and has not taken what arrived. */
  async 'released with text unread'(opens) {
    const stage = await opens({ iss: [100] });
    const { ours, kernels } = await stage.estabConnects();
    ours.pause();
    kernels.write('ten octets');
    await stage.until('the text arrives', () => ours.socket.unread === 10);
    const before = stage.figure.lines.length;
    stage.act((now) => ours.socket.release(now));
    await stage.until('the kernel knows', () => kernels.events.includes('close'));
    return { lines: stage.figure.lines.slice(before), kernel: kernels.events };
  },

  async 'abort by the kernel'(opens) {
    const stage = await opens({ iss: [100] });
    const { ours, kernels } = await stage.kernelConnects();
    const before = stage.figure.lines.length;
    kernels.socket.resetAndDestroy(); // SO_LINGER 0 and close()
    await stage.untilIn(ours, 'CLOSED');
    return {
      lines: stage.figure.lines.slice(before),
      signals: ours.signals,
      late: [ours.socket.send(0, new Uint8Array(1)), ours.socket.receive(0, new Uint8Array(1))],
    };
  },

  'refused by the kernel': estabRefused(4),
  'refused by the kernel, IPv6': estabRefused(6),
  'refused by estab': kernelRefused(4),
  'refused by estab, IPv6': kernelRefused(6),

  async 'estab keeps alive'(opens) {
    const tcp = { keepAlive: true, keepAliveIdle: 600, keepAliveInterval: 600, keepAliveProbes: 2 };
    const stage = await opens({ iss: [100], tcp });
    const { ours, kernels } = await stage.estabConnects();
    const before = stage.figure.lines.length;
    await stage.until('two probes and answers', () => stage.figure.lines.length >= before + 4);
    const lines = stage.figure.lines.slice(before, before + 4);
    kernels.end('still there');
    ours.end('so am I');
    await stage.until('both FINs', () => {
      return ours.signals.includes('end') && kernels.events.includes('end');
    });
    const { signals } = ours;
    return { lines, signals, texts: [ours.received.text, kernels.received.text] };
  },

  async 'the kernel keeps alive'(opens) {
    const stage = await opens({ iss: [100] });
    const { ours, kernels } = await stage.kernelConnects();
    const before = stage.figure.lines.length;
    kernels.socket.setKeepAlive(true, 1000); // TCP_KEEPIDLE in whole seconds, TCP_KEEPINTVL is 1 s
    await stage.until('two probes and answers', () => stage.figure.lines.length >= before + 4);
    const lines = stage.figure.lines.slice(before, before + 4);
    ours.end('so am I');
    kernels.end('still there');
    await stage.until('both FINs', () => {
      return ours.signals.includes('end') && kernels.events.includes('end');
    });
    const { signals } = ours;
    return { lines, signals, texts: [ours.received.text, kernels.received.text] };
  },

  /** Nobody answers: MUST-29's several probes, then the user is told. */
  async 'estab keeps alive in vain'(opens) {
    const tcp = { keepAlive: true, keepAliveIdle: 60, keepAliveInterval: 60, keepAliveProbes: 3 };
    const stage = await opens({ iss: [100], tcp });
    const { ours } = await stage.estabConnects();
    stage.link.incoming = () => 'lose';
    const before = stage.figure.segments.length;
    await stage.untilIn(ours, 'CLOSED');
    const probes = stage.figure.segments
      .slice(before)
      .filter(({ direction, text }) => direction === 'out' && text === 0);
    return { probes: probes.length, signals: ours.signals };
  },
});
