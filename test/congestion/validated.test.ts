/** RFC 7661: cwnd of an application that pauses. */
import { describe, expect, test } from 'vitest';
import { Acks, made, MODERN, SMSS } from './acks.ts';

const VALIDATE = { ...MODERN, afterIdle: 'validate' } as const;
const MINUTE = 60_000;

describe.each(['reno', 'cubic'] as const)('RFC 7661 with %s', (name) => {
  test('§4.4 a pause leaves cwnd; §4.4.3 each five minutes of it halve it, down to IW', () => {
    const control = made(name, VALIDATE);
    control.cwnd = 40 * SMSS;
    control.restartedAfterIdle(4 * MINUTE, 200, 4 * MINUTE);
    expect(control.cwnd).toBe(40 * SMSS);
    control.restartedAfterIdle(MINUTE, 200, 5 * MINUTE);
    expect([control.cwnd, control.why]).toEqual([
      20 * SMSS,
      'RFC 7661 §4.4.3: not validated for five minutes, half',
    ]);
    control.restartedAfterIdle(9 * MINUTE, 200, 14 * MINUTE);
    control.restartedAfterIdle(9 * MINUTE, 200, 23 * MINUTE);
    expect(control.cwnd).toBe(10 * SMSS);
  });

  test('§4.4.1 a loss meanwhile: cwnd of what was seen to get through, not of what never was', () => {
    const control = made(name, VALIDATE);
    control.ssthresh = 40 * SMSS;
    control.cwnd = 40 * SMSS;
    const acks = new Acks(control);
    acks.sample.cwndLimited = false;
    control.restartedAfterIdle(10_000, 200, 10_000);
    control.congestionDetected('loss', 6 * SMSS, 10_100);
    expect(control.ssthresh).toBe(Math.floor(6 * SMSS * (name === 'reno' ? 0.5 : 0.7)));
  });

  test('§4.3 who uses half of cwnd is validated', () => {
    const control = made(name, VALIDATE);
    control.ssthresh = 10 * SMSS;
    const acks = new Acks(control);
    for (let now = 0; now < 20_000; now += 1000) acks.round(now, 100);
    expect(control.cwnd).toBeGreaterThan(20 * SMSS);
  });
});
