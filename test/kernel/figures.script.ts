/** RFC 9293's figures with the kernel as TCP B: what figures.test.ts plays. */
import { ACK, RST, SYN } from '../../src/wire/segment.ts';
import type { Family } from '../../src/wire/address.ts';
import { serve, type Scenario } from './serve.ts';

/** Figure 6, then Figure 12: A opens and closes first. */
const basicAndNormalClose =
  (family: Family): Scenario =>
  async (opens) => {
    const stage = await opens({ family, iss: [100] });
    const { ours, kernels } = await stage.estabConnects();
    ours.write('ten octets');
    await stage.until('the text arrives', () => kernels.received.octets === 10);
    await stage.until('its ACK', () => stage.figure.segments.at(-1)?.direction === 'in');
    ours.end();
    await stage.until('the FIN arrives', () => kernels.events.includes('end'));
    await stage.untilIn(ours, 'FIN-WAIT-2');
    kernels.end();
    await stage.untilIn(ours, 'TIME-WAIT');
    await stage.untilIn(ours, 'CLOSED'); // 2 MSL
    await stage.until('close() returns', () => kernels.events.includes('close'));
    return { lines: stage.figure.lines, arrows: stage.figure.arrows, kernel: kernels.events };
  };

await serve({
  'basic, normal close': basicAndNormalClose(4),
  'basic, normal close, IPv6': basicAndNormalClose(6),

  /** The same with the parts exchanged: B opens and closes first. */
  async 'basic and normal close, by the kernel'(opens) {
    const stage = await opens({ iss: [100] });
    const { ours, kernels } = await stage.kernelConnects();
    kernels.write('ten octets');
    await stage.until('the text arrives', () => ours.received.octets === 10);
    kernels.end();
    await stage.untilIn(ours, 'CLOSE-WAIT');
    ours.end();
    await stage.untilIn(ours, 'CLOSED');
    const { lines, arrows } = stage.figure;
    return { lines, arrows, kernel: stage.kernelState(), text: ours.received.text };
  },

  /** Figure 7. */
  async 'simultaneous open'(opens) {
    const stage = await opens({ iss: [100] });
    stage.link.outgoing = () => 'hold';
    const ours = stage.open();
    const kernels = stage.kernelOpens();
    await stage.untilIn(ours, 'SYN-RECEIVED');
    stage.link.releaseOutgoing(1);
    await stage.untilIn(ours, 'ESTABLISHED');
    stage.link.releaseOutgoing();
    const opened = stage.figure.lines.length;
    stage.link.outgoing = () => 'deliver';
    await stage.until('connect() returns', () => kernels.events.includes('connect'));
    ours.end('from estab');
    kernels.end('from the kernel');
    await stage.until('all ends', () => kernels.events.includes('end'));
    await stage.until('all ends', () => ours.signals.includes('end'));
    return {
      lines: stage.figure.lines.slice(0, opened),
      arrows: stage.figure.arrows.slice(0, 3),
      texts: [ours.received.text, kernels.received.text],
    };
  },

  /** Figure 8. */
  async 'old duplicate SYN'(opens) {
    const stage = await opens({ iss: [100] });
    const accepted: unknown[] = [];
    await stage.kernelListens((end) => accepted.push(end));
    stage.link.outgoing = ({ ctl }) => (ctl & SYN ? 'hold' : 'deliver');
    const ours = stage.open();
    stage.inject({ seq: 90, ctl: SYN });
    await stage.until('the reset', () => stage.figure.segments.at(-1)?.ctl === RST);
    stage.link.releaseOutgoing();
    await stage.untilIn(ours, 'ESTABLISHED');
    await stage.until('the kernel accepts', () => accepted.length === 1);
    return { lines: stage.figure.lines, arrows: stage.figure.arrows };
  },

  /** Figure 9: A reboots and opens again. */
  async 'half-open, A opens again'(opens) {
    const stage = await opens({ iss: [100, 400], tcp: { initialRto: 200 } });
    const { kernels } = await stage.estabConnects();
    stage.reboot();
    const before = stage.figure.lines.length;
    const ours = stage.open();
    await stage.untilIn(ours, 'ESTABLISHED'); // with the SYN's second journey
    await stage.until('the user hears of it', () => kernels.events.includes('close'));
    return { lines: stage.figure.lines.slice(before), kernel: kernels.events };
  },

  /** Figure 10: A reboots, B sends. */
  async 'half-open, B sends'(opens) {
    const stage = await opens({ iss: [100] });
    const { kernels } = await stage.estabConnects();
    stage.reboot();
    const before = stage.figure.lines.length;
    kernels.write('ten octets');
    await stage.until('the kernel knows', () => kernels.events.includes('close'));
    return { lines: stage.figure.lines.slice(before), kernel: kernels.events };
  },

  /** Figure 10 the other way: B reboots, A sends. */
  async 'half-open, B reboots and A sends'(opens) {
    const stage = await opens({ iss: [100] });
    const { ours, kernels } = await stage.estabConnects();
    stage.link.incoming = () => 'lose'; // of a reboot nobody hears
    kernels.socket.resetAndDestroy();
    await stage.until('the kernel has forgotten', () => stage.kernelState() === 'LISTEN');
    await stage.until('its reset is lost', () => stage.figure.segments.at(-1)?.ctl === (RST | ACK));
    stage.link.incoming = () => 'deliver';
    const before = stage.figure.lines.length;
    ours.write('ten octets');
    await stage.untilIn(ours, 'CLOSED');
    return { lines: stage.figure.lines.slice(before), signals: ours.signals };
  },

  /** Figure 9 the other way: B reboots and opens again. */
  async 'half-open, B reboots and opens again'(opens) {
    const stage = await opens({ iss: [100, 500] });
    const { ours, kernels } = await stage.kernelConnects();
    stage.link.incoming = () => 'lose';
    kernels.socket.resetAndDestroy();
    await stage.until('its reset is lost', () => stage.figure.segments.at(-1)?.ctl === (RST | ACK));
    stage.link.incoming = () => 'deliver';
    const before = stage.figure.lines.length;
    const again = stage.kernelOpens();
    await stage.until('both established', () => {
      return again.events.includes('connect') && stage.host.counters.accepted === 2;
    });
    return { lines: stage.figure.lines.slice(before), signals: ours.signals };
  },

  /** Figure 11: nobody opened. */
  async 'old duplicate SYN, two passive sockets'(opens) {
    const stage = await opens({ iss: [900] });
    const accepted: unknown[] = [];
    await stage.kernelListens((end) => accepted.push(end));
    const ours = stage.openPassive();
    stage.inject({ seq: 100, ctl: SYN });
    await stage.until('the reset', () => stage.figure.segments.at(-1)?.ctl === RST);
    return {
      lines: stage.figure.lines,
      signals: ours.signals,
      states: [ours.socket.state, stage.kernelState()],
      accepted: accepted.length,
    };
  },

  /** Figure 13. */
  async 'simultaneous close'(opens) {
    const stage = await opens({ iss: [99] });
    const { ours, kernels } = await stage.estabConnects();
    const before = stage.figure.lines.length;
    stage.link.outgoing = () => 'hold';
    ours.end(); //                          2a
    kernels.end(); //                       2b
    await stage.untilIn(ours, 'CLOSING');
    stage.link.releaseOutgoing(1); //       2c
    await stage.untilIn(ours, 'TIME-WAIT'); // 3b
    stage.link.releaseOutgoing(); //        3c
    const kernel = stage.kernelState();
    await stage.untilIn(ours, 'CLOSED');
    const { lines, arrows } = stage.figure;
    return { lines: lines.slice(before), arrows: arrows.slice(-4), kernel };
  },

  /** The last ACK is lost: the FIN comes again and finds TIME-WAIT. */
  async 'TIME-WAIT on our side'(opens) {
    const stage = await opens({ iss: [100], tcp: { msl: 30_000 }, kernelRto: 400 });
    const { ours, kernels } = await stage.estabConnects();
    ours.end();
    await stage.untilIn(ours, 'FIN-WAIT-2');
    const before = stage.figure.lines.length;
    let lost = 0;
    stage.link.outgoing = () => (++lost === 1 ? 'lose' : 'deliver');
    kernels.end();
    await stage.untilIn(ours, 'TIME-WAIT');
    const ends = stage.nextTimeout();
    await stage.until('the kernel hears it', () => stage.kernelState() === 'LISTEN');
    const restarted = stage.nextTimeout() - ends > 300; // an RTO of the kernel's
    const kept = stage.host.counters['time-wait-kept'];
    return { lines: stage.figure.lines.slice(before), restarted, kept };
  },

  async 'TIME-WAIT on the kernel side'(opens) {
    const stage = await opens({ iss: [100], tcp: { minRto: 200 } });
    const { ours, kernels } = await stage.estabConnects();
    kernels.end();
    await stage.untilIn(ours, 'CLOSE-WAIT');
    const before = stage.figure.lines.length;
    let lost = 0;
    stage.link.incoming = () => (++lost === 1 ? 'lose' : 'deliver');
    ours.end();
    await stage.untilIn(ours, 'CLOSED');
    return { lines: stage.figure.lines.slice(before), signals: ours.signals };
  },

  /** MAY-2: the kernel connects again, from the port whose connection waits in TIME-WAIT here. */
  async 'TIME-WAIT on our side, the kernel opens again'(opens) {
    const stage = await opens({ iss: [100, 200_000], tcp: { msl: 30_000 } });
    const { ours, kernels } = await stage.kernelConnects();
    ours.end();
    await stage.untilIn(ours, 'FIN-WAIT-2');
    kernels.end();
    await stage.untilKernelIn('CLOSED');
    const waiting = ours.socket.state;
    const before = stage.figure.lines.length;
    const again = stage.kernelOpens();
    await stage.until('both established', () => {
      return again.events.includes('connect') && stage.host.counters.accepted === 2;
    });
    const reopened = stage.host.counters['time-wait-reopened'];
    return { waiting, lines: stage.figure.lines.slice(before), reopened };
  },

  /** RFC 6191 and MAY-2 as the kernel has it. */
  async 'TIME-WAIT on the kernel side, we open again'(opens) {
    const stage = await opens({ iss: [100, 200_000] });
    const { ours, kernels } = await stage.estabConnects();
    kernels.end();
    await stage.untilIn(ours, 'CLOSE-WAIT');
    ours.end();
    await stage.untilIn(ours, 'CLOSED');
    await stage.untilKernelIn('TIME-WAIT');
    const before = stage.figure.lines.length;
    const again = stage.open();
    await stage.untilIn(again, 'ESTABLISHED');
    return { lines: stage.figure.lines.slice(before) };
  },
});
