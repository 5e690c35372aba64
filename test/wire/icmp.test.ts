import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import {
  IcmpMessage,
  isIcmpError,
  Quoted,
  readQuoted,
  type IcmpKind,
} from '../../src/wire/icmp.ts';
import { readIcmpv4, writeIcmpv4 } from '../../src/wire/icmpv4.ts';
import { readIcmpv6, writeIcmpv6 } from '../../src/wire/icmpv6.ts';
import { Protocol, writeIp } from '../../src/wire/ip.ts';
import { toU32, ZERO } from '../../src/wire/seq.ts';
import { finish, sum } from '../../src/wire/checksum.ts';
import {
  DESTINATION_PORT,
  headerOf,
  icmpDatagram,
  icmpMessage,
  SOURCE_PORT,
  synWithOptions,
  tcpDatagram,
  udpDatagram,
  VERSIONS,
  viewOf,
} from './samples.ts';
import { receive, Received } from './receive.ts';

const IPV4_KINDS: readonly IcmpKind[] = [
  'echo-request',
  'echo-reply',
  'unreachable',
  'time-exceeded',
  'parameter-problem',
  'source-quench',
];
const IPV6_KINDS: readonly IcmpKind[] = [
  'echo-request',
  'echo-reply',
  'unreachable',
  'packet-too-big',
  'time-exceeded',
  'parameter-problem',
];

const messageOf = (kinds: readonly IcmpKind[], limit: number): fc.Arbitrary<IcmpMessage> =>
  fc
    .record({
      kind: fc.constantFrom(...kinds),
      code: fc.nat(255),
      identifier: fc.nat(0xffff),
      sequence: fc.nat(0xffff),
      mtu: fc.nat(limit),
      pointer: fc.nat(limit === 0xffff ? 255 : limit),
    })
    .map((fields) => Object.assign(new IcmpMessage(), fields));

const body = fc.uint8Array({ maxLength: 70 });

/** The fields that this kind has, and zero for the others. */
function meant(message: IcmpMessage, hasMtu: boolean): object {
  const echo = !isIcmpError(message);
  return {
    kind: message.kind,
    code: message.code,
    identifier: echo ? message.identifier : 0,
    sequence: echo ? message.sequence : 0,
    mtu: hasMtu ? message.mtu : 0,
    pointer: message.kind === 'parameter-problem' ? message.pointer : 0,
  };
}

describe('messages', () => {
  test('ICMP: what is written is read', () => {
    fc.assert(
      fc.property(messageOf(IPV4_KINDS, 0xffff), body, (message, octets) => {
        const bytes = new Uint8Array(8 + octets.length);
        bytes.set(octets, 8);
        [message.bodyStart, message.bodyEnd] = [8, bytes.length];
        expect(writeIcmpv4(viewOf(bytes), message)).toBe(0);
        const out = new IcmpMessage();
        expect(readIcmpv4(out, viewOf(bytes), 0, bytes.length)).toBeUndefined();
        const hasMtu = message.kind === 'unreachable' && message.code === 4;
        const bounds = { bodyStart: 8, bodyEnd: bytes.length };
        expect({ ...out }).toEqual({ ...meant(message, hasMtu), ...bounds });
      }),
    );
  });

  test('ICMPv6: what is written is read, with the same pseudo-header only', () => {
    const pseudo = fc.nat(0xfffe);
    fc.assert(
      fc.property(messageOf(IPV6_KINDS, 0xffffffff), body, pseudo, (message, octets, p) => {
        const bytes = new Uint8Array(8 + octets.length);
        bytes.set(octets, 8);
        [message.bodyStart, message.bodyEnd] = [8, bytes.length];
        expect(writeIcmpv6(viewOf(bytes), message, p)).toBe(0);
        const out = new IcmpMessage();
        expect(readIcmpv6(out, viewOf(bytes), 0, bytes.length, p)).toBeUndefined();
        const bounds = { bodyStart: 8, bodyEnd: bytes.length };
        const hasMtu = message.kind === 'packet-too-big';
        expect({ ...out }).toEqual({ ...meant(message, hasMtu), ...bounds });
        expect(readIcmpv6(out, viewOf(bytes), 0, bytes.length, p ^ 0x10)).toBe('icmp-checksum');
      }),
    );
  });

  test('fragmentation needed has its next-hop MTU in the last two octets: RFC 1191 §4', () => {
    const bytes = new Uint8Array(8);
    const message = icmpMessage('packet-too-big');
    [message.bodyStart, message.bodyEnd] = [8, 8];
    writeIcmpv4(viewOf(bytes), message);
    expect([...bytes.subarray(0, 2), ...bytes.subarray(4)]).toEqual([3, 4, 0, 0, 0x05, 0x00]);
  });

  test('a router that knows no RFC 1191 leaves the MTU 0', () => {
    const message = icmpMessage('unreachable');
    message.code = 4;
    message.mtu = 0;
    const into = new Received();
    const datagram = icmpDatagram(4, message, tcpDatagram(4, synWithOptions(), new Uint8Array(0)));
    expect(receive(datagram, 0, datagram.length, into)).toBe('icmp');
    expect(into.icmp.mtu).toBe(0);
  });

  test('types this host has no use for are dropped', () => {
    const of = (type: number, read: typeof readIcmpv4 | typeof readIcmpv6): string | undefined => {
      const bytes = new Uint8Array(8);
      bytes[0] = type;
      viewOf(bytes).setUint16(2, finish(sum(viewOf(bytes), 0, 8, 0)));
      return read(new IcmpMessage(), viewOf(bytes), 0, 8, 0);
    };
    const types = Array.from({ length: 256 }, (_, type) => type);
    const used = (read: typeof readIcmpv4 | typeof readIcmpv6): number[] =>
      types.filter((type) => of(type, read) !== 'icmp-type');
    expect(used(readIcmpv4)).toEqual([0, 3, 4, 8, 11, 12]);
    expect(used(readIcmpv6)).toEqual([1, 2, 3, 4, 128, 129]);
  });
});

