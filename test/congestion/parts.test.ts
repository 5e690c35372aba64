/** Delivery rate samples and the pacer, against the arithmetic of draft-ietf-ccwg-bbr. */
import { describe, expect, test } from 'vitest';
import { DeliveryRate, type RateStamp } from '../../src/tcp/delivery-rate.ts';
import { Pacer, pacingRateOf, quantumOf } from '../../src/tcp/pacer.ts';
import { seq } from '../../src/wire/seq.ts';
import { made, SMSS } from './acks.ts';

const part = (i: number) => ({
  start: seq(i * SMSS),
  end: seq((i + 1) * SMSS),
  stamp: undefined as RateStamp | undefined,
});

describe('delivery rate (draft §4.1.2)', () => {
  test('ten segments at once, acknowledged a millisecond apart: a segment a millisecond', () => {
    const rate = new DeliveryRate();
    const parts = Array.from({ length: 20 }, (_, i) => part(i));
    for (let i = 0; i < 10; i++) rate.sent(parts[i]!, 0, i * SMSS, false);
    for (let i = 0; i < 10; i++) {
      const now = 40 + i;
      rate.begin();
      rate.arrived(parts[i]!, SMSS, now);
      const rs = rate.sample(-1);
      expect(rs.rtt).toBe(now);
      expect(rs.delivered).toBe((i + 1) * SMSS);
      rate.sent(parts[10 + i]!, now, 9 * SMSS, false);
    }
    rate.begin();
    rate.arrived(parts[14]!, SMSS, 84);
    const rs = rate.sample(-1);
    expect([rs.interval, rs.delivered]).toEqual([44, 6 * SMSS]); // the longer one: it was sent at 44;
    expect(rs.deliveryRate).toBe((6 * SMSS) / 44);
    expect(rs.txInFlight).toBe(10 * SMSS);
  });

  test('no rate of less than the least round trip, none of what a retransmission measured', () => {
    const rate = new DeliveryRate();
    const [a, b] = [part(0), part(1)];
    rate.sent(a, 0, 0, false);
    rate.begin();
    rate.arrived(a, SMSS, 50);
    expect(rate.sample(-1).deliveryRate).toBe(SMSS / 50);
    rate.sent(b, 60, 0, false);
    rate.gone(b, SMSS, 100);
    rate.sent(b, 100, 0, true);
    rate.begin();
    rate.arrived(b, SMSS, 101);
    const rs = rate.sample(-1);
    expect([rs.rtt, rs.deliveryRate, rs.newlyAcked]).toEqual([-1, 0, SMSS]);
    expect(rate.lost).toBe(SMSS);
  });

  test('application-limited until the bubble is delivered (§4.1.2.4)', () => {
    const rate = new DeliveryRate();
    const parts = [part(0), part(1), part(2)];
    rate.sent(parts[0]!, 0, 0, false);
    rate.markAppLimited(SMSS);
    rate.sent(parts[1]!, 1, SMSS, false);
    const limited: boolean[] = [];
    for (const [i, now] of [
      [0, 40],
      [1, 41],
    ] as const) {
      rate.begin();
      rate.arrived(parts[i]!, SMSS, now);
      limited.push(rate.sample(-1).isAppLimited);
    }
    rate.sent(parts[2]!, 50, 0, false);
    rate.begin();
    rate.arrived(parts[2]!, SMSS, 90);
    limited.push(rate.sample(-1).isAppLimited);
    expect(limited).toEqual([false, true, false]);
  });

  test('stamps of another controller count octets and measure nothing', () => {
    const [before, after] = [new DeliveryRate(), new DeliveryRate()];
    const a = part(0);
    before.sent(a, 0, 0, false);
    after.begin();
    after.arrived(a, SMSS, 40);
    const rs = after.sample(40);
    expect([rs.hasData, rs.deliveryRate, rs.newlyAcked, after.delivered]).toEqual([
      false,
      0,
      SMSS,
      SMSS,
    ]);
  });
});

describe('the pacer (draft §5.6.2, §5.6.3)', () => {
  const departures = (rate: number, late: number, until: number): number[] => {
    const pacer = new Pacer();
    const times: number[] = [];
    for (let now = 0; now < until; now = pacer.nextTime + late) {
      while (pacer.mayGo(now)) {
        pacer.sent(SMSS, now, rate, SMSS);
        times.push(now);
      }
    }
    return times;
  };

  test('a quantum is what a millisecond takes, two segments at least, 64 KiB at most', () => {
    expect([100, 5000, 1e6].map((rate) => quantumOf(rate, SMSS))).toEqual([2000, 5000, 65_536]);
  });

  test('pairs of segments at the exact time', () => {
    expect(departures(400, 0, 14)).toEqual([0, 0, 5, 5, 10, 10]);
  });

  test('a late timer costs nothing on average', () => {
    for (const rate of [700, 5000]) {
      const times = departures(rate, 0.9, 1000);
      expect((times.length * SMSS) / 1000 / rate).toBeGreaterThan(0.98);
      expect((times.length * SMSS) / 1000 / rate).toBeLessThan(1.02);
    }
  });

  test('an idle time saves nothing up: one quantum, then the pace', () => {
    const pacer = new Pacer();
    pacer.sent(SMSS, 0, 400, SMSS);
    let burst = 0;
    while (pacer.mayGo(10_000)) {
      pacer.sent(SMSS, 10_000, 400, SMSS);
      burst++;
    }
    expect(burst).toBe(2);
    expect(pacer.nextTime).toBe(10_005);
  });

  test('for controllers without a rate: 2 * cwnd / SRTT in slow start, 1.2 in avoidance', () => {
    const control = made('reno');
    expect(pacingRateOf(control, 0, 40)).toBe((2 * 10 * SMSS) / 40);
    expect(pacingRateOf(control, 0, -1)).toBe(0);
    control.ssthresh = 10 * SMSS;
    expect(pacingRateOf(control, 0, 40)).toBe((1.2 * 10 * SMSS) / 40);
    expect(pacingRateOf(made('bbr'), 0, 40)).toBeCloseTo((2.77 * 10 * SMSS) / 40, 9);
  });
});
