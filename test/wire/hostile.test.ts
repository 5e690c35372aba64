import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { WIRE_DROPS } from '../../src/wire/drop.ts';
import { finish, sum } from '../../src/wire/checksum.ts';
import { IcmpMessage, Quoted, readQuoted } from '../../src/wire/icmp.ts';
import { readIcmpv4 } from '../../src/wire/icmpv4.ts';
import { readIcmpv6 } from '../../src/wire/icmpv6.ts';
import { IpHeader, readIp } from '../../src/wire/ip.ts';
import { readIpv4 } from '../../src/wire/ipv4.ts';
import { readIpv6 } from '../../src/wire/ipv6.ts';
import { printPacket } from '../../src/wire/print.ts';
import { Segment } from '../../src/wire/segment.ts';
import { readTcp, verifyTcp } from '../../src/wire/tcp.ts';
import { readUdp, UdpDatagram, verifyUdp } from '../../src/wire/udp.ts';
import { receive, type Receipt } from './receive.ts';
import { SAMPLES, viewOf } from './samples.ts';

const NAMES: ReadonlySet<string> = new Set(WIRE_DROPS);
const isDrop = (receipt: Receipt): boolean => NAMES.has(receipt);

const upperLayer = ({ version }: { version: 4 | 6 }): number => (version === 4 ? 20 : 40);

const flip = (bytes: Uint8Array, bit: number): Uint8Array => {
  const copy = bytes.slice();
  copy[bit >> 3]! ^= 0x80 >> (bit & 7);
  return copy;
};

test('every drop reason has a name of its own', () => {
  expect(NAMES.size).toBe(WIRE_DROPS.length);
});

describe.each(SAMPLES)('S19: $name', (sample) => {
  const { bytes, version } = sample;
  const upper = upperLayer(sample);

  test('is accepted as it is', () => {
    expect(isDrop(receive(bytes))).toBe(false);
  });

  test('cut off after any number of octets: dropped, by what IP says of its length', () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(receive(bytes.slice(0, length))).toBe('ip-truncated');
    }
  });

  test('cut off, with an IP header that agrees: dropped, with a name', () => {
    for (let length = upper; length < bytes.length; length++) {
      const cut = bytes.slice(0, length);
      const view = viewOf(cut);
      if (version === 4) {
        view.setUint16(2, length);
        view.setUint16(10, 0);
        view.setUint16(10, finish(sum(view, 0, 20, 0)));
      } else {
        view.setUint16(4, length - 40);
      }
      const receipt = receive(cut);
      expect(NAMES).toContain(receipt);
      expect(receipt).not.toMatch(/^ip/);
    }
  });

  test('MUST-3: with any one bit wrong above IP: dropped, with a name', () => {
    for (let bit = 8 * upper; bit < 8 * bytes.length; bit++) {
      expect(NAMES).toContain(receive(flip(bytes, bit)));
    }
  });

  test('nothing is read outside of its bounds', () => {
    const inside = receive(bytes);
    const around = new Uint8Array(bytes.length + 64).fill(0xdb);
    around.set(bytes, 32);
    expect(receive(around, 32, 32 + bytes.length)).toBe(inside);
    around.fill(0, 0, 32).fill(0, 32 + bytes.length);
    expect(receive(around, 32, 32 + bytes.length)).toBe(inside);
  });

  test('with any octets overwritten: read in one way or dropped with a name, and printed', () => {
    const edit = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    fc.assert(
      fc.property(
        fc.array(edit, { minLength: 1, maxLength: 6 }),
        fc.nat(bytes.length),
        (edits, end) => {
          const copy = bytes.slice();
          for (const [at, octet] of edits) copy[at] = octet;
          expect(receive(copy, 0, end)).toMatch(/^[a-z0-9-]+$/);
          expect(printPacket(copy, 0, end)).toMatch(/^[ -~]+$/);
        },
      ),
    );
  });
});

describe.each(SAMPLES.filter(({ version }) => version === 4))('$name', ({ bytes }) => {
  test('with any one bit of the IPv4 header wrong: dropped by IP', () => {
    for (let bit = 0; bit < 160; bit++) {
      const receipt = receive(flip(bytes, bit));
      expect(NAMES).toContain(receipt);
      expect(receipt).toMatch(/^ip/);
    }
  });
});

