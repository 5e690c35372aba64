import { describe, expect, test } from 'vitest';
import type { TcpSignal } from '../../src/tcp/signals.ts';
import { address, Lan, type Station } from './lan.ts';

const A = { ip: ['192.0.2.1/24', '2001:db8::1/64'] };
const B = { ip: ['192.0.2.2/24', '2001:db8::2/64'] };

/** Two hosts whose addresses have been checked and announced. */
function settled(): { lan: Lan; a: Station; b: Station } {
  const lan = new Lan();
  const a = lan.station('a', A);
  const b = lan.station('b', B);
  lan.run(10_000);
  lan.heard();
  return { lan, a, b };
}

function connect(lan: Lan, from: Station, to: string, port = 80): TcpSignal[] {
  const signals: TcpSignal[] = [];
  const socket = from.host.open(lan.now, { remote: address(to), remotePort: port });
  if ('error' in socket) throw new Error(socket.message);
  socket.onSignal = (signal) => signals.push(signal);
  return signals;
}

function listen(lan: Lan, at: Station): void {
  const listener = at.host.listen(lan.now, { port: 80, onConnection: () => undefined });
  if ('error' in listener) throw new Error(listener.message);
}

describe('two hosts on an Ethernet', () => {
  test('check their IPv6 addresses and announce their IPv4 ones', () => {
    const lan = new Lan();
    const a = lan.station('a', A);
    expect(a.addresses()).toEqual(['192.0.2.1/24 preferred', '2001:db8::1/64 tentative']);
    lan.run(10_000);
    expect(a.addresses()).toEqual(['192.0.2.1/24 preferred', '2001:db8::1/64 preferred']);
    expect(lan.heard('ARP')).toEqual([
      '0: 0a > *: ARP 192.0.2.1 is mine',
      '2000: 0a > *: ARP 192.0.2.1 is mine',
    ]);
    expect(a.addresses(true).some((text) => /^fe80::.*preferred$/.test(text))).toBe(true);
  });

  test('connect over IPv4: one question, one answer, then TCP', () => {
    const { lan, a, b } = settled();
    listen(lan, b);
    const signals = connect(lan, a, '192.0.2.2');
    lan.run(500);
    expect(signals).toContain('established');
    const lines = lan
      .heard()
      .map((line) => line.replace(/<.*|:\d{4,5}/g, '').replace(/^\d+: /, ''));
    expect(lines.slice(0, 4)).toEqual([
      '0a > *: ARP who has 192.0.2.2? 192.0.2.1 asks',
      '0b > 0a: ARP 192.0.2.2 is mine, says to 192.0.2.1',
      expect.stringMatching(/^0a > 0b: 192.0.2.1.* > 192.0.2.2/),
      expect.stringMatching(/^0b > 0a: 192.0.2.2.* > 192.0.2.1/),
    ]);
    expect(a.neighbour('192.0.2.2')).toBe('REACHABLE');
    expect(b.neighbour('192.0.2.1')).toMatch(/DELAY|REACHABLE/);
  });

  test('need ask nobody while a connection makes progress (RFC 4861 §7.3.1)', () => {
    const { lan, a, b } = settled();
    listen(lan, b);
    const socket = a.host.open(lan.now, { remote: address('192.0.2.2'), remotePort: 80 });
    if ('error' in socket) throw new Error(socket.message);
    lan.run(1000);
    lan.heard();
    for (let i = 0; i < 60; i++) {
      socket.send(lan.now, new Uint8Array(10));
      lan.run(10_000);
    }
    expect([a.neighbour('192.0.2.2'), lan.heard('ARP')]).toEqual(['REACHABLE', []]);
  });

  test('connect over IPv6: likewise', () => {
    const { lan, a, b } = settled();
    listen(lan, b);
    const signals = connect(lan, a, '2001:db8::2');
    lan.run(500);
    expect(signals).toContain('established');
    expect(lan.heard(': ND').map((line) => line.replace(/^\d+: /, ''))).toEqual([
      '0a > *: ND who has 2001:db8::2? 2001:db8::1 asks',
      '0b > 0a: ND 2001:db8::2 is mine, says who was asked',
    ]);
    expect(a.neighbour('2001:db8::2')).toBe('REACHABLE');
  });

  test.each([
    ['192.0.2.9', 'IPv4'],
    ['2001:db8::9', 'IPv6'],
  ])('to %s, where nobody is: the opening ends after three questions (%s)', (to) => {
    const { lan, a } = settled();
    const signals = connect(lan, a, to);
    lan.run(2900);
    expect(signals).not.toContain('host-unreachable');
    lan.run(200);
    expect(signals).toEqual(['host-unreachable', 'closed']);
    expect(lan.heard(`who has ${to}`).length).toBe(3);
    expect(a.host.neighbours()).toEqual([]);
    expect(a.host.counters['neighbour-unreachable']).toBeGreaterThan(0);
  });

  test('a neighbour that goes away breaks no connection at once: the error is noted (MUST-56)', () => {
    const { lan, a, b } = settled();
    listen(lan, b);
    const signals = connect(lan, a, '192.0.2.2');
    lan.run(60_000);
    lan.lose = () => true;
    const socket = a.host.sockets().find(({ state }) => state === 'ESTABLISHED');
    expect(socket).toBeDefined();
    lan.run(60_000);
    expect(signals).not.toContain('host-unreachable');
  });
});

