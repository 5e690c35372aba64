/** A bottleneck that marks instead of dropping: RFC 3168, RFC 9768, end to end. */
import '../oracle/beside.ts';
import { describe, expect, test } from 'vitest';
import { WorldNetem } from '../../src/lab/netem.ts';
import { World } from '../../src/lab/world.ts';
import type { EcnMode } from '../../src/tcp/options.ts';
import { parseAddress } from '../../src/wire/address.ts';

const OCTETS = 4_000_000;
const RATE = 10e6; // bits per second
const CODEL = { target: 5, interval: 100 }; // ms

interface Result {
  readonly received: number;
  readonly goodput: number; // of RATE
  readonly marked: number;
  readonly dropped: number;
  readonly retransmitted: number;
  readonly mode: string;
  readonly deliveredCe: number;
  readonly ssthresh: number;
}

function transfer(a: EcnMode, b: EcnMode, cap: 4 | 6): Result {
  const world = new World();
  const settings = { delay: 10, rate: RATE, queue: 500, codel: CODEL, ecn: true };
  const network = new WorldNetem(world, { settings, seed: 3 });
  const [one, two] = cap === 4 ? ['192.0.2.1', '192.0.2.2'] : ['2001:db8::1', '2001:db8::2'];
  const bits = cap === 4 ? 24 : 64;
  const from = world.addHost('A', { addresses: [`${one}/${bits}`], tcp: { ecn: a } });
  const to = world.addHost('B', { addresses: [`${two}/${bits}`], tcp: { ecn: b } });
  const buffer = new Uint8Array(65_536);
  let received = 0;
  let done = 0;
  to.listen(0, {
    port: 7,
    onConnection: (socket) => {
      socket.onSignal = (signal, now) => {
        if (signal === 'end') socket.close(now);
        for (let n = socket.receive(now, buffer); typeof n === 'number' && n > 0;) {
          received += n;
          if (received === OCTETS) done = now;
          n = socket.receive(now, buffer);
        }
      };
    },
  });
  const socket = from.open(0, { remote: parseAddress(two)!, remotePort: 7 });
  if ('error' in socket) throw new Error(socket.message);
  const text = new Uint8Array(OCTETS);
  let sent = 0;
  socket.onSignal = (_signal, now) => {
    if (socket.state !== 'ESTABLISHED') return;
    const taken = socket.send(now, text, sent);
    if (typeof taken === 'number') sent += taken;
  };
  world.advance(30_000);
  const info = socket.info(world.now);
  const { marked, codelDropped, queueFull } = network.counters('A');
  return {
    received,
    goodput: (OCTETS * 8000) / done / RATE,
    marked,
    dropped: codelDropped + queueFull,
    retransmitted: info.totalRetrans,
    mode: info.ecnMode,
    deliveredCe: info.deliveredCe,
    ssthresh: info.sndSsthresh,
  };
}

describe.each([4, 6] as const)('CoDel that marks, IPv%i', (version) => {
  test.each([
    ['classic', 'passive', 'classic'],
    ['accurate', 'accurate', 'accurate'],
    ['accurate', 'passive', 'classic'],
  ] as const)(
    'RFC 3168 §5, RFC 9768 §1: %s asks %s; nothing is lost, cwnd follows the marks',
    (a, b, mode) => {
      const result = transfer(a, b, version);
      expect(result).toMatchObject({ received: OCTETS, dropped: 0, retransmitted: 0, mode });
      expect(result.marked).toBeGreaterThan(0);
      expect(result.deliveredCe).toBeGreaterThan(0);
      expect(result.ssthresh).toBeLessThan(65_535);
      expect(result.goodput).toBeGreaterThan(0.9);
      if (mode === 'accurate') expect(result.deliveredCe).toBe(result.marked);
    },
  );

  test('without ECN the same bottleneck drops', () => {
    const result = transfer('off', 'accurate', version);
    expect(result).toMatchObject({ received: OCTETS, marked: 0, mode: 'none' });
    expect(result.dropped).toBeGreaterThan(0);
  });
});
