import { describe, expect, test } from 'vitest';
import { Host } from '../../src/stack/host.ts';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import type { IpAddress } from '../../src/wire/address.ts';
import { SYN } from '../../src/wire/segment.ts';
import { segment } from './datagram.ts';
import {
  A4,
  A6,
  accepted,
  address,
  readAll,
  refusal,
  secret,
  signalsOf,
  text,
  TwoHosts,
  untext,
} from './two-hosts.ts';

const alone = (): Host => new Host({ name: 'alone', secret: secret(1) });

/** A host talks to itself: the client and what its listener accepted. */
function loop(host: Host, remote: IpAddress, port = 80): { client: TcpSocket; server: TcpSocket } {
  const children: TcpSocket[] = [];
  accepted(host.listen(0, { port, onConnection: (socket) => children.push(socket) }));
  const client = accepted(host.open(0, { remote, remotePort: port }));
  host.flush(0);
  return { client, server: children[0]! };
}

describe('over lo', () => {
  test.each(['127.0.0.1', '127.5.6.7', '::1'])('%s is this host', (to) => {
    const host = alone();
    const { client, server } = loop(host, address(to));
    expect([client.state, server.state]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    expect(client.localAddress).toEqual(address(to));
    client.send(0, text('hello'));
    host.flush(0);
    expect(untext(readAll(0, server))).toBe('hello');
    client.close(0);
    host.flush(0);
    server.close(0);
    host.flush(0);
    expect([client.state, server.state]).toEqual(['TIME-WAIT', 'CLOSED']);
  });

  test.each([A4, A6])('every address of ours is reached, and nothing leaves', (own) => {
    const net = new TwoHosts();
    const { client, server } = loop(net.a.host, own);
    net.a.host.flush(0, net.a.link);
    expect([client.state, server.state]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    expect(client.localAddress).toEqual(own);
    expect(net.take(net.b)).toEqual([]);
  });

  test('text of many segments arrives, window after window, within a second', () => {
    const host = alone();
    const { client, server } = loop(host, address('127.0.0.1'));
    const sent = new Uint8Array(300_000).map((_, i) => i % 251);
    const got: number[] = [];
    let at = 0;
    for (let now = 0; now < 1000; now += 10) {
      const taken = client.send(now, sent, at);
      at += typeof taken === 'number' ? taken : 0;
      host.timeout(now);
      host.flush(now);
      for (const octet of readAll(now, server)) got.push(octet);
    }
    expect(Uint8Array.from(got)).toEqual(sent);
  });

  test('a segment from ourselves that comes from a link is dropped (S17, LAND)', () => {
    const net = new TwoHosts();
    const { client, server } = loop(net.a.host, A4);
    for (const from of [A4, address('127.0.0.1')]) {
      const forged = { from, to: A4, fromPort: 9, toPort: 80, ctl: SYN };
      net.inject(net.a, segment(forged));
    }
    net.inject(
      net.a,
      segment({ from: A4, to: A4, fromPort: client.localPort, toPort: 80, ctl: 4 }),
    );
    net.inject(
      net.a,
      segment({ from: A4, to: address('127.0.0.1'), fromPort: 9, toPort: 80, ctl: SYN }),
    );
    const { counters } = net.a.host;
    expect(counters['ip-source-own']).toBe(2);
    expect(counters['ip-source']).toBe(1);
    expect(counters['ip-destination']).toBe(1);
    expect(server.state).toBe('ESTABLISHED');
  });

  test('a port nobody listens on is answered with a reset', () => {
    const host = alone();
    const client = accepted(host.open(0, { remote: address('::1'), remotePort: 9 }));
    const signals = signalsOf(client);
    host.flush(0);
    expect(signals).toEqual(['reset', 'closed']);
  });

  test('there is no way out', () => {
    expect(refusal(alone().open(0, { remote: A4, remotePort: 9 }))).toBe('no-route');
  });

  test('two that never stop talking let others have a turn', () => {
    const host = alone();
    const { client, server } = loop(host, address('127.0.0.1'));
    const bounce = (socket: TcpSocket): void => {
      socket.onSignal = (signal, now) => {
        if (signal === 'readable') socket.send(now, readAll(now, socket));
      };
    };
    bounce(client);
    bounce(server);
    client.send(0, text('ping'));
    host.flush(5);
    expect(host.nextTimeout()).toBe(5);
    const before = host.counters['segments-in'];
    host.flush(5);
    expect(host.counters['segments-in']).toBeGreaterThan(before + 500); // of 512 datagrams
  });

  test('64 MiB take many turns, of 4 MiB each at most', () => {
    const MIB = 2 ** 20;
    const host = alone();
    const { client, server } = loop(host, address('127.0.0.1'));
    const [from, into] = [new Uint8Array(65_536), new Uint8Array(65_536)];
    let taken = 0;
    server.onSignal = (signal, now) => {
      if (signal !== 'readable') return;
      for (;;) {
        const octets = server.receive(now, into);
        if (typeof octets !== 'number' || octets === 0) return;
        taken += octets;
      }
    };
    client.onSignal = (signal, now) => {
      if (signal === 'writable') while (client.send(now, from) === from.length);
    };
    while (client.send(5, from) === from.length);
    let turns = 0;
    while (taken < 64 * MIB) {
      const before = taken;
      host.flush(5);
      expect(taken - before).toBeLessThanOrEqual(4 * MIB + 65_536);
      expect(host.nextTimeout()).toBe(5); // to be continued
      turns++;
    }
    expect(turns).toBeGreaterThanOrEqual(16);
  });
});
