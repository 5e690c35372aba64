import { describe, expect, test } from 'vitest';
import type { DhcpClient } from '../../src/stack/dhcp-client.ts';
import { printAddress, printCidr } from '../../src/wire/address.ts';
import { DhcpServer, type Heard } from './dhcp-server.ts';
import { address, Lan, type Station } from './lan.ts';
import { arp } from './messages.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const GRANT = {
  address: '192.0.2.100',
  options: '0304c00002fe 0604c0000235 0f0b6578616d706c652e6e6574'.replaceAll(' ', ''),
};

function started(): { lan: Lan; a: Station; server: DhcpServer; client: DhcpClient } {
  const lan = new Lan();
  const a = lan.station('a');
  const server = new DhcpServer(lan);
  const client = a.host.dhcp(lan.now, a.iface)!;
  return { lan, a, server, client };
}

/** With an address since `lan.now`. */
function bound(grant: Parameters<DhcpServer['serve']>[0] = GRANT): ReturnType<typeof started> {
  const all = started();
  all.server.serve(grant);
  all.lan.run(10 * SECOND);
  expect(all.client.state).toBe('BOUND');
  return all;
}

const told = ({ type, ends, ciaddr, requested, serverId }: Heard): string =>
  [type, ends, ciaddr, requested ?? '-', serverId ?? '-'].join(' ');

