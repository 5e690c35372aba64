/** The options of SYNs as hosts use them: profiles, cookies, ports again. RFC 7323, 6191, 4987. */
import { describe, expect, test } from 'vitest';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import { ACK, SYN, type Segment } from '../../src/wire/segment.ts';
import { toU32 } from '../../src/wire/seq.ts';
import { segment } from './datagram.ts';
import { A4, accepted, B4, B6, readAll, refusal, secret, TwoHosts } from './two-hosts.ts';

const LINUX = { profile: 'linux' } as const;
const both = (options: object = {}): TwoHosts =>
  new TwoHosts({ a: { tcp: LINUX, ...options }, b: { tcp: LINUX } });

const negotiated = (socket: TcpSocket): readonly unknown[] => {
  const { scaled, sackOn, timestamps, snd, rcv } = socket.connection.tcb;
  return [scaled, sackOn, timestamps !== undefined, snd.shift, rcv.shift];
};

const ALL = [true, true, true, 7, 7];

describe('a profile', () => {
  test('is of a host, of one OPEN, or of a listener', () => {
    const net = new TwoHosts({ a: { tcp: LINUX }, b: { tcp: { profile: 'rfc' } } });
    const { children } = net.listen(80, 16, { tcp: { profile: 'freebsd' } });
    net.listen(81);
    const open = (remotePort: number, tcp?: { profile: 'freebsd' | 'rfc' }): TcpSocket => {
      const socket = accepted(net.a.host.open(net.now, { remote: B4, remotePort, tcp }));
      net.settle();
      return socket;
    };
    expect(negotiated(open(80))).toEqual([true, true, true, 6, 7]);
    expect(negotiated(open(80, { profile: 'freebsd' }))).toEqual([true, true, true, 6, 6]);
    expect(negotiated(open(80, { profile: 'rfc' }))).toEqual([false, false, false, 0, 0]);
    expect(negotiated(open(81))).toEqual([false, false, false, 0, 0]);
    expect(children.map(({ options: { profile } }) => profile)).toEqual(Array(3).fill('freebsd'));
  });

  test('may be changed in single knobs', () => {
    const net = both({ tcp: { ...LINUX, timestamps: false, receiveBufferMax: 65_535 * 4 } });
    const { client } = net.connect(80);
    expect(negotiated(client)).toEqual([true, true, false, 7, 2]);
  });

  test('maxSeg is in our MSS option and bounds what we send (RFC 6691)', () => {
    const net = both({ tcp: { ...LINUX, maxSeg: 500 } });
    const { client, server } = net.connect(80);
    expect(client.connection.largestText).toBe(488);
    expect(server.connection.largestText).toBe(488);
  });
});

describe('the clock of timestamps (S23, RFC 7323 §5.4)', () => {
  const tsvalOf = (net: TwoHosts, remotePort: number, remote = B4): number => {
    accepted(net.a.host.open(net.now, { remote, remotePort, localPort: 5000 }));
    net.flush();
    return net.take(net.b).at(-1)!.seg.tsval;
  };

  test('begins elsewhere for each connection, and tells nobody how long the host runs', () => {
    const net = both();
    const values = new Set<number>();
    for (let port = 1; port <= 2000; port++) values.add(tsvalOf(net, port));
    expect(values.size).toBeGreaterThan(1990); // one clock would show one value
    expect(values.has(net.now)).toBe(false);
    expect(tsvalOf(both({ secret: secret(9) }), 1)).not.toBe(tsvalOf(both(), 1));
    expect(tsvalOf(both(), 1, B6)).not.toBe(tsvalOf(both(), 1));
  });

  test('says nothing about the ISS: their difference is another one for each connection', () => {
    const net = both();
    const values = new Set<number>();
    for (let remotePort = 1; remotePort <= 500; remotePort++) {
      accepted(net.a.host.open(net.now, { remote: B4, remotePort, localPort: 5000 }));
      net.flush();
      const { seg } = net.take(net.b).at(-1)!;
      values.add((toU32(seg.seq) - seg.tsval) | 0);
    }
    expect(values.size).toBe(500);
  });

  test('is the same again for the same pair of sockets, and goes on in milliseconds', () => {
    const first = tsvalOf(both(), 80);
    const net = both();
    net.now += 1234;
    expect(tsvalOf(net, 80)).toBe((first + 1234) | 0);
  });
});

