import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { finish, sum } from '../../src/wire/checksum.ts';
import {
  ipHeaderLength,
  IpHeader,
  Protocol,
  pseudoSum,
  readIp,
  writeIp,
} from '../../src/wire/ip.ts';
import { headerOf, tcpDatagram, textSegment, viewOf } from './samples.ts';
import { receive, Received } from './receive.ts';

const PAYLOAD = 64; // octets behind the header

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const words = fc.tuple(word, word, word, word, word, word, word, word);

const anyHeader = fc
  .record({
    version: fc.constantFrom(4 as const, 6 as const),
    words,
    protocol: fc.constantFrom(1, 6, 17, 58, 59, 132, 255),
    ttl: fc.nat(255),
    tos: fc.nat(255),
    id: fc.nat(0xffff),
    dontFragment: fc.boolean(),
    moreFragments: fc.boolean(),
    fragmentOffset: fc.nat(8000).map((n) => n * 8),
    flowLabel: fc.nat(0xfffff),
  })
  .map(({ words: w, ...fields }) => {
    const ip = new IpHeader();
    Object.assign(ip, fields);
    [ip.src3, ip.dst3] = [w[0], w[1]];
    if (ip.version === 4) {
      ip.flowLabel = 0;
      return ip;
    }
    [ip.src0, ip.src1, ip.src2, ip.dst0, ip.dst1, ip.dst2] = [w[2], w[3], w[4], w[5], w[6], w[7]];
    [ip.id, ip.dontFragment, ip.moreFragments, ip.fragmentOffset] = [0, true, false, 0];
    return ip;
  });

const hex = (text: string): Uint8Array =>
  Uint8Array.from(
    (text.replaceAll(/\s/g, '').match(/../g) ?? []).map((o) => Number.parseInt(o, 16)),
  );

const read = (bytes: Uint8Array, into: IpHeader = new IpHeader()): string | undefined =>
  readIp(into, viewOf(bytes), 0, bytes.length);

describe('both versions', () => {
  test('what is written is read', () => {
    fc.assert(
      fc.property(anyHeader, (ip) => {
        const length = ipHeaderLength(ip.version);
        const bytes = new Uint8Array(100 + PAYLOAD);
        const start = writeIp(viewOf(bytes), 100, ip, PAYLOAD);
        expect(start).toBe(100 - length);
        const out = new IpHeader();
        expect(readIp(out, viewOf(bytes), start, bytes.length)).toBeUndefined();
        const bounds = { headerStart: start, payloadStart: 100, payloadEnd: 100 + PAYLOAD };
        expect({ ...out }).toEqual({ ...ip, ...bounds });
      }),
    );
  });

  test.each([4, 6] as const)(
    'IPv%i: what a link padded behind the datagram is cut off',
    (version) => {
      const bytes = tcpDatagram(version, textSegment(), new Uint8Array(3));
      const padded = new Uint8Array(bytes.length + 46);
      padded.fill(0xdb).set(bytes);
      const into = new Received();
      expect(receive(padded, 0, padded.length, into)).toBe('tcp');
      expect(into.ip.payloadEnd).toBe(bytes.length);
    },
  );

  test.each([0, 1, 2, 3, 5, 7, 8, 9, 15])('a first octet of version %i is dropped', (version) => {
    const bytes = new Uint8Array(60).fill((version << 4) | 5);
    expect(read(bytes)).toBe('ip-version');
  });

  test('no octets at all are dropped', () => {
    expect(read(new Uint8Array(0))).toBe('ip-truncated');
  });

  test('the pseudo-header sums as its octets would: RFC 9293 §3.1, RFC 8200 §8.1, MUST-2', () => {
    fc.assert(
      fc.property(anyHeader, fc.nat(255), fc.nat(0xffff), (ip, protocol, length) => {
        const bytes = new Uint8Array(40);
        const view = viewOf(bytes);
        const { src0, src1, src2, src3, dst0, dst1, dst2, dst3 } = ip;
        if (ip.version === 4) {
          [src3, dst3].forEach((w, i) => view.setInt32(4 * i, w));
          view.setUint8(9, protocol);
          view.setUint16(10, length);
        } else {
          const all = [src0, src1, src2, src3, dst0, dst1, dst2, dst3];
          all.forEach((w, i) => view.setInt32(4 * i, w));
          view.setUint32(32, length);
          view.setUint8(39, protocol);
        }
        expect(finish(pseudoSum(ip, protocol, length))).toBe(finish(sum(view, 0, 40, 0)));
      }),
    );
  });
});