describe('the same address twice', () => {
  test('IPv6, the second one comes later: it sees that it has none (RFC 4862 §5.4.4)', () => {
    const { lan } = settled();
    const c = lan.station('c', { ip: ['2001:db8::1/64'] });
    lan.run(5000);
    expect(c.addresses()).toEqual(['2001:db8::1/64 duplicate']);
    expect(c.host.counters['address-conflicts']).toBe(1);
    expect(lan.heard('2001:db8::1')).toEqual([
      expect.stringMatching(/0c > \*: ND who has 2001:db8::1\? nobody yet asks/),
      expect.stringMatching(/0a > \*: ND 2001:db8::1 is mine/),
    ]);
    const local = address('2001:db8::1');
    const remote = address('2001:db8::2');
    const refused = c.host.open(lan.now, { local, remote, remotePort: 80 });
    expect(refused).toMatchObject({ error: 'address-not-ours' });
  });

  test('IPv6, both at a time: neither takes it (RFC 4862 §5.4.3)', () => {
    const lan = new Lan();
    const c = lan.station('c', { ip: ['2001:db8::1/64'] });
    const d = lan.station('d', { ip: ['2001:db8::1/64'] });
    lan.run(5000);
    expect([...c.addresses(), ...d.addresses()]).toContain('2001:db8::1/64 duplicate');
  });

  test('IPv6, its own question comes back: no conflict (RFC 7527 §4.2)', () => {
    const lan = new Lan();
    const c = lan.station('c', { ip: ['2001:db8::1/64'] });
    lan.onFrame = (frame) => {
      const copy = frame.slice();
      c.host.packetArrives(
        lan.now,
        copy,
        new DataView(copy.buffer),
        0,
        copy.length,
        false,
        c.iface,
      );
    };
    lan.run(5000);
    expect(c.addresses()).toEqual(['2001:db8::1/64 preferred']);
  });

  test('IPv4, by hand on both: each announces, and defends once in ten seconds (RFC 5227 §2.4)', () => {
    const { lan, a } = settled();
    const c = lan.station('c', { ip: ['192.0.2.1/24'] });
    lan.run(60_000);
    const announcements = lan.heard('0a > *: ARP 192.0.2.1 is mine');
    expect(announcements.length).toBeGreaterThan(0);
    expect(announcements.length).toBeLessThanOrEqual(7);
    expect(a.host.counters['address-conflicts']).toBeGreaterThan(0);
    expect(c.host.counters['address-conflicts']).toBeGreaterThan(0);
    expect(a.addresses()[0]).toBe('192.0.2.1/24 preferred');
  });
});
