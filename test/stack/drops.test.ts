import { describe, expect, test } from 'vitest';
import type { DropReason } from '../../src/stack/counters.ts';
import { ACK, FIN, RST, SYN } from '../../src/wire/segment.ts';
import { datagram, icmp, segment, type Fields } from './datagram.ts';
import { A4, A6, accepted, address, B4, B6, text, TwoHosts } from './two-hosts.ts';

const syn: Fields = { from: B4, to: A4, fromPort: 4000, toPort: 80, seq: 100, ctl: SYN };
const syn6: Fields = { ...syn, from: B6, to: A6 };

/** A copy with one octet changed; a negative place counts from the end. */
function bend(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const bent = bytes.slice();
  bent[at < 0 ? bent.length + at : at] = value;
  return bent;
}

const fixed = (bytes: Uint8Array): Uint8Array => {
  const copy = bytes.slice(); // the IPv4 header's checksum, made right again
  copy[10] = copy[11] = 0;
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += (copy[i]! << 8) | copy[i + 1]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  copy[10] = (~sum >>> 8) & 0xff;
  copy[11] = ~sum & 0xff;
  return copy;
};

const echo = { from: B4, to: A4, kind: 'echo-request', body: text('hello') } as const;

const cases: readonly (readonly [DropReason, string, Uint8Array])[] = [
  ['ip-truncated', 'an IPv4 header cut off', segment(syn).subarray(0, 19)],
  ['ip-version', 'version 5', bend(segment(syn), 0, 0x55)],
  ['ipv4-checksum', 'a bit flipped in the header', bend(segment(syn), 8, 1)],
  ['ipv4-header-length', 'IHL 4', bend(segment(syn), 0, 0x44)],
  ['ipv4-total-length', 'Total Length 19', fixed(bend(bend(segment(syn), 2, 0), 3, 19))],
  ['ip-destination', 'somebody else', segment({ ...syn, to: address('192.0.2.9') })],
  ['ip-destination', 'somebody else, IPv6', segment({ ...syn6, to: address('2001:db8::9') })],
  ['ip-source', 'from 0.0.0.0 (MUST-63)', segment({ ...syn, from: address('0.0.0.0') })],
  ['ip-source', 'from :: (MUST-63)', segment({ ...syn6, from: address('::') })],
  ['ip-source', 'from a broadcast address', segment({ ...syn, from: address('255.255.255.255') })],
  ['ip-source', 'from our broadcast address', segment({ ...syn, from: address('192.0.2.255') })],
  ['ip-source', 'from a multicast address', segment({ ...syn, from: address('224.0.0.1') })],
  ['ip-source', 'from an IPv6 multicast address', segment({ ...syn6, from: address('ff02::1') })],
  ['ip-source', 'from a loopback address', segment({ ...syn, from: address('127.0.0.1') })],
  ['ip-source-own', 'LAND (MUST-63, S17)', segment({ ...syn, from: A4, fromPort: 80 })],
  ['ip-source-own', 'LAND over IPv6 (S17)', segment({ ...syn6, from: A6, fromPort: 80 })],
  [
    'tcp-broadcast',
    'to 255.255.255.255 (MUST-57)',
    segment({ ...syn, to: address('255.255.255.255') }),
  ],
  ['tcp-broadcast', 'to our broadcast (MUST-57)', segment({ ...syn, to: address('192.0.2.255') })],
  ['tcp-broadcast', 'to multicast (MUST-57)', segment({ ...syn, to: address('224.0.0.1') })],
  ['tcp-broadcast', 'to IPv6 multicast (MUST-57)', segment({ ...syn6, to: address('ff02::1') })],
  ['tcp-checksum', 'a bit flipped in the segment (MUST-3)', bend(segment(syn), -1, 0xff)],
  ['tcp-data-offset', 'data offset 4', bend(segment(syn), 32, 0x40)],
  ['tcp-no-connection', 'a reset for nobody', segment({ ...syn, toPort: 81, ctl: RST })],
  ['tcp-not-syn', 'a reset for a listener', segment({ ...syn, ctl: RST })],
  ['tcp-not-syn', 'a FIN for a listener', segment({ ...syn, ctl: FIN })],
  ['icmp-checksum', 'a bit flipped in the message', bend(icmp(echo), -1, 0xff)],
  ['icmp-broadcast', 'a broadcast ping', icmp({ ...echo, to: address('192.0.2.255') })],
  ['icmp-broadcast', 'a multicast ping', icmp({ ...echo, from: B6, to: address('ff02::1') })],
  ['ip-destination', 'a ping for somebody else', icmp({ ...echo, to: address('192.0.2.9') })],
  ['ip-source', 'a ping from a broadcast address', icmp({ ...echo, from: address('192.0.2.255') })],
  ['ip-source-own', 'a ping from ourselves', icmp({ ...echo, from: A4 })],
  ['icmp-unwanted', 'an echo reply', icmp({ ...echo, kind: 'echo-reply' })],
  ['icmp-quote', 'an error that quotes nothing', icmp({ ...echo, kind: 'unreachable' })],
  ['icmp-source-quench', 'a source quench (MUST-55)', icmp({ ...echo, kind: 'source-quench' })],
];

