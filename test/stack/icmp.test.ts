import { describe, expect, test } from 'vitest';
import type { IcmpKind } from '../../src/wire/icmp.ts';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import { icmp } from './datagram.ts';
import { A4, A6, accepted, address, B4, B6, signalsOf, text, TwoHosts } from './two-hosts.ts';

const ROUTER4 = address('192.0.2.254');
const ROUTER6 = address('2001:db8::fe');

/** A's SYN to B is lost; the datagram it was in. */
function opening(family: 4 | 6): { net: TwoHosts; client: TcpSocket; sent: Uint8Array } {
  const net = new TwoHosts({ observed: true });
  const remote = family === 4 ? B4 : B6;
  const client = accepted(net.a.host.open(net.now, { remote, remotePort: 80 }));
  net.flush();
  return { net, client, sent: net.take(net.b)[0]!.bytes };
}

function error(family: 4 | 6, kind: IcmpKind, code: number, body: Uint8Array): Uint8Array {
  const [from, to] = family === 4 ? [ROUTER4, A4] : [ROUTER6, A6];
  return icmp({ from, to, kind, code, mtu: 1280, body });
}

const shortest = (sent: Uint8Array, family: 4 | 6): Uint8Array =>
  sent.slice(0, family === 4 ? 28 : 48);

describe('ICMP errors about a connection that is being opened', () => {
  test.each([
    [4, 2, 'protocol unreachable'],
    [4, 3, 'port unreachable'],
    [6, 4, 'port unreachable'],
  ] as const)('IPv%i unreachable, code %i, ends it: %s (SHLD-26)', (family, code, reason) => {
    const { net, client, sent } = opening(family);
    const signals = signalsOf(client);
    net.inject(net.a, error(family, 'unreachable', code, shortest(sent, family)));
    expect(client.connection.tcb.softError).toBe(reason);
    net.flush();
    expect(client.state).toBe('CLOSED');
    expect(signals).toEqual(['refused', 'closed']);
    expect(net.a.host.sockets()).toEqual([]);
  });

  test.each([
    [4, 'unreachable', 0, 'network unreachable'],
    [4, 'unreachable', 1, 'host unreachable'],
    [4, 'unreachable', 5, 'source route failed'],
    [4, 'unreachable', 9, 'destination unreachable, code 9'],
    [4, 'unreachable', 13, 'administratively prohibited'],
    [4, 'time-exceeded', 0, 'time to live exceeded'],
    [4, 'time-exceeded', 1, 'fragment reassembly time exceeded'],
    [4, 'parameter-problem', 0, 'parameter problem at octet 0'],
    [6, 'unreachable', 0, 'no route to destination'],
    [6, 'unreachable', 1, 'administratively prohibited'],
    [6, 'unreachable', 2, 'beyond scope of source address'],
    [6, 'unreachable', 3, 'address unreachable'],
    [6, 'unreachable', 6, 'destination unreachable, code 6'],
    [6, 'time-exceeded', 0, 'time to live exceeded'],
    [6, 'parameter-problem', 1, 'parameter problem at octet 0'],
  ] as const)(
    'IPv%i %s, code %i, are soft: %s (MUST-47, MUST-56)',
    (family, kind, code, reason) => {
      const { net, client, sent } = opening(family);
      const signals = signalsOf(client);
      net.inject(net.a, error(family, kind, code, shortest(sent, family)));
      net.flush();
      expect(client.state).toBe('SYN-SENT');
      expect(signals).toEqual(['soft-error']);
      expect(client.status()).toMatchObject({ softError: reason });
    },
  );
});

describe('ICMP errors (RFC 5927, S20)', () => {
  test('never end an established connection, hard as they may be', () => {
    const net = new TwoHosts();
    const { client } = net.connect(80);
    const signals = signalsOf(client);
    client.send(net.now, text('x'));
    net.flush();
    const sent = net.take(net.b)[0]!.bytes;
    net.inject(net.a, error(4, 'unreachable', 3, shortest(sent, 4)));
    net.flush();
    expect(client.state).toBe('ESTABLISHED');
    expect(signals).toEqual(['soft-error']);
  });

  test('about a sequence number that is not in flight are ignored', () => {
    const { net, client, sent } = opening(4);
    const signals = signalsOf(client);
    const quote = shortest(sent, 4);
    quote[24]! ^= 0x80;
    net.inject(net.a, error(4, 'unreachable', 3, quote));
    net.flush();
    expect([client.state, signals]).toEqual(['SYN-SENT', []]);
    expect(net.a.notes.at(-1)!.because).toContain('RFC 5927');
  });

  test.each([
    ['another local port', 20],
    ['another remote port', 22],
    ['another peer', 19],
    ['a source that is not ours', 15],
  ])('that quote %s match no connection (MUST-54)', (_what, at) => {
    const { net, client, sent } = opening(4);
    const quote = shortest(sent, 4);
    quote[at]! ^= 0x10;
    net.inject(net.a, error(4, 'unreachable', 3, quote));
    expect(net.a.host.counters['icmp-unmatched']).toBe(1);
    expect(client.state).toBe('SYN-SENT');
  });

  test('that quote UDP match no connection', () => {
    const { net, sent } = opening(4);
    const quote = shortest(sent, 4);
    quote[9] = 17;
    net.inject(net.a, error(4, 'unreachable', 3, quote));
    expect(net.a.host.counters['icmp-unmatched']).toBe(1);
  });

  test('that quote too little are dropped', () => {
    const { net, sent } = opening(4);
    net.inject(net.a, error(4, 'unreachable', 3, sent.slice(0, 27)));
    expect(net.a.host.counters['icmp-quote']).toBe(1);
  });

  test('Source Quench changes nothing (MUST-55)', () => {
    const { net, client, sent } = opening(4);
    const before = client.status();
    net.inject(net.a, error(4, 'source-quench', 0, shortest(sent, 4)));
    expect(client.status()).toEqual(before);
    expect(net.a.host.counters['icmp-source-quench']).toBe(1);
  });
});
