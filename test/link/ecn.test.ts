import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { markCongestion } from '../../src/link/netem/ecn.ts';
import type { Medium } from '../../src/link/link.ts';
import { finish, sum } from '../../src/wire/checksum.ts';

function ipv4(tos: number): Uint8Array {
  const bytes = new Uint8Array(24);
  bytes.set([0x45, tos, 0, 24, 0x12, 0x34, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
  const view = new DataView(bytes.buffer);
  view.setUint16(10, finish(sum(view, 0, 20, 0)));
  return bytes;
}

const ipv6 = (trafficClass: number): Uint8Array => {
  const bytes = new Uint8Array(40);
  bytes.set([0x60 | (trafficClass >> 4), (trafficClass & 0xf) << 4]);
  return bytes;
};

const frame = (head: readonly number[], datagram: Uint8Array): Uint8Array =>
  Uint8Array.from([...new Array<number>(12).fill(2), ...head, ...datagram]);

const mark = (bytes: Uint8Array, medium: Medium = 'ip'): boolean =>
  markCongestion(medium, new DataView(bytes.buffer), 0, bytes.length);

describe('marking Congestion Experienced (RFC 3168 §5)', () => {
  test.each([0xb9, 0xba, 0xbb])(
    'IPv4 with TOS %i: CE, DSCP kept, and the checksum still right',
    (tos) => {
      const bytes = ipv4(tos);
      expect(mark(bytes)).toBe(true);
      expect(bytes[1]).toBe(0xbb);
      expect(sum(new DataView(bytes.buffer), 0, 20, 0)).toBe(0xffff);
    },
  );

  test('whatever the header, a right checksum stays right', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (bytes) => {
        bytes[0] = 0x45;
        bytes[1] = bytes[1]! | 1;
        const view = new DataView(bytes.buffer, bytes.byteOffset);
        view.setUint16(10, 0);
        view.setUint16(10, finish(sum(view, 0, 20, 0)));
        expect(markCongestion('ip', view, 0, 20)).toBe(true);
        expect(sum(view, 0, 20, 0)).toBe(0xffff);
      }),
    );
  });

  test('IPv6: CE, the rest of the traffic class and the flow label kept', () => {
    const bytes = ipv6(0xba);
    expect(mark(bytes)).toBe(true);
    expect([...bytes.subarray(0, 2)]).toEqual([0x6b, 0xb0]);
  });

  test('what is not ECN-capable stays as it is', () => {
    for (const bytes of [ipv4(0xb8), ipv6(0xb8)]) {
      const before = bytes.slice();
      expect(mark(bytes)).toBe(false);
      expect(bytes).toEqual(before);
    }
  });

  test('in a frame, with and without VLAN tag; other frames are left alone', () => {
    const plain = frame([0x08, 0x00], ipv4(1));
    expect(mark(plain, 'ethernet')).toBe(true);
    expect(plain[15]).toBe(3);
    const tagged = frame([0x81, 0x00, 0, 7, 0x86, 0xdd], ipv6(2));
    expect(mark(tagged, 'ethernet')).toBe(true);
    expect(tagged[19]! >> 4).toBe(3);
    expect(mark(frame([0x08, 0x06], ipv4(1)), 'ethernet')).toBe(false);
  });

  test('any octets of any length are survived', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        fc.constantFrom<Medium>('ip', 'ethernet'),
        (bytes, medium) => {
          const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
          expect(markCongestion(medium, view, 0, bytes.length)).toBeTypeOf('boolean');
        },
      ),
    );
  });
});
