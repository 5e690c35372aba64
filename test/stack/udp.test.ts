/** UDP sockets of two hosts on a cable in memory: RFC 768, RFC 1122 §4.1. */
import { describe, expect, test } from 'vitest';
import type { UdpError, UdpSocket } from '../../src/stack/udp-socket.ts';
import { printAddress } from '../../src/wire/address.ts';
import { A4, A6, accepted, address, B4, B6, refusal, text, TwoHosts, untext } from './two-hosts.ts';
import type { UdpOptions } from '../../src/stack/udp-sockets.ts';
import type { Side } from './two-hosts.ts';

interface Heard {
  readonly text: string;
  readonly from: string;
  readonly to: string;
}

export function opened(net: TwoHosts, side: Side, options: UdpOptions = {}): UdpSocket {
  return accepted(side.host.openUdp(net.now, options));
}

/** All that a socket hears from now on. */
export function heardBy(socket: UdpSocket): Heard[] {
  const heard: Heard[] = [];
  socket.onMessage = (_now, bytes, start, end, from, fromPort, info) => {
    heard.push({
      text: untext(bytes.slice(start, end)),
      from: `${printAddress(from)} ${fromPort}`,
      to: printAddress(info.to),
    });
  };
  return heard;
}

function network(): TwoHosts {
  const net = new TwoHosts();
  net.flush(); // plugs the cable in
  return net;
}

describe('an exchange', () => {
  test.each([
    [A4, B4],
    [A6, B6],
  ])('a datagram and its answer: %o', (a, b) => {
    const net = network();
    const server = opened(net, net.b, { localPort: 53 });
    const client = opened(net, net.a, { family: a.family });
    const heard = heardBy(client);
    server.onMessage = (now, bytes, start, end, from, fromPort) => {
      server.send(now, bytes, start, end, from, fromPort);
    };
    expect(client.send(net.now, text('hello'), 0, 5, b, 53)).toBe(5);
    net.settle();
    const from = `${printAddress(b)} 53`;
    expect(heard).toEqual([{ text: 'hello', from, to: printAddress(a) }]);
    expect(net.b.host.counters['udp-in']).toBe(1);
  });

  test('an empty datagram is a datagram', () => {
    const net = network();
    const heard = heardBy(opened(net, net.b, { localPort: 9 }));
    opened(net, net.a).send(net.now, text(''), 0, 0, B4, 9);
    net.settle();
    expect(heard.map((h) => h.text)).toEqual(['']);
  });

  test('to ourselves, over lo', () => {
    const net = network();
    const heard = heardBy(opened(net, net.a, { localPort: 9 }));
    const client = opened(net, net.a);
    client.send(net.now, text('one'), 0, 3, address('127.0.0.1'), 9);
    client.send(net.now, text('two'), 0, 3, A4, 9);
    client.send(net.now, text('six'), 0, 3, address('::1'), 9);
    net.settle();
    expect(heard.map((h) => `${h.text} ${h.to}`)).toEqual([
      'one 127.0.0.1',
      'two 192.0.2.1',
      'six ::1',
    ]);
  });
});

