import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { Protocol, pseudoSum, type IpHeader } from '../../src/wire/ip.ts';
import { ACK, FIN, RST, Segment, SYN, textLength, URG } from '../../src/wire/segment.ts';
import { seq, toU32 } from '../../src/wire/seq.ts';
import {
  destinationPort,
  readTcp,
  sealTcp,
  sourcePort,
  tcpHeaderLength,
  verifyTcp,
  writeTcp,
} from '../../src/wire/tcp.ts';
import { headerOf, synWithOptions, VERSIONS, viewOf } from './samples.ts';

const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const i32 = u32.map((n) => n | 0);
const absent = fc.constant(-1);

const anySegment: fc.Arbitrary<Segment> = fc
  .record({
    seq: u32.map(seq),
    ack: u32.map(seq),
    ctl: fc.nat(0x1ff),
    wnd: fc.nat(0xffff),
    up: fc.nat(0xffff),
    mss: fc.oneof(absent, fc.nat(0xffff)),
    wscale: fc.oneof(absent, fc.nat(255)),
    sackPermitted: fc.boolean(),
    timestamps: fc.boolean(),
    tsval: i32,
    tsecr: i32,
    blocks: fc.array(i32, { minLength: 8, maxLength: 8 }),
    sackCount: fc.nat(4),
    accEcn: fc.constantFrom(-1, 0, 1),
    accEcnCount: fc.nat(3),
    threeCounters: fc.array(fc.nat(0xff_ffff), { minLength: 3, maxLength: 3 }),
  })
  .map(({ blocks, threeCounters, ...fields }) => {
    const seg = new Segment();
    Object.assign(seg, fields);
    if (!seg.timestamps) [seg.tsval, seg.tsecr] = [0, 0];
    seg.sack.set(blocks);
    seg.counters.set(threeCounters);
    if (seg.accEcn < 0) seg.accEcnCount = 0;
    return seg;
  });

const anyText = fc.uint8Array({ maxLength: 80 });

interface Written {
  readonly bytes: Uint8Array;
  readonly start: number;
}

function write(seg: Segment, text: Uint8Array = new Uint8Array(0)): Written {
  const bytes = new Uint8Array(60 + text.length).fill(0xdb);
  bytes.set(text, 60);
  return { bytes, start: writeTcp(viewOf(bytes), 60, seg, 43210, 80) };
}

function read({ bytes, start }: Written): Segment {
  const seg = new Segment();
  expect(readTcp(seg, bytes, viewOf(bytes), start, bytes.length)).toBeUndefined();
  return seg;
}

const fieldsOf = ({
  bytes: _b,
  textStart: _s,
  textEnd: _e,
  sack,
  counters,
  ...fields
}: Segment): object => ({
  ...fields,
  sack: [...sack.subarray(0, 2 * fields.sackCount)],
  counters: [...counters.subarray(0, fields.accEcnCount)],
});

/** A segment with exactly these octets of options. */
function withOptions(...octets: number[]): Uint8Array {
  const length = 20 + octets.length;
  const bytes = new Uint8Array(length);
  bytes[12] = (length >> 2) << 4;
  bytes[13] = ACK;
  bytes.set(octets, 20);
  return bytes;
}

const readOptions = (...octets: number[]): Segment =>
  read({ bytes: withOptions(...octets), start: 0 });

const dropOf = (bytes: Uint8Array): string | undefined =>
  readTcp(new Segment(), bytes, viewOf(bytes), 0, bytes.length);