describe('IPv4', () => {
  /** 24 octets of header with these four of options, a good checksum and `payload` octets. */
  function withOptions(options: string, payload = 20): Uint8Array {
    const extra = hex(options);
    const length = 20 + extra.length;
    const bytes = new Uint8Array(length + payload);
    const view = viewOf(bytes);
    writeIp(view, 20, headerOf(4, Protocol.TCP), extra.length + payload);
    bytes.set(extra, 20);
    view.setUint8(0, 0x40 | (length >> 2));
    view.setUint16(10, 0);
    view.setUint16(10, finish(sum(view, 0, length, 0)));
    return bytes;
  }

  test.each([
    ['no operations', '01010101'],
    ['the end at once', '00ffffff'],
    ['router alert', '94040000'],
    ['a record route', '0707040000000000'],
    ['an unknown one that fills the header', `de28${'00'.repeat(38)}`],
    ['a strict source route', '8907040a00000100'],
  ])('MUST-50: %s is stepped over and TCP is processed', (_name, options) => {
    const bytes = withOptions(options);
    const ip = new IpHeader();
    expect(read(bytes, ip)).toBeUndefined();
    expect(ip.payloadStart).toBe(20 + hex(options).length);
    expect(ip.payloadEnd).toBe(bytes.length);
    expect(ip.protocol).toBe(Protocol.TCP);
  });

  test.each([
    ['0', '94000000'],
    ['1', '94010000'],
    ['past the end', '94050000'],
    ['missing', '01010194'],
    ['past the end after a good one', '9404000007ff0000'],
  ])('an option length %s is dropped', (_name, options) => {
    expect(read(withOptions(options))).toBe('ipv4-option-length');
  });

  function altered(change: (view: DataView) => void): Uint8Array {
    const bytes = withOptions('01010101');
    const view = viewOf(bytes);
    change(view);
    view.setUint16(10, 0);
    view.setUint16(10, finish(sum(view, 0, 24, 0)));
    return bytes;
  }

  test.each([0, 1, 2, 3, 4])('a header length of %i words is dropped', (ihl) => {
    expect(read(altered((view) => view.setUint8(0, 0x40 | ihl)))).toBe('ipv4-header-length');
  });

  test('a header longer than the datagram is dropped', () => {
    expect(read(altered((view) => view.setUint8(0, 0x4f)))).toBe('ipv4-header-length');
  });

  test('a total length below the header is dropped', () => {
    expect(read(altered((view) => view.setUint16(2, 23)))).toBe('ipv4-total-length');
  });

  test('a total length beyond what there is is dropped', () => {
    expect(read(altered((view) => view.setUint16(2, 45)))).toBe('ip-truncated');
  });

  test('a total length of the header alone is an empty datagram', () => {
    const ip = new IpHeader();
    expect(
      read(
        altered((view) => view.setUint16(2, 24)),
        ip,
      ),
    ).toBeUndefined();
    expect(ip.payloadEnd - ip.payloadStart).toBe(0);
  });

  test('a wrong checksum is dropped', () => {
    const bytes = withOptions('01010101');
    bytes[10]! ^= 1;
    expect(read(bytes)).toBe('ipv4-checksum');
  });

  const fragment = (offset: number, more: boolean, length: number): string | undefined => {
    const ip = headerOf(4, Protocol.UDP);
    ip.dontFragment = false;
    ip.fragmentOffset = offset;
    ip.moreFragments = more;
    const bytes = new Uint8Array(20 + length);
    writeIp(viewOf(bytes), 20, ip, length);
    return read(bytes);
  };

  test('fragments: whole 8 octets but for the last, and never beyond 65535', () => {
    expect(fragment(0, true, 1480)).toBeUndefined();
    expect(fragment(1480, false, 3)).toBeUndefined();
    expect(fragment(0, true, 12)).toBe('ip-fragment');
    expect(fragment(8, true, 0)).toBe('ip-fragment');
    expect(fragment(65504, false, 11)).toBeUndefined();
    expect(fragment(65504, false, 12)).toBe('ip-fragment');
    expect(fragment(65528, true, 8)).toBe('ip-fragment');
  });
});

