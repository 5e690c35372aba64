import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { Protocol, pseudoSum } from '../../src/wire/ip.ts';
import { readUdp, UdpDatagram, verifyUdp, writeUdp } from '../../src/wire/udp.ts';
import { headerOf, udpDatagram, VERSIONS, viewOf } from './samples.ts';
import { receive, Received } from './receive.ts';

const port = fc.nat(0xffff);

describe('UDP', () => {
  test('what is written is read and verifies', () => {
    const data = fc.uint8Array({ maxLength: 70 });
    fc.assert(
      fc.property(fc.constantFrom(...VERSIONS), port, port, data, (version, from, to, d) => {
        const bytes = new Uint8Array(8 + d.length);
        bytes.set(d, 8);
        const view = viewOf(bytes);
        const pseudo = pseudoSum(headerOf(version, Protocol.UDP), Protocol.UDP, bytes.length);
        expect(writeUdp(view, 8, bytes.length, from, to, pseudo)).toBe(0);
        const out = new UdpDatagram();
        expect(readUdp(out, view, 0, bytes.length)).toBeUndefined();
        expect({ ...out }).toEqual({
          sourcePort: from,
          destinationPort: to,
          dataStart: 8,
          dataEnd: bytes.length,
        });
        expect(view.getUint16(6)).not.toBe(0);
        expect(verifyUdp(version, view, 0, bytes.length, pseudo)).toBe(true);
      }),
    );
  });

  test('a checksum that comes to 0 is sent as ffff: RFC 768', () => {
    const bytes = new Uint8Array(10);
    const view = viewOf(bytes);
    const pseudo = pseudoSum(headerOf(6, Protocol.UDP), Protocol.UDP, 10);
    writeUdp(view, 8, 10, 1, 2, pseudo);
    view.setUint16(8, view.getUint16(6)); // as data, it completes the sum to ffff
    writeUdp(view, 8, 10, 1, 2, pseudo);
    expect(view.getUint16(6)).toBe(0xffff);
    expect(verifyUdp(6, view, 0, 10, pseudo)).toBe(true);
  });

  test('no checksum: accepted over IPv4, dropped over IPv6 (RFC 8200 §8.1)', () => {
    const without = (version: 4 | 6): Uint8Array => {
      const bytes = udpDatagram(version, Uint8Array.of(1, 2, 3));
      viewOf(bytes).setUint16((version === 4 ? 20 : 40) + 6, 0);
      return bytes;
    };
    expect(receive(without(4))).toBe('udp');
    expect(receive(without(6))).toBe('udp-checksum');
  });

  test.each([
    [0, 'udp-length'],
    [7, 'udp-length'],
    [12, 'udp-length'],
    [65535, 'udp-length'],
  ])('a length of %i in a datagram of 11 octets: %s', (length, drop) => {
    const bytes = udpDatagram(4, Uint8Array.of(1, 2, 3));
    viewOf(bytes).setUint16(24, length);
    expect(receive(bytes)).toBe(drop);
  });

  test('octets beyond the length are not data', () => {
    const bytes = new Uint8Array(12);
    const view = viewOf(bytes);
    const pseudo = pseudoSum(headerOf(4, Protocol.UDP), Protocol.UDP, 9);
    writeUdp(view, 8, 9, 1, 2, pseudo);
    const { udp } = new Received();
    expect(readUdp(udp, view, 0, 12)).toBeUndefined();
    expect(udp.dataEnd).toBe(9);
    expect(verifyUdp(4, view, 0, udp.dataEnd, pseudo)).toBe(true);
  });
});
