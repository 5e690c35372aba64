import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import type { HostEvent } from '../../src/stack/counters.ts';
import { IcmpMessage, isIcmpError } from '../../src/wire/icmp.ts';
import { readIcmpv4 } from '../../src/wire/icmpv4.ts';
import { readIcmpv6 } from '../../src/wire/icmpv6.ts';
import { IpHeader, pseudoSum, writeIp } from '../../src/wire/ip.ts';
import type { IpAddress } from '../../src/wire/address.ts';
import { icmp } from './datagram.ts';
import { A4, A6, address, B4, B6, TwoHosts, type Seen } from './two-hosts.ts';

/** An IP datagram with `payload`, of any protocol. */
function datagram(
  from: IpAddress,
  to: IpAddress,
  protocol: number,
  payload: Uint8Array,
  fields: Partial<IpHeader> = {},
): Uint8Array {
  const bytes = new Uint8Array(60 + payload.length);
  const ip = new IpHeader();
  Object.assign(ip, { version: from.family, ttl: 64, protocol, ...fields });
  [ip.src0, ip.src1, ip.src2, ip.src3] = [from.w0, from.w1, from.w2, from.w3];
  [ip.dst0, ip.dst1, ip.dst2, ip.dst3] = [to.w0, to.w1, to.w2, to.w3];
  bytes.set(payload, 60);
  const start = writeIp(new DataView(bytes.buffer), 60, ip, payload.length);
  return bytes.slice(start);
}

const udp = (length = 8): Uint8Array => {
  const bytes = new Uint8Array(length);
  bytes.set([0, 9, 0, 9, length >> 8, length & 0xff, 0, 0]);
  return bytes;
};

/** One extension header of 8 octets with an option of `type`, then UDP to a port nobody has. */
const withOption = (type: number): Uint8Array =>
  Uint8Array.of(17, 0, type, 4, 0, 0, 0, 0, ...udp());

function messageOf({ ip, bytes }: Seen): IcmpMessage {
  const message = new IcmpMessage();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const { payloadStart: start, payloadEnd: end } = ip;
  const drop =
    ip.version === 4
      ? readIcmpv4(message, view, start, end)
      : readIcmpv6(message, view, start, end, pseudoSum(ip, 58, end - start));
  if (drop !== undefined) throw new Error(drop);
  return message;
}

/** What host A answers to `bytes`. */
function answers(net: TwoHosts, bytes: Uint8Array): Seen[] {
  net.inject(net.a, bytes);
  net.flush();
  return net.take(net.b);
}

describe('errors that are sent', () => {
  test.each([
    ['protocol unreachable', datagram(B4, A4, 200, udp()), ['unreachable', 2, 0]],
    ['protocol unreachable, ICMPv6 over IPv4', datagram(B4, A4, 58, udp()), ['unreachable', 2, 0]],
    ['unknown next header', datagram(B6, A6, 200, udp()), ['parameter-problem', 1, 6]],
    [
      'unknown next header behind options',
      datagram(B6, A6, 60, Uint8Array.of(200, 0, 1, 4, 0, 0, 0, 0, ...udp())),
      ['parameter-problem', 1, 40],
    ],
    ['unknown option, 10', datagram(B6, A6, 60, withOption(0x80)), ['parameter-problem', 2, 42]],
    ['unknown option, 11', datagram(B6, A6, 0, withOption(0xc0)), ['parameter-problem', 2, 42]],
    [
      'unknown option, 10, to many',
      datagram(B6, address('ff02::1'), 60, withOption(0x80)),
      ['parameter-problem', 2, 42],
    ],
    [
      'a routing header with segments left',
      datagram(B6, A6, 43, Uint8Array.of(17, 0, 0, 1, 0, 0, 0, 0, ...udp())),
      ['parameter-problem', 0, 42],
    ],
    [
      'hop-by-hop options not in front',
      datagram(B6, A6, 60, Uint8Array.of(0, 0, 1, 4, 0, 0, 0, 0, 17, 0, 1, 4, 0, 0, 0, 0)),
      ['parameter-problem', 1, 40],
    ],
    ['port unreachable', datagram(B4, A4, 17, udp()), ['unreachable', 3, 0]],
  ] as const)('%s (RFC 1122 §3.2.2, RFC 4443 §3)', (_what, bytes, expected) => {
    const net = new TwoHosts();
    const [answer, ...more] = answers(net, bytes);
    const message = messageOf(answer!);
    expect([message.kind, message.code, message.pointer]).toEqual(expected);
    expect(more).toEqual([]);
    const { ip } = answer!;
    const original = look6(bytes);
    expect([ip.dst0, ip.dst3]).toEqual([original.src0, original.src3]);
    const quoted = answer!.bytes.subarray(message.bodyStart, message.bodyEnd);
    expect(quoted).toEqual(bytes);
    expect(net.a.host.counters['icmp-errors-out']).toBe(1);
  });

  test.each([
    [B4, A4, 576],
    [B6, A6, 1280],
  ])('quote as much as fits', (from, to, most) => {
    const net = new TwoHosts();
    const [answer] = answers(net, datagram(from, to, 200, new Uint8Array(1400)));
    expect(answer!.bytes.length).toBe(most);
  });

  test('the checksum of the host that hears them holds, and it drops what is not its own', () => {
    const net = new TwoHosts();
    net.inject(net.a, datagram(B4, A4, 200, udp()));
    net.settle();
    expect(net.b.host.counters['icmp-quote']).toBe(1);
    expect(net.b.host.counters['datagrams-out']).toBe(0);
  });
});

