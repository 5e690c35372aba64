import { describe, expect, test } from 'vitest';
import type { Ping, PingError, PingReply } from '../../src/stack/pings.ts';
import type { IpAddress } from '../../src/wire/address.ts';
import { icmp } from './datagram.ts';
import { A4, A6, accepted, address, B4, B6, refusal, text, TwoHosts, untext } from './two-hosts.ts';

interface Pinger {
  readonly ping: Ping;
  readonly replies: PingReply[];
  readonly errors: PingError[];
}

function pinger(net: TwoHosts, remote: IpAddress, ttl?: number): Pinger {
  const replies: PingReply[] = [];
  const errors: PingError[] = [];
  const ping = accepted(
    net.a.host.ping(net.now, {
      remote,
      ttl,
      onReply: (_now, reply) => replies.push(reply),
      onError: (_now, error) => errors.push(error),
    }),
  );
  return { ping, replies, errors };
}

describe('pings of our own', () => {
  test.each([
    ['IPv4', B4],
    ['IPv6', B6],
    ['lo', address('127.0.0.1')],
    ['lo', address('::1')],
    ['an address of ours', A6],
  ])('over %s hear the echo', (_name, to) => {
    const net = new TwoHosts();
    const { ping, replies, errors } = pinger(net, to);
    expect([ping.send(text('one')), ping.send(text('two'))]).toEqual([0, 1]);
    net.settle();
    expect(replies.map(({ sequence, data }) => [sequence, untext(data)])).toEqual([
      [0, 'one'],
      [1, 'two'],
    ]);
    expect(replies.map(({ from, ttl }) => [from, ttl])).toEqual([
      [to, 64],
      [to, 64],
    ]);
    expect(errors).toEqual([]);
  });

  test('larger than the link travel in fragments, both ways', () => {
    const net = new TwoHosts();
    const { ping, replies } = pinger(net, B6);
    const data = new Uint8Array(8000).map((_, i) => i & 255);
    ping.send(data);
    net.settle();
    expect(replies[0]!.data).toEqual(data);
  });

  test('two to one host do not hear each other', () => {
    const net = new TwoHosts();
    const [a, b] = [pinger(net, B4), pinger(net, B4)];
    a.ping.send();
    net.settle();
    expect([a.replies.length, b.replies.length]).toEqual([1, 0]);
  });

  test('hear of an error that quotes them', () => {
    const net = new TwoHosts();
    const { ping, errors, replies } = pinger(net, B4, 1);
    ping.send();
    net.flush();
    const { bytes } = net.take(net.b)[0]!;
    expect(bytes[8]).toBe(1); // TTL
    const router = address('198.51.100.1');
    net.inject(
      net.a,
      icmp({ from: router, to: A4, kind: 'time-exceeded', body: bytes.slice(0, 28) }),
    );
    expect(errors).toEqual([{ sequence: 0, reason: 'time to live exceeded', from: router }]);
    expect(replies).toEqual([]);
  });

  test('believe nobody else, and nothing after close()', () => {
    const net = new TwoHosts();
    const { ping, replies } = pinger(net, B4);
    const reply = (from: IpAddress, identifier: number): Uint8Array =>
      icmp({ from, to: A4, kind: 'echo-reply', identifier, body: text('x') });
    net.inject(net.a, reply(address('192.0.2.77'), ping.identifier));
    net.inject(net.a, reply(B4, ping.identifier ^ 1));
    expect(replies).toEqual([]);
    net.inject(net.a, reply(B4, ping.identifier));
    expect(replies.length).toBe(1);
    ping.close();
    net.inject(net.a, reply(B4, ping.identifier));
    expect(replies.length).toBe(1);
    expect(net.a.host.counters['icmp-unwanted']).toBe(3);
  });

  test('wait in a bounded queue', () => {
    const net = new TwoHosts();
    const { ping } = pinger(net, B4);
    const sent = Array.from({ length: 300 }, () => ping.send());
    expect(sent.filter((sequence) => sequence < 0).length).toBe(44);
  });

  test('misuse is refused', () => {
    const net = new TwoHosts();
    const { host } = net.a;
    expect(refusal(host.ping(net.now, { remote: B4, local: address('192.0.2.9') }))).toBe(
      'address-not-ours',
    );
    expect(refusal(host.ping(net.now, { remote: B4, local: A6 }))).toBe('no-route');
    expect(() => host.ping(net.now, { remote: B4, ttl: 0 })).toThrow(RangeError);
    for (let i = 0; i < 1024; i++) accepted(host.ping(net.now, { remote: B4 }));
    expect(refusal(host.ping(net.now, { remote: B4 }))).toBe('ports-exhausted');
  });
});