describe.each(VERSIONS)('a datagram quoted over IPv%i', (version) => {
  const header = version === 4 ? 20 : 40;
  const tcp = tcpDatagram(version, synWithOptions(), Uint8Array.of(1, 2, 3, 4));
  const read = (bytes: Uint8Array, out: Quoted = new Quoted()): string | undefined =>
    readQuoted(out, viewOf(bytes), 0, bytes.length);

  test('tells addresses, ports and SEG.SEQ, however much of it there is', () => {
    for (let length = header + 8; length <= tcp.length; length++) {
      const out = new Quoted();
      expect(read(tcp.slice(0, length), out)).toBeUndefined();
      expect(out.sourcePort).toBe(SOURCE_PORT);
      expect(out.destinationPort).toBe(DESTINATION_PORT);
      expect(toU32(out.seq)).toBe(0xfffffff0);
      const { src0, src1, src2, src3, dst0, dst1, dst2, dst3, protocol } = out.ip;
      const sent = headerOf(version, Protocol.TCP);
      expect([src0, src1, src2, src3]).toEqual([sent.src0, sent.src1, sent.src2, sent.src3]);
      expect([dst0, dst1, dst2, dst3]).toEqual([sent.dst0, sent.dst1, sent.dst2, sent.dst3]);
      expect(protocol).toBe(Protocol.TCP);
    }
  });

  test('with less than 8 octets behind its header it tells nothing', () => {
    for (let length = 0; length < header + 8; length++) {
      expect(read(tcp.slice(0, length))).toBe('icmp-quote');
    }
  });

  test('may have been changed by routers: hop limit, checksum, length', () => {
    const bytes = tcp.slice(0, header + 8);
    if (version === 4) {
      bytes[8] = 0;
      bytes[10]! ^= 0xff;
      bytes[2] = 0;
    } else {
      bytes[7] = 0;
      bytes[4] = 0xff;
    }
    expect(read(bytes)).toBeUndefined();
  });

  test('of UDP tells the ports', () => {
    const out = new Quoted();
    expect(read(udpDatagram(version, Uint8Array.of(1)), out)).toBeUndefined();
    expect(out.ip.protocol).toBe(Protocol.UDP);
    expect(out.sourcePort).toBe(SOURCE_PORT);
    expect(out.seq).toBe(ZERO);
  });

  test('of neither TCP nor UDP is dropped', () => {
    expect(read(icmpDatagram(version, icmpMessage('echo-reply'), new Uint8Array(9)))).toBe(
      'icmp-quote',
    );
  });

  test('that is a later fragment is dropped: it has no ports', () => {
    const bytes = new Uint8Array(header + 16);
    const ip = headerOf(version, version === 4 ? Protocol.TCP : 44);
    ip.fragmentOffset = 8;
    writeIp(viewOf(bytes), header, ip, 16);
    if (version === 6) bytes.set([Protocol.TCP, 0, 0, 8], header);
    expect(read(bytes)).toBe('icmp-quote');
  });

  test('behind an ICMP error is found by a host', () => {
    const datagram = icmpDatagram(version, icmpMessage('unreachable'), tcp.slice(0, header + 8));
    const into = new Received();
    expect(receive(datagram, 0, datagram.length, into)).toBe('icmp');
    expect(into.icmp.kind).toBe('unreachable');
    expect(toU32(into.quoted.seq)).toBe(0xfffffff0);
  });
});

test('a first fragment of IPv6 that was quoted short still tells its ports', () => {
  const bytes = new Uint8Array(40 + 8 + 8);
  writeIp(viewOf(bytes), 40, headerOf(6, 44), 1448);
  bytes.set([Protocol.TCP, 0, 0, 1, 0, 0, 0, 9, 0x12, 0x34, 0, 80], 40);
  const out = new Quoted();
  expect(readQuoted(out, viewOf(bytes), 0, bytes.length)).toBeUndefined();
  expect(readQuoted(out, viewOf(bytes), 0, bytes.length - 1)).toBe('icmp-quote');
  expect(out.sourcePort).toBe(0x1234);
});
