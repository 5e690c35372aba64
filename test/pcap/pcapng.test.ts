import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc } from '../properties.ts';
import { afterAll, describe, expect, test } from 'vitest';
import { openPcapFile } from '../../src/link/node/pcap-file.ts';
import { PcapngWriter, type CaptureHeader, type PacketNote } from '../../src/pcap/pcapng.ts';
import { readPcapng, type Capture, type CapturedPacket } from '../../src/pcap/read-pcapng.ts';
import { hasTshark, malformedPackets, tshark } from '../kernel/tshark.ts';

const directory = mkdtempSync(join(tmpdir(), 'estab-pcap-'));
afterAll(() => rmSync(directory, { recursive: true }));

const noTshark = !hasTshark();
if (noTshark) console.log('pcapng.test.ts: reading by tshark skipped, there is no tshark');

interface Recorded extends PacketNote {
  readonly timeMs: number;
  readonly packet: Uint8Array;
}

function write(packets: readonly Recorded[], header?: CaptureHeader): Uint8Array {
  const chunks: Uint8Array[] = [];
  const writer = new PcapngWriter((chunk) => chunks.push(chunk));
  if (header !== undefined) writer.header(header);
  for (const { timeMs, packet, ...note } of packets) {
    writer.packet(timeMs, packet, 0, packet.length, note);
  }
  return Uint8Array.from(Buffer.concat(chunks));
}

const octets = ({ bytes, start, end }: CapturedPacket): number[] => [...bytes.subarray(start, end)];

/** A file of blocks: type, body, in one byte order. */
function file(
  littleEndian: boolean,
  ...blocks: readonly (readonly [number, Uint8Array])[]
): Uint8Array {
  const size = blocks.reduce((sum, [, body]) => sum + 12 + body.length, 0);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [type, body] of blocks) {
    view.setUint32(at, type, littleEndian);
    view.setUint32(at + 4, body.length + 12, littleEndian);
    bytes.set(body, at + 8);
    view.setUint32(at + 8 + body.length, body.length + 12, littleEndian);
    at += body.length + 12;
  }
  return bytes;
}

/** 32-bit words, or 16-bit ones where there are two in an array. */
function words(
  littleEndian: boolean,
  ...values: readonly (number | readonly [number, number])[]
): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    if (typeof value === 'number') return view.setUint32(i * 4, value, littleEndian);
    view.setUint16(i * 4, value[0], littleEndian);
    view.setUint16(i * 4 + 2, value[1], littleEndian);
  });
  return bytes;
}

const SHB = 0x0a0d0d0a;
const MAGIC = 0x1a2b3c4d;
const section = (le: boolean): readonly [number, Uint8Array] => [
  SHB,
  words(le, MAGIC, [1, 0], 0xffffffff, 0xffffffff),
];

describe('pcapng written', () => {
  test('comes back: times, octets, direction, comment, interface', () => {
    const recorded = fc.record({
      timeMs: fc.oneof(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.nat()),
      packet: fc.uint8Array({ maxLength: 100 }),
      direction: fc.constantFrom('in' as const, 'out' as const, undefined),
      comment: fc.option(fc.string({ unit: 'grapheme', minLength: 1 }), { nil: undefined }),
      interface: fc.nat(1),
    });
    fc.assert(
      fc.property(fc.array(recorded), (packets) => {
        const capture = readPcapng(write(packets, { interfaces: ['left', ''], comment: 'two' }));
        expect([capture.error, capture.comment]).toEqual([undefined, 'two']);
        expect(capture.packets.map(octets)).toEqual(packets.map(({ packet }) => [...packet]));
        capture.packets.forEach((packet, i) => {
          const { timeMs = NaN, direction, comment, interface: id = 0 } = packets[i] ?? {};
          expect(Math.abs(packet.timeMs - timeMs)).toBeLessThan(1e-6); // a nanosecond
          expect([packet.direction, packet.comment]).toEqual([direction, comment]);
          expect(packet.from).toBe(capture.interfaces[id]);
        });
      }),
    );
  });

  test('wall-clock times keep what a double has, across the carry into the upper half', () => {
    const times = [1_763_815_000_123.456, 4294.967295, 4294.967296, 4294.9672965, 0, 1e-6];
    const capture = readPcapng(
      write(times.map((timeMs) => ({ timeMs, packet: new Uint8Array(4) }))),
    );
    capture.packets.forEach(({ timeMs }, i) => expect(timeMs).toBeCloseTo(times[i] ?? NaN, 3));
    expect(capture.packets.slice(1, 3).map(({ timeMs }) => timeMs)).toEqual(times.slice(1, 3));
  });

  test('a capture of frames says so', () => {
    const chunks: Uint8Array[] = [];
    const writer = new PcapngWriter((chunk) => chunks.push(chunk));
    writer.header({ interfaces: ['left', 'right'], medium: 'ethernet' });
    writer.packet(0, new Uint8Array(60), 0, 60, { interface: 1 });
    const { interfaces } = readPcapng(Uint8Array.from(chunks.flatMap((chunk) => [...chunk])));
    expect(interfaces.map(({ name, linkType }) => [name, linkType])).toEqual([
      ['left', 1],
      ['right', 1],
    ]);
  });

  test('without header() the first packet writes one', () => {
    const { interfaces, packets } = readPcapng(write([{ timeMs: 1, packet: Uint8Array.of(0x45) }]));
    expect(interfaces).toEqual([{ name: '', linkType: 101, resolution: 1e6, offset: 0 }]);
    expect(packets.map(octets)).toEqual([[0x45]]);
  });

  test('chunks are the sink’s to keep, however large', () => {
    const packets = [10, 65_535, 200_000, 3].map((size, i) => ({
      timeMs: i,
      packet: new Uint8Array(size).fill(i + 1),
      comment: 'x'.repeat(size),
    }));
    const capture = readPcapng(write(packets));
    expect(capture.packets.map(({ length }) => length)).toEqual([10, 65_535, 200_000, 3]);
    expect(capture.packets.map(({ comment }) => comment?.length)).toEqual([10, 65_535, 65_535, 3]);
    expect(capture.packets.every((p) => octets(p).every((octet) => octet === p.timeMs + 1))).toBe(
      true,
    );
  });

  test('an interface that was not announced is a RangeError', () => {
    const packet = { timeMs: 0, packet: new Uint8Array(1), interface: 1 };
    expect(() => write([packet])).toThrow('interface 1 of a capture with 1');
  });
});