describe('dropped in silence, under its name', () => {
  test.each(cases)('%s: %s', (reason, _what, bytes) => {
    const net = new TwoHosts({ observed: true });
    accepted(net.a.host.listen(net.now, { port: 80, onConnection: () => undefined }));
    net.inject(net.a, bytes);
    net.flush();
    expect(net.a.host.counters[reason]).toBe(1);
    expect(net.a.notes.map((note) => note.drop)).toEqual([reason]);
    expect(net.take(net.b)).toEqual([]);
    expect(net.a.host.sockets().length).toBe(1);
  });

  test('tcp-truncated: fewer octets than a TCP header has', () => {
    const net = new TwoHosts();
    const whole = datagram(B4, A4, 6);
    net.inject(net.a, fixed(bend(bend(whole, 2, 0), 3, 39).subarray(0, 39)));
    expect(net.a.host.counters['tcp-truncated']).toBe(1);
  });

  test('a text that flips on the way does not reach the user', () => {
    const net = new TwoHosts();
    const { client, server } = net.connect(80);
    client.send(net.now, text('precious'));
    net.flush();
    const seen = net.take(net.b)[0]!;
    net.inject(net.b, bend(seen.bytes, -1, 0));
    expect(server.unread).toBe(0);
    expect(net.b.host.counters['tcp-checksum']).toBe(1);
    net.inject(net.b, seen.bytes);
    expect(server.unread).toBe(8);
  });

  test('a link that vouches for checksums is believed', () => {
    const net = new TwoHosts({ checksumOffload: true });
    const { client, server } = net.connect(80);
    client.send(net.now, text('unsealed'));
    net.settle();
    expect(server.unread).toBe(8);
  });
});

