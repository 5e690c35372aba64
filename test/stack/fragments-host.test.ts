/** Fragments as a host meets them: what comes in pieces, and what leaves in them. */
import { describe, expect, test } from 'vitest';
import { SYN } from '../../src/wire/segment.ts';
import { IcmpMessage } from '../../src/wire/icmp.ts';
import { readIcmpv4 } from '../../src/wire/icmpv4.ts';
import { readIcmpv6 } from '../../src/wire/icmpv6.ts';
import { pseudoSum } from '../../src/wire/ip.ts';
import { icmp, segment } from './datagram.ts';
import { Bench, fragment, pieces } from './fragments.ts';
import { A4, A6, accepted, address, B4, B6, TwoHosts, type Seen } from './two-hosts.ts';

const ROUTER6 = address('2001:db8::fe');
const octets = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i & 0xff);

const families = [
  ['IPv4', B4, A4, 1],
  ['IPv6', B6, A6, 58],
] as const;

/** The payload of a datagram that somebody sent, to be sent in pieces. */
const payloadOf = (bytes: Uint8Array): Uint8Array => bytes.slice(bytes[0]! >> 4 === 4 ? 20 : 40);

function icmpOf({ ip, bytes }: Seen): IcmpMessage {
  const message = new IcmpMessage();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { payloadStart, payloadEnd } = ip;
  const pseudo = pseudoSum(ip, 58, payloadEnd - payloadStart);
  const drop =
    ip.version === 4
      ? readIcmpv4(message, view, payloadStart, payloadEnd)
      : readIcmpv6(message, view, payloadStart, payloadEnd, pseudo);
  expect(drop).toBeUndefined();
  return message;
}

describe.each(families)('%s', (_name, from, to, protocol) => {
  const of = { from, to, id: 77, protocol };
  const echo = icmp({ from, to, kind: 'echo-request', identifier: 5, body: octets(4000) });

  test('a large ping in pieces is answered in pieces with the same octets', () => {
    const net = new TwoHosts();
    const sent = pieces(of, payloadOf(echo), [1448, 2896]);
    for (const bytes of sent.reverse()) net.inject(net.a, bytes);
    net.flush();
    const bench = new Bench();
    const steps = net.take(net.b).map(({ bytes }) => bench.give(bytes));
    expect(steps).toEqual(['kept', 'kept', 'whole']);
    expect(bench.whole().text.slice(8)).toEqual(octets(4000));
  });

  test('a SYN in pieces opens a connection; its checksum is looked at', () => {
    const net = new TwoHosts();
    accepted(net.a.host.listen(net.now, { port: 80 }));
    const syn = segment({ from, to, fromPort: 1, toPort: 80, ctl: SYN, text: octets(40) });
    const tcp = { ...of, protocol: 6 };
    for (const bytes of pieces(tcp, payloadOf(syn), [24])) net.inject(net.a, bytes);
    expect(net.a.host.counters['half-open-ended']).toBe(0);
    net.flush();
    expect(net.take(net.b).map(({ seg }) => seg.ctl & SYN)).toEqual([SYN]);
    const wrong = payloadOf(syn);
    wrong[50]! ^= 1;
    for (const bytes of pieces({ ...tcp, id: 78 }, wrong, [24])) net.inject(net.a, bytes);
    expect(net.a.host.counters['tcp-checksum']).toBe(1);
  });

  test('the sender is told that pieces are missing, if the first one came', () => {
    const net = new TwoHosts();
    const [first, , third] = pieces(of, payloadOf(echo), [1448, 2896]);
    net.inject(net.a, third!);
    net.inject(net.a, fragment({ ...of, id: 78, offset: 8, more: true, text: octets(8) }));
    net.a.host.timeout(net.now + 60_000);
    net.flush();
    expect(net.take(net.b)).toEqual([]);
    net.inject(net.a, fragment({ ...of, protocol: 17, offset: 0, more: true, text: octets(8) }));
    net.a.host.timeout(net.now + 60_000);
    net.flush();
    const [seen] = net.take(net.b);
    const message = icmpOf(seen!);
    expect([message.kind, message.code]).toEqual(['time-exceeded', 1]);
    expect(seen!.bytes.length).toBeLessThanOrEqual(from.family === 4 ? 576 : 1280);
    expect(first!.length).toBeGreaterThan(1400); // and the error quotes no more than it may
    expect(net.a.host.counters['reassembly-timeouts']).toBe(3);
    expect(net.a.host.nextTimeout()).toBe(Infinity);
  });

  test('pieces for others are not kept', () => {
    const net = new TwoHosts();
    const other = from.family === 4 ? address('192.0.2.9') : address('2001:db8::9');
    net.inject(net.a, fragment({ ...of, to: other, offset: 8, more: true, text: octets(8) }));
    expect(net.a.host.counters['ip-destination']).toBe(1);
    expect(net.a.host.nextTimeout()).toBe(Infinity);
  });

  test('UDP larger than the link gets to the other end, up to the largest there is', () => {
    const net = new TwoHosts({ mtu: 1280 });
    net.flush(); // knows its link now
    const got: number[] = [];
    const server = accepted(net.b.host.openUdp(net.now, { localPort: 9, family: from.family }));
    server.onMessage = (_now, _bytes, start, end) => got.push(end - start);
    const client = accepted(net.a.host.openUdp(net.now, { family: from.family }));
    const sizes = [1, 1252, 1253, 1500, 9000, from.family === 4 ? 65_507 : 65_527];
    for (const size of sizes) {
      client.send(net.now, octets(size), 0, size, from, 9);
      net.settle();
    }
    expect(got).toEqual(sizes);
  });
});

test('IPv6: a path takes less, and datagrams of an unconnected socket get smaller', () => {
  const net = new TwoHosts();
  net.flush(); // knows its link now
  const client = accepted(net.a.host.openUdp(net.now, { family: 6 }));
  const sizes = (): number[] => {
    client.send(net.now, octets(2000), 0, 2000, B6, 9);
    net.flush();
    return net.take(net.b).map(({ bytes }) => bytes.length);
  };
  client.send(net.now, octets(1400), 0, 1400, B6, 9);
  net.flush();
  const [sent] = net.take(net.b);
  expect(sizes()).toEqual([1496, 608]);
  const error = { from: ROUTER6, to: A6, kind: 'packet-too-big' as const, mtu: 1280 };
  net.inject(net.a, icmp({ ...error, body: sent!.bytes.slice(0, 100) }));
  expect(sizes()).toEqual([1280, 824]);
  net.run(600_000);
  expect(sizes()).toEqual([1496, 608]);
});

test('RFC 7112: a first fragment without all headers is answered with a parameter problem', () => {
  const net = new TwoHosts();
  const of = { from: B6, to: A6, id: 1, protocol: 6 };
  net.inject(net.a, fragment({ ...of, offset: 0, more: true, text: octets(16) }));
  net.flush();
  const message = icmpOf(net.take(net.b)[0]!);
  expect([message.kind, message.code]).toEqual(['parameter-problem', 3]);
  expect(net.a.host.counters['fragment-headers']).toBe(1);
});