describe('pcapng read', () => {
  test.each([true, false])(
    'either byte order (little-endian: %s), microseconds unless said',
    (le) => {
      const idb = words(le, [101, 0], 0);
      const epb = words(le, 0, 0x00000001, 0x00000000, 2, 60, [0, 0]);
      epb.set([7, 8], 20);
      const capture = readPcapng(file(le, section(le), [1, idb], [6, epb]));
      expect(capture.error).toBeUndefined();
      expect(capture.packets).toMatchObject([
        { timeMs: 4_294_967.296, length: 60, comment: undefined },
      ]);
      expect(capture.packets.map(octets)).toEqual([[7, 8]]);
    },
  );

  test('if_tsresol of two, if_tsoffset, several comments, several sections, unknown blocks', () => {
    const resolution = Uint8Array.of(0x80 | 10, 0, 0, 0); // 1/1024 s
    const idb = Buffer.concat([
      words(true, [1, 0], 0, [9, 1]),
      resolution,
      words(true, [14, 8], 5, 0, 0),
    ]);
    const epb = words(true, 0, 0, 512, 0, 0, [1, 1], 0x41, [1, 1], 0x42, [2, 4], 2, 0);
    const capture = readPcapng(
      file(
        true,
        section(true),
        [1, idb],
        [0xbad, words(true, 9)],
        [6, epb],
        section(true),
        [1, idb],
        [6, epb],
      ),
    );
    expect(capture.error).toBeUndefined();
    expect(capture.interfaces).toHaveLength(2);
    expect(capture.packets).toMatchObject([
      { timeMs: 5500, comment: 'A\nB', direction: 'out', from: { linkType: 1 } },
      { timeMs: 5500 },
    ]);
    expect(capture.packets[1]?.from).toBe(capture.interfaces[1]);
  });

  const idb: readonly [number, Uint8Array] = [1, words(true, [101, 0], 0)];
  const epb = (...body: readonly number[]): readonly [number, Uint8Array] => [
    6,
    words(true, ...body),
  ];
  test.each([
    ['not-pcapng', new Uint8Array(0), 0],
    ['not-pcapng', Uint8Array.of(0xd4, 0xc3, 0xb2, 0xa1), 0],
    ['truncated-block', words(true, SHB), 0],
    ['bad-byte-order', file(true, [SHB, words(true, 1, 1, 1, 1)]), 0],
    ['bad-version', file(true, [SHB, words(true, MAGIC, 2, 0, 0)]), 0],
    ['bad-block-length', file(true, [SHB, words(true, MAGIC)]), 0],
    ['bad-block-length', file(true, section(true), [1, new Uint8Array(4)]), 28],
    ['bad-block-length', file(true, section(true), idb, epb(0, 0, 0, 0)), 48],
    ['bad-packet-length', file(true, section(true), idb, epb(0, 0, 0, 5, 5, 0)), 48],
    ['bad-packet-length', file(true, section(true), idb, epb(0, 0, 0, 0xffffffff, 5, 0)), 48],
    ['unknown-interface', file(true, section(true), idb, epb(1, 0, 0, 0, 0)), 48],
    ['unknown-interface', file(true, section(true), idb, section(true), epb(0, 0, 0, 0, 0)), 76],
  ])('%s is named, with its place', (error, bytes, at) => {
    expect(readPcapng(bytes)).toMatchObject({ error, errorAt: at, packets: [] });
  });

  test('block lengths that lie: zero, odd, huge, different at the two ends', () => {
    for (const length of [0, 8, 13, 0xfffffffc]) {
      const bytes = file(true, section(true), [0xbad, words(true, 0)]);
      new DataView(bytes.buffer).setUint32(32, length, true);
      const error = length > 100 ? 'truncated-block' : 'bad-block-length';
      expect(readPcapng(bytes)).toMatchObject({ error, errorAt: 28 });
    }
    const bytes = file(true, section(true), [0xbad, words(true, 0)]);
    new DataView(bytes.buffer).setUint32(40, 12, true);
    expect(readPcapng(bytes)).toMatchObject({ error: 'bad-block-length', errorAt: 28 });
  });

  test('a file cut anywhere gives the packets before the cut', () => {
    const packets = [1, 2, 3].map((n) => ({
      timeMs: n,
      packet: new Uint8Array(n * 5),
      comment: 'c',
    }));
    const whole = write(packets);
    const lengths = readPcapng(whole).packets.map(({ end }) => end);
    for (let cut = 4; cut < whole.length; cut += 1) {
      const { packets: found, error } = readPcapng(whole.subarray(0, cut));
      expect(found.length).toBeLessThanOrEqual(lengths.filter((end) => end <= cut).length);
      expect([undefined, 'truncated-block']).toContain(error);
    }
  });

  test('hostile octets: no exception, and nothing larger than the file', () => {
    const seed = write(
      [1, 2, 3].map((n) => ({
        timeMs: n,
        packet: new Uint8Array(9),
        comment: 'why',
        direction: 'in',
      })),
      { interfaces: ['a'], comment: 'c' },
    );
    const change = fc.record({ at: fc.nat(seed.length - 1), to: fc.nat(255) });
    const sane = (bytes: Uint8Array): void => {
      const capture: Capture = readPcapng(bytes);
      for (const { start, end } of capture.packets) {
        expect(start).toBeLessThanOrEqual(end);
        expect(end).toBeLessThanOrEqual(bytes.length);
      }
      expect(capture.errorAt).toBeLessThanOrEqual(bytes.length);
      expect(capture.packets.length * 32).toBeLessThanOrEqual(bytes.length);
    };
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const bytes = seed.slice();
        for (const { at, to } of changes) bytes[at] = to;
        sane(bytes);
      }),
      { numRuns: 2000 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), sane));
  });
});