describe('a DHCP client (RFC 2131 §3.1)', () => {
  test('discovers, requests, looks whether somebody has it, and is bound', () => {
    const { lan, a, server, client } = started();
    server.serve(GRANT);
    lan.run(10 * SECOND);
    expect(server.heard.map(told)).toEqual([
      'DISCOVER 0 > 255 0.0.0.0 - -',
      'REQUEST 0 > 255 0.0.0.0 192.0.2.100 192.0.2.254',
    ]);
    expect(lan.heard('ARP').map((line) => line.replace(/^\d+: /, ''))).toEqual([
      '0a > *: ARP who has 192.0.2.100? nobody yet asks',
      '0a > *: ARP who has 192.0.2.100? nobody yet asks',
      '0a > *: ARP who has 192.0.2.100? nobody yet asks',
      '0a > *: ARP 192.0.2.100 is mine',
      '0a > *: ARP 192.0.2.100 is mine',
    ]);
    expect(client.state).toBe('BOUND');
    expect(printCidr(client.lease!.address)).toBe('192.0.2.100/24');
    expect(client.lease).toMatchObject({ domain: 'example.net', server: address('192.0.2.254') });
    expect(a.addresses()).toEqual(['192.0.2.100/24 preferred']);
    expect(a.host.nameservers().map(printAddress)).toEqual(['192.0.2.53']);
    const gateway = a.host.routes().find(({ origin }) => origin === 'dhcp');
    expect(gateway).toMatchObject({ via: address('192.0.2.254'), to: { prefixLength: 0 } });
  });

  test('asks again and again when nobody answers: 4, 8, 16, 32, 64 s and a second more or less', () => {
    const { lan, server } = started();
    lan.run(10 * MINUTE);
    const waits = server.heard.slice(1).map(({ at }, i) => (at - server.heard[i]!.at) / SECOND);
    [4, 8, 16, 32, 64, 64, 64].forEach((wait, i) => {
      expect(Math.abs(waits[i]! - wait)).toBeLessThanOrEqual(1);
    });
    expect(new Set(server.heard.map(({ xid }) => xid)).size).toBe(1);
  });

  test('looks for another offer when its request is not answered', () => {
    const { lan, server } = started();
    server.script = (message) => {
      if (message.type === 'DISCOVER') server.say('OFFER', message, GRANT);
    };
    lan.run(2 * MINUTE);
    expect(server.types().slice(0, 6)).toEqual([
      'DISCOVER',
      'REQUEST',
      'REQUEST',
      'REQUEST',
      'REQUEST',
      'DISCOVER',
    ]);
  });

  test('begins again after a NAK, not at once', () => {
    const { lan, server } = started();
    server.script = (message) => {
      server.say(message.type === 'DISCOVER' ? 'OFFER' : 'NAK', message, GRANT);
    };
    lan.run(MINUTE);
    expect(server.types().slice(0, 3)).toEqual(['DISCOVER', 'REQUEST', 'DISCOVER']);
    expect(server.heard.length).toBeLessThan(20);
  });

  test('declines an address that somebody has, and waits ten seconds (§3.1 (5))', () => {
    const { lan, a, server, client } = started();
    const b = lan.station('b', { ip: ['192.0.2.100/24'] });
    server.serve(GRANT);
    lan.run(8 * SECOND);
    expect(server.heard.map(told)[2]).toBe('DECLINE 0 > 255 0.0.0.0 192.0.2.100 192.0.2.254');
    expect([client.state, a.addresses(), client.lease]).toEqual(['INIT', [], undefined]);
    server.serve({ ...GRANT, address: '192.0.2.101' });
    lan.run(20 * SECOND);
    expect(a.addresses()).toEqual(['192.0.2.101/24 preferred']);
    const [decline, again] = [server.heard[2]!, server.heard[3]!];
    expect(again.at - decline.at).toBeGreaterThanOrEqual(10 * SECOND);
    expect(b.addresses()).toEqual(['192.0.2.100/24 preferred']);
  });

  test('gives the lease back when it is told to (§4.4.6)', () => {
    const { lan, a, server, client } = bound();
    lan.send(
      arp({
        operation: 1,
        sender: '192.0.2.254',
        senderMac: '02:00:00:00:00:fe',
        target: '192.0.2.100',
      }),
    );
    client.release(lan.now);
    lan.run(SECOND);
    expect(told(server.heard.at(-1)!)).toBe('RELEASE 100 > 254 192.0.2.100 - 192.0.2.254');
    expect([a.addresses(), a.host.nameservers(), client.state]).toEqual([[], [], 'STOPPED']);
    expect(a.host.routes().some(({ origin }) => origin === 'dhcp')).toBe(false);
    lan.run(2 * 3600 * SECOND);
    expect(server.types().filter((type) => type !== 'RELEASE').length).toBe(2);
  });

  test('takes an MTU, and gives it back with the lease', () => {
    const { lan, a, client } = bound({ ...GRANT, options: '1a020514' });
    expect(a.iface.mtu).toBe(1300);
    client.stop(lan.now);
    expect(a.iface.mtu).toBe(1500);
  });

  test('takes classless routes in place of routers (RFC 3442)', () => {
    const { a } = bound({
      ...GRANT,
      options: '0304c00002fe790d 18c63364c0000209 00c0000201'.replaceAll(' ', ''),
    });
    const routes = a.host.routes().filter(({ origin }) => origin === 'dhcp');
    expect(routes.map(({ to, via }) => `${printCidr(to)} via ${printAddress(via!)}`)).toEqual([
      '198.51.100.0/24 via 192.0.2.9',
      '0.0.0.0/0 via 192.0.2.1',
    ]);
  });
});