/** The fixed header alone. */
function look6(bytes: Uint8Array): { src0: number; src3: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const six = view.getUint8(0) >> 4 === 6;
  return { src0: six ? view.getInt32(8) : 0, src3: view.getInt32(six ? 20 : 12) };
}

describe('S26: no error is sent', () => {
  const quote = datagram(A4, B4, 6, new Uint8Array(8));
  test.each([
    ['about an error', icmp({ from: B4, to: A4, kind: 'unreachable', body: quote })],
    ['about a later fragment', datagram(B4, A4, 200, udp(), { fragmentOffset: 64 })],
    ['to a broadcast', datagram(B4, address('192.0.2.255'), 200, udp())],
    ['to all', datagram(B4, address('255.255.255.255'), 17, udp())],
    ['to a multicast address', datagram(B4, address('224.0.0.1'), 200, udp())],
    ['to an IPv6 multicast address', datagram(B6, address('ff02::1'), 200, udp())],
    ['from nobody', datagram(address('0.0.0.0'), A4, 200, udp())],
    ['from ::', datagram(address('::'), A6, 200, udp())],
    ['from many', datagram(address('224.0.0.1'), A4, 200, udp())],
    ['from a broadcast address', datagram(address('192.0.2.255'), A4, 200, udp())],
    ['from loopback', datagram(address('127.0.0.1'), A4, 200, udp())],
    ['from ourselves', datagram(A4, A4, 200, udp())],
    ['to somebody else', datagram(B4, address('192.0.2.9'), 200, udp())],
    ['an option that says nothing', datagram(B6, A6, 60, withOption(0x40))],
    ['an option 11 to many', datagram(B6, address('ff02::1'), 60, withOption(0xc0))],
    ['no next header', datagram(B6, A6, 59, new Uint8Array(0))],
    [
      'a bad option before an ICMPv6 error',
      datagram(B6, A6, 60, Uint8Array.of(58, 0, 0x80, 4, 0, 0, 0, 0, 1, 4, 0, 0, 0, 0, 0, 0)),
    ],
    [
      'a bad option before an ICMPv6 message that is cut off',
      datagram(B6, A6, 60, Uint8Array.of(58, 0, 0x80, 4, 0, 0, 0, 0)),
    ],
  ])('%s', (_what, bytes) => {
    const net = new TwoHosts();
    expect(answers(net, bytes)).toEqual([]);
    expect(net.a.host.counters['icmp-errors-out']).toBe(0);
  });

  test('more than some in a second to one destination, and others still get theirs', () => {
    const net = new TwoHosts();
    const count = (name: HostEvent): number => net.a.host.counters[name];
    for (let i = 0; i < 1000; i++) {
      net.inject(net.a, datagram(B4, A4, 200, udp()));
      if (i % 100 === 0) net.flush();
    }
    net.flush();
    expect(count('icmp-errors-out')).toBeLessThan(60);
    expect(count('icmp-errors-out') + count('icmp-errors-limited')).toBe(1000);
    const before = count('icmp-errors-out');
    net.inject(net.a, datagram(address('203.0.113.77'), A4, 200, udp()));
    net.flush();
    expect(count('icmp-errors-out')).toBe(before + 1);
    net.now += 1000;
    net.inject(net.a, datagram(B4, A4, 200, udp()));
    net.flush();
    expect(count('icmp-errors-out')).toBe(before + 2);
  });

  test('more than a thousand in a second to all together, however many there are', () => {
    const net = new TwoHosts();
    for (let i = 0; i < 20_000; i++) {
      net.inject(net.a, datagram(address(`203.${i >> 8}.113.${i & 255}`), A4, 200, udp()));
      if (i % 100 === 0) net.flush();
    }
    net.flush();
    expect(net.a.host.counters['icmp-errors-out']).toBeLessThan(1500);
  });
});

describe('anything at all', () => {
  const octets = fc.uint8Array({ minLength: 0, maxLength: 80 });
  const protocol = fc.constantFrom(0, 1, 2, 6, 17, 43, 44, 58, 59, 60, 200);

  test('is answered with at most one datagram, never an error about an error', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<[IpAddress, IpAddress]>([B4, A4], [B6, A6], [B6, address('ff02::1')]),
        protocol,
        octets,
        ([from, to], number, payload) => {
          const net = new TwoHosts();
          const sent = answers(net, datagram(from, to, number, payload));
          expect(sent.length).toBeLessThanOrEqual(1);
          for (const one of sent) {
            if (one.ip.protocol !== 1 && one.ip.protocol !== 58) continue;
            const message = messageOf(one);
            if (!isIcmpError(message)) continue;
            const size = one.bytes.length;
            expect(size).toBeLessThanOrEqual(payload.length + (from.family === 4 ? 48 : 88));
            net.inject(net.b, one.bytes);
            net.flush();
            expect(net.take(net.a)).toEqual([]);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
