import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { decodeUtf8, encodeUtf8 } from '../../src/pcap/utf8.ts';

describe('UTF-8', () => {
  test('encodes as TextEncoder does, halves of surrogate pairs included', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
    );
    fc.assert(
      fc.property(text, (t) => {
        expect([...encodeUtf8(t, 65_535)]).toEqual([...new TextEncoder().encode(t)]);
      }),
    );
  });

  test('decodes what it encodes, and any octets without throwing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.uint8Array(), (text, noise) => {
        const octets = encodeUtf8(text, 65_535);
        expect(decodeUtf8(octets, 0, octets.length)).toBe(new TextDecoder().decode(octets));
        const decoded = decodeUtf8(noise, 0, noise.length);
        expect(decoded.includes('\ufffd')).toBe(new TextDecoder().decode(noise).includes('\ufffd'));
      }),
    );
  });

  test.each([
    ['overlong', [0xc0, 0x80]],
    ['surrogate', [0xed, 0xa0, 0x80]],
    ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['cut short', [0xe2, 0x82]],
    ['continuation alone', [0x80]],
    ['no lead octet', [0xff]],
  ])('%s is no character', (_name, octets) => {
    const bytes = Uint8Array.from([0x41, ...octets, 0x42]);
    expect(decodeUtf8(bytes, 0, bytes.length)).toMatch(/^A\ufffd+B$/);
  });

  test('is cut at a character, not inside one', () => {
    expect([...encodeUtf8('ab\u20ac', 4)]).toEqual([0x61, 0x62]);
    expect([...encodeUtf8('ab\u20ac', 5)]).toEqual([0x61, 0x62, 0xe2, 0x82, 0xac]);
    expect(encodeUtf8('', 4)).toHaveLength(0);
  });
});
