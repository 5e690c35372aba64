import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { NetworkInterface } from '../../src/stack/interface.ts';
import { NoOutlet } from '../../src/stack/outlet.ts';
import { Routes, type Route } from '../../src/stack/routes.ts';
import { Cidr, IpAddress, printCidr } from '../../src/wire/address.ts';
import { address, cidr } from './two-hosts.ts';

const eth = [1, 2, 3].map(
  (n) => new NetworkInterface(n, `eth${n}`, new NoOutlet(1500), 1500, false, undefined),
);
const [eth1, eth2] = [eth[0]!, eth[1]!];

const found = (routes: Routes, to: string, iface?: NetworkInterface): string | undefined => {
  const { family, w0, w1, w2, w3 } = address(to);
  const route = routes.lookup(family, w0, w1, w2, w3, iface);
  return route && `${printCidr(route.to)} ${route.iface.name}`;
};

describe('routes', () => {
  test('the longest prefix, then the lowest metric, then the oldest', () => {
    const routes = new Routes();
    routes.add({ to: cidr('0.0.0.0/0'), iface: eth1 });
    routes.add({ to: cidr('10.0.0.0/8'), iface: eth1, metric: 5 });
    routes.add({ to: cidr('10.0.0.0/8'), iface: eth2, metric: 1 });
    routes.add({ to: cidr('10.1.0.0/16'), iface: eth1, metric: 9 });
    routes.add({ to: cidr('10.1.0.0/16'), iface: eth2, metric: 9 });
    expect(found(routes, '203.0.113.1')).toBe('0.0.0.0/0 eth1');
    expect(found(routes, '10.9.9.9')).toBe('10.0.0.0/8 eth2');
    expect(found(routes, '10.1.9.9')).toBe('10.1.0.0/16 eth1');
    expect(found(routes, '10.1.9.9', eth2)).toBe('10.1.0.0/16 eth2');
    expect(found(routes, '2001:db8::1')).toBeUndefined();
  });

  test('with or without host bits are the same, and known once', () => {
    const routes = new Routes();
    routes.add({ to: cidr('10.0.0.1/8'), iface: eth1 });
    const { generation } = routes;
    routes.add({ to: cidr('10.0.0.0/8'), iface: eth1 });
    expect(routes.list.length).toBe(1);
    expect(routes.generation).toBe(generation);
    expect(routes.remove({ to: cidr('10.255.0.0/8'), iface: eth1 })).toBe(true);
    expect(routes.remove({ to: cidr('10.255.0.0/8'), iface: eth1 })).toBe(false);
    expect(routes.generation).not.toBe(generation);
  });

  test('of an interface go with it', () => {
    const routes = new Routes();
    for (const iface of [eth1, eth2]) routes.add({ to: cidr('::/0'), iface });
    routes.removeAll(eth1);
    expect(routes.list.map((route) => route.iface)).toEqual([eth2]);
  });
});

describe('routes against all of them compared', () => {
  const word = fc.integer({ min: 0, max: 15 }).map((n) => n << 28);
  const words = fc.tuple(word, word, word, word);
  const target = fc.oneof(
    words.map(([, , , w3]) => new IpAddress(4, 0, 0, 0, w3)),
    words.map(([w0, w1, w2, w3]) => new IpAddress(6, w0, w1, w2, w3)),
  );
  const route = fc.record({
    to: fc
      .tuple(target, fc.nat(128))
      .map(([a, bits]) => new Cidr(a, a.family === 4 ? Math.min(bits >> 2, 32) : bits)),
    iface: fc.constantFrom(...eth),
    metric: fc.nat(3),
    via: fc.option(target, { nil: undefined }),
  });

  test('a lookup finds what an oracle finds', () => {
    fc.assert(
      fc.property(
        fc.array(route, { maxLength: 30 }),
        fc.array(fc.nat(30), { maxLength: 8 }),
        fc.array(target, { maxLength: 20 }),
        (added, removed, targets) => {
          const routes = new Routes();
          let known: (typeof added)[number][] = [];
          for (const one of added) {
            routes.add(one);
            if (!known.some((other) => isSame(other, one) && other.metric === one.metric))
              known.push(one);
          }
          for (const index of removed) {
            const gone = added[index];
            if (gone === undefined) continue;
            routes.remove(gone);
            known = known.filter((other) => !isSame(other, gone));
          }
          expect(routes.list.length).toBe(known.length);
          for (const to of targets) {
            for (const iface of [undefined, ...eth]) {
              const answer = routes.lookup(to.family, to.w0, to.w1, to.w2, to.w3, iface);
              expect(answer).toEqual(oracle(known, to, iface));
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

const bits = (a: IpAddress): string =>
  (a.family === 4 ? [a.w3] : [a.w0, a.w1, a.w2, a.w3])
    .map((w) => (w >>> 0).toString(2).padStart(32, '0'))
    .join('');

const covers = (to: Cidr, a: IpAddress): boolean =>
  to.address.family === a.family &&
  bits(to.address).slice(0, to.prefixLength) === bits(a).slice(0, to.prefixLength);

interface Wanted {
  readonly to: Cidr;
  readonly iface: NetworkInterface;
  readonly metric: number;
  readonly via: IpAddress | undefined;
}

const isSame = (a: Wanted, b: Wanted): boolean =>
  a.iface === b.iface &&
  a.to.prefixLength === b.to.prefixLength &&
  covers(a.to, b.to.address) &&
  (a.via === b.via ||
    (a.via !== undefined &&
      b.via !== undefined &&
      a.via.family === b.via.family &&
      bits(a.via) === bits(b.via)));

function oracle(
  list: readonly Wanted[],
  to: IpAddress,
  iface: NetworkInterface | undefined,
): Route | undefined {
  const fitting = list.filter(
    (r) => covers(r.to, to) && (iface === undefined || r.iface === iface),
  );
  const longest = Math.max(...fitting.map((r) => r.to.prefixLength));
  const longer = fitting.filter((r) => r.to.prefixLength === longest);
  const least = Math.min(...longer.map((r) => r.metric));
  const best = longer.find((r) => r.metric === least);
  return best && { ...best, origin: 'manual' };
}
