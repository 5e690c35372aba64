/** Octets that mean harm to UDP sockets, and ICMP about datagrams that never were: RFC 1122 §4.1.3. */
import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import type { UdpError, UdpSocket } from '../../src/stack/udp-socket.ts';
import type { IpAddress } from '../../src/wire/address.ts';
import type { IcmpKind } from '../../src/wire/icmp.ts';
import { IpHeader, Protocol, pseudoSum, writeIp } from '../../src/wire/ip.ts';
import { writeUdp } from '../../src/wire/udp.ts';
import { icmp } from './datagram.ts';
import { A4, A6, accepted, address, B4, B6, text, TwoHosts } from './two-hosts.ts';

interface Fields {
  readonly from: IpAddress;
  readonly to: IpAddress;
  readonly fromPort?: number;
  readonly toPort: number;
  readonly text?: Uint8Array;
}

const HEADROOM = 48;

/** A whole IP datagram with one UDP datagram, its checksum right. */
function udp(f: Fields): Uint8Array {
  const body = f.text ?? text('x');
  const bytes = new Uint8Array(HEADROOM + body.length);
  const view = new DataView(bytes.buffer);
  bytes.set(body, HEADROOM);
  const ip = new IpHeader();
  ip.version = f.from.family;
  ip.ttl = 64;
  ip.protocol = Protocol.UDP;
  [ip.src0, ip.src1, ip.src2, ip.src3] = [f.from.w0, f.from.w1, f.from.w2, f.from.w3];
  [ip.dst0, ip.dst1, ip.dst2, ip.dst3] = [f.to.w0, f.to.w1, f.to.w2, f.to.w3];
  const pseudo = pseudoSum(ip, Protocol.UDP, 8 + body.length);
  const start = writeUdp(view, HEADROOM, bytes.length, f.fromPort ?? 999, f.toPort, pseudo);
  return bytes.subarray(writeIp(view, start, ip, bytes.length - start));
}

/** Where the UDP header is. */
const at = (bytes: Uint8Array): number => (bytes[0]! >> 4 === 4 ? 20 : 40);

function network(): TwoHosts {
  const net = new TwoHosts();
  net.flush();
  return net;
}

function opened(net: TwoHosts, localPort: number): { socket: UdpSocket; count: () => number } {
  const socket = accepted(net.b.host.openUdp(net.now, { localPort }));
  let heard = 0;
  socket.onMessage = () => heard++;
  return { socket, count: () => heard };
}

describe('checksums and lengths', () => {
  test.each([
    [A4, B4],
    [A6, B6],
  ])('a wrong checksum, a wrong length: %o', (from, to) => {
    const net = network();
    const { count } = opened(net, 7);
    const spoiled = (offset: number, octet: number): Uint8Array => {
      const bytes = udp({ from, to, toPort: 7 });
      bytes[at(bytes) + offset] = octet;
      return bytes;
    };
    net.inject(net.b, spoiled(8, 0x79));
    net.inject(net.b, spoiled(5, 7));
    net.inject(net.b, spoiled(5, 10));
    net.inject(net.b, udp({ from, to, toPort: 7 }).subarray(0, from.family === 4 ? 27 : 47));
    expect(count()).toBe(0);
    net.inject(net.b, udp({ from, to, toPort: 7 }));
    expect(count()).toBe(1);
    expect(net.b.host.counters['udp-checksum']).toBe(1);
    expect(net.b.host.counters['udp-length']).toBe(2);
  });

  test('none at all: taken over IPv4, dropped over IPv6 (RFC 8200 §8.1)', () => {
    const net = network();
    const { count } = opened(net, 7);
    for (const [from, to] of [
      [A4, B4],
      [A6, B6],
    ] as const) {
      const bytes = udp({ from, to, toPort: 7 });
      bytes[at(bytes) + 6] = bytes[at(bytes) + 7] = 0;
      net.inject(net.b, bytes);
    }
    expect(count()).toBe(1);
  });

  test('zero is sent as its complement (RFC 768)', () => {
    const net = network();
    const socket = accepted(net.a.host.openUdp(net.now, { localPort: 1000, local: A4 }));
    const sums = new Set<number>();
    for (let i = 0; i < 0x10000; i++) {
      socket.send(net.now, new Uint8Array([i >> 8, i & 0xff]), 0, 2, B4, 7);
      net.b.link.drain(1, (_bytes, view, start) => void sums.add(view.getUint16(start + 26)));
    }
    expect(sums.has(0)).toBe(false);
    expect(sums.has(0xffff)).toBe(true);
  });
});