describe('a SYN cookie of a host with timestamps (RFC 4987 §3.6)', () => {
  const SYNS = [
    { wscale: 3, sackPermitted: true, timestamps: [77, 0] },
    { wscale: 14, timestamps: [77, 0] },
    { sackPermitted: true, timestamps: [77, 0] },
    { timestamps: [77, 0] },
    { wscale: 3, sackPermitted: true },
  ] as const;
  const PEER = { from: A4, to: B4, fromPort: 9000, toPort: 80 };

  test.each(SYNS)('knows again what the SYN said: %j', (offered) => {
    const net = both();
    const { children } = net.listen(80, 16, { synCookies: 'always' });
    const plain = both();
    plain.listen(80, 16, { synCookies: 'never' });
    const answer = (hosts: TwoHosts): Segment => {
      hosts.now += 12_345;
      hosts.inject(hosts.b, segment({ ...PEER, seq: 1000, ctl: SYN, mss: 1400, ...offered }));
      hosts.flush();
      return hosts.take(hosts.a)[0]!.seg;
    };
    const synAck = answer(net);
    const otherwise = answer(plain);
    const withTimestamps = 'timestamps' in offered;
    expect(synAck.timestamps).toBe(withTimestamps);
    expect(synAck.wscale).toBe(withTimestamps ? otherwise.wscale : -1);
    expect(synAck.sackPermitted).toBe(withTimestamps && otherwise.sackPermitted);
    if (withTimestamps) {
      const early = (otherwise.tsval - synAck.tsval) | 0;
      expect(early).toBeGreaterThanOrEqual(0);
      expect(early).toBeLessThan(64);
      expect(synAck.tsecr).toBe(77);
    }
    const echo = withTimestamps ? { timestamps: [78, synAck.tsval] as const } : {};
    const ack = { ...PEER, seq: 1001, ack: toU32(synAck.seq) + 1, ctl: ACK, wnd: 100, ...echo };
    net.inject(net.b, segment(ack));
    net.flush();
    const [child] = children;
    const shift = 'wscale' in offered && withTimestamps ? offered.wscale : 0;
    expect(child!.state).toBe('ESTABLISHED');
    expect(negotiated(child!).slice(0, 4)).toEqual([
      'wscale' in offered && withTimestamps,
      'sackPermitted' in offered && withTimestamps,
      withTimestamps,
      shift,
    ]);
    const { snd, timestamps } = child!.connection.tcb;
    expect(snd.wnd).toBe(100 * 2 ** shift);
    expect(timestamps?.recent).toBe(withTimestamps ? 78 : undefined);
  });

  test('carries a transfer between two hosts, with all options', () => {
    const net = both();
    const { children } = net.listen(80, 16, { synCookies: 'always' });
    const client = accepted(net.a.host.open(net.now, { remote: B4, remotePort: 80 }));
    net.settle();
    expect(net.b.host.counters['syn-cookies-accepted']).toBe(1);
    expect(negotiated(client)).toEqual(ALL);
    expect(negotiated(children[0]!)).toEqual(ALL);
    client.send(net.now, new Uint8Array(50_000));
    net.run(1000);
    expect(readAll(net.now, children[0]!).length).toBe(50_000);
  });
});

describe('S22: a port in TIME-WAIT is used again with timestamps (RFC 6191)', () => {
  /** Opens and closes a connection; its local port. */
  const once = (net: TwoHosts, children: TcpSocket[], localPort?: number): number => {
    const client = accepted(net.a.host.open(net.now, { remote: B4, remotePort: 80, localPort }));
    net.settle();
    expect(client.state).toBe('ESTABLISHED');
    client.close(net.now);
    net.settle();
    children.pop()!.close(net.now);
    net.settle();
    expect(client.state).toBe('TIME-WAIT');
    return client.localPort;
  };

  test('an OPEN takes it after a second, not before, and its numbers are later', () => {
    const net = both();
    const { children } = net.listen(80);
    const port = once(net, children, 4000);
    const before = net.a.host.sockets().length;
    const open = (): unknown =>
      net.a.host.open(net.now, { remote: B4, remotePort: 80, localPort: port });
    net.run(999);
    expect(refusal(open() as object)).toBe('connection-exists');
    net.run(1);
    once(net, children, port);
    expect(net.a.host.counters['time-wait-reopened']).toBe(1);
    expect(net.a.host.sockets().length).toBe(before);
  });

  test('without timestamps it is refused for 2 MSL', () => {
    const net = new TwoHosts({ a: { tcp: { profile: 'rfc' } }, b: { tcp: LINUX } });
    const { children } = net.listen(80);
    const port = once(net, children, 4000);
    net.run(59_000);
    const again = net.a.host.open(net.now, { remote: B4, remotePort: 80, localPort: port });
    expect(refusal(again)).toBe('connection-exists');
  });

  test('33,000 connections to one port within 2 MSL: more than there are ephemeral ports', () => {
    const net = both();
    const { children } = net.listen(80);
    const started = net.now;
    for (let i = 0; i < 33_000; i++) {
      once(net, children);
      if (i % 1000 === 999) net.run(100);
    }
    expect(net.now - started).toBeLessThan(60_000);
    expect(net.a.host.counters['time-wait-reopened']).toBeGreaterThan(200);
  });
});
