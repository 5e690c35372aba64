import { isIP } from 'node:net';
import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import {
  Cidr,
  inPrefix,
  IpAddress,
  isLimitedBroadcast,
  isLoopback,
  isMulticast,
  isSubnetBroadcast,
  isUnspecified,
  parseAddress,
  parseCidr,
  printAddress,
  printCidr,
  printWords,
  sameAddress,
} from '../../src/wire/address.ts';

type Words = [number, number, number, number, number];

const address = (text: string): IpAddress => {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`not an address: ${text}`);
  return parsed;
};
const cidr = (text: string): Cidr => {
  const parsed = parseCidr(text);
  if (parsed === undefined) throw new Error(`not a prefix: ${text}`);
  return parsed;
};
const words = (text: string): Words => {
  const { family, w0, w1, w2, w3 } = address(text);
  return [family, w0, w1, w2, w3];
};

const word = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.constantFrom(0, 1, -1, 0x10000, 0xffff),
);
const ipv4 = word.map((w) => new IpAddress(4, 0, 0, 0, w));
const ipv6 = fc.tuple(word, word, word, word).map((w) => new IpAddress(6, ...w));
const anyAddress = fc.oneof(ipv4, ipv6);

describe('parseAddress', () => {
  test.each([
    ['0.0.0.0', [4, 0, 0, 0, 0]],
    ['10.0.0.1', [4, 0, 0, 0, 0x0a000001]],
    ['255.255.255.255', [4, 0, 0, 0, -1]],
    ['::', [6, 0, 0, 0, 0]],
    ['::1', [6, 0, 0, 0, 1]],
    ['1::', [6, 0x10000, 0, 0, 0]],
    ['2001:DB8:0:0:8:800:200C:417A', [6, 0x20010db8, 0, 0x00080800, 0x200c417a]],
    ['2001:db8::8:800:200c:417a', [6, 0x20010db8, 0, 0x00080800, 0x200c417a]],
    ['FF01:0:0:0:0:0:0:101', [6, 0xff010000 | 0, 0, 0, 0x101]],
    ['::13.1.68.3', [6, 0, 0, 0, 0x0d014403]],
    ['0:0:0:0:0:FFFF:129.144.52.38', [6, 0, 0, 0xffff, 0x81903426 | 0]],
    ['::FFFF:129.144.52.38', [6, 0, 0, 0xffff, 0x81903426 | 0]],
    ['1:2:3:4:5:6:7::', [6, 0x10002, 0x30004, 0x50006, 0x70000]],
    ['::2:3:4:5:6:7:8', [6, 2, 0x30004, 0x50006, 0x70008]],
  ])('RFC 4291 §2.2: %s', (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  test.each([
    '',
    ' ',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.04',
    '0x1.2.3.4',
    '1.2.3.-4',
    '1.2.3.4 ',
    '1..2.3',
    '1e1.2.3.4',
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '::1:2:3:4:5:6:7:8',
    '1::2::3',
    ':1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:',
    '12345::',
    'g::',
    '::1.2.3',
    '::1.2.3.4:5',
    '1.2.3.4::',
    '1:2:3:4:5:6:7:1.2.3.4',
    'fe80::1%eth0',
    '[::1]',
    '::1/64',
    '١.2.3.4',
  ])('refuses "%s"', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  test('agrees with node:net on what an address is', () => {
    const part = fc.constantFrom(
      '0',
      '1',
      '00',
      '255',
      '256',
      'ffff',
      'a',
      '12345',
      ':',
      '::',
      '.',
    );
    const text = fc.oneof(
      fc.array(part, { maxLength: 18 }).map((p) => p.join('')),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (t) => {
        if (!t.includes('%')) expect(parseAddress(t)?.family ?? 0).toBe(isIP(t));
      }),
      { numRuns: 2000 },
    );
  });

  test('an endless text is refused without being followed', () => {
    expect(parseAddress(':1'.repeat(100_000))).toBeUndefined();
    expect(parseAddress('1.'.repeat(100_000))).toBeUndefined();
  });
});

describe('printAddress', () => {
  test.each([
    ['2001:0db8::0001', '2001:db8::1'], //                                     RFC 5952 §4.1
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'], //                              §4.2.1
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'], //                       §4.2.2
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'], //                                §4.2.3
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'], //                          §4.2.3
    ['2001:DB8::AbCd', '2001:db8::abcd'], //                                   §4.3
    ['0:0:0:0:0:ffff:c000:201', '::ffff:192.0.2.1'], //                        §5
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['1:2:3:4:5:6:0:0', '1:2:3:4:5:6::'],
    ['0:0:3:4:5:6:7:8', '::3:4:5:6:7:8'],
    ['0:2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['192.0.2.1', '192.0.2.1'],
    ['255.255.255.255', '255.255.255.255'],
  ])('RFC 5952: %s is written %s', (text, canonical) => {
    expect(printAddress(address(text))).toBe(canonical);
  });

  test('what is printed parses to the same address', () => {
    fc.assert(
      fc.property(anyAddress, (a) => {
        const text = printAddress(a);
        expect(sameAddress(address(text), a)).toBe(true);
        expect(printWords(a.family, a.w0, a.w1, a.w2, a.w3)).toBe(text);
      }),
    );
  });

  test('agrees with WHATWG URL, which serializes by RFC 5952 but for §5', () => {
    fc.assert(
      fc.property(ipv6, (a) => {
        fc.pre(!(a.w0 === 0 && a.w1 === 0 && a.w2 === 0xffff));
        expect(`[${printAddress(a)}]`).toBe(new URL(`http://[${printAddress(a)}]/`).hostname);
      }),
    );
  });
});

describe('Cidr', () => {
  test.each(['10.0.0.1/24', '0.0.0.0/0', '192.0.2.1/32', '2001:db8::/32', '::/0', '::1/128'])(
    '%s prints as it was written',
    (text) => {
      expect(printCidr(cidr(text))).toBe(text);
    },
  );

  test.each([
    '10.0.0.1',
    '10.0.0.1/',
    '10.0.0.1/33',
    '10.0.0.1/024',
    '::/129',
    '::/-1',
    '/8',
    '::/8/8',
  ])('refuses "%s"', (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });

  test.each([
    ['10.0.0.1/24', '10.0.0.255', true],
    ['10.0.0.1/24', '10.0.1.0', false],
    ['10.0.0.1/32', '10.0.0.1', true],
    ['10.0.0.1/32', '10.0.0.0', false],
    ['128.0.0.0/1', '255.0.0.0', true],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '::', false],
    ['::/0', '2001:db8::1', true],
    ['::/0', '0.0.0.0', false],
    ['2001:db8::/32', '2001:db8:ffff::', true],
    ['2001:db8::/32', '2001:db9::', false],
    ['2001:db8::/65', '2001:db8::8000:0:0:0', false],
    ['2001:db8::/65', '2001:db8::7fff:0:0:0', true],
    ['2001:db8::1/128', '2001:db8::1', true],
    ['2001:db8::1/128', '2001:db8::', false],
  ])('%s holds %s: %s', (prefix, text, expected) => {
    expect(inPrefix(cidr(prefix), ...words(text))).toBe(expected);
  });

  test('an address is in a prefix when their first bits are the same', () => {
    const bits = (a: IpAddress): string =>
      (a.family === 4 ? [a.w3] : [a.w0, a.w1, a.w2, a.w3])
        .map((w) => (w >>> 0).toString(2).padStart(32, '0'))
        .join('');
    const pair = fc.oneof(fc.tuple(ipv4, ipv4, fc.nat(32)), fc.tuple(ipv6, ipv6, fc.nat(128)));
    fc.assert(
      fc.property(pair, ([a, b, length]) => {
        const expected = bits(a).slice(0, length) === bits(b).slice(0, length);
        expect(inPrefix(new Cidr(a, length), b.family, b.w0, b.w1, b.w2, b.w3)).toBe(expected);
      }),
    );
  });

  test.each([
    ['10.0.0.1/24', '10.0.0.255', true],
    ['10.0.0.1/24', '10.0.0.254', false],
    ['10.0.0.1/24', '10.0.1.255', false],
    ['10.0.0.0/31', '10.0.0.1', false],
    ['10.0.0.1/32', '10.0.0.1', false],
    ['10.0.0.1/30', '10.0.0.3', true],
    ['::/64', '255.255.255.255', false],
  ])('the broadcast address of %s is %s: %s', (prefix, text, expected) => {
    expect(isSubnetBroadcast(cidr(prefix), address(text).w3)).toBe(expected);
  });
});

describe('what an address is', () => {
  const all = (text: string): string[] => {
    const w = words(text);
    const names: string[] = [];
    if (isUnspecified(...w)) names.push('unspecified');
    if (isLoopback(...w)) names.push('loopback');
    if (isMulticast(...w)) names.push('multicast');
    if (isLimitedBroadcast(...w)) names.push('broadcast');
    return names;
  };

  test.each([
    ['0.0.0.0', ['unspecified']],
    ['::', ['unspecified']],
    ['127.0.0.1', ['loopback']],
    ['127.255.255.255', ['loopback']],
    ['126.255.255.255', []],
    ['128.0.0.0', []],
    ['::1', ['loopback']],
    ['::2', []],
    ['1::1', []],
    ['223.255.255.255', []],
    ['224.0.0.0', ['multicast']],
    ['239.255.255.255', ['multicast']],
    ['240.0.0.0', []],
    ['ff02::1', ['multicast']],
    ['fe80::1', []],
    ['::e000:1', []],
    ['255.255.255.255', ['broadcast']],
    ['255.255.255.254', []],
    ['::ffff:ffff', []],
    ['10.0.0.1', []],
    ['2001:db8::1', []],
  ])('%s is %j', (text, names) => {
    expect(all(text)).toEqual(names);
  });

  test('two addresses are the same when family and words are', () => {
    expect(sameAddress(address('10.0.0.1'), address('10.0.0.1'))).toBe(true);
    expect(sameAddress(address('10.0.0.1'), address('::10.0.0.1'))).toBe(false);
    expect(sameAddress(address('1::'), address('2::'))).toBe(false);
    expect(sameAddress(address('::1:0:0:0'), address('::2:0:0:0'))).toBe(false);
  });
});