describe('a capture file', () => {
  /** 127.0.0.1 to 127.0.0.2, UDP, no text; the header checksum may be put wrong. */
  const datagram = (checksum: number): Uint8Array =>
    Uint8Array.from([
      ...[0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, checksum >> 8, checksum & 0xff],
      ...[127, 0, 0, 1, 127, 0, 0, 2, 0x13, 0x88, 0x13, 0x89, 0, 8, 0, 0],
    ]);
  const good = datagram(0x7cce);
  const bad = datagram(0x1234);

  test('holds everything once it is closed, in many writes', () => {
    const path = join(directory, 'many.pcapng');
    writeFileSync(path, 'what was there before');
    const capture = openPcapFile(path, { interfaces: ['estab0'] });
    for (let i = 0; i < 3000; i += 1) capture.packet(i, good, 0, good.length, { comment: `${i}` });
    capture.flush();
    expect(readPcapng(readFileSync(path)).packets).toHaveLength(3000);
    capture.packet(3000, good, 0, good.length);
    capture.close();
    capture.close();
    capture.packet(3001, good, 0, good.length); // too late
    const { packets, error } = readPcapng(readFileSync(path));
    expect(error).toBeUndefined();
    expect(packets.map(({ timeMs }) => timeMs)).toEqual(Array.from({ length: 3001 }, (_, i) => i));
    expect(packets[2999]?.comment).toBe('2999');
  });

  test('a path that cannot be written is Node’s error, which names it', () => {
    const path = join(directory, 'no', 'such.pcapng');
    expect(() => openPcapFile(path)).toThrow(path);
  });

  test.skipIf(noTshark)('is understood by tshark, and its verdicts reach us', () => {
    const path = join(directory, 'tshark.pcapng');
    const capture = openPcapFile(path, { interfaces: ['left', 'right'], comment: 'all' });
    capture.packet(1_763_815_000_123.5, good, 0, 28, { direction: 'in', comment: 'grün' });
    capture.packet(1_763_815_000_124, bad, 0, 28, { direction: 'out', interface: 1 });
    capture.packet(1_763_815_000_125, good, 0, 24);
    capture.close();
    const fields = ['frame.time_epoch', 'frame.interface_name', 'frame.comment', 'frame.p2p_dir'];
    const args = ['-T', 'fields', ...fields.flatMap((name) => ['-e', name])];
    expect(tshark(path, args).map((line) => line.split('\t').slice(0, 3))).toEqual([
      ['1763815000.123500000', 'left', 'grün'],
      ['1763815000.124000000', 'right', ''],
      ['1763815000.125000000', 'left', ''],
    ]);
    const offending = malformedPackets(path);
    expect(offending).toHaveLength(2);
    expect(offending[1]).toContain('Malformed');
  });
});
