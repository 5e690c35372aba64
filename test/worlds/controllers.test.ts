/**
 * Controllers over paths in virtual time: how much of the path they make use of, what they leave for another
 * one, and that a loss at the end, or one that was none, costs no more than it must.
 */
import { describe, expect, test } from 'vitest';
import { LOSE } from '../../src/lab/network.ts';
import { Transfer } from '../../src/lab/transfer.ts';
import type { ControllerName, TcpDefaults } from '../../src/tcp/options.ts';
import type { TraceEvent } from '../../src/tcp/trace.ts';

const FOR_EVER = 1e9; // octets
const CONTROLLERS = ['reno', 'cubic', 'bbr'] as const;
const ROUND_TRIP = 40; // ms
const LEAST_RTO = 200; //  ms, beyond SRTT

interface Path {
  /** Mbit/s. */
  readonly rate: number;
  /** ms. */
  readonly rtt: number;
  /** Packets. */
  readonly queue: number;
  readonly loss?: number;
}

/** Each one's share of the rate, between `from` and `until` ms. */
function shares(
  { rate, rtt, queue, loss = 0 }: Path,
  controllers: readonly ControllerName[],
  from: number,
  until: number,
): number[] {
  const transfer = new Transfer({
    octets: FOR_EVER,
    toB: { delay: rtt / 2, rate: rate * 1e6, queue, loss },
    toA: { delay: rtt / 2 },
    tcp: { profile: 'linux' },
    flows: controllers.map((congestionControl) => ({ congestionControl })),
  });
  transfer.run(from);
  const before = transfer.flows.map(({ received }) => received);
  transfer.run(until);
  const megabits = (octets: number): number => (octets * 8) / 1000 / (until - from);
  return transfer.flows.map(({ received }, i) => megabits(received - before[i]!) / rate);
}

describe('a path of 20 Mbit/s and 40 ms, a queue of one product', () => {
  const path = { rate: 20, rtt: ROUND_TRIP, queue: 67 };

  test.each(CONTROLLERS)('%s makes use of nine tenths', (name) => {
    expect(shares(path, [name], 2000, 6000)[0]).toBeGreaterThan(0.9);
  });

  test.each(CONTROLLERS)('two of %s share it: an index of 0.8 or more (Jain)', (name) => {
    const [one = 0, other = 0] = shares(path, [name, name], 5000, 15_000);
    expect((one + other) ** 2 / (2 * (one ** 2 + other ** 2))).toBeGreaterThan(0.8);
    expect(one + other).toBeGreaterThan(0.9);
  });
});

// BBR takes more than 2 % of what is in flight for too much (draft-ietf-ccwg-bbr §5.5.10), CUBIC each loss. With
// short round trips BBR soon probes again: 0.81 to 0.91 of the rate by the seed, and at 20 Mbit/s and 100 ms, where a
// probe that fails by chance costs more, 0.66 to 0.89.
test('bbr: four fifths of 10 Mbit/s and 20 ms with 1 % of loss', () => {
  const path = { rate: 10, rtt: 20, queue: 68, loss: 0.01 };
  expect(shares(path, ['bbr'], 2000, 12_000)[0]).toBeGreaterThan(0.8);
});

/** 30 segments over 20 ms each way. A's packets with text, by number, that are lost. */
function withLoss(
  lost: readonly number[],
  tcp: Partial<TcpDefaults>,
): { doneAt: number; sent: number } {
  const delay = { delay: ROUND_TRIP / 2 };
  const transfer = new Transfer({
    octets: 30 * 1448,
    toB: delay,
    toA: delay,
    tcp: { profile: 'linux', ...tcp },
  });
  const { network } = transfer.world;
  const { director } = network;
  let sent = 0;
  network.director = (flight) => {
    if (flight.from !== 'A' || flight.bytes.length < 1000) return director(flight);
    sent++;
    return lost.includes(sent) ? LOSE : director(flight);
  };
  transfer.run();
  expect(transfer.flows[0]).toMatchObject({ intact: true, received: 30 * 1448 });
  return { doneAt: transfer.flows[0]!.doneAt, sent };
}

test('RFC 8985 §7: a lost tail is repaired by a probe, before the timer', () => {
  const whole = withLoss([], {});
  const tail = [whole.sent - 1, whole.sent];
  const probed = withLoss(tail, {});
  const timed = withLoss(tail, { tailLossProbe: false });
  expect([whole.sent, probed.sent, timed.sent]).toEqual([30, 32, 32]);
  expect(probed.doneAt - whole.doneAt).toBeLessThan(LEAST_RTO);
  expect(timed.doneAt - whole.doneAt).toBeGreaterThan(LEAST_RTO);
});

test.each(['reno', 'cubic'] as const)(
  'RFC 4015: %s, reordered by half a round trip, takes its recoveries back',
  (congestionControl) => {
    const events: TraceEvent[] = [];
    const transfer = new Transfer({
      octets: 2e6,
      toB: { delay: 20, rate: 20e6, queue: 1000, reorder: 0.002 },
      toA: { delay: 20 },
      tcp: { profile: 'linux', congestionControl, hystart: false },
      observe: (host) =>
        host === 'A' ? { trace: (_now, _socket, event) => events.push(event) } : undefined,
    });
    transfer.run();
    expect(transfer.flows[0]).toMatchObject({ intact: true, failure: undefined });
    const phases = events.flatMap((event) =>
      event.event === 'recovery' ? [{ to: event.value, because: event.because }] : [],
    );
    const entered = phases.filter(({ to }) => to === 'recovery').length;
    const undone = phases.filter(({ because }) => /RFC 3522|RFC 3708|RFC 5682/.test(because));
    expect({ entered, undone: undone.length }).toEqual({ entered: undone.length, undone: entered });
    expect(entered).toBeGreaterThan(0);
    const thresholds = events.filter(({ event }) => event === 'ssthresh');
    expect(thresholds.length).toBeGreaterThan(entered); // down, and back up
    expect(thresholds.at(-1)).toMatchObject({ value: null }); // arbitrarily high, as before
    expect(transfer.flows[0]!.client.info(0).sndCwnd).toBeGreaterThan(500_000);
  },
);
