import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { FragmentIdentification, FragmentOut } from '../../src/stack/fragment-out.ts';
import { SipHash } from '../../src/stack/siphash.ts';
import { IpHeader, readIp } from '../../src/wire/ip.ts';
import { Bench, fragment, pieces, type Piece } from './fragments.ts';
import { A4, A6, B4, B6 } from './two-hosts.ts';

const UDP = 17;
const of4 = { from: B4, to: A4, id: 7, protocol: UDP };
const of6 = { from: B6, to: A6, id: 7, protocol: UDP };
const octets = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) * seed + seed) & 0xff);

describe.each([
  ['IPv4', of4, 30_000],
  ['IPv6', of6, 60_000],
] as const)('%s fragments', (_name, of, lifetime) => {
  test('in any order, however cut and duplicated, give the datagram again', () => {
    const plan = fc.record({
      length: fc.integer({ min: 16, max: 5000 }),
      cuts: fc.array(fc.integer({ min: 1, max: 624 }), { maxLength: 20 }),
      order: fc.infiniteStream(fc.nat()),
      twice: fc.array(fc.nat({ max: 20 }), { maxLength: 5 }),
    });
    fc.assert(
      fc.property(plan, ({ length, cuts, order, twice }) => {
        const text = octets(length);
        const at = [...new Set(cuts.map((c) => c * 8))]
          .filter((c) => c < length)
          .sort((a, b) => a - b);
        const all = pieces(of, text, at);
        if (at.length === 0) return;
        const bench = new Bench();
        const sent = [...all, ...twice.flatMap((i) => (i > 0 && i < all.length ? [all[i]!] : []))];
        const shuffled = sent
          .map((bytes) => ({ bytes, key: order.next().value }))
          .sort((a, b) => a.key - b.key);
        let whole = 0;
        for (const { bytes } of shuffled) {
          const step = bench.give(bytes);
          expect(['kept', 'whole', 'fragment-duplicate']).toContain(step);
          if (step !== 'whole') continue;
          whole++;
          expect(bench.whole().text).toEqual(text);
          expect(bench.whole().ip.protocol).toBe(UDP);
        }
        expect(whole).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  test('that contradict each other are dropped whole: as an oracle says, octet by octet', () => {
    const range = fc.record({
      start: fc.integer({ min: 0, max: 12 }),
      units: fc.integer({ min: 1, max: 6 }),
      last: fc.boolean(),
      seed: fc.integer({ min: 1, max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 12 }), (ranges) => {
        const bench = new Bench();
        const sources = { 1: octets(200, 1), 2: octets(200, 2) };
        let there = new Map<number, number>();
        let end = -1;
        let dead = false;
        for (const { start, units, last, seed } of ranges) {
          const from = start * 8;
          const to = from + units * 8 - (last ? 3 : 0);
          if (from === 0 && !last && units === 0) continue;
          const text = sources[seed === 1 ? 1 : 2].slice(from, to);
          const step = bench.give(fragment({ ...of, offset: from, more: !last, text }));
          if (from === 0 && last) {
            // Not a fragment at all: the host never asks. For IPv6 an atomic one.
            return;
          }
          if (dead) {
            expect(step).toBe('fragment-abandoned');
            continue;
          }
          const furthest = Math.max(-1, ...[...there.keys()].map((k) => k + 1));
          const wrongEnd = last ? (end >= 0 ? to !== end : to < furthest) : end >= 0 && to > end;
          const present = [...text].filter((_, i) => there.has(from + i)).length;
          const equal = [...text].every((octet, i) => there.get(from + i) === octet);
          if (wrongEnd || (present > 0 && !(present === text.length && equal))) {
            expect(['fragment-end', 'fragment-overlap']).toContain(step);
            dead = true;
            continue;
          }
          if (present > 0) {
            expect(step).toBe('fragment-duplicate');
            continue;
          }
          text.forEach((octet, i) => there.set(from + i, octet));
          if (last) end = to;
          if (end >= 0 && there.size === end) {
            expect(step).toBe('whole');
            const whole = Uint8Array.from({ length: end }, (_, i) => there.get(i)!);
            expect(bench.whole().text).toEqual(whole);
            there = new Map();
            end = -1;
          } else expect(step).toBe('kept');
        }
      }),
      { numRuns: 500 },
    );
  });

  test('that are the largest datagram there is', () => {
    const length = of === of4 ? 65_515 : 65_535;
    const text = octets(length);
    const cuts = Array.from({ length: Math.floor(length / 1448) }, (_, i) => (i + 1) * 1448);
    const bench = new Bench();
    const steps = pieces(of, text, cuts)
      .reverse()
      .map((bytes) => bench.give(bytes));
    expect(steps.at(-1)).toBe('whole');
    expect(bench.whole().text).toEqual(text);
    expect(bench.reassembly.waiting).toBe(0);
  });

  test('of which some never come are given up in time; the first is shown, if it came', () => {
    const bench = new Bench();
    const [first, second, third] = pieces(of, octets(3000), [1000, 2000]);
    bench.give(second!, 5);
    bench.give(first!, 10);
    expect(bench.reassembly.nextTimeout()).toBe(5 + lifetime);
    bench.reassembly.timeout(4 + lifetime);
    expect(bench.expired).toEqual([]);
    bench.reassembly.timeout(5 + lifetime);
    expect(bench.expired).toEqual([first]);
    expect(bench.reassembly.nextTimeout()).toBe(Infinity);
    bench.give(second!, 5);
    bench.give(third!, 5);
    bench.reassembly.timeout(1e6);
    expect(bench.expired).toEqual([first]);
    expect(bench.counters['reassembly-timeouts']).toBe(2);
    expect(bench.reassembly.waiting).toBe(0);
  });

  test.each([
    ['all capable', [2, 2, 2], 'whole', 2],
    ['one marked', [2, 3, 2], 'whole', 3],
    ['the first marked', [3, 1, 2], 'whole', 3],
    ['one that is not capable', [2, 0, 2], 'fragment-ecn', 0],
    ['marked, and not capable', [0, 3, 0], 'fragment-ecn', 0],
  ] as const)('and congestion: %s (RFC 3168 §5.3)', (_what, ecn, end, tos) => {
    const bench = new Bench();
    const text = octets(48);
    const steps = ecn.map((codepoint, i) =>
      bench.give(
        fragment({
          ...of,
          offset: i * 16,
          more: i < 2,
          text: text.slice(i * 16, i * 16 + 16),
          tos: (46 << 2) | codepoint,
        }),
      ),
    );
    expect(steps).toContain(end);
    if (end === 'whole') expect(bench.whole().ip.tos).toBe((46 << 2) | tos);
    else expect(steps).not.toContain('whole');
  });

  test('of a datagram that was given up stay out until its time is over', () => {
    const bench = new Bench();
    const [a, b, c] = pieces(of, octets(48), [16, 32]);
    const forged = fragment({ ...of, offset: 8, more: true, text: new Uint8Array(16) });
    expect([a, forged, b, c, a].map((bytes) => bench.give(bytes!, 0))).toEqual([
      'kept',
      'fragment-overlap',
      'fragment-abandoned',
      'fragment-abandoned',
      'fragment-abandoned',
    ]);
    bench.reassembly.timeout(lifetime);
    expect(bench.expired).toEqual([]);
    expect([a, b, c].map((bytes) => bench.give(bytes!, lifetime))).toEqual([
      'kept',
      'kept',
      'whole',
    ]);
  });

  test('leave as they come: cut for a path, put together again', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 16, max: 8000 }),
        fc.integer({ min: of === of4 ? 296 : 1280, max: 4000 }),
        (length, mtu) => {
          const text = octets(length);
          const bench = new Bench();
          const sent = sendInFragments({ ...of, offset: 0, more: false, text }, mtu);
          const ip = new IpHeader();
          let last = 'kept';
          for (const bytes of sent) {
            expect(bytes.length).toBeLessThanOrEqual(mtu);
            const view = new DataView(bytes.buffer);
            expect(readIp(ip, view, 0, bytes.length)).toBe(undefined);
            if (sent.length > 1) last = bench.give(bytes);
          }
          if (sent.length === 1) return;
          expect(last).toBe('whole');
          expect(bench.whole().text).toEqual(text);
        },
      ),
    );
  });
});