// No checksum covers an IPv6 header. Version and length betray themselves, the pseudo-header covers
// addresses and length; the rest is taken as it comes (RFC 8200 §8.1).
describe.each(SAMPLES.filter(({ version }) => version === 6))('$name', ({ bytes }) => {
  const whole = receive(bytes);
  const withOneBitWrong = (from: number, to: number): Receipt[] => {
    const receipts: Receipt[] = [];
    for (let bit = from; bit < to; bit++) receipts.push(receive(flip(bytes, bit)));
    return receipts;
  };

  test('with one bit of the version wrong: dropped by IP', () => {
    for (const receipt of withOneBitWrong(0, 4)) {
      expect(NAMES).toContain(receipt);
      expect(receipt).toMatch(/^ip/);
    }
  });

  test('with one bit of traffic class, flow label or hop limit wrong: accepted', () => {
    expect(new Set(withOneBitWrong(4, 32))).toEqual(new Set([whole]));
    expect(new Set(withOneBitWrong(56, 64))).toEqual(new Set([whole]));
  });

  test('with one bit of the payload length wrong: dropped', () => {
    for (const receipt of withOneBitWrong(32, 48)) expect(NAMES).toContain(receipt);
  });

  test('with one bit of the next header wrong: not what it was', () => {
    expect(withOneBitWrong(48, 56)).not.toContain(whole);
  });

  test('MUST-3: with one bit of an address wrong: dropped for the checksum', () => {
    for (const receipt of withOneBitWrong(64, 320)) expect(receipt).toMatch(/-checksum$/);
  });
});

describe('random octets', () => {
  const octets = fc.uint8Array({ maxLength: 120, size: 'max' });
  const runs = { numRuns: 1000 };

  const readers: [string, (bytes: Uint8Array, view: DataView) => unknown][] = [
    ['readIp', (b, v) => readIp(new IpHeader(), v, 0, b.length)],
    ['readIpv4', (b, v) => readIpv4(new IpHeader(), v, 0, b.length)],
    ['readIpv6', (b, v) => readIpv6(new IpHeader(), v, 0, b.length)],
    ['readTcp', (b, v) => readTcp(new Segment(), b, v, 0, b.length)],
    ['readUdp', (b, v) => readUdp(new UdpDatagram(), v, 0, b.length)],
    ['readIcmpv4', (b, v) => readIcmpv4(new IcmpMessage(), v, 0, b.length)],
    ['readIcmpv6', (b, v) => readIcmpv6(new IcmpMessage(), v, 0, b.length, 0)],
    ['readQuoted', (b, v) => readQuoted(new Quoted(), v, 0, b.length)],
  ];

  test.each(readers)('%s answers with a name or with nothing', (_name, read) => {
    fc.assert(
      fc.property(octets, (bytes) => {
        expect([undefined, ...WIRE_DROPS]).toContain(read(bytes, viewOf(bytes)));
      }),
      runs,
    );
  });

  test.each([4, 6])('whatever says it is IPv%i is received in one way or another', (version) => {
    fc.assert(
      fc.property(octets, fc.constantFrom(0, 6, 17, 43, 44, 58, 60), (bytes, protocol) => {
        if (bytes.length < 40) return;
        bytes[0] = (version << 4) | (version === 4 ? 5 : 0);
        const view = viewOf(bytes);
        if (version === 4) {
          bytes[9] = protocol;
          view.setUint16(2, bytes.length);
          view.setUint16(6, 0);
          view.setUint16(10, 0);
          view.setUint16(10, finish(sum(view, 0, 20, 0)));
        } else {
          bytes[6] = protocol;
          view.setUint16(4, bytes.length - 40);
        }
        expect(receive(bytes)).toMatch(/^[a-z0-9-]+$/);
        expect(printPacket(bytes, 0, bytes.length)).toMatch(/^[ -~]+$/);
      }),
      runs,
    );
  });

  test('whatever is verified is answered with yes or no', () => {
    fc.assert(
      fc.property(octets, (bytes) => {
        if (bytes.length < 20) return;
        const view = viewOf(bytes);
        expect(typeof verifyTcp(view, 0, bytes.length, 0)).toBe('boolean');
        expect(typeof verifyUdp(4, view, 0, bytes.length, 0)).toBe('boolean');
      }),
      runs,
    );
  });

  test('printPacket has one line for any octets and any bounds', () => {
    const bound = fc.integer({ min: -50, max: 200 });
    fc.assert(
      fc.property(octets, bound, bound, (bytes, start, end) => {
        expect(printPacket(bytes, start, end)).toMatch(/^[ -~]+$/);
      }),
      runs,
    );
  });
});
