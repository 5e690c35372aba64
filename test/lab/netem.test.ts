import { describe, expect, test } from 'vitest';
import { WorldNetem } from '../../src/lab/netem.ts';
import { World } from '../../src/lab/world.ts';
import type { NetemSettings } from '../../src/link/netem/settings.ts';
import { parseAddress } from '../../src/wire/address.ts';

const OCTETS = 100_000;

interface Transfer {
  readonly world: World;
  readonly network: WorldNetem;
  readonly received: () => number;
  readonly intact: () => boolean;
}

/** A sends OCTETS octets to B through a network of that kind. */
function transfer(settings: NetemSettings, seed: number = 1): Transfer {
  const world = new World();
  const network = new WorldNetem(world, { settings, seed });
  const a = world.addHost('A', { addresses: ['192.0.2.1/24'] });
  const b = world.addHost('B', { addresses: ['192.0.2.2/24'] });
  const text = Uint8Array.from({ length: OCTETS }, (_, i) => (i * 7) & 0xff);
  const buffer = new Uint8Array(65_536);
  let received = 0;
  let intact = true;
  b.listen(0, {
    port: 7,
    onConnection: (socket) => {
      socket.onSignal = (signal, now) => {
        if (signal === 'end') socket.close(now);
        for (let n = socket.receive(now, buffer); typeof n === 'number' && n > 0;) {
          for (let i = 0; i < n; i += 1) intact &&= buffer[i] === text[received + i];
          received += n;
          n = socket.receive(now, buffer);
        }
      };
    },
  });
  const socket = a.open(0, { remote: parseAddress('192.0.2.2')!, remotePort: 7 });
  if ('error' in socket) throw new Error(socket.message);
  let sent = 0;
  socket.onSignal = (_signal, now) => {
    if (socket.state !== 'ESTABLISHED') return;
    const taken = socket.send(now, text, sent);
    if (typeof taken === 'number') sent += taken;
    if (sent === OCTETS) socket.close(now);
  };
  return { world, network, received: () => received, intact: () => intact };
}

const ROUGH: NetemSettings = {
  delay: 20,
  jitter: 5,
  distribution: 'normal',
  rate: 5e6,
  queue: 30,
  loss: { goodToBad: 0.03, badToGood: 0.8 },
  duplicate: 0.05,
  corrupt: 0.05,
  reorder: 0.05,
};

describe('netem in a world', () => {
  test('a transfer through a rough network arrives whole, and takes the time it must', () => {
    const { world, network, received, intact } = transfer(ROUGH);
    world.run();
    expect([received(), intact()]).toEqual([OCTETS, true]);
    expect(world.now).toBeGreaterThan(2 * 20 + (OCTETS * 8) / 5e3);
    const { lost, duplicated, corrupted, reordered } = network.counters('A');
    for (const count of [lost, duplicated, corrupted, reordered]) expect(count).toBeGreaterThan(0);
    expect(world.network.flights).toEqual([]);
  });

  test('the same seed is the same world, another seed another', () => {
    const fates = (seed: number): unknown => {
      const { world, network } = transfer(ROUGH, seed);
      world.run();
      return [world.now, { ...network.counters('A') }, { ...network.counters('B') }];
    };
    expect(fates(5)).toEqual(fates(5));
    expect(fates(6)).not.toEqual(fates(5));
  });

  test('a partition stops it, and it goes on when healed', () => {
    const { world, network, received } = transfer({ delay: 20, rate: 1e6 });
    world.advance(300);
    const before = received();
    expect(before).toBeGreaterThan(0);
    network.partition();
    world.advance(700); // the queue drains
    const during = received(); // what was under way has arrived
    world.advance(5000);
    expect(received()).toBe(during);
    expect(network.counters('A').partitioned).toBeGreaterThan(0);
    network.heal();
    world.run();
    expect(received()).toBe(OCTETS);
  });

  test('each host may have its own way, and CoDel drops what waits too long', () => {
    const settings = (from: string): NetemSettings =>
      from === 'A' ? { rate: 1e6, codel: { target: 5, interval: 50 } } : { delay: 30 };
    const world = new World();
    const network = new WorldNetem(world, { settings });
    const departed: number[] = [];
    const arrived: number[] = [];
    world.onFlight = (flight, what) => (what === 'arrived' ? arrived : departed).push(flight.id);
    for (const name of ['A', 'B'])
      world.addHost(name, { addresses: [`10.0.0.${name === 'A' ? 1 : 2}/8`] });
    for (let i = 0; i < 200; i += 1) {
      world.network.send(world.now, 'A', new Uint8Array(1250), 0, 1250);
      world.advance(5);
    }
    world.run();
    const { codelDropped, delivered } = network.counters('A');
    expect(codelDropped).toBeGreaterThan(10);
    expect(codelDropped + delivered).toBe(200);
    expect(arrived).toHaveLength(delivered);
    expect(world.network.flights).toEqual([]);
  });
});