describe('header', () => {
  test('what is written is read; SACK has as many blocks as there is room for', () => {
    fc.assert(
      fc.property(anySegment, anyText, (seg, text) => {
        const written = write(seg, text);
        const out = read(written);
        const header = 60 - written.start;
        expect(header).toBe(tcpHeaderLength(seg));
        expect(header % 4).toBe(0);
        expect(header).toBeLessThanOrEqual(60);
        const fit = out.sackCount;
        if (fit < seg.sackCount) expect(header + (fit > 0 ? 8 : 12)).toBeGreaterThan(60);
        seg.sackCount = fit;
        expect(fieldsOf(out)).toEqual(fieldsOf(seg));
        expect(written.bytes.subarray(out.textStart, out.textEnd)).toEqual(text);
        expect(out.bytes).toBe(written.bytes);
        expect(textLength(out)).toBe(text.length);
        expect(sourcePort(viewOf(written.bytes), written.start)).toBe(43210);
        expect(destinationPort(viewOf(written.bytes), written.start)).toBe(80);
      }),
    );
  });

  test('the octets of RFC 9293 Figure 1', () => {
    const seg = new Segment();
    seg.seq = seq(0x01020304);
    seg.ack = seq(0xf1f2f3f4);
    seg.ctl = SYN | ACK | URG;
    seg.wnd = 0xfffe;
    seg.up = 0x0506;
    const { bytes, start } = write(seg);
    expect(Buffer.from(bytes.subarray(start)).toString('hex')).toBe(
      'a8ca0050' + '01020304' + 'f1f2f3f4' + '5032fffe' + '00000506',
    );
  });

  test.each([0x7fff, 0x8000, 0xffff])('MUST-1: a window of %i is not negative', (wnd) => {
    const seg = new Segment();
    seg.wnd = wnd;
    expect(read(write(seg)).wnd).toBe(wnd);
  });

  test('the reserved bits but AE are written zero and not read', () => {
    const { bytes, start } = write(new Segment());
    expect(bytes[start + 12]! & 0x0f).toBe(0);
    bytes[start + 12]! |= 0x0e;
    expect(fieldsOf(read({ bytes, start }))).toEqual(fieldsOf(new Segment()));
  });

  test.each([0, 1, 2, 3, 4])('a data offset of %i words is dropped', (words) => {
    const bytes = withOptions();
    bytes[12] = words << 4;
    expect(dropOf(bytes)).toBe('tcp-data-offset');
  });

  test('a data offset beyond the segment is dropped', () => {
    const bytes = withOptions(1, 1, 1, 1);
    bytes[12] = 7 << 4;
    expect(dropOf(bytes)).toBe('tcp-data-offset');
  });

  test('nothing of the segment before is left in the next', () => {
    const seg = read(write(synWithOptions()));
    const plain = write(new Segment());
    const { bytes, start } = plain;
    expect(readTcp(seg, bytes, viewOf(bytes), start, bytes.length)).toBeUndefined();
    expect(fieldsOf(seg)).toEqual(fieldsOf(new Segment()));
  });
});

