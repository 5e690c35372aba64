/** BBR on a modelled path: the test cases of draft-ietf-ccwg-bbr, Appendix A, as far as they are of one flow. */
import { describe, expect, test } from 'vitest';
import { Bbr } from '../../src/tcp/congestion/bbr.ts';
import type { CongestionControl } from '../../src/tcp/congestion/control.ts';
import type { BbrPhase } from '../../src/tcp/congestion/bbr/state.ts';
import { WindowedMax } from '../../src/tcp/congestion/bbr/windowed-max.ts';
import { made } from './acks.ts';
import type { Flow } from './path-model.ts';
import { jain, MBIT, PathModel, type PathSettings } from './path-model.ts';

const SMSS = 1448;
const RTT = 40; // ms

interface Ride {
  readonly model: PathModel;
  readonly flow: Flow;
  readonly bbr: Bbr;
}

function ride(path: Partial<PathSettings> = {}, seed: number = 4711): Ride {
  const rate = path.rate ?? 10 * MBIT;
  const rtt = path.rtt ?? RTT;
  const model = new PathModel({ buffer: 2 * rate * rtt, ...path, rate, rtt });
  const bbr = new Bbr({ seed, srtt: rtt, selectiveAcks: true });
  bbr.established(SMSS, 10 * SMSS, 0);
  return { model, flow: model.add(bbr, SMSS), bbr };
}

/** Runs in steps of a millisecond until `done`, at most for `ms`; the phases there were, in order. */
function until({ model, bbr }: Ride, done: () => boolean, ms: number = 20_000): BbrPhase[] {
  const phases: BbrPhase[] = [];
  const end = model.now + ms;
  while (!done() && model.now < end) {
    model.run(model.now + 1);
    if (phases.at(-1) !== bbr.state.phase) phases.push(bbr.state.phase);
  }
  expect(done()).toBe(true);
  return phases;
}

const CYCLE: BbrPhase[] = ['ProbeBW_DOWN', 'ProbeBW_CRUISE', 'ProbeBW_REFILL', 'ProbeBW_UP'];

