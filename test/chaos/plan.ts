/** What one seed of chaos is: a network that does everything at once, and two TCPs. */
import type { NetemSettings } from '../../src/link/netem/settings.ts';
import { CONTROLLERS, type ControllerName, type MtuProbing } from '../../src/tcp/options.ts';
import type { Family } from '../../src/wire/address.ts';
import { Random } from '../worlds/random.ts';

export const OCTETS: number = 10 * 2 ** 20;
const LOSS = 0.3; // both ways

export interface ChaosPlan {
  readonly seed: number;
  readonly family: Family;
  readonly mtu: number;
  readonly controller: ControllerName;
  /** So much loss looks like a black hole, and segments get small: not always. */
  readonly mtuProbing: MtuProbing;
  readonly there: NetemSettings;
  readonly back: NetemSettings;
}

export function chaosPlan(seed: number): ChaosPlan {
  const random = new Random(seed ^ 0xc4a05);
  const family = random.pick([4, 6] as const);
  const mtu = random.pick([1500, 1500, 9000, 65_535]);
  const controller = CONTROLLERS[seed % CONTROLLERS.length] ?? 'cubic';
  const mtuProbing = random.pick(['off', 'off', 'black-hole'] as const);
  const delay = random.pick([1, 5, 20, 100]); // ms
  const way = (): NetemSettings => ({
    loss: LOSS,
    delay,
    jitter: random.pick([0, 0, 0.1, 0.5]) * delay,
    duplicate: random.pick([0.01, 0.05, 0.2]),
    corrupt: random.pick([0.001, 0.01, 0.05]),
    reorder: random.pick([0.01, 0.1, 0.25]),
  });
  const there = way();
  // A bottleneck, or none.
  const rate = random.pick([Infinity, 1e9, 1e8, 1e7]); // bit/s
  return { seed, family, mtu, controller, mtuProbing, there: { ...there, rate }, back: way() };
}
