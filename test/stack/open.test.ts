import { describe, expect, test } from 'vitest';
import type { OpenOptions, PassiveOptions } from '../../src/stack/opening.ts';
import { seq } from '../../src/wire/seq.ts';
import { ACK, RST, SYN } from '../../src/wire/segment.ts';
import { segment } from './datagram.ts';
import {
  A4,
  A6,
  accepted,
  address,
  B4,
  B6,
  cidr,
  readAll,
  refusal,
  signalsOf,
  text,
  TwoHosts,
  untext,
} from './two-hosts.ts';

describe('OPEN', () => {
  test.each([
    ['to a broadcast address (MUST-46)', { remote: address('192.0.2.255') }, 'invalid-address'],
    ['to 255.255.255.255 (MUST-46)', { remote: address('255.255.255.255') }, 'invalid-address'],
    ['to a multicast address (MUST-46)', { remote: address('224.0.0.1') }, 'invalid-address'],
    ['to an IPv6 multicast address (MUST-46)', { remote: address('ff02::1') }, 'invalid-address'],
    ['to 0.0.0.0', { remote: address('0.0.0.0') }, 'invalid-address'],
    ['to the very same socket (S29)', { remote: A4, localPort: 80 }, 'self-connection'],
    ['from loopback to a link', { local: address('127.0.0.1') }, 'no-route'],
    ['from a foreign address (MUST-43)', { local: address('192.0.2.9') }, 'address-not-ours'],
    ['from the other family', { local: A6 }, 'no-route'],
    ['to port 0', { remotePort: 0 }, 'invalid-port'],
    ['to port 65536', { remotePort: 65_536 }, 'invalid-port'],
    ['from port 1.5', { localPort: 1.5 }, 'invalid-port'],
  ] as const)('%s is refused, and nothing is sent', (_what, options, error) => {
    const net = new TwoHosts();
    const whole: OpenOptions = { remote: B4, remotePort: 80, ...options };
    const answer = net.a.host.open(net.now, whole);
    expect(refusal(answer)).toBe(error);
    net.flush();
    expect(net.take(net.b)).toEqual([]);
    expect(net.a.host.sockets()).toEqual([]);
  });

  test('over a family the host has no address of has no route', () => {
    const net = new TwoHosts({ a: { addresses: [cidr('192.0.2.1/24')] } });
    expect(refusal(net.a.host.open(net.now, { remote: B6, remotePort: 80 }))).toBe('no-route');
  });

  test('of the same pair of sockets twice is refused, the first goes on', () => {
    const net = new TwoHosts();
    const options = { remote: B4, remotePort: 80, localPort: 5000 };
    const first = accepted(net.a.host.open(net.now, options));
    expect(refusal(net.a.host.open(net.now, options))).toBe('connection-exists');
    expect(first.state).toBe('SYN-SENT');
  });

  test('takes the address of the prefix, then of the scope, for a multihomed host (MUST-44)', () => {
    const addresses = ['10.1.0.1/16', '192.0.2.1/24', 'fe80::1/64', '2001:db8::1/64'].map(cidr);
    const net = new TwoHosts({ a: { addresses } });
    const source = (remote: string): unknown =>
      accepted(net.a.host.open(net.now, { remote: address(remote), remotePort: 80 })).localAddress;
    expect(source('192.0.2.7')).toEqual(address('192.0.2.1'));
    expect(source('10.1.2.3')).toEqual(address('10.1.0.1'));
    expect(source('203.0.113.1')).toEqual(address('10.1.0.1'));
    expect(source('2001:db8:9::1')).toEqual(address('2001:db8::1'));
    expect(source('fe80::9')).toEqual(address('fe80::1'));
  });

  test('honours the local address and port it is given (MUST-43)', () => {
    const net = new TwoHosts({ a: { addresses: ['192.0.2.1/24', '192.0.2.7/24'].map(cidr) } });
    const { children } = net.listen(80);
    const local = address('192.0.2.7');
    accepted(net.a.host.open(net.now, { remote: B4, remotePort: 80, local, localPort: 1234 }));
    net.settle();
    expect(children[0]!.remoteAddress).toEqual(local);
    expect(children[0]!.remotePort).toBe(1234);
  });

  test('says when all ephemeral ports are in use with a peer', () => {
    const net = new TwoHosts();
    const open = (): string | undefined =>
      refusal(net.a.host.open(net.now, { remote: B4, remotePort: 80 }));
    for (let i = 0; i < 32_768; i++) expect(open()).toBeUndefined();
    expect(open()).toBe('ports-exhausted');
    expect(refusal(net.a.host.open(net.now, { remote: B4, remotePort: 81 }))).toBeUndefined();
  });

  test('takes the ISS and the port of whoever replaces RFC 6528 and RFC 6056', () => {
    const net = new TwoHosts({ a: { nextIss: () => seq(100), nextPort: () => 7 } });
    accepted(net.a.host.open(net.now, { remote: B4, remotePort: 80 }));
    net.flush();
    const { seg, bytes } = net.take(net.b)[0]!;
    expect(seg.seq).toBe(seq(100));
    expect(bytes[21]).toBe(7);
  });
});