describe('checksum', () => {
  const sealed = (version: 4 | 6, seg: Segment, text: Uint8Array): Written & { ip: IpHeader } => {
    const written = write(seg, text);
    const ip = headerOf(version, Protocol.TCP);
    const pseudo = pseudoSum(ip, Protocol.TCP, written.bytes.length - written.start);
    sealTcp(viewOf(written.bytes), written.start, written.bytes.length, pseudo);
    return { ...written, ip };
  };

  test.each(VERSIONS)('MUST-2: every segment written over IPv%i verifies', (version) => {
    fc.assert(
      fc.property(anySegment, anyText, (seg, text) => {
        const { bytes, start, ip } = sealed(version, seg, text);
        const pseudo = pseudoSum(ip, Protocol.TCP, bytes.length - start);
        expect(verifyTcp(viewOf(bytes), start, bytes.length, pseudo)).toBe(true);
      }),
    );
  });

  test('MUST-2: the octets of a SYN, summed by hand', () => {
    // 10.0.0.1:1000 > 10.0.0.2:80 <SEQ=0><CTL=SYN><WND=0>:
    // 0a00 + 0001 + 0a00 + 0002 + 0006 + 0014 and 03e8 + 0050 + 5002 sum to 6857
    const ip = headerOf(4, Protocol.TCP);
    ip.src3 = 0x0a000001;
    ip.dst3 = 0x0a000002;
    const seg = new Segment();
    seg.ctl = SYN;
    const bytes = new Uint8Array(20);
    writeTcp(viewOf(bytes), 20, seg, 1000, 80);
    sealTcp(viewOf(bytes), 0, 20, pseudoSum(ip, Protocol.TCP, 20));
    expect(viewOf(bytes).getUint16(16)).toBe(~0x6857 & 0xffff);
  });

  test.each(VERSIONS)('MUST-3: no single bit of a segment over IPv%i can change', (version) => {
    const { bytes, start, ip } = sealed(version, synWithOptions(), Uint8Array.of(1, 2, 3));
    const pseudo = pseudoSum(ip, Protocol.TCP, bytes.length - start);
    for (let bit = 8 * start; bit < 8 * bytes.length; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(verifyTcp(viewOf(bytes), start, bytes.length, pseudo)).toBe(false);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
    expect(verifyTcp(viewOf(bytes), start, bytes.length, pseudo)).toBe(true);
  });

  test('MUST-3: addresses, protocol and length are covered too', () => {
    const { bytes, start, ip } = sealed(4, synWithOptions(), Uint8Array.of(1, 2, 3));
    const length = bytes.length - start;
    const holds = (pseudo: number): boolean =>
      verifyTcp(viewOf(bytes), start, bytes.length, pseudo);
    expect(holds(pseudoSum(ip, Protocol.TCP, length))).toBe(true);
    expect(holds(pseudoSum(ip, Protocol.UDP, length))).toBe(false);
    expect(holds(pseudoSum(ip, Protocol.TCP, length + 1))).toBe(false);
    ip.src3 ^= 0x100;
    expect(holds(pseudoSum(ip, Protocol.TCP, length))).toBe(false);
  });

  test('sealing twice changes nothing', () => {
    const { bytes, start, ip } = sealed(6, synWithOptions(), Uint8Array.of(7));
    const once = bytes.slice();
    sealTcp(viewOf(bytes), start, bytes.length, pseudoSum(ip, Protocol.TCP, bytes.length - start));
    expect(bytes).toEqual(once);
  });
});

describe('options that are read', () => {
  const MSS = [2, 4, 0x05, 0xb4];

  test('MUST-4: End of Option List, No-Operation and Maximum Segment Size, in any order', () => {
    expect(readOptions(...MSS, 1, 1, 1, 0).mss).toBe(1460);
    expect(readOptions(1, ...MSS, 1, 1, 0).mss).toBe(1460);
    expect(readOptions(1, 1, 1, 1, ...MSS).mss).toBe(1460);
    expect(readOptions(0, 0, 0, 0).mss).toBe(-1);
  });

  test('MUST-4: nothing behind End of Option List is an option, whatever it is', () => {
    expect(readOptions(0, 0, 0, 0, ...MSS).mss).toBe(-1);
    expect(dropOf(withOptions(0, 2, 0, 0xff))).toBeUndefined();
  });

  test.each([
    ['text', ACK],
    ['a FIN', FIN | ACK],
    ['a RST', RST],
    ['a SYN', SYN],
  ])('MUST-5: an option is read on %s', (_name, ctl) => {
    const bytes = withOptions(1, 3, 3, 7);
    bytes[13] = ctl;
    expect(read({ bytes, start: 0 }).wscale).toBe(7);
  });

  test('MUST-6, MUST-68: an unknown option is stepped over by its length', () => {
    expect(readOptions(254, 2, ...MSS, 1, 1).mss).toBe(1460);
    expect(readOptions(254, 4, 2, 4, ...MSS).mss).toBe(1460);
    expect(readOptions(253, 8, 2, 4, 2, 4, 2, 4, ...MSS).mss).toBe(1460);
  });

  test.each([
    ['0', [2, 0, 1, 1]],
    ['1', [2, 1, 1, 1]],
    ['0 of an unknown kind', [254, 0, 1, 1]],
    ['1 of an unknown kind', [254, 1, 1, 1]],
    ['past the end', [2, 5, 1, 1]],
    ['past the end of an unknown kind', [254, 255, 1, 1]],
    ['that is missing', [1, 1, 1, 2]],
    ['past the end after a good option', [...MSS, 8, 10, 0, 0]],
  ])('MUST-7: a length %s is dropped', (_name, octets) => {
    expect(dropOf(withOptions(...octets))).toBe('tcp-option-length');
  });

  test('MUST-7: a length may not reach from the options into the text', () => {
    const bytes = new Uint8Array(44);
    bytes.set(withOptions(1, 1, 2, 4));
    expect(dropOf(bytes)).toBe('tcp-option-length');
  });

  test('MUST-64: an option may begin at any octet', () => {
    for (let nops = 0; nops < 4; nops++) {
      const options = [...Array<number>(nops).fill(1), 8, 10, 1, 2, 3, 4, 5, 6, 7, 8];
      while (options.length % 4) options.push(0);
      const seg = readOptions(...options);
      expect(seg.timestamps).toBe(true);
      expect(seg.tsval).toBe(0x01020304);
      expect(seg.tsecr).toBe(0x05060708);
    }
  });

  test.each([
    ['MSS', [2, 3, 5, 1]],
    ['Window Scale', [3, 4, 7, 7]],
    ['SACK-permitted', [4, 4, 0, 0]],
    ['Timestamps', [8, 8, 1, 2, 3, 4, 5, 6]],
    ['SACK of no block', [5, 2, 1, 1]],
    ['SACK of half a block', [5, 6, 1, 2, 3, 4, 1, 1]],
    ['SACK of one block and a half', [5, 14, ...Array<number>(12).fill(9), 1, 1]],
  ])('%s with a length not its own is as if it were not there', (_name, octets) => {
    const expected = new Segment();
    expected.ctl = ACK;
    expect(fieldsOf(readOptions(...octets))).toEqual(fieldsOf(expected));
  });

  test('of two of a kind the later one counts', () => {
    expect(readOptions(...MSS, 2, 4, 0, 64).mss).toBe(64);
  });

  test('four SACK blocks fill the header', () => {
    const edges = Array.from({ length: 32 }, (_, i) => i);
    const seg = readOptions(1, 1, 5, 34, ...edges, 1, 1, 1, 1);
    expect(seg.sackCount).toBe(4);
    expect(seg.sack[7]).toBe(0x1c1d1e1f);
  });
});

describe('options that are written', () => {
  const written = (change: (seg: Segment) => void): string => {
    const seg = new Segment();
    change(seg);
    const { bytes, start } = write(seg);
    return Buffer.from(bytes.subarray(start + 20)).toString('hex');
  };

  test("a SYN's come in Linux's order: MSS, SACK-permitted, timestamps, window scale", () => {
    expect(written((seg) => Object.assign(seg, synWithOptions()))).toBe(
      '020405b4' + '0402080a' + '80000001' + '00000000' + '01030307',
    );
  });

  test('SACK-permitted alone, timestamps alone, SACK', () => {
    expect(written((seg) => (seg.sackPermitted = true))).toBe('01010402');
    expect(written((seg) => (seg.timestamps = true))).toBe('0101080a' + '00000000'.repeat(2));
    const sack = written((seg) => {
      seg.sackCount = 1;
      seg.sack.set([100, 200]);
    });
    expect(sack).toBe('0101050a' + '00000064' + '000000c8');
  });

  test('beside timestamps there is room for three SACK blocks: RFC 2018 §3', () => {
    const seg = new Segment();
    seg.timestamps = true;
    seg.sackCount = 4;
    expect(tcpHeaderLength(seg)).toBe(20 + 12 + 4 + 24);
    expect(read(write(seg)).sackCount).toBe(3);
  });

  test('MUST-69: no End of Option List, so no padding; MUST-68: every other has its length', () => {
    fc.assert(
      fc.property(anySegment, (seg) => {
        const { bytes, start } = write(seg);
        let at = start + 20;
        while (at < 60) {
          const kind = bytes[at]!;
          expect(kind).not.toBe(0);
          at += kind === 1 ? 1 : bytes[at + 1]!;
        }
        expect(at).toBe(60);
        expect((bytes[start + 12]! >> 4) * 4).toBe(60 - start);
      }),
    );
  });

  test('a segment without options has 20 octets', () => {
    expect(tcpHeaderLength(new Segment())).toBe(20);
    expect(toU32(read(write(new Segment())).seq)).toBe(0);
  });
});
