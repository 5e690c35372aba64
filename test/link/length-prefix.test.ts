import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { LengthPrefixReader, LengthPrefixWriter } from '../../src/link/length-prefix.ts';

const LIMIT = 100;

interface Read {
  readonly sound: boolean;
  readonly packets: number[][];
  readonly rejected: number;
  readonly complete: boolean;
}

/** Reads a stream in chunks that end at `cuts`. */
function read(stream: Uint8Array, cuts: readonly number[] = []): Read {
  const packets: number[][] = [];
  const reader = new LengthPrefixReader(LIMIT, (bytes, view, start, end) => {
    expect(view.getUint8(start)).toBe(bytes[start]);
    packets.push([...bytes.subarray(start, end)]);
  });
  const ends = [...cuts].filter((cut) => cut < stream.length).sort((a, b) => a - b);
  let from = 0;
  let sound = true;
  for (const to of [...ends, stream.length]) {
    sound &&= reader.read(stream.subarray(from, to));
    from = to;
  }
  return { sound, packets, rejected: reader.rejected, complete: reader.complete };
}

function stream(packets: readonly Uint8Array[]): Uint8Array {
  const writer = new LengthPrefixWriter(1_000_000);
  for (const packet of packets) writer.write(packet, 0, packet.length);
  return writer.take();
}

const cuts = fc.array(fc.nat(3000), { maxLength: 30 });

describe('packets behind their lengths', () => {
  test('QEMU’s format: 32 bits, big-endian', () => {
    expect([...stream([Uint8Array.of(7, 8), Uint8Array.of(9)])]).toEqual([
      0, 0, 0, 2, 7, 8, 0, 0, 0, 1, 9,
    ]);
  });

  test('any packets, cut anywhere, come out as they went in', () => {
    const packets = fc.array(fc.uint8Array({ minLength: 1, maxLength: LIMIT }), { maxLength: 20 });
    fc.assert(
      fc.property(packets, cuts, (sent, at) => {
        const wanted = sent.map((packet) => [...packet]);
        expect(read(stream(sent), at)).toEqual({
          sound: true,
          packets: wanted,
          rejected: 0,
          complete: true,
        });
      }),
    );
  });

  test('empty and too long ones are passed over and counted, those between them are not', () => {
    const packets = fc.array(fc.uint8Array({ maxLength: 2 * LIMIT }), { maxLength: 20 });
    fc.assert(
      fc.property(packets, cuts, (sent, at) => {
        const good = sent.filter((packet) => packet.length > 0 && packet.length <= LIMIT);
        const result = read(stream(sent), at);
        expect(result.packets).toEqual(good.map((packet) => [...packet]));
        expect(result).toMatchObject({ sound: true, rejected: sent.length - good.length });
      }),
    );
  });

  test('a length that no frame has ends it, however it is cut', () => {
    for (const length of [69_633, 0x7fff_ffff, 0xffff_ffff]) {
      const octets = new Uint8Array(9);
      new DataView(octets.buffer).setUint32(0, length);
      expect(read(octets).sound).toBe(false);
      expect(read(octets, [1, 2, 3, 4]).sound).toBe(false);
    }
  });

  test('any octets at all: no exception, no packet beyond the limit', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), cuts, (octets, at) => {
        const whole = read(octets);
        expect(whole.packets.every((packet) => packet.length <= LIMIT)).toBe(true);
        const pieces = read(octets, at);
        if (whole.sound) expect(pieces).toEqual(whole);
        else expect(pieces.sound).toBe(false);
      }),
    );
  });

  test('what the writer gives away is not written again', () => {
    const writer = new LengthPrefixWriter(20);
    writer.write(Uint8Array.of(1, 2, 3), 0, 3);
    const small = writer.take();
    writer.write(new Uint8Array(12).fill(4), 0, 12);
    expect([writer.fits(1), writer.used]).toEqual([false, 16]);
    const large = writer.take();
    writer.write(Uint8Array.of(5), 0, 1);
    expect([...small]).toEqual([0, 0, 0, 3, 1, 2, 3]);
    expect([...large]).toEqual([0, 0, 0, 12, ...new Array<number>(12).fill(4)]);
  });
});
