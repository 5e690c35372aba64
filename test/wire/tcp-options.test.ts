/** The option reader against another one, written as plainly as possible and sharing nothing. */
import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { Segment, SYN } from '../../src/wire/segment.ts';
import { readTcpOptions } from '../../src/wire/tcp-options.ts';
import { viewOf } from './samples.ts';

interface Options {
  mss?: number;
  wscale?: number;
  sackPermitted?: boolean;
  timestamps?: [number, number];
  sack?: number[];
  accEcn?: [number, number[]];
  userTimeout?: number;
  cookie?: number[];
  experimental?: boolean;
}

/** RFC 9293 §3.1: one option after the other off the front of a list; 'drop' on an illegal length. */
function reference(octets: readonly number[]): Options | 'drop' {
  const options: Options = {};
  let rest = [...octets];
  while (rest.length > 0 && rest[0] !== 0) {
    if (rest[0] === 1) {
      rest = rest.slice(1);
      continue;
    }
    const [kind, length] = rest;
    if (length === undefined || length < 2 || length > rest.length) return 'drop';
    const data = rest.slice(2, length);
    rest = rest.slice(length);
    const words: number[] = [];
    for (let i = 0; i + 4 <= data.length; i += 4) {
      words.push(Buffer.from(data).readInt32BE(i));
    }
    if (kind === 2 && length === 4) options.mss = data[0]! * 256 + data[1]!;
    if (kind === 3 && length === 3) options.wscale = data[0]!;
    if (kind === 4 && length === 2) options.sackPermitted = true;
    if (kind === 5 && [10, 18, 26, 34].includes(length)) options.sack = words;
    if (kind === 28 && length === 4) options.userTimeout = data[0]! * 256 + data[1]!;
    const standard = kind === 34;
    const magic = kind === 254 && data[0] === 0xf9 && data[1] === 0x89;
    if (standard || magic) {
      const cookie = standard ? data : data.slice(2);
      if ([0, 4, 6, 8, 10, 12, 14, 16].includes(cookie.length)) {
        options.cookie = cookie;
        options.experimental = magic;
      }
    }
    if (kind === 8 && length === 10) options.timestamps = [words[0]!, words[1]!];
    if (kind === 172 || kind === 174) {
      const counters: number[] = [];
      for (let i = 0; i + 3 <= data.length && i < 9; i += 3) {
        counters.push(Buffer.from(data).readUIntBE(i, 3));
      }
      options.accEcn = [kind === 172 ? 0 : 1, counters];
    }
  }
  return options;
}

function actual(octets: readonly number[]): Options | 'drop' {
  const bytes = Uint8Array.from(octets);
  const seg = new Segment();
  seg.ctl = SYN; // RFC 7413 §4.1.1: a cookie stands in a SYN only
  if (!readTcpOptions(seg, viewOf(bytes), 0, bytes.length)) return 'drop';
  const options: Options = {};
  if (seg.mss >= 0) options.mss = seg.mss;
  if (seg.wscale >= 0) options.wscale = seg.wscale;
  if (seg.sackPermitted) options.sackPermitted = true;
  if (seg.sackCount > 0) options.sack = [...seg.sack.subarray(0, 2 * seg.sackCount)];
  if (seg.timestamps) options.timestamps = [seg.tsval, seg.tsecr];
  if (seg.accEcn >= 0) {
    options.accEcn = [seg.accEcn, [...seg.counters.subarray(0, seg.accEcnCount)]];
  }
  if (seg.userTimeout >= 0) options.userTimeout = seg.userTimeout;
  if (seg.cookieLength >= 0) {
    options.cookie = [...seg.cookie.subarray(0, seg.cookieLength)];
    options.experimental = seg.cookieExperimental;
  }
  return options;
}

const same = (octets: readonly number[]): boolean =>
  JSON.stringify(sorted(reference(octets))) === JSON.stringify(sorted(actual(octets)));

const sorted = (options: Options | 'drop'): unknown =>
  options === 'drop' ? 'drop' : Object.entries(options).sort(([a], [b]) => a.localeCompare(b));

/** What the two octets stand in front of: all NOP, all END, an MSS option, lengths that lie. */
const BEHIND: readonly (readonly [string, readonly number[]])[] = [
  ['no operations', [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
  ['nothing', []],
  ['two octets', [1, 0]],
  ['an MSS option', [2, 4, 5, 180, 0, 0]],
  ['a header full of SACK', Array.from({ length: 38 }, (_, i) => i + 2)],
  ['lengths that lie', [3, 255, 8, 0, 5, 9]],
];

describe('S18: all 65536 prefixes of two octets', () => {
  test.each(BEHIND)('MUST-7, MUST-6, MUST-64: before %s, read as the RFC says', (_name, behind) => {
    const wrong: string[] = [];
    for (let prefix = 0; prefix < 65536; prefix++) {
      const octets = [prefix >> 8, prefix & 255, ...behind];
      if (!same(octets)) wrong.push(octets.join(' '));
    }
    expect(wrong).toEqual([]);
  });
});

test('MUST-4, MUST-6, MUST-7: any options at all, read as the RFC says', () => {
  const known = fc.constantFrom(
    [2, 4, 5, 180],
    [3, 3, 7],
    [4, 2],
    [8, 10, 1, 2, 3, 4, 5, 6, 7, 8],
    [5, 10, 0, 0, 0, 1, 255, 255, 255, 255],
    [1],
    [0],
    [254, 5, 2, 4, 0],
    [28, 4, 0x80, 5],
    [34, 2],
    [34, 10, 1, 2, 3, 4, 5, 6, 7, 8],
    [34, 7, 1, 2, 3, 4, 5],
    [254, 4, 0xf9, 0x89],
    [254, 8, 0xf9, 0x89, 4, 3, 2, 1],
  );
  const noise = fc.array(fc.nat(255), { maxLength: 3 });
  const options = fc
    .array(fc.oneof({ weight: 4, arbitrary: known }, noise), { maxLength: 12 })
    .map((list) => list.flat().slice(0, 40));
  fc.assert(
    fc.property(options, (octets) => {
      expect(actual(octets)).toEqual(reference(octets));
    }),
    { numRuns: 3000 },
  );
});