describe('whose datagram it is', () => {
  test('connected before bound, bound before wildcard', () => {
    const net = network();
    const any = heardBy(opened(net, net.b, { localPort: 7, reuseAddress: true }));
    const bound = heardBy(opened(net, net.b, { localPort: 7, local: B4, reuseAddress: true }));
    const peer = opened(net, net.b, { localPort: 7, local: B4, reuseAddress: true });
    const connected = heardBy(peer);
    const client = opened(net, net.a, { localPort: 1000 });
    const other = opened(net, net.a, { localPort: 1001 });
    peer.connect(net.now, A4, 1000);
    client.send(net.now, text('c'), 0, 1, B4, 7);
    other.send(net.now, text('b'), 0, 1, B4, 7);
    other.send(net.now, text('a'), 0, 1, B6, 7);
    net.settle();
    expect([any, bound, connected].map((list) => list.map((h) => h.text))).toEqual([
      ['a'],
      ['b'],
      ['c'],
    ]);
  });

  test('of equals the one bound last', () => {
    const net = network();
    const first = heardBy(opened(net, net.b, { localPort: 7, reuseAddress: true }));
    const last = heardBy(opened(net, net.b, { localPort: 7, reuseAddress: true }));
    opened(net, net.a).send(net.now, text('x'), 0, 1, B4, 7);
    net.settle();
    expect([first.length, last.length]).toEqual([0, 1]);
  });

  test('a connected socket hears its peer alone', () => {
    const net = network();
    const socket = opened(net, net.b, { localPort: 7 });
    const heard = heardBy(socket);
    const peer = opened(net, net.a, { localPort: 1000 });
    const other = opened(net, net.a, { localPort: 1001 });
    expect(socket.connect(net.now, A4, 1000)).toBeUndefined();
    other.send(net.now, text('no'), 0, 2, B4, 7);
    peer.send(net.now, text('yes'), 0, 3, B4, 7);
    net.settle();
    expect(heard.map((h) => h.text)).toEqual(['yes']);
    socket.disconnect();
    other.send(net.now, text('now'), 0, 3, B4, 7);
    net.settle();
    expect(heard.map((h) => h.text)).toEqual(['yes', 'now']);
  });

  test('one of a family and one of both: conflicts as people know them', () => {
    const net = network();
    const open = (options: UdpOptions): string | undefined =>
      refusal(net.a.host.openUdp(net.now, { localPort: 5353, ...options }));
    const both = opened(net, net.a, { localPort: 5353 });
    expect(open({ family: 4 })).toBe('address-in-use');
    expect(open({ local: A4 })).toBe('address-in-use');
    expect(open({ local: A6 })).toBe('address-in-use');
    expect(open({ family: 6, ipv6Only: true })).toBe('address-in-use');
    both.close(net.now);
    const six = opened(net, net.a, { localPort: 5353, family: 6, ipv6Only: true });
    const four = opened(net, net.a, { localPort: 5353, family: 4 });
    expect(open({ reuseAddress: true })).toBe('address-in-use');
    for (const socket of [six, four]) socket.close(net.now);
    expect(open({ local: A4 })).toBeUndefined();
    expect(open({ local: address('127.0.0.1') })).toBeUndefined();
    expect(open({ local: address('198.51.100.1') })).toBe('address-not-ours');
  });

  test('ephemeral ports: all different, none told from the one before', () => {
    const net = network();
    const ports = Array.from({ length: 500 }, () => opened(net, net.a).localPort);
    expect(new Set(ports).size).toBe(500);
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(32_768);
    const steps = new Set(ports.slice(1).map((port, i) => port - ports[i]!));
    expect(steps.size).toBeGreaterThan(450);
  });

  test('all ephemeral ports in use is a refusal', () => {
    const net = network();
    for (let port = 32_768; port <= 65_535; port++) opened(net, net.a, { localPort: port });
    expect(refusal(net.a.host.openUdp(net.now, {}))).toBe('ports-exhausted');
  });
});

describe('what is refused', () => {
  test('has a name each', () => {
    const net = network();
    const socket = opened(net, net.a, { family: 4 });
    const send = (to: string, port = 9, length = 1): unknown => {
      const answer = socket.send(net.now, new Uint8Array(70_000), 0, length, address(to), port);
      return typeof answer === 'object' ? answer.error : answer;
    };
    expect(send('192.0.2.2', 0)).toBe('invalid-port');
    expect(send('192.0.2.2', 65_536)).toBe('invalid-port');
    expect(send('192.0.2.2', 1.5)).toBe('invalid-port');
    expect(send('0.0.0.0')).toBe('invalid-address');
    expect(send('2001:db8::2')).toBe('no-route');
    expect(send('255.255.255.255')).toBe('not-permitted');
    expect(send('192.0.2.255')).toBe('not-permitted');
    expect(send('192.0.2.2', 9, 65_508)).toBe('message-too-long');
    expect(send('192.0.2.2', 9, 65_507)).toBe(65_507);
    expect(send('192.0.2.2', 9, -1)).toBe('invalid-option');
    expect(send('192.0.2.2', 9, 70_001)).toBe('invalid-option');
    expect(socket.send(net.now, text('x'))).toMatchObject({ error: 'not-connected' });
    expect(socket.connect(net.now, B4, 9)).toBeUndefined();
    expect(send('192.0.2.2')).toBe('already-connected');
    expect(socket.send(net.now, text('x'))).toBe(1);
    socket.close(net.now);
    socket.close(net.now);
    expect(socket.send(net.now, text('x'))).toMatchObject({ error: 'socket-closed' });
    expect(socket.connect(net.now, B4, 9)).toMatchObject({ error: 'socket-closed' });
    expect(socket.join(net.now, address('224.1.1.1'))).toMatchObject({ error: 'socket-closed' });
    expect(refusal(net.a.host.openUdp(net.now, { localPort: -1 }))).toBe('invalid-port');
    expect(refusal(net.a.host.openUdp(net.now, { localPort: 70_000 }))).toBe('invalid-port');
    expect(net.a.host.udpSockets()).toEqual([]);
  });
});