function sendInFragments(p: Piece, mtu: number): Uint8Array[] {
  const bytes = new Uint8Array(70_000);
  const view = new DataView(bytes.buffer);
  const ip = new IpHeader();
  ip.version = p.from.family;
  ip.src3 = p.from.w3;
  ip.dst3 = p.to.w3;
  ip.protocol = p.protocol;
  ip.id = p.id;
  ip.ttl = 64;
  const sent: Uint8Array[] = [];
  const outlet = {
    medium: 'ip' as const,
    mtu,
    checksumOffload: false,
    bytes,
    view,
    claim: () => 100,
    transmit: () => undefined,
  };
  const out = new FragmentOut(new FragmentIdentification(new SipHash(1, 2, 3, 4)));
  out.send(outlet, 14, ip, p.text, 0, p.text.length, mtu, (start, end) => {
    sent.push(bytes.slice(start, end));
  });
  return sent;
}

describe('IPv6', () => {
  test('the next header of the first fragment counts, whatever the others say', () => {
    const bench = new Bench();
    const text = octets(32);
    bench.give(fragment({ ...of6, protocol: 6, offset: 16, more: false, text: text.slice(16) }));
    bench.give(fragment({ ...of6, offset: 0, more: true, text: text.slice(0, 16) }));
    expect(bench.whole().ip.protocol).toBe(UDP);
  });

  test('the whole may begin with an extension header', () => {
    const text = octets(40);
    text.set([UDP, 0, 1, 4, 0, 0, 0, 0]); // destination options with one PadN
    const bench = new Bench();
    const [a, b] = pieces({ ...of6, protocol: 60 }, text, [24]);
    bench.give(a!);
    expect(bench.give(b!)).toBe('whole');
    expect(bench.whole().ip.protocol).toBe(UDP);
    expect(bench.whole().text).toEqual(text.slice(8));
  });

  test.each([
    ['half of a UDP header is no first fragment', UDP, [0, 0, 0, 0], 'unread'],
    ['16 octets of TCP', 6, new Array<number>(16).fill(0), 'fragment-headers'],
    [
      'TCP with options beyond',
      6,
      [...new Array<number>(12).fill(0), 0xf0, ...new Array<number>(11).fill(0)],
      'fragment-headers',
    ],
    ['destination options alone', 60, [UDP, 0, 1, 4, 0, 0, 0, 0], 'fragment-headers'],
    ['destination options beyond', 60, [UDP, 9, 1, 4, 0, 0, 0, 0], 'fragment-headers'],
    ['a fragment in a fragment', 44, octets(16), 'fragment-headers'],
    ['all of UDP', UDP, octets(8), 'kept'],
  ] as const)(
    'a first fragment holds all headers (RFC 7112): %s',
    (_what, protocol, text, step) => {
      const bench = new Bench();
      const bytes = fragment({
        ...of6,
        protocol,
        offset: 0,
        more: true,
        text: Uint8Array.from(text),
      });
      expect(bench.give(bytes)).toBe(step);
    },
  );

  test('no two identifications are equal, and none follows from the one before', () => {
    const ids = new FragmentIdentification(new SipHash(1, 2, 3, 4));
    const seen = Array.from({ length: 20_000 }, () => ids.next());
    expect(new Set(seen).size).toBe(seen.length);
    const steps = new Set(seen.slice(1).map((id, i) => (id - seen[i]!) | 0));
    expect(steps.size).toBeGreaterThan(19_900);
  });
});

describe('IPv4', () => {
  test('fragments of different protocols are different datagrams', () => {
    const bench = new Bench();
    const text = octets(32);
    bench.give(fragment({ ...of4, offset: 0, more: true, text: text.slice(0, 16) }));
    const other = fragment({ ...of4, protocol: 1, offset: 16, more: false, text: text.slice(16) });
    expect(bench.give(other)).toBe('kept');
    expect(bench.reassembly.waiting).toBe(2);
  });
});