describe('segments for nobody (§3.10.7.1)', () => {
  const nobody: Fields = { ...syn, toPort: 81 };

  test.each([
    ['a SYN', { ...nobody, ctl: SYN }, { seq: 0, ack: 101, ctl: RST | ACK }],
    [
      'text and FIN',
      { ...nobody, ctl: FIN, text: text('abc') },
      { seq: 0, ack: 104, ctl: RST | ACK },
    ],
    ['an ACK', { ...nobody, ctl: ACK, ack: 777 }, { seq: 777, ack: 0, ctl: RST }],
  ] as const)('%s is answered with the reset of the RFC', (_what, fields, expected) => {
    const net = new TwoHosts();
    net.inject(net.a, segment(fields));
    net.flush();
    const { seg, ip } = net.take(net.b)[0]!;
    expect({ seq: seg.seq, ack: seg.ack, ctl: seg.ctl }).toEqual(expected);
    expect(ip.dst3).toBe(B4.w3);
    expect(ip.src3).toBe(A4.w3);
    expect(net.a.host.counters['resets-out']).toBe(1);
  });

  test('an ACK that reaches a listener is answered with a reset (§3.10.7.2)', () => {
    const net = new TwoHosts();
    net.listen(80);
    net.inject(net.b, segment({ ...syn, from: A4, to: B4, ctl: ACK, ack: 5 }));
    net.flush();
    expect(net.take(net.a)[0]!.seg.ctl).toBe(RST);
  });

  test('get about 200 resets in a second, and nobody can tell how many (S26, CVE-2020-25705)', () => {
    const net = new TwoHosts();
    for (let i = 0; i < 1000; i++) {
      net.inject(net.a, segment({ ...nobody, fromPort: 1024 + i }));
      if (i % 100 === 0) net.flush();
    }
    net.flush();
    const resets = net.take(net.b).length;
    expect(Math.abs(resets - 200)).toBeLessThan(50); // as Linux blurs its budget: 0, 1 or 2 tokens each
    expect(resets).not.toBe(200);
    expect(net.a.host.counters['resets-limited']).toBe(1000 - resets);
    net.now += 1000;
    net.inject(net.a, segment(nobody));
    net.flush();
    expect(net.take(net.b).length).toBe(1);
  });

  test('a reset answers no reset, so two hosts cannot keep each other busy (S6)', () => {
    const net = new TwoHosts();
    net.inject(net.a, segment({ ...nobody, ctl: ACK, ack: 1 }));
    net.settle();
    expect(net.b.host.counters['datagrams-in']).toBe(1);
    expect(net.b.host.counters['datagrams-out']).toBe(0);
  });
});

describe('pings', () => {
  test.each([
    ['IPv4', B4, A4],
    ['IPv6', B6, A6],
  ])('over %s are answered', (_name, from, to) => {
    const net = new TwoHosts();
    const body = text('the quick brown fox');
    net.inject(net.a, icmp({ from, to, kind: 'echo-request', identifier: 7, sequence: 9, body }));
    net.flush();
    const [reply] = net.take(net.b);
    const expected = icmp({
      from: to,
      to: from,
      kind: 'echo-reply',
      identifier: 7,
      sequence: 9,
      body,
    });
    const payload = reply!.bytes.subarray(reply!.ip.payloadStart);
    expect(payload).toEqual(expected.subarray(reply!.ip.payloadStart));
    expect(reply!.ip.ttl).toBe(64);
  });

  test('are answered a thousand times in a second, and wait in a bounded queue', () => {
    const net = new TwoHosts();
    const bytes = icmp(echo);
    for (let i = 0; i < 2000; i++) {
      net.inject(net.a, bytes);
      if (i % 100 === 99) net.flush();
    }
    expect(net.take(net.b).length).toBe(1000);
    expect(net.a.host.counters['icmp-limited']).toBe(1000);
    net.now += 1000;
    for (let i = 0; i < 300; i++) net.inject(net.a, bytes);
    net.flush();
    expect(net.take(net.b).length).toBe(256);
    expect(net.a.host.counters['out-replies-full']).toBe(44);
  });

  test('larger than the link takes are answered in fragments', () => {
    const net = new TwoHosts({ mtu: 576 });
    net.inject(net.a, icmp({ ...echo, body: new Uint8Array(1000) }));
    net.flush();
    const seen = net.take(net.b).map(({ ip }) => [ip.fragmentOffset, ip.moreFragments]);
    expect(seen).toEqual([
      [0, true],
      [552, false],
    ]);
    expect(net.a.host.counters['fragments-out']).toBe(2);
  });
});

test('a link with a smaller MTU than the host was told is refused', () => {
  const net = new TwoHosts({ mtu: 1000, a: { mtu: 1040 } });
  expect(() => net.flush()).toThrow('set the host');
});