describe('draft-ietf-ccwg-bbr', () => {
  test('§5.3.1, §5.3.2 Startup finds the bandwidth within 2 %, Drain the end of the queue', () => {
    const one = ride();
    const { bbr, model } = one;
    until(one, () => bbr.state.phase === 'Drain');
    expect(bbr.state.fullBwCount).toBe(3);
    expect(Math.abs(bbr.state.maxBw / (10 * MBIT) - 1)).toBeLessThan(0.02);
    expect(model.queued).toBeGreaterThan(0.5 * 10 * MBIT * RTT);
    until(one, () => bbr.state.phase === 'ProbeBW_CRUISE', 200);
    expect(model.queued).toBeLessThan(4 * SMSS);
  });

  test('§5.3.3 cycles in order, fills the path and keeps the queue short', () => {
    const one = ride();
    const { bbr, flow, model } = one;
    until(one, () => bbr.state.phase === 'ProbeBW_CRUISE');
    const before = flow.delivered;
    const began = model.now;
    let queue = 0;
    let looks = 0;
    const phases = until(one, () => {
      queue += model.queued;
      looks++;
      return bbr.state.phase === 'ProbeRTT';
    });
    const cycles = phases.slice(0, -1);
    for (let i = 0; i < cycles.length; i++) expect(cycles[i]).toBe(CYCLE[(i + 1) % 4]);
    expect(cycles.length).toBeGreaterThan(4);
    expect((flow.delivered - before) / ((model.now - began) * 10 * MBIT)).toBeGreaterThan(0.96);
    expect(queue / looks).toBeLessThan(0.2 * 10 * MBIT * RTT);
  });

  test('§5.3.4 ProbeRTT every five seconds, half of the BDP for 200 ms, and back', () => {
    const one = ride();
    const { bbr, flow, model } = one;
    until(one, () => bbr.state.phase === 'ProbeRTT');
    expect(model.now).toBeGreaterThan(5000);
    expect(bbr.state.cwndGain).toBe(0.5);
    const began = model.now;
    until(one, () => flow.inFlight <= Math.max(0.5 * bbr.state.bdp, 4 * SMSS), 100);
    until(one, () => bbr.state.phase === 'ProbeBW_CRUISE');
    expect(model.now - began).toBeGreaterThan(200);
    expect(model.now - began).toBeLessThan(200 + 4 * RTT);
  });

  test('§5.3.4 and in Startup it returns to Startup', () => {
    const one = ride();
    one.flow.limit = 2 * SMSS; // application-limited: the pipe is never full
    const phases = until(one, () => one.model.now > 11_000);
    expect(phases.slice(0, 3)).toEqual(['Startup', 'ProbeRTT', 'Startup']);
    expect(one.bbr.cwnd).toBeLessThan(100 * SMSS);
  });

  test('ten times the bandwidth is found, and a tenth of it', () => {
    const one = ride({ buffer: 20 * 10 * MBIT * RTT });
    const { bbr, model } = one;
    until(one, () => bbr.state.phase === 'ProbeBW_CRUISE');
    model.path.rate = 100 * MBIT;
    until(one, () => bbr.state.maxBw > 90 * MBIT, 20_000);
    expect(bbr.state.maxBw).toBeGreaterThan(90 * MBIT);
    model.path.rate = 10 * MBIT;
    until(one, () => bbr.state.maxBw < 11 * MBIT, 30_000);
    expect(bbr.state.maxBw).toBeLessThan(11 * MBIT);
  });

  test('§5.6.4.3 no less than four segments, on a path of less than one', () => {
    const rate = 0.1 * MBIT;
    const one = ride({ rate, rtt: 20, buffer: 20 * SMSS });
    const { bbr, flow, model } = one;
    model.run(20_000);
    const before = flow.delivered;
    model.run(60_000);
    expect(bbr.cwnd).toBeGreaterThanOrEqual(4 * SMSS);
    expect((flow.delivered - before) / (40_000 * rate)).toBeGreaterThan(0.9);
  });

  test('§5.5.10.2 losses while probing set inflight_longterm; a shallow buffer is not overrun', () => {
    const one = ride({ buffer: 0.3 * 10 * MBIT * RTT });
    const { bbr, flow, model } = one;
    model.run(4000);
    const { lost, delivered } = flow;
    model.run(20_000);
    expect(bbr.state.inflightLongterm).toBeLessThan(2 * 10 * MBIT * RTT);
    expect((flow.delivered - delivered) / (16_000 * 10 * MBIT)).toBeGreaterThan(0.9);
    expect((flow.lost - lost) / (flow.delivered - delivered)).toBeLessThan(0.02);
  });

  test('loses a hundredth of all and keeps 80 % of the path, where CUBIC has an eighth of that', () => {
    const rate = 100 * MBIT;
    const path = { rate, rtt: RTT, buffer: rate * RTT, loss: 0.01 };
    const { model, flow } = ride(path);
    model.run(12_000);
    expect(flow.delivered / (12_000 * rate)).toBeGreaterThan(0.8);
    const other = new PathModel(path);
    const cubic = other.add(made('cubic', undefined, 10 * SMSS, SMSS), SMSS);
    other.run(12_000);
    expect(cubic.delivered / flow.delivered).toBeLessThan(1 / 8);
  });

  test('§3.6 marks are congestion: where the queue is marked it stays short', () => {
    const mark = 0.25 * 10 * MBIT * RTT;
    const queues = [undefined, mark].map((at) => {
      const { model } = ride(at === undefined ? {} : { mark: at });
      model.run(2000);
      model.largestQueue = 0;
      model.run(20_000);
      return model.largestQueue;
    });
    expect(queues[1]!).toBeLessThan(0.7 * queues[0]!);
  });

  test('§5.4 after an idle time: cwnd as it was, no ProbeRTT, pacing at the bandwidth', () => {
    const one = ride();
    const { bbr, flow, model } = one;
    until(one, () => bbr.state.phase === 'ProbeBW_CRUISE');
    flow.limit = 0;
    until(one, () => flow.inFlight === 0, 1000);
    const { cwnd } = bbr;
    model.run(model.now + 8000);
    bbr.restartedAfterIdle(8000, 200, model.now);
    expect(bbr.cwnd).toBe(cwnd);
    flow.limit = Infinity;
    model.resume(flow);
    expect(bbr.state.idleRestart).toBe(true);
    const phases = until(one, () => bbr.state.idleRestart === false, 200);
    expect(phases).not.toContain('ProbeRTT');
  });

  test('§5.5.11.2 a spurious loss that ended ProbeBW_UP: it refills and probes on', () => {
    const one = ride();
    const { bbr } = one;
    until(one, () => bbr.state.phase === 'ProbeBW_UP');
    const before = bbr.state.inflightLongterm;
    model20Lost(one);
    expect(bbr.state.phase).toBe('ProbeBW_DOWN');
    expect(bbr.state.inflightLongterm).toBeLessThan(Infinity);
    bbr.undo(one.model.now);
    expect([bbr.state.phase, bbr.state.inflightLongterm]).toEqual(['ProbeBW_REFILL', before]);
  });

  test('two flows share; one beside CUBIC leaves it its part', () => {
    const rate = 20 * MBIT;
    const share = (second: CongestionControl, seed: number): number => {
      const { model, flow } = ride({ rate, buffer: 1.5 * rate * RTT }, seed);
      model.run(3000);
      second.established(SMSS, 10 * SMSS, model.now);
      const next = model.add(second, SMSS);
      model.run(10_000);
      const [a, b] = [flow.delivered, next.delivered];
      model.run(50_000);
      return jain([flow.delivered - a, next.delivered - b]);
    };
    const shares = [1, 2, 3, 4].map((seed) =>
      share(new Bbr({ seed: seed * 1009, srtt: RTT, selectiveAcks: true }), seed * 17),
    );
    expect(Math.min(...shares)).toBeGreaterThan(0.75);
    expect(shares.reduce((sum, one) => sum + one) / shares.length).toBeGreaterThan(0.9);
    expect(share(made('cubic'), 4711)).toBeGreaterThan(0.9);
  });

  test('the same seed, the same course; another one, another', () => {
    const course = (seed: number): string => {
      const { model, flow, bbr } = ride({}, seed);
      model.run(12_000);
      return `${flow.delivered} ${bbr.state.cycleStamp} ${bbr.state.bwProbeWait}`;
    };
    expect(course(1)).toBe(course(1));
    expect(course(1)).not.toBe(course(2));
  });
});

function model20Lost({ flow, model, bbr }: Ride): void {
  const flying = flow.queue.filter((packet) => packet.state === 'flying').slice(-20);
  for (const packet of flying) bbr.deliveryRate.gone(packet, SMSS, model.now);
}

test('a windowed maximum is one of the window, and no later one is larger', () => {
  const filter = new WindowedMax();
  const seen: number[] = [];
  for (let i = 0; i < 500; i++) {
    const value = (i * 7919) % 101;
    seen.push(value);
    const best = filter.update(value, i, 10);
    expect(best).toBeLessThanOrEqual(Math.max(...seen.slice(-12)));
    expect(best).toBeGreaterThanOrEqual(value);
    expect(seen.slice(-12)).toContain(best);
  }
});