describe('IPv6 extension headers', () => {
  const HOP_BY_HOP = 0;
  const ROUTING = 43;
  const FRAGMENT = 44;
  const DESTINATION = 60;

  /** `chain` is header numbers and their octets but the first (next header) each. */
  function withExtensions(chain: readonly [number, string][], protocol = 6): Uint8Array {
    const numbers = [...chain.map(([number]) => number), protocol];
    const parts = chain.map(([, octets], i) => [numbers[i + 1]!, ...hex(octets)]);
    const extensions = Uint8Array.from(parts.flat());
    const payload = extensions.length + 24;
    const bytes = new Uint8Array(40 + payload);
    const ip = headerOf(6, numbers[0]!);
    writeIp(viewOf(bytes), 40, ip, payload);
    bytes.set(extensions, 40);
    return bytes;
  }

  const PADDED = '00 01 04 00000000'; // PadN of four
  const SPENT = '00 00 00 00000000';

  test.each<[string, [number, string][], number]>([
    ['hop-by-hop options', [[HOP_BY_HOP, PADDED]], 8],
    ['router alert and Pad1', [[HOP_BY_HOP, '00 0502 0000 00 00']], 8],
    ['destination options', [[DESTINATION, PADDED]], 8],
    ['options of 16 octets', [[DESTINATION, `01 010c ${'00'.repeat(12)}`]], 16],
    ['an unknown option to skip', [[DESTINATION, '00 1e04 00000000']], 8],
    ['a routing header with no segments left', [[ROUTING, SPENT]], 8],
    ['an atomic fragment', [[FRAGMENT, '00 0000 12345678']], 8],
    [
      'all of them',
      [
        [HOP_BY_HOP, PADDED],
        [DESTINATION, PADDED],
        [ROUTING, SPENT],
        [FRAGMENT, '00 0000 00000001'],
        [DESTINATION, PADDED],
      ],
      40,
    ],
  ])('%s: TCP is found behind', (_name, chain, length) => {
    const bytes = withExtensions(chain);
    const ip = new IpHeader();
    expect(read(bytes, ip)).toBeUndefined();
    expect(ip.protocol).toBe(Protocol.TCP);
    expect(ip.payloadStart).toBe(40 + length);
    expect(ip.payloadEnd).toBe(bytes.length);
  });

  test.each<[string, [number, string][], string]>([
    ['segments left', [[ROUTING, '00 00 01 00000000']], 'ipv6-routing'],
    ['an option to discard', [[DESTINATION, '00 4004 00000000']], 'ipv6-option'],
    ['an option to discard and report', [[HOP_BY_HOP, '00 8004 00000000']], 'ipv6-option'],
    ['an option past the end', [[DESTINATION, '00 0105 00000000']], 'ipv6-extension-length'],
    ['an option without a length', [[DESTINATION, '00 0103 000000 01']], 'ipv6-extension-length'],
    ['a header past the end', [[DESTINATION, 'ff 0104 00000000']], 'ipv6-extension-length'],
    [
      'hop-by-hop options not first',
      [
        [DESTINATION, PADDED],
        [HOP_BY_HOP, PADDED],
      ],
      'ipv6-extension-order',
    ],
    ['nine headers', Array(9).fill([DESTINATION, PADDED]), 'ipv6-extension-count'],
  ])('%s: dropped', (_name, chain, drop) => {
    expect(read(withExtensions(chain))).toBe(drop);
  });

  test('eight headers are followed', () => {
    const chain = Array<[number, string]>(8).fill([DESTINATION, PADDED]);
    expect(read(withExtensions(chain))).toBeUndefined();
  });

  test('a fragment is told with its offset, its identification and what it carries', () => {
    const ip = new IpHeader();
    expect(read(withExtensions([[FRAGMENT, '00 05a9 89abcdef']]), ip)).toBeUndefined();
    expect(ip.fragmentOffset).toBe(1448);
    expect(ip.moreFragments).toBe(true);
    expect(ip.id).toBe(0x89abcdef | 0);
    expect(ip.protocol).toBe(Protocol.TCP);
    expect(ip.payloadStart).toBe(48);
  });

  test('nothing behind a fragment header is taken for an extension header', () => {
    const bytes = withExtensions([[FRAGMENT, '00 0008 00000001']], DESTINATION);
    const ip = new IpHeader();
    expect(read(bytes, ip)).toBeUndefined();
    expect(ip.protocol).toBe(DESTINATION);
    expect(ip.payloadStart).toBe(48);
  });

  test('fragments: whole 8 octets but for the last, and never beyond 65535', () => {
    const more = withExtensions([[FRAGMENT, '00 0001 00000001']]);
    viewOf(more).setUint16(4, 8 + 23);
    expect(read(more)).toBe('ip-fragment');
    viewOf(more).setUint16(4, 8);
    expect(read(more)).toBe('ip-fragment');
    expect(read(withExtensions([[FRAGMENT, '00 fff8 00000001']]))).toBe('ip-fragment');
    expect(read(withExtensions([[FRAGMENT, '00 ffe0 00000001']]))).toBeUndefined();
  });

  test('"no next header" ends the chain', () => {
    const ip = new IpHeader();
    expect(read(withExtensions([[DESTINATION, PADDED]], 59), ip)).toBeUndefined();
    expect(ip.protocol).toBe(59);
  });

  test('a payload length beyond what there is is dropped', () => {
    const bytes = withExtensions([]);
    viewOf(bytes).setUint16(4, 25);
    expect(read(bytes)).toBe('ip-truncated');
  });
});
