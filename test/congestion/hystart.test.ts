/** HyStart++: RFC 9406 §4.2, with round trips as they are told to it. */
import { describe, expect, test } from 'vitest';
import { INFINITE_SSTHRESH } from '../../src/tcp/congestion/control.ts';
import { MBIT, PathModel } from './path-model.ts';
import { Acks, made, MODERN, SMSS } from './acks.ts';

const HYSTART = { ...MODERN, hystart: true };
const CSS = 'RFC 9406 §4.2: conservative slow start';

describe.each(['reno', 'cubic'] as const)('RFC 9406 with %s', (name) => {
  test('§4.2 doubles as long as round trips do not grow', () => {
    const control = made(name, HYSTART);
    const acks = new Acks(control);
    for (let round = 0; round < 5; round++) acks.round(round * 40, 40);
    expect(control.cwnd).toBe(320 * SMSS);
  });

  test('§4.3 a round trip longer by an eighth: CSS, a quarter of the growth, five rounds, ssthresh', () => {
    const control = made(name, HYSTART);
    const acks = new Acks(control);
    acks.round(0, 40);
    acks.round(40, 40);
    const entered = control.cwnd; // 40 segments
    let now = 80;
    const grown: number[] = [];
    for (let round = 0; round < 5; round++, now += 46) {
      const before = control.cwnd;
      acks.round(now, 46);
      grown.push((control.cwnd - before) / before);
      expect(control.ssthresh).toBe(INFINITE_SSTHRESH);
    }
    expect(grown[0]).toBeGreaterThan(0.25); // the first eight ACKs of it were samples
    expect(grown.slice(1).every((growth) => Math.abs(growth - 0.25) < 0.02)).toBe(true);
    expect(control.why).toBe(CSS);
    acks.round(now, 46);
    expect(control.ssthresh).toBeLessThan(INFINITE_SSTHRESH);
    expect(control.ssthresh).toBeGreaterThan(2 * entered);
    expect(control.cwnd - control.ssthresh).toBeLessThan(2 * SMSS);
  });

  test('§4.2 a round trip that shrinks again: slow start goes on', () => {
    const control = made(name, HYSTART);
    const acks = new Acks(control);
    acks.round(0, 40);
    acks.round(40, 40);
    acks.round(80, 50);
    expect(control.why).toBe(CSS);
    acks.round(130, 40);
    expect(control.why).toBe('RFC 5681 §3.1: slow start');
    const before = control.cwnd;
    acks.round(170, 40);
    expect(control.cwnd).toBe(2 * before);
  });

  test('§4.3 no less than eight samples, no less than 4 ms', () => {
    const few = made(name, HYSTART, 4 * SMSS);
    const acks = new Acks(few);
    acks.round(0, 10);
    acks.take(7 * SMSS, 20, 100);
    expect(few.why).toBe('RFC 5681 §3.1: slow start');
    const near = made(name, HYSTART);
    const other = new Acks(near);
    for (let round = 0; round < 4; round++) other.round(round * 20, 10 + round * 3.9 * 0);
    other.round(100, 13.9);
    expect(near.why).toBe('RFC 5681 §3.1: slow start');
  });

  test('§4.3 L is eight segments; paced, there is no limit', () => {
    const unpaced = made(name, HYSTART);
    new Acks(unpaced).take(10 * SMSS, 10, 10);
    expect(unpaced.cwnd).toBe(18 * SMSS);
    const paced = made(name, { ...HYSTART, pacing: 'on' });
    new Acks(paced).take(10 * SMSS, 10, 10);
    expect(paced.cwnd).toBe(20 * SMSS);
  });

  test('leaves slow start before the queue overflows', () => {
    const rate = 10 * MBIT;
    const path = { rate, rtt: 40, buffer: 8 * rate * 40 };
    const lost = [true, false].map((hystart) => {
      const model = new PathModel(path);
      const flow = model.add(made(name, { ...MODERN, hystart }, 14_480, 1448));
      model.run(3000);
      return flow.lost;
    });
    expect(lost[0]).toBe(0);
    expect(lost[1]).toBeGreaterThan(10 * 1448);
  });
});
