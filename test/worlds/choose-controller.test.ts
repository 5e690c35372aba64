/** Another congestion controller on a living connection, as setsockopt(TCP_CONGESTION) has it. */
import { describe, expect, test } from 'vitest';
import { Transfer } from '../../src/lab/transfer.ts';
import { CONTROLLERS, type ControllerName } from '../../src/tcp/options.ts';
import { Phase } from '../../src/tcp/recovery/recovery.ts';
import type { Sender } from '../../src/tcp/sender.ts';

const OCTETS = 3_000_000;
const PATH = { rate: 20_000_000, delay: 20, queue: 60 }; // 100 kB in a round trip
const TOP = 600_000; // octets: three times what path and queue hold

function transfer(congestionControl: ControllerName, more: { loss?: number; seed?: number } = {}) {
  const { loss = 0, seed = 1 } = more;
  const toB = { ...PATH, loss };
  const tcp = { profile: 'linux', congestionControl } as const;
  return new Transfer({ octets: OCTETS, toB, toA: PATH, tcp, seed });
}

function senderIn({ flows }: Transfer): Sender {
  const { sender } = flows[0]!.client.connection.tcb;
  if (sender === undefined) throw new Error('nothing was sent');
  return sender;
}

/** At the present time of the world. */
const choose = ({ world, flows }: Transfer, name: ControllerName): boolean =>
  flows[0]!.client.congestionControl(world.now, name);

/** Lets things happen, one after the other, until `condition` or the end. */
function until(it: Transfer, condition: () => boolean): void {
  while (!condition() && !it.done) it.world.step();
}

describe('a controller by name, in the middle of a transfer', () => {
  test('cubic, bbr, reno: windows are carried over, pacing comes and goes, all arrives', () => {
    const it = transfer('cubic');
    const [flow] = it.flows;
    it.run(500);
    const sender = senderIn(it);
    expect([sender.congestion.name, sender.pacer]).toEqual(['cubic', undefined]);

    const { cwnd } = sender.congestion;
    expect(choose(it, 'bbr')).toBe(true);
    expect([sender.congestion.name, sender.congestion.cwnd]).toEqual(['bbr', cwnd]);
    expect([sender.pacer === undefined, sender.rate === undefined]).toEqual([false, false]);
    it.run(1000);
    expect(sender.deliveryRate).toBeGreaterThan((0.5 * PATH.rate) / 8000); // octets per ms
    expect(sender.deliveryRate).toBeLessThan((1.1 * PATH.rate) / 8000);

    const { cwnd: bbrs, ssthresh } = sender.congestion;
    expect(choose(it, 'reno')).toBe(true);
    const { name, cwnd: renos, ssthresh: same } = sender.congestion;
    expect([name, renos, same]).toEqual(['reno', bbrs, ssthresh]);
    expect([sender.pacer, sender.rate]).toEqual([undefined, undefined]);
    it.run();
    expect(flow).toMatchObject({ received: OCTETS, intact: true, failure: undefined });
  });

  test('the same again changes nothing', () => {
    const it = transfer('cubic');
    it.run(500);
    const { congestion } = senderIn(it);
    expect(choose(it, 'cubic')).toBe(true);
    expect(senderIn(it).congestion).toBe(congestion);
  });

  test('chosen before anything was sent, and before the handshake, it is what the connection has', () => {
    const it = transfer('cubic');
    expect(it.flows[0]!.client.state).toBe('SYN-SENT');
    expect(choose(it, 'bbr')).toBe(true);
    until(it, () => it.flows[0]!.received > 0);
    expect(senderIn(it).congestion.name).toBe('bbr');
    expect(senderIn(it).pacer).toBeDefined();
  });

  test('of a connection that is over it answers false', () => {
    const it = transfer('cubic');
    it.flows[0]!.client.abort(it.world.now);
    it.world.flush();
    expect(choose(it, 'bbr')).toBe(false);
  });

  test('a name that is none is refused with those there are', () => {
    const it = transfer('cubic');
    const none = 'vegas' as ControllerName;
    expect(() => choose(it, none)).toThrow(
      'congestionControl is vegas, it must be cubic, reno, bbr',
    );
  });

  const changes = CONTROLLERS.flatMap((from) => CONTROLLERS.map((to) => [from, to] as const));
  test.each(changes)('%s to %s while losses are repaired: no burst, all arrives', (from, to) => {
    for (let seed = 1; seed <= 5; seed++) {
      const it = transfer(from, { loss: 0.01, seed });
      until(it, () => {
        const { sender } = it.flows[0]!.client.connection.tcb;
        return sender !== undefined && sender.recovery.phase === Phase.recovery;
      });
      const sender = senderIn(it);
      expect(choose(it, to)).toBe(true);
      until(it, () => {
        expect(sender.congestion.cwnd).toBeLessThan(TOP);
        return sender.recovery.phase === Phase.open;
      });
      expect(sender.congestion.name).toBe(to);
      it.run();
      expect(it.flows[0]).toMatchObject({ received: OCTETS, intact: true, failure: undefined });
    }
  });
});
