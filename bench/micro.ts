/**
 * What the comments in src/ quote: one small thing against another, nanoseconds a call, the best of
 * several rounds taken alternately. `npm run bench -- --micro`.
 */
import { Demux } from '../src/stack/demux.ts';
import { FourTuple } from '../src/stack/four-tuple.ts';
import { Keys } from '../src/stack/keys.ts';
import { finish, sum } from '../src/wire/checksum.ts';

const ROUNDS = 7;
const TEXT = 1460; // octets, a full-sized segment over Ethernet

type Once = (calls: number) => number; // its answer keeps the work from being left out

/** ns a call of each, in the order given. */
function compare(candidates: readonly Once[], calls: number): number[] {
  const best = candidates.map(() => Infinity);
  let kept = 0;
  for (let round = 0; round < ROUNDS; round++) {
    candidates.forEach((once, i) => {
      const begin = performance.now();
      kept += once(calls);
      best[i] = Math.min(best[i]!, ((performance.now() - begin) * 1e6) / calls);
    });
  }
  if (Number.isNaN(kept)) throw new Error('nothing was computed');
  return best;
}

/** ring.ts: a whole array needs no view, and a view costs less of a buffer that is known. */
function copies(): string[] {
  const whole = new Uint8Array(TEXT).fill(1);
  const slab = new Uint8Array(64 * 1024).fill(2);
  const { buffer } = slab;
  const target = new Uint8Array(64 * 1024);
  const [set, viewed, known, sliced] = compare(
    [
      (n) => {
        for (let i = 0; i < n; i++) target.set(whole, i & 0x3fff);
        return target[0]!;
      },
      (n) => {
        for (let i = 0; i < n; i++)
          target.set(slab.subarray(i & 0xff, (i & 0xff) + TEXT), i & 0x3fff);
        return target[0]!;
      },
      (n) => {
        for (let i = 0; i < n; i++) target.set(new Uint8Array(buffer, i & 0xff, TEXT), i & 0x3fff);
        return target[0]!;
      },
      (n) => {
        for (let i = 0; i < n; i++) target.set(slab.slice(i & 0xff, (i & 0xff) + TEXT), i & 0x3fff);
        return target[0]!;
      },
    ],
    200_000,
  );
  return [
    row('copy 1,460 octets: set(whole array)', set),
    row('copy 1,460 octets: set(subarray)', viewed),
    row('copy 1,460 octets: set(view of a known buffer)', known),
    row('copy 1,460 octets: set(slice)', sliced),
  ];
}

/** demux.ts: open addressing with a keyed hash against Maps. */
function lookups(connections: number): string[] {
  const keys = new Keys(Uint8Array.from({ length: 16 }, (_, i) => i + 1));
  const demux = new Demux(keys);
  const byText = new Map<string, number>();
  const byNumber = new Map<number, number>();
  const tuples: FourTuple[] = [];
  for (let i = 1; i <= connections; i++) {
    const t = new FourTuple();
    t.local3 = 0x0a000001;
    t.remote3 = 0x0a000100 + (i >> 14);
    t.localPort = 80;
    t.remotePort = 1024 + (i & 0x3fff);
    tuples.push(t);
    demux.insert(demux.hash(t), i);
    byText.set(textKey(t), i);
    byNumber.set(demux.hash(t), i);
  }
  const shuffled = tuples.map((_, i) => tuples[(i * 7919) % tuples.length]!);
  const each = (find: (t: FourTuple) => number): Once => {
    return (n) => {
      let found = 0;
      for (let i = 0; i < n; i++) found += find(shuffled[i % connections]!);
      return found;
    };
  };
  const [open, map, text] = compare(
    [
      each((t) => {
        const hash = demux.hash(t);
        let at = hash & demux.mask;
        while (demux.hashes[at] !== hash) at = (at + 1) & demux.mask;
        return demux.codes[at]!;
      }),
      each((t) => byNumber.get(demux.hash(t)) ?? 0),
      each((t) => byText.get(textKey(t)) ?? 0),
    ],
    200_000,
  );
  const many = connections.toLocaleString('en-US');
  return [
    row(`find one of ${many}: open addressing`, open),
    row(`find one of ${many}: Map of the same hash`, map),
    row(`find one of ${many}: Map of a string`, text),
  ];
}

const textKey = (t: FourTuple): string => `${t.local3}:${t.localPort}-${t.remote3}:${t.remotePort}`;

function checksums(): string[] {
  const view = new DataView(new ArrayBuffer(64 * 1024));
  for (let i = 0; i < view.byteLength; i++) view.setUint8(i, i * 31);
  const [small, segment] = compare(
    [20, TEXT].map((length): Once => (n) => {
      let all = 0;
      for (let i = 0; i < n; i++) all += finish(sum(view, i & 0xff, (i & 0xff) + length, 0));
      return all;
    }),
    100_000,
  );
  return [row('checksum of 20 octets', small), row('checksum of 1,460 octets', segment)];
}

const row = (name: string, ns: number | undefined): string =>
  `${name.padEnd(48)}${(ns ?? NaN).toFixed(0).padStart(10)} ns`;

export function micro(): void {
  const rows = [...copies(), ...lookups(16), ...lookups(10_000), ...checksums()];
  for (const line of rows) console.log(line);
}
