/** CUBIC against the formulas of RFC 9438, computed here once more. */
import { describe, expect, test } from 'vitest';
import type { CongestionControl } from '../../src/tcp/congestion/control.ts';
import { Acks, made, MODERN, SMSS } from './acks.ts';

const C = 0.4;
const BETA = 0.7;
const ALPHA = (3 * (1 - BETA)) / (1 + BETA);
const SEGMENTS = 100;

/** W_cubic of equation 1; t in seconds. */
function wCubic(t: number, wMax: number, cwndEpoch: number): number {
  const k = Math.cbrt((wMax - cwndEpoch) / C);
  return C * (t - k) ** 3 + wMax;
}

function lose(control: CongestionControl, now: number): void {
  control.congestionDetected('loss', control.cwnd, now);
  control.cwnd = control.ssthresh; // as PRR leaves it
  control.recoveryEnded(now);
}

function afterLoss(segments: number): { control: CongestionControl; acks: Acks } {
  const control = made('cubic', MODERN, segments * SMSS);
  const acks = new Acks(control);
  lose(control, 0);
  return { control, acks };
}

describe('RFC 9438', () => {
  test('§4.6 beta is 0.7; ssthresh is two segments at least', () => {
    const { control } = afterLoss(SEGMENTS);
    expect([control.ssthresh, control.cwnd]).toEqual([70_000, 70_000]);
    const small = made('cubic', MODERN, SMSS);
    small.congestionDetected('loss', SMSS, 0);
    expect(small.ssthresh).toBe(2 * SMSS);
  });

  test('§4.2, §4.4, §4.5 cwnd follows W_cubic(t), through the plateau at K and beyond', () => {
    const { control, acks } = afterLoss(SEGMENTS);
    const rtt = 100;
    const regions = new Set<string>();
    for (let now = 0; now < 5500; now += rtt) {
      acks.round(now, rtt);
      const t = (now + rtt) / 1000;
      const segments = control.cwnd / SMSS;
      const early = wCubic(t - 0.2, SEGMENTS, 70);
      const late = wCubic(t + 0.2, SEGMENTS, 70);
      expect(segments).toBeGreaterThan(Math.min(early, late) * 0.99 - 0.5);
      expect(segments).toBeLessThan(late * 1.01 + 0.5);
      regions.add(control.why);
    }
    expect([...regions]).toEqual(['RFC 9438 §4.4: concave region', 'RFC 9438 §4.5: convex region']);
  });

  test('§4.3 with short round trips it is as fast as Reno: alpha_cubic up to cwnd_prior, then 1', () => {
    const { control, acks } = afterLoss(10);
    const rtt = 10;
    const grown: number[] = [];
    for (let round = 0; round < 30; round++) {
      const before = control.cwnd;
      acks.round(round * rtt, rtt);
      grown.push((control.cwnd - before) / SMSS);
      expect(control.why).toBe('RFC 9438 §4.3: Reno-friendly region');
    }
    expect(grown[1]!).toBeCloseTo(ALPHA, 1);
    expect(grown[29]!).toBeCloseTo(1, 1);
  });

  test.each([
    [1e-2, 12],
    [1e-3, 38],
    [1e-4, 187],
    [1e-5, 1054],
  ])(
    '§5.1, Table 1: the average window of RTT 0.1 s at loss rate %d is %i segments',
    (p, average) => {
      const control = made('cubic', MODERN, average * SMSS);
      control.ssthresh = control.cwnd;
      const acks = new Acks(control);
      const rtt = 100;
      let now = 0;
      let untilLoss = 1 / p;
      const epochs = 16;
      let time = 0;
      let area = 0;
      for (let losses = 0; losses < epochs;) {
        const dt = (rtt * SMSS) / control.cwnd;
        now += dt;
        acks.take(SMSS, now, rtt);
        if (losses >= epochs / 2) {
          time += dt;
          area += control.cwnd * dt;
        }
        if (--untilLoss > 0) continue;
        lose(control, now);
        untilLoss = 1 / p;
        losses++;
      }
      // The table is of a fluid model without fast convergence.
      expect(area / time / SMSS / average).toBeGreaterThan(0.85);
      expect(area / time / SMSS / average).toBeLessThan(1.15);
    },
  );

  test('§4.7 fast convergence: who loses below W_max remembers less than it had', () => {
    const { control, acks } = afterLoss(SEGMENTS);
    acks.round(0, 100);
    const before = control.cwnd / SMSS;
    lose(control, 100);
    const wMax = (before * (1 + BETA)) / 2;
    const epoch = control.cwnd / SMSS;
    for (let now = 100; now < 2000; now += 100) acks.round(now, 100);
    const t = 1.9;
    expect(control.cwnd / SMSS).toBeGreaterThan(wCubic(t - 0.2, wMax, epoch) * 0.98);
    expect(control.cwnd / SMSS).toBeLessThan(Math.max(wCubic(t + 0.1, wMax, epoch), 62) * 1.02);
    expect(control.cwnd / SMSS).toBeLessThan(wCubic(t, before, epoch));
  });

  test('§4.8 a timeout: one segment, and the next stage begins at its own W_max', () => {
    const control = made('cubic', MODERN, SEGMENTS * SMSS);
    const acks = new Acks(control);
    control.timedOut(control.cwnd, true, 0);
    expect([control.cwnd, control.ssthresh]).toEqual([SMSS, 70_000]);
    let now = 1000;
    for (; control.cwnd < control.ssthresh; now += 100) acks.round(now, 100);
    const start = control.cwnd / SMSS;
    for (let i = 0; i < 20; i++, now += 100) acks.round(now, 100);
    const flat = C * 2 ** 3 + start; // K = 0
    expect(control.cwnd / SMSS).toBeGreaterThan(flat - 2);
    expect(control.cwnd / SMSS).toBeLessThan(start + 2.1 ** 3 * C + 20 * ALPHA + 1);
  });

  test('§4.9 a spurious loss is taken back, with its place on the curve', () => {
    const { control, acks } = afterLoss(SEGMENTS);
    for (let now = 0; now < 1000; now += 100) acks.round(now, 100);
    const twin = afterLoss(SEGMENTS);
    for (let now = 0; now < 1000; now += 100) twin.acks.round(now, 100);
    const cwnd = control.cwnd;
    lose(control, 1000);
    expect(control.cwnd).toBeLessThan(cwnd);
    control.undo(1050);
    expect([control.cwnd, control.ssthresh]).toEqual([cwnd, 70_000]);
    expect(control.why).toBe('RFC 9438 §4.9: spurious congestion event');
    for (let now = 1000; now < 2000; now += 100) {
      acks.round(now, 100);
      twin.acks.round(now, 100);
    }
    expect(Math.abs(control.cwnd - twin.control.cwnd)).toBeLessThan(2 * SMSS);
    control.undo(2000); // nothing is left to be taken back
    expect(Math.abs(control.cwnd - twin.control.cwnd)).toBeLessThan(2 * SMSS);
  });

  test('§4.9 slow start goes on when a loss was spurious before cwnd was reduced for it', () => {
    const control = made('cubic', MODERN, SEGMENTS * SMSS);
    const acks = new Acks(control);
    acks.round(0, 100);
    const { cwnd, ssthresh } = control;
    control.congestionDetected('loss', cwnd, 100);
    expect(control.ssthresh).toBeLessThan(cwnd);
    control.undo(110); // cwnd is what PRR makes of it, ACK by ACK: none has arrived
    expect([control.cwnd, control.ssthresh]).toEqual([cwnd, ssthresh]);
    acks.round(200, 100);
    expect(control.cwnd).toBeGreaterThan(1.5 * cwnd);
  });

  test('§5.8 nothing grows while the application holds text back, and that time does not count', () => {
    const { control, acks } = afterLoss(SEGMENTS);
    acks.round(0, 100);
    const cwnd = control.cwnd;
    acks.sample.cwndLimited = false;
    for (let now = 100; now < 60_000; now += 100) acks.round(now, 100);
    expect(control.cwnd).toBe(cwnd);
    acks.sample.cwndLimited = true;
    acks.round(60_000, 100);
    const { control: twin, acks: other } = afterLoss(SEGMENTS);
    other.round(0, 100);
    other.round(100, 100);
    expect(Math.abs(control.cwnd - twin.cwnd)).toBeLessThan(SMSS);
  });

  test('§5.8 nor while it is silent', () => {
    const { control, acks } = afterLoss(SEGMENTS);
    acks.round(0, 100);
    const cwnd = control.cwnd;
    acks.round(3_600_000, 100);
    expect(control.cwnd - cwnd).toBeLessThan(10 * SMSS);
  });

  test('RFC 8511 §3 a mark in congestion avoidance costs 15 %, in slow start 30 %', () => {
    const fresh = made('cubic', MODERN, SEGMENTS * SMSS);
    fresh.congestionDetected('ece', fresh.cwnd, 0);
    expect(fresh.ssthresh).toBe(70_000);
    const { control } = afterLoss(SEGMENTS);
    control.congestionDetected('ece', control.cwnd, 100);
    expect(control.ssthresh).toBe(59_500);
  });
});