describe('who may speak', () => {
  test('nobody from a broadcast, multicast, loopback or our own address (MUST-63)', () => {
    const net = network();
    const { count } = opened(net, 7);
    const sources = ['255.255.255.255', '192.0.2.255', '224.0.0.1', '127.0.0.1', '0.0.0.0'];
    for (const source of [...sources, '192.0.2.2']) {
      net.inject(net.b, udp({ from: address(source), to: B4, toPort: 7 }));
    }
    for (const source of ['::', '::1', 'ff02::1', '2001:db8::2']) {
      net.inject(net.b, udp({ from: address(source), to: B6, toPort: 7 }));
    }
    expect(count()).toBe(0);
    net.flush();
    expect(net.take(net.a)).toEqual([]);
    net.inject(net.b, udp({ from: address('0.0.0.0'), to: address('255.255.255.255'), toPort: 7 }));
    expect(count()).toBe(1); // who asks for an address has none
  });
});

describe('port unreachable', () => {
  const answers = (net: TwoHosts): number => {
    net.flush();
    return net.take(net.a).length;
  };

  test('to who asked a port that nobody has, at most so many (no flood through us)', () => {
    const net = network();
    net.inject(net.b, udp({ from: A4, to: B4, toPort: 7 }));
    net.inject(net.b, udp({ from: A6, to: B6, toPort: 7 }));
    expect(answers(net)).toBe(2);
    for (let i = 0; i < 10_000; i++) net.inject(net.b, udp({ from: A4, to: B4, toPort: 7 }));
    expect(answers(net)).toBeLessThan(100);
    expect(net.b.host.counters['udp-no-port']).toBe(10_002);
  });

  test('is never larger than three times what it is about', () => {
    const net = network();
    net.inject(net.b, udp({ from: A4, to: B4, toPort: 7, text: new Uint8Array(0) }));
    net.flush();
    const [error] = net.take(net.a);
    expect(error!.bytes.length).toBe(28 + 28); // the whole of it quoted, and two headers
    net.inject(net.b, udp({ from: A6, to: B6, toPort: 7, text: new Uint8Array(1400) }));
    net.flush();
    expect(net.take(net.a)[0]!.bytes.length).toBeLessThanOrEqual(1280);
  });

  test('not about broadcast and multicast', () => {
    const net = network();
    for (const to of ['255.255.255.255', '192.0.2.255', '224.0.0.1', '239.1.1.1']) {
      net.inject(net.b, udp({ from: A4, to: address(to), toPort: 7 }));
    }
    net.inject(net.b, udp({ from: A6, to: address('ff02::1'), toPort: 7 }));
    expect(answers(net)).toBe(0);
  });

  test('not about a datagram whose checksum is wrong', () => {
    const net = network();
    const bytes = udp({ from: A4, to: B4, toPort: 7 });
    bytes[bytes.length - 1]! ^= 1;
    net.inject(net.b, bytes);
    expect(answers(net)).toBe(0);
  });
});