describe('a lease (RFC 2131 §4.4.5)', () => {
  const known = (lan: Lan): void => {
    // The server can be spoken to: it answers ARP.
    lan.send(arp({ sender: '192.0.2.254', senderMac: '02:00:00:00:00:fe', target: '192.0.2.100' }));
  };

  test('is renewed by unicast at half of its time, and goes on', () => {
    const { lan, a, server } = bound();
    lan.run(29 * MINUTE);
    known(lan);
    server.heard.length = 0;
    lan.run(2 * MINUTE);
    expect(server.heard.map(told)).toEqual(['REQUEST 100 > 254 192.0.2.100 - -']);
    lan.run(40 * MINUTE);
    expect(a.addresses()).toEqual(['192.0.2.100/24 preferred']);
  });

  test('is asked of anybody at 7/8 of its time, and ends with it', () => {
    const { lan, a, server, client } = bound();
    server.script = () => undefined;
    server.heard.length = 0;
    lan.run(57 * MINUTE);
    expect(client.state).toBe('REBINDING');
    expect(told(server.heard.at(-1)!)).toBe('REQUEST 100 > 255 192.0.2.100 - -');
    lan.run(4 * MINUTE);
    expect([a.addresses(), client.lease, client.state]).toEqual([[], undefined, 'SELECTING']);
  });

  test('is over when the server says so', () => {
    const { lan, a, server, client } = bound();
    server.script = (message) => server.say('NAK', message, GRANT);
    lan.run(29 * MINUTE);
    known(lan);
    lan.run(2 * MINUTE);
    expect([a.addresses(), client.lease]).toEqual([[], undefined]);
  });

  test('ends connections that it made possible', () => {
    const { lan, a, client } = bound();
    const signals: string[] = [];
    const socket = a.host.open(lan.now, { remote: address('192.0.2.254'), remotePort: 80 });
    if (!('error' in socket)) socket.onSignal = (signal) => signals.push(signal);
    lan.settle();
    client.stop(lan.now);
    lan.settle();
    expect(signals).toContain('network-down');
  });

  test('without end is never renewed', () => {
    const { lan, a, server } = bound({ ...GRANT, lease: 0xffffffff });
    lan.run(100 * 86_400 * SECOND);
    expect([a.addresses(), server.types()]).toEqual([
      ['192.0.2.100/24 preferred'],
      ['DISCOVER', 'REQUEST'],
    ]);
  });
});

describe('a DHCP client is not taken in by', () => {
  test.each([
    ['another transaction', { xid: '00000000' }],
    ["another station's answer", { chaddr: '0200000000ff' }],
    ['a multicast address', { address: '224.0.0.1' }],
    ['a broadcast address', { address: '255.255.255.255' }],
    ['a loopback address', { address: '127.0.0.1' }],
    ['no address', { address: '0.0.0.0' }],
    ['a server that has none', { server: '0.0.0.0' }],
  ])('%s', (_what, wrong) => {
    const { lan, a, server, client } = started();
    server.serve({ ...GRANT, ...wrong });
    lan.run(20 * SECOND);
    expect([client.state, a.addresses()]).toEqual(['SELECTING', []]);
    expect(a.host.counters['dhcp-unexpected']).toBeGreaterThan(0);
  });

  test('a grant of another server than the one it chose', () => {
    const { lan, client, server } = started();
    server.script = (message) => {
      if (message.type === 'DISCOVER') server.say('OFFER', message, GRANT);
      else server.say('ACK', message, { ...GRANT, server: '192.0.2.66' });
    };
    lan.run(2 * SECOND);
    expect(client.state).toBe('REQUESTING');
  });

  test('a lease of a moment', () => {
    const { lan, client, server } = started();
    server.serve({ ...GRANT, lease: 1 });
    lan.run(2 * SECOND);
    expect(client.state).toBe('REQUESTING');
  });

  test('renewal times beyond the lease', () => {
    const { client } = bound({
      ...GRANT,
      options: '3a0400ffffff 3b0400ffffff'.replaceAll(' ', ''),
    });
    const { obtainedAt, renewAt, rebindAt, expiresAt } = client.lease!;
    expect(renewAt - obtainedAt).toBeGreaterThan(29 * MINUTE);
    expect(renewAt).toBeLessThan(rebindAt);
    expect(rebindAt).toBeLessThan(expiresAt);
  });

  test('what comes when nothing is waited for', () => {
    const { lan, a, server } = bound();
    const last = server.heard.at(-1)!;
    server.say('ACK', last, { ...GRANT, address: '192.0.2.66' });
    server.say('NAK', last, GRANT);
    lan.run(SECOND);
    expect(a.addresses()).toEqual(['192.0.2.100/24 preferred']);
    expect(a.host.counters['dhcp-unexpected']).toBe(2);
  });
});
