/** Whatever acknowledgments and losses come, a controller's numbers are numbers, and not too small. */
import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import type { CongestionControl } from '../../src/tcp/congestion/control.ts';
import type { RateStamp } from '../../src/tcp/delivery-rate.ts';
import { CONTROLLERS } from '../../src/tcp/options.ts';
import { seq } from '../../src/wire/seq.ts';
import { Acks, made, MODERN, SMSS } from './acks.ts';

const event = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('ack' as const),
      octets: fc.integer({ min: 1, max: 100_000 }),
      rtt: fc.double({ min: -1, max: 5000, noNaN: true }),
      limited: fc.boolean(),
      inRecovery: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('loss' as const),
      cause: fc.constantFrom('loss' as const, 'ece' as const),
      flight: fc.integer({ min: 0, max: 1e7 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('timeout' as const),
      flight: fc.integer({ min: 0, max: 1e7 }),
      first: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('undo' as const, 'ended' as const, 'idle' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('smss' as const),
      smss: fc.integer({ min: 48, max: 9000 }),
    }),
  },
);

describe.each(CONTROLLERS)('%s', (name) => {
  test.each([true, false])('cwnd, ssthresh and rate stay sound, HyStart++ %s', (hystart) => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(event, fc.double({ min: 0, max: 3000, noNaN: true })), {
          maxLength: 200,
        }),
        (events) => {
          const control = made(name, { ...MODERN, hystart });
          const acks = new Acks(control);
          let smss = SMSS;
          let now = 0;
          let sent = 0;
          for (const [happened, after] of events) {
            now += after;
            const part = {
              start: seq(sent),
              end: seq(sent + smss),
              stamp: undefined as RateStamp | undefined,
            };
            sent += smss;
            control.deliveryRate?.sent(part, now, 0, false);
            switch (happened.kind) {
              case 'ack':
                control.deliveryRate?.begin();
                control.deliveryRate?.arrived(part, happened.octets, now + 1);
                acks.sample.rate = control.deliveryRate?.sample(happened.rtt);
                acks.sample.cwndLimited = happened.limited;
                acks.sample.inRecovery = happened.inRecovery;
                acks.take(happened.octets, now, happened.rtt);
                break;
              case 'loss':
                control.deliveryRate?.gone(part, smss, now);
                control.congestionDetected(happened.cause, happened.flight, now);
                if (!control.ownsRecovery) control.cwnd = control.ssthresh;
                break;
              case 'timeout':
                control.timedOut(happened.flight, happened.first, now);
                break;
              case 'undo':
                control.undo(now);
                break;
              case 'ended':
                control.recoveryEnded(now);
                break;
              case 'idle':
                control.restartedAfterIdle(after, 200, now);
                break;
              case 'smss':
                smss = happened.smss;
                control.smssChanged(smss);
                break;
            }
            sound(control, smss);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  test('does not run away while the application holds text back', () => {
    const control = made(name);
    const acks = new Acks(control);
    acks.sample.cwndLimited = false;
    let sent = 0;
    for (let i = 0; i < 10_000; i++) {
      const part = {
        start: seq(sent),
        end: seq(sent + SMSS),
        stamp: undefined as RateStamp | undefined,
      };
      sent += SMSS;
      control.deliveryRate?.markAppLimited(0);
      control.deliveryRate?.sent(part, i * 50, 0, false);
      control.deliveryRate?.begin();
      control.deliveryRate?.arrived(part, SMSS, i * 50 + 40);
      acks.sample.rate = control.deliveryRate?.sample(40);
      acks.take(SMSS, i * 50 + 40, 40);
    }
    expect(control.cwnd).toBeLessThanOrEqual(20 * SMSS);
  });
});

function sound(control: CongestionControl, smss: number): void {
  expect(Number.isInteger(control.cwnd)).toBe(true);
  expect(control.cwnd).toBeGreaterThanOrEqual(Math.min(smss, 48));
  expect(control.ssthresh).toBeGreaterThanOrEqual(2 * 48);
  expect(Number.isFinite(control.ssthresh)).toBe(true);
  expect(Number.isFinite(control.pacingRate)).toBe(true);
  expect(control.pacingRate).toBeGreaterThanOrEqual(0);
}