describe('many at once', () => {
  test('a broadcast, when the socket may: to all of the port, ourselves included', () => {
    const net = network();
    const there = heardBy(opened(net, net.b, { localPort: 67, family: 4 }));
    const here = heardBy(opened(net, net.a, { localPort: 67, family: 4 }));
    const socket = opened(net, net.a, { family: 4 });
    socket.broadcast = true;
    expect(socket.send(net.now, text('who'), 0, 3, address('255.255.255.255'), 67)).toBe(3);
    expect(socket.send(net.now, text('net'), 0, 3, address('192.0.2.255'), 67)).toBe(3);
    net.settle();
    expect(there.map((h) => `${h.text} ${h.to}`)).toEqual([
      'who 255.255.255.255',
      'net 192.0.2.255',
    ]);
    expect(here.map((h) => h.text)).toEqual(['who', 'net']);
  });

  test.each(['239.1.2.3', 'ff02::1:2'])('%s goes to who has joined, and to no other', (group) => {
    const net = network();
    const joined = opened(net, net.b, { localPort: 5000, reuseAddress: true });
    const heard = heardBy(joined);
    const not = heardBy(opened(net, net.b, { localPort: 5000, reuseAddress: true }));
    expect(joined.join(net.now, address(group))).toBeUndefined();
    expect(joined.join(net.now, address(group))).toMatchObject({ error: 'already-a-member' });
    const sender = opened(net, net.a);
    const send = (): unknown => sender.send(net.now, text('g'), 0, 1, address(group), 5000);
    expect(send()).toBe(1);
    net.settle();
    expect([heard.length, not.length]).toEqual([1, 0]);
    expect(joined.leave(net.now, address(group))).toBeUndefined();
    expect(joined.leave(net.now, address(group))).toMatchObject({ error: 'not-a-member' });
    send();
    net.settle();
    expect(heard.length).toBe(1);
    expect(net.b.host.counters['udp-many-unheard']).toBe(1);
    expect(net.b.host.counters['ip-destination']).toBe(0);
  });

  test('what is sent to a group comes to members on this host unless loop is off', () => {
    const net = network();
    const group = address('239.1.2.3');
    const member = opened(net, net.a, { localPort: 5000 });
    const heard = heardBy(member);
    member.join(net.now, group);
    const sender = opened(net, net.a);
    sender.send(net.now, text('1'), 0, 1, group, 5000);
    sender.multicastLoop = false;
    sender.send(net.now, text('2'), 0, 1, group, 5000);
    net.settle();
    expect(heard.map((h) => h.text)).toEqual(['1']);
  });

  test('multicast has a TTL of its own, 1 unless set (RFC 1112 §6.1)', () => {
    const net = network();
    const socket = opened(net, net.a);
    socket.ttl = 9;
    socket.tos = 0xb8;
    socket.send(net.now, text('1'), 0, 1, address('239.1.2.3'), 5000);
    socket.send(net.now, text('2'), 0, 1, B4, 5000);
    const seen = net.take(net.b);
    expect(seen.map((s) => [s.ip.ttl, s.ip.tos])).toEqual([
      [1, 0xb8],
      [9, 0xb8],
    ]);
  });
});

describe('interfaces', () => {
  test('one that goes tells the sockets on it', () => {
    const net = network();
    const errors: string[] = [];
    const watch = (name: string, socket: UdpSocket): UdpSocket => {
      socket.onError = ({ reason }: UdpError) => errors.push(`${name} ${reason}`);
      return socket;
    };
    watch('any', opened(net, net.a));
    watch('bound', opened(net, net.a, { local: A4 }));
    const connected = watch('connected', opened(net, net.a));
    connected.connect(net.now, B4, 9);
    const member = watch('member', opened(net, net.a));
    member.join(net.now, address('239.1.2.3'));
    net.a.host.removeInterface(net.now, net.a.host.interfaces[1]!);
    expect(errors).toEqual(['bound interface-closed', 'connected interface-closed']);
    expect(member.info().memberships).toEqual([]);
    expect(connected.send(net.now, text('x'))).toMatchObject({ error: 'no-route' });
  });
});