describe('ICMP errors', () => {
  function connected(): { net: TwoHosts; socket: UdpSocket; errors: UdpError[]; sent: Uint8Array } {
    const net = network();
    const socket = accepted(net.a.host.openUdp(net.now, { localPort: 1000 }));
    socket.connect(net.now, B4, 7);
    const errors: UdpError[] = [];
    socket.onError = (error) => errors.push(error);
    socket.send(net.now, text('hello'));
    const sent = net.take(net.b)[0]!.bytes;
    return { net, socket, errors, sent };
  }
  const about = (body: Uint8Array, kind: IcmpKind = 'unreachable', code = 3): Uint8Array =>
    icmp({ from: B4, to: A4, kind, code, body });

  test('reach the connected socket whose datagram they quote', () => {
    const { net, errors, sent } = connected();
    net.inject(net.a, about(sent));
    net.inject(net.a, about(sent.subarray(0, 28)));
    net.inject(net.a, about(sent, 'unreachable', 1));
    net.inject(net.a, about(sent, 'unreachable', 13));
    net.inject(net.a, about(sent, 'time-exceeded', 0));
    expect(errors.map(({ reason, hard }) => [reason, hard])).toEqual([
      ['port-unreachable', true],
      ['port-unreachable', true],
      ['host-unreachable', false],
      ['prohibited', true],
      ['time-exceeded', false],
    ]);
  });

  test('that quote another port, peer or source reach nobody', () => {
    const { net, errors, sent } = connected();
    for (const [offset, octet] of [
      [21, 0xe9], // our port
      [23, 8], // the peer's
      [19, 9], // the peer's address
      [15, 9], // ours
      [9, 6], // TCP
    ] as const) {
      const other = Uint8Array.from(sent);
      other[offset] = octet;
      net.inject(net.a, about(other));
    }
    net.inject(net.a, about(sent.subarray(0, 27)));
    expect(errors).toEqual([]);
  });

  test('do not reach sockets without a peer, nor one that has sent nothing', () => {
    const net = network();
    const loose = accepted(net.a.host.openUdp(net.now, { localPort: 1000 }));
    const silent = accepted(net.a.host.openUdp(net.now, { localPort: 1001 }));
    silent.connect(net.now, B4, 7);
    const errors: UdpError[] = [];
    for (const socket of [loose, silent]) socket.onError = (error) => errors.push(error);
    loose.send(net.now, text('x'), 0, 1, B4, 7);
    const sent = net.take(net.b)[0]!.bytes;
    net.inject(net.a, about(sent));
    const guessed = Uint8Array.from(sent);
    guessed[21] = 1001 & 0xff;
    net.inject(net.a, about(guessed));
    expect(errors).toEqual([]);
  });

  test('between two hosts: nobody listens, the sender hears of it', () => {
    const { net, errors, socket } = connected();
    socket.send(net.now, text('again'));
    net.settle();
    expect(errors.map(({ reason }) => reason)).toEqual(['port-unreachable']);
  });
});

describe('large datagrams', () => {
  test.each([
    [A4, B4],
    [A6, B6],
  ])('up to 65,507 octets arrive whole, in fragments: %o', (from, to) => {
    const net = network();
    const server = accepted(net.b.host.openUdp(net.now, { localPort: 7 }));
    const sizes: number[] = [];
    let equal = true;
    const body = Uint8Array.from({ length: 65_507 }, (_, i) => (i * 7) & 0xff);
    server.onMessage = (_now, bytes, start, end) => {
      sizes.push(end - start);
      for (let i = start; i < end; i++) equal &&= bytes[i] === body[i - start];
    };
    const client = accepted(net.a.host.openUdp(net.now, { family: from.family }));
    for (const size of [1452, 1472, 1473, 4000, 65_507]) {
      expect(client.send(net.now, body, 0, size, to, 7)).toBe(size);
      net.settle();
    }
    expect(sizes).toEqual([1452, 1472, 1473, 4000, 65_507]);
    expect(equal).toBe(true);
  });
});

test('whatever comes, nothing is thrown and no more is answered than came', () => {
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.uint8Array({ maxLength: 64 }),
      fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 6 }),
      (six, body, changes) => {
        const net = network();
        const { socket } = opened(net, 7);
        socket.join(net.now, address('224.0.0.251'));
        const bytes = six
          ? udp({ from: A6, to: B6, toPort: 7, text: body })
          : udp({ from: A4, to: B4, toPort: 7, text: body });
        for (const [offset, octet] of changes) if (offset < bytes.length) bytes[offset] = octet;
        net.inject(net.b, bytes);
        net.flush();
        const seen: number[] = [];
        net.a.link.drain(100, (_b, _v, start, end) => void seen.push(end - start));
        expect(seen.length).toBeLessThanOrEqual(1);
        expect(seen.reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(bytes.length + 48);
      },
    ),
    { numRuns: 1000 },
  );
});
