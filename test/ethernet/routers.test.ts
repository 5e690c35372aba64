import { describe, expect, test } from 'vitest';
import { printAddress, printCidr } from '../../src/wire/address.ts';
import { address, Lan, type Station } from './lan.ts';
import {
  linkLayer,
  mtuOption,
  neighbourAdvertisement,
  prefixOption,
  rdnssOption,
  redirect,
  ROUTER,
  routerAdvertisement,
} from './messages.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const PREFIX = { prefix: '2001:db8:5::' };

function listening(): { lan: Lan; a: Station } {
  const lan = new Lan();
  const a = lan.station('a');
  a.host.slaac(lan.now, a.iface, true);
  return { lan, a };
}

const routes = (a: Station): string[] =>
  a.host
    .routes()
    .filter(({ origin }) => origin === 'router')
    .map(({ to, via }) => `${printCidr(to)} via ${via === undefined ? 'link' : printAddress(via)}`);

const own = (a: Station): string[] =>
  a.addresses().map((text) => text.replace(/:[0-9a-f:]*\//, '…/'));

describe('a host that listens to routers', () => {
  test('asks for them when its link-local address is there, less and less often (RFC 7559)', () => {
    const { lan } = listening();
    lan.run(4 * HOUR);
    const times = lan.heard('who is a router').map((line) => Number.parseInt(line, 10));
    const waits = times.slice(1).map((at, i) => Math.round((at - times[i]!) / SECOND));
    expect(times.length).toBeLessThan(20);
    expect(waits[0]).toBeGreaterThanOrEqual(3);
    expect(Math.max(...waits)).toBeLessThanOrEqual(3960);
    waits.slice(1, 9).forEach((wait, i) => expect(wait / waits[i]!).toBeCloseTo(2, 0));
  });

  test('has an address, a default route, a route to the link, an MTU and name servers', () => {
    const { lan, a } = listening();
    lan.run(2000);
    lan.send(
      routerAdvertisement([
        prefixOption(PREFIX),
        mtuOption(1400),
        rdnssOption(600, '2001:db8::35', '2001:db8::36'),
      ]),
    );
    lan.run(2000);
    expect(own(a)).toEqual(['2001…/64 preferred']);
    expect(routes(a).toSorted()).toEqual(['2001:db8:5::/64 via link', '::/0 via fe80::1']);
    expect(a.iface.mtu).toBe(1400);
    expect(a.host.nameservers().map(printAddress)).toEqual(['2001:db8::35', '2001:db8::36']);
    expect(a.neighbour(ROUTER)).toBe('STALE');
    expect(a.host.neighbours()[0]).toMatchObject({ router: true, mac: '02:00:00:00:00:01' });
    lan.heard();
    lan.run(HOUR / 4);
    expect(lan.heard('who is a router')).toEqual([]);
  });

  test('has the same address in the same network, another in another, another on another host', () => {
    const addressOf = (name: string, prefix: string): string => {
      const lan = new Lan();
      const a = lan.station(name);
      a.host.slaac(0, a.iface, true);
      lan.send(routerAdvertisement([prefixOption({ prefix })]));
      return a.addresses()[0]!.replace(/^2001:db8:.::?/, '');
    };
    expect(addressOf('a', '2001:db8:5::')).toBe(addressOf('a', '2001:db8:5::'));
    expect(addressOf('a', '2001:db8:5::')).not.toBe(addressOf('a', '2001:db8:6::'));
    expect(addressOf('a', '2001:db8:5::')).not.toBe(addressOf('b', '2001:db8:5::'));
  });

  test('takes another address when somebody has the first, three times (RFC 7217 §6)', () => {
    const { lan, a } = listening();
    lan.run(2000);
    lan.onFrame = () => undefined;
    lan.send(routerAdvertisement([prefixOption(PREFIX)]));
    const seen = new Set<string>();
    for (let i = 0; i < 10; i++) {
      lan.settle();
      const tentative = a.addresses().find((text) => text.endsWith('tentative'));
      if (tentative === undefined) break;
      const target = tentative.split('/')[0]!;
      seen.add(target);
      lan.send(neighbourAdvertisement(target, 0x20, { from: ROUTER }));
    }
    expect(seen.size).toBe(4);
    expect(own(a)).toEqual(['2001…/64 duplicate']);
  });

  test('lets an address grow old: deprecated, then gone (RFC 4862 §5.5.4)', () => {
    const { lan, a } = listening();
    lan.send(routerAdvertisement([prefixOption({ ...PREFIX, preferred: 60, valid: 120 })]));
    lan.run(30 * SECOND);
    expect(own(a)).toEqual(['2001…/64 preferred']);
    lan.run(60 * SECOND);
    expect(own(a)).toEqual(['2001…/64 deprecated']);
    lan.send(routerAdvertisement([prefixOption({ ...PREFIX, preferred: 60, valid: 120 })]));
    expect(own(a)).toEqual(['2001…/64 preferred']);
    lan.run(3 * HOUR);
    expect([own(a), routes(a)]).toEqual([[], []]);
  });

  test('lets nobody shorten a life to less than two hours (RFC 4862 §5.5.3 (e))', () => {
    const { lan, a } = listening();
    lan.send(routerAdvertisement([prefixOption({ ...PREFIX, valid: 7 * 86_400 })]));
    lan.run(2000);
    lan.send(routerAdvertisement([prefixOption({ ...PREFIX, preferred: 0, valid: 1 })]));
    lan.run(1.9 * HOUR);
    expect(own(a)).toEqual(['2001…/64 deprecated']);
    lan.run(0.2 * HOUR);
    expect(own(a)).toEqual([]);
  });

  test('lets a default router go: by its word, by its lifetime, when it is none any more', () => {
    const { lan, a } = listening();
    lan.send(routerAdvertisement([], 1800));
    expect(routes(a)).toEqual(['::/0 via fe80::1']);
    lan.send(routerAdvertisement([], 0));
    expect(routes(a)).toEqual([]);
    lan.send(routerAdvertisement([], 30));
    lan.run(31 * SECOND);
    expect(routes(a)).toEqual([]);
    lan.send(routerAdvertisement([], 1800));
    lan.send(neighbourAdvertisement(ROUTER, 0x20, { from: ROUTER })); // R is not set
    expect(routes(a)).toEqual([]);
  });

  test('goes by the next router when one does not answer (RFC 4861 §6.3.6)', () => {
    const { lan, a } = listening();
    const second = { from: 'fe80::2', fromMac: '02:00:00:00:00:02' };
    lan.send(routerAdvertisement([prefixOption(PREFIX)], 9000));
    lan.send(routerAdvertisement([], 9000, second));
    lan.run(5000);
    a.host.open(lan.now, { remote: address('2001:db8:99::1'), remotePort: 80 });
    lan.run(12 * SECOND); // DELAY, PROBE, lost
    expect(routes(a).filter((text) => text.startsWith('::/0'))).toEqual([
      '::/0 via fe80::2',
      '::/0 via fe80::1',
    ]);
  });

  test('stops when it is told to, and forgets what it learnt', () => {
    const { lan, a } = listening();
    lan.send(routerAdvertisement([prefixOption(PREFIX), rdnssOption(600, '2001:db8::35')]));
    lan.run(2000);
    a.host.slaac(lan.now, a.iface, false);
    expect([a.addresses(), routes(a), a.host.nameservers()]).toEqual([[], [], []]);
    lan.send(routerAdvertisement([prefixOption(PREFIX)]));
    expect([a.addresses(), a.host.counters['nd-router']]).toEqual([[], 1]);
  });
});

describe('a redirect (RFC 4861 §8)', () => {
  const FAR = '2001:db8:99::1';
  const BETTER = 'fe80::2';

  function routed(): { lan: Lan; a: Station } {
    const { lan, a } = listening();
    lan.send(routerAdvertisement([prefixOption(PREFIX)]));
    lan.run(2000);
    return { lan, a };
  }

  test('of the router in use leads to a better one', () => {
    const { lan, a } = routed();
    lan.send(redirect(FAR, BETTER));
    expect(routes(a)).toContain(`${FAR}/128 via ${BETTER}`);
  });

  test('says that the destination is on the link', () => {
    const { lan, a } = routed();
    lan.send(redirect(FAR, FAR));
    expect(routes(a)).toContain(`${FAR}/128 via link`);
  });

  test('of anybody else is not followed', () => {
    const { lan, a } = routed();
    lan.send(redirect(FAR, 'fe80::666', { from: 'fe80::666' }));
    expect(routes(a).some((text) => text.includes('/128'))).toBe(false);
    expect(a.host.counters['nd-redirect']).toBe(1);
  });

  test('a thousand of them are kept in bounds', () => {
    const { lan, a } = routed();
    for (let i = 0; i < 1000; i++) lan.send(redirect(`2001:db8:99::${i.toString(16)}`, BETTER));
    expect(routes(a).filter((text) => text.includes('/128')).length).toBe(64);
  });
});

describe('what a liar says of routers', () => {
  test.each([
    ['nd-hop-limit', 'from another network', routerAdvertisement([], 1800, { hopLimit: 254 })],
    ['nd-source', 'from a global address', routerAdvertisement([], 1800, { from: '2001:db8::1' })],
    ['nd-option-length', 'with an option of no length', routerAdvertisement(['0300'], 1800)],
  ] as const)('%s: %s', (reason, _what, frame) => {
    const { lan, a } = listening();
    lan.send(frame);
    expect([a.host.counters[reason], routes(a)]).toEqual([1, []]);
  });

  test.each([
    ['of the link-local prefix', prefixOption({ prefix: 'fe80::' })],
    ['of a group', prefixOption({ prefix: 'ff05::' })],
    ['of everything', prefixOption({ prefix: '::', length: 0 })],
    ['of another length', prefixOption({ prefix: '2001:db8::', length: 48, flags: 0x40 })],
    [
      'preferred longer than valid',
      prefixOption({ ...PREFIX, preferred: 2, valid: 1, flags: 0x40 }),
    ],
    ['of no life', prefixOption({ ...PREFIX, preferred: 0, valid: 0 })],
  ])('a prefix %s makes nothing', (_what, option) => {
    const { lan, a } = listening();
    lan.send(routerAdvertisement([option], 0));
    expect([a.addresses(), routes(a)]).toEqual([[], []]);
  });

  test.each([0, 68, 1279, 1501, 0xffffffff])('an MTU of %i changes nothing', (mtu) => {
    const { lan, a } = listening();
    lan.send(routerAdvertisement([mtuOption(mtu)]));
    expect(a.iface.mtu).toBe(1500);
  });

  test('a thousand routers, prefixes and servers are kept in bounds', () => {
    const { lan, a } = listening();
    for (let i = 1; i <= 1000; i++) {
      const from = `fe80::${i.toString(16)}`;
      const fromMac = `02:00:00:01:${(i >> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}`;
      const prefix = `2001:db8:${i.toString(16)}::`;
      const server = `2001:db8::${i.toString(16)}`;
      lan.send(
        routerAdvertisement([prefixOption({ prefix }), rdnssOption(9000, server)], 9000, {
          from,
          fromMac,
        }),
      );
    }
    lan.run(5000);
    expect(routes(a).filter((text) => text.startsWith('::/0')).length).toBe(8);
    expect(routes(a).length).toBeLessThanOrEqual(24);
    expect(a.addresses().length).toBe(16);
    expect(a.host.nameservers().length).toBe(8);
    expect(a.host.neighbours().length).toBeLessThanOrEqual(1024);
  });

  test("a router's Ethernet address that is a group is not believed", () => {
    const { lan, a } = listening();
    lan.send(routerAdvertisement([linkLayer(1, '01:00:5e:00:00:01')], 1800));
    expect(a.host.neighbours()).toEqual([]);
  });
});
