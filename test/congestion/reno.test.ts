/** Reno: RFC 5681 with RFC 3465, RFC 8511 and what idle times do; the initial windows. */
import { describe, expect, test } from 'vitest';
import { initialWindow } from '../../src/tcp/initial-window.ts';
import { Acks, made, MODERN, SMSS } from './acks.ts';

const PLAIN = { ...MODERN, profile: 'rfc' } as const;
const LINUX = { ...MODERN, profile: 'linux' } as const;

describe('RFC 3465: appropriate byte counting', () => {
  test('§2.3 an ACK of four segments lets cwnd grow by two (L = 2), by one in the plain profile', () => {
    for (const [options, grown] of [
      [MODERN, 2 * SMSS],
      [PLAIN, SMSS],
    ] as const) {
      const control = made('reno', options);
      new Acks(control).take(4 * SMSS, 10, 10);
      expect(control.cwnd).toBe(10 * SMSS + grown);
    }
  });

  test('§2.3 after a timeout L is 1', () => {
    const control = made('reno');
    const acks = new Acks(control);
    control.timedOut(20 * SMSS, true, 0);
    acks.take(4 * SMSS, 10, 10);
    expect(control.cwnd).toBe(2 * SMSS);
  });

  test.each(['reno', 'cubic'] as const)(
    'a hundred ACKs of one segment are worth one: %s (S14)',
    (name) => {
      const control = made(name);
      const acks = new Acks(control);
      for (let i = 0; i < 100; i++) acks.take(SMSS / 100, 10 + i / 100, 10);
      expect(control.cwnd).toBe(11 * SMSS);
      control.congestionDetected('loss', control.cwnd, 20);
      control.cwnd = control.ssthresh;
      const before = control.cwnd;
      for (let i = 0; i < 100; i++) acks.take(SMSS / 100, 30 + i / 100, 10);
      expect(control.cwnd - before).toBeLessThan(SMSS);
    },
  );

  test('§2.1 one segment for each window in congestion avoidance, however it is acknowledged', () => {
    for (const piece of [100, 1000, 5000]) {
      const control = made('reno');
      control.congestionDetected('loss', 20 * SMSS, 0);
      control.cwnd = control.ssthresh;
      const acks = new Acks(control);
      for (let i = 0; i < (10 * SMSS) / piece; i++) acks.take(piece, i, 10);
      expect(control.cwnd).toBe(11 * SMSS);
    }
  });
});

describe('Reno', () => {
  test('RFC 5681 §3.1: half on loss; RFC 8511 §3: 0.8 on a mark in congestion avoidance', () => {
    const control = made('reno');
    control.congestionDetected('loss', 20 * SMSS, 0);
    expect(control.ssthresh).toBe(10 * SMSS);
    control.congestionDetected('ece', 10 * SMSS, 10);
    expect(control.ssthresh).toBe(8 * SMSS);
    const slow = made('reno');
    slow.congestionDetected('ece', 10 * SMSS, 10);
    expect(slow.ssthresh).toBe(5 * SMSS);
  });

  test('RFC 5681 §3.1: a second timeout of the same segment leaves ssthresh', () => {
    const control = made('reno');
    control.timedOut(20 * SMSS, true, 0);
    control.timedOut(SMSS, false, 1000);
    expect([control.cwnd, control.ssthresh]).toEqual([SMSS, 10 * SMSS]);
  });

  test('RFC 4015 §3: a spurious timeout is taken back once', () => {
    const control = made('reno');
    control.timedOut(10 * SMSS, true, 0);
    control.undo(10);
    expect(control.cwnd).toBe(10 * SMSS);
    control.timedOut(10 * SMSS, true, 20);
    control.undo(30);
    control.timedOut(10 * SMSS, false, 40);
    control.undo(50);
    expect(control.cwnd).toBe(SMSS);
  });

  test('RFC 5681 §4.1: RW after an idle time; Linux halves for each RTO of it', () => {
    for (const [options, windows] of [
      [MODERN, [10, 10]],
      [LINUX, [20, 10]],
    ] as const) {
      const control = made('reno', options);
      control.cwnd = 40 * SMSS;
      control.restartedAfterIdle(250, 200, 1000);
      expect(control.cwnd).toBe(windows[0] * SMSS);
      control.cwnd = 40 * SMSS;
      control.restartedAfterIdle(10_000, 200, 1000);
      expect(control.cwnd).toBe(windows[1] * SMSS);
    }
  });
});

describe('RFC 6928: the initial window', () => {
  test.each([
    ['freebsd', 1460, 14_600],
    ['freebsd', 536, 5360],
    ['freebsd', 4000, 14_600],
    ['freebsd', 9000, 18_000],
    ['linux', 1460, 14_600],
    ['linux', 9000, 90_000],
  ] as const)('§2 of %s with segments of %i octets is %i', (profile, smss, octets) => {
    expect(initialWindow({ initialWindow: 10, profile }, smss)).toBe(octets);
  });

  test('RFC 5681 §3.1 with 0', () => {
    const windows = [536, 1095, 1096, 2190, 2191].map((smss) =>
      initialWindow({ initialWindow: 0 }, smss),
    );
    expect(windows).toEqual([2144, 4380, 3288, 6570, 4382]);
  });
});