describe('a passive OPEN of the RFC: one TCB', () => {
  const passive = (net: TwoHosts, options: Partial<PassiveOptions> = {}) =>
    accepted(net.b.host.openPassive(net.now, { localPort: 80, ...options }));

  test('becomes the connection and says where it is bound (MUST-45)', () => {
    const net = new TwoHosts();
    const server = passive(net);
    expect([server.state, server.localAddress, server.remoteAddress]).toEqual([
      'LISTEN',
      undefined,
      undefined,
    ]);
    const client = accepted(net.a.host.open(net.now, { remote: B6, remotePort: 80 }));
    net.settle();
    expect([client.state, server.state]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    expect(server.localAddress).toEqual(B6);
    expect(server.remoteAddress).toEqual(A6);
    expect(server.connection.tcb.options.pathMss).toBe(1440);
    server.send(net.now, text('hello'));
    net.settle();
    expect(untext(readAll(net.now, client))).toBe('hello');
  });

  test('keeps what it was told before the SYN when that comes over IPv6', () => {
    const net = new TwoHosts();
    const server = passive(net);
    server.keepAlive(net.now, true);
    server.keepAliveTimes(net.now, { idle: 7000, interval: 2000, probes: 3 });
    expect(server.congestionControl(net.now, 'reno')).toBe(true);
    server.noDelay(true);
    server.cork(true);
    server.userTimeout(net.now, 123_456);
    const client = accepted(net.a.host.open(net.now, { remote: B6, remotePort: 80 }));
    net.settle();
    expect(server.connection.tcb.options.pathMss).toBe(1440); // it is one of IPv6 now
    const { knobs, noDelay, keepAlive, userTimeout } = server.connection.tcb;
    expect(knobs).toMatchObject({ keepAliveIdle: 7000, keepAliveInterval: 2000, cork: true });
    expect([noDelay, keepAlive, userTimeout]).toEqual([true, true, 123_456]);
    server.cork(false);
    server.send(net.now, text('hello'));
    net.settle();
    expect(server.connection.tcb.sender?.congestion.name).toBe('reno');
    net.run(1000);
    expect(untext(readAll(net.now, client))).toBe('hello');
    // Nobody answers any more: probes 7, 9 and 11 s after the last segment, given up 2 s later.
    const started = net.now - 1000;
    const probes: number[] = [];
    for (let at = net.b.host.nextTimeout(); at < Infinity; at = net.b.host.nextTimeout()) {
      net.now = at;
      net.b.host.timeout(at);
      net.flush();
      for (const { seg } of net.take(net.a)) if (!(seg.ctl & RST)) probes.push(at - started);
      if (server.state === 'CLOSED') break;
    }
    expect(probes.slice(0, 3).map(Math.floor)).toEqual([7000, 9000, 11_000]);
    expect([server.state, net.now - started]).toEqual(['CLOSED', 13_000]);
  });

  test('returns to LISTEN on a reset in SYN-RECEIVED and takes the next (MUST-11)', () => {
    const net = new TwoHosts({ observed: true });
    const server = passive(net);
    const signals = signalsOf(server);
    net.inject(net.b, segment({ from: A4, to: B4, fromPort: 5, toPort: 80, seq: 9, ctl: SYN }));
    expect(server.state).toBe('SYN-RECEIVED');
    expect(server.remotePort).toBe(5);
    net.inject(net.b, segment({ from: A4, to: B4, fromPort: 5, toPort: 80, seq: 10, ctl: RST }));
    expect(server.state).toBe('LISTEN');
    expect([server.localAddress, server.remoteAddress, server.remotePort]).toEqual([
      undefined,
      undefined,
      0,
    ]);
    net.settle();
    accepted(net.a.host.open(net.now, { remote: B4, remotePort: 80 }));
    net.settle();
    expect(server.state).toBe('ESTABLISHED');
    expect(signals).toEqual(['established', 'writable']);
    expect(net.b.arrows.slice(0, 4)).toEqual([
      'CLOSED > LISTEN',
      'LISTEN > SYN-RECEIVED',
      'SYN-RECEIVED > LISTEN',
      'LISTEN > SYN-RECEIVED',
    ]);
  });

  test('answers an ACK in LISTEN with a reset and stays there', () => {
    const net = new TwoHosts();
    const server = passive(net);
    const ack = segment({ from: A4, to: B4, fromPort: 5, toPort: 80, ctl: ACK, ack: 77 });
    net.inject(net.b, ack);
    net.flush();
    const [reset] = net.take(net.a);
    expect([reset!.seg.ctl, reset!.seg.seq]).toEqual([RST, seq(77)]);
    expect([server.state, server.remoteAddress]).toEqual(['LISTEN', undefined]);
    for (let i = 0; i < 500; i++) net.inject(net.b, ack);
    net.flush();
    expect(Math.abs(net.take(net.a).length - 199)).toBeLessThan(50);
  });

  test('takes only the foreign socket it was given', () => {
    const net = new TwoHosts();
    const server = passive(net, { remote: A4, remotePort: 5000 });
    const syn = { from: A4, to: B4, fromPort: 4999, toPort: 80, ctl: SYN };
    net.inject(net.b, segment(syn));
    expect(net.b.host.counters['tcp-no-connection']).toBe(1);
    net.inject(net.b, segment({ ...syn, fromPort: 5000 }));
    expect(server.state).toBe('SYN-RECEIVED');
  });

  test('turns active with OPEN, or with SEND, if the foreign socket is known (§3.10.1)', () => {
    for (const how of ['open', 'send'] as const) {
      const net = new TwoHosts();
      const { children } = net.listen(99);
      const socket = accepted(
        net.a.host.openPassive(net.now, { localPort: 80, remote: B4, remotePort: 99 }),
      );
      const answer = how === 'open' ? socket.open(net.now) : socket.send(net.now, text('hi'));
      expect(answer).toBe(how === 'open' ? 'ok' : 2);
      expect(socket.state).toBe('SYN-SENT');
      net.settle();
      expect(socket.state).toBe('ESTABLISHED');
      expect(children[0]!.unread).toBe(how === 'open' ? 0 : 2);
    }
  });

  test('does not turn active if the foreign socket is unspecified', () => {
    const net = new TwoHosts();
    const socket = passive(net);
    expect(socket.open(net.now)).toBe('error: foreign socket unspecified');
    expect(socket.send(net.now, text('hi'))).toBe('error: foreign socket unspecified');
  });

  test('is closed and gone, its port is free', () => {
    const net = new TwoHosts();
    expect(passive(net).close(net.now)).toBe('ok');
    expect(net.b.host.sockets()).toEqual([]);
    expect(passive(net).state).toBe('LISTEN');
  });

  test('a second one of the same port is an error and leaves the first alone (MUST-41)', () => {
    const net = new TwoHosts();
    const first = passive(net);
    const again = net.b.host.openPassive(net.now, { localPort: 80 });
    expect(refusal(again)).toBe('address-in-use');
    const onConnection = (): void => undefined;
    expect(refusal(net.b.host.listen(net.now, { port: 80, onConnection }))).toBe('address-in-use');
    accepted(net.a.host.open(net.now, { remote: B4, remotePort: 80 }));
    net.settle();
    expect(first.state).toBe('ESTABLISHED');
  });

  test('is allowed while a connection of the same port is half open (MUST-42)', () => {
    const net = new TwoHosts();
    const first = passive(net);
    net.inject(net.b, segment({ from: A4, to: B4, fromPort: 5, toPort: 80, ctl: SYN }));
    expect(first.state).toBe('SYN-RECEIVED');
    const second = passive(net);
    expect(second.state).toBe('LISTEN');
    accepted(net.b.host.open(net.now, { remote: A4, remotePort: 9, localPort: 81 }));
    expect(passive(net, { localPort: 81 }).state).toBe('LISTEN');
    net.inject(net.b, segment({ from: A4, to: B4, fromPort: 5, toPort: 80, seq: 1, ctl: RST }));
    expect([first.state, second.state]).toEqual(['LISTEN', 'LISTEN']);
  });
});

describe('the Differentiated Services field, Time to Live, options', () => {
  test('are on all that leaves (MUST-48, MUST-49)', () => {
    const net = new TwoHosts();
    const client = accepted(net.a.host.open(net.now, { remote: B4, remotePort: 80 }));
    client.dscp(46);
    client.ttl(9);
    net.flush();
    const { ip } = net.take(net.b)[0]!;
    expect([ip.tos, ip.ttl, ip.dontFragment]).toEqual([46 << 2, 9, true]);
    expect(() => client.dscp(64)).toThrow(RangeError);
    expect(() => client.ttl(0)).toThrow(RangeError);
  });

  test.each([B4, B6])(
    'change in the middle of a connection with %s (SHLD-21, SHLD-22)',
    (remote) => {
      const net = new TwoHosts({ a: { tcp: { noDelay: true } } });
      net.listen(80);
      const client = accepted(net.a.host.open(net.now, { remote, remotePort: 80 }));
      net.settle();
      const seen = [0, 63, 1].map((dscp) => {
        client.dscp(dscp);
        client.send(net.now, new Uint8Array(10), 0, 10, { push: true });
        net.flush();
        const { tos } = net.take(net.b).at(-1)!.ip;
        return tos >> 2;
      });
      expect(seen).toEqual([0, 63, 1]);
    },
  );

  test('an IPv6 flow label is there, and stays the same for a connection (RFC 6437 §3)', () => {
    const net = new TwoHosts();
    const labels = new Map<number, Set<number>>();
    for (const remotePort of [80, 81]) {
      accepted(net.a.host.open(net.now, { remote: B6, remotePort, localPort: remotePort }));
    }
    for (let i = 0; i < 3; i++) {
      net.a.host.timeout(net.now); // the SYN again
      net.a.host.flush(net.now, net.a.link);
      for (const { ip, bytes } of net.take(net.b)) {
        const known = labels.get(bytes[41]!) ?? new Set();
        labels.set(bytes[41]!, known.add(ip.flowLabel));
      }
      net.now = net.a.host.nextTimeout();
    }
    const [one, other] = [...labels.values()].map((set) => [...set]);
    expect([one!.length, other!.length]).toEqual([1, 1]);
    expect(one![0]).not.toBe(other![0]);
    expect(Math.min(...one!, ...other!)).toBeGreaterThan(0);
  });

  test('a socket has its own options, others the host`s', () => {
    const net = new TwoHosts({ a: { tcp: { receiveBuffer: 8192 } } });
    const own = { receiveBuffer: 4096 };
    const open = (tcp?: typeof own) =>
      accepted(net.a.host.open(net.now, { remote: B4, remotePort: 80, tcp })).connection.tcb
        .options;
    expect(open(own).receiveBuffer).toBe(4096);
    expect(open().receiveBuffer).toBe(8192);
    expect(open(own)).toBe(open(own));
    expect(open()).toBe(open());
  });

  test('the MSS follows from the MTU and the family (MUST-67)', () => {
    const net = new TwoHosts({ mtu: 1280 });
    for (const remote of [B4, B6]) accepted(net.a.host.open(net.now, { remote, remotePort: 80 }));
    net.flush();
    expect(net.take(net.b).map((seen) => seen.seg.mss)).toEqual([1240, 1220]);
  });

  test('a tiny MTU is never exceeded', () => {
    const net = new TwoHosts({ mtu: 68 });
    const { client, server } = net.connect(80);
    client.send(net.now, new Uint8Array(1000).fill(1));
    net.run(1000);
    expect(server.unread).toBe(1000);
    expect(net.a.host.counters['out-too-big']).toBe(0);
  });

  test.each([67, 65_536, 1.5])('an MTU of %d is refused', (mtu) => {
    expect(() => new TwoHosts({ a: { mtu } })).toThrow(RangeError);
  });
});
