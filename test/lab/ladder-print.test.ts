import { readFileSync, readdirSync } from 'node:fs';
import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import {
  CONTROL_BITS,
  EVENT_NAMES,
  ICMP_TYPES,
  STATE_NAMES,
  STATUS_NAMES,
  type Cell,
  type CellItem,
  type Ladder,
  type Movement,
  type Row,
  type SegmentPattern,
  type Value,
} from '../../src/lab/ladder/ast.ts';
import { parseMarkdown } from '../../src/lab/ladder/markdown.ts';
import { parseLadder } from '../../src/lab/ladder/parse.ts';
import { printLadder } from '../../src/lab/ladder/print.ts';
import { formatErrors } from '../../src/lab/ladder/source.ts';

/** What a ladder says, without where and how it says it. */
function saying(ladder: Ladder): unknown {
  const quiet = ['place', 'source', 'text', 'file', 'name', 'markdown', 'comment', 'notes'];
  return JSON.parse(
    JSON.stringify(ladder, (key, value: unknown) => (quiet.includes(key) ? undefined : value)),
  );
}

function reparsed(ladder: Ladder): Ladder {
  const text = printLadder(ladder);
  const result = parseLadder(text, ladder.file);
  if (!result.ok) throw new Error(`${formatErrors(result.errors)}\n\n${text}`);
  return result.ladder;
}

const place = { line: 1, column: 1 };
const numbers = (max: number): fc.Arbitrary<Value> =>
  fc.oneof(
    fc.integer({ min: 0, max }).map((value): Value => ({ kind: 'number', value, place })),
    fc
      .tuple(fc.constantFrom('Z', 'X', 'ts_1'), fc.integer({ min: -99, max: 99 }))
      .map(([name, plus]): Value => ({ kind: 'name', name, plus, place })),
    fc.constantFrom('a', 'B2').map((name): Value => ({ kind: 'bind', name, place })),
  );
const known = (max: number): fc.Arbitrary<Value> =>
  fc.integer({ min: 0, max }).map((value): Value => ({ kind: 'number', value, place }));
const perhaps = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const U32 = 0xffffffff;
const U16 = 0xffff;

const segment: fc.Arbitrary<SegmentPattern> = fc
  .record({
    seq: perhaps(numbers(U32)),
    ack: perhaps(numbers(U32)),
    ctl: fc.subarray([...CONTROL_BITS]),
    wnd: perhaps(numbers(U16)),
    up: perhaps(numbers(U16)),
    len: fc.option(fc.oneof(numbers(1e9), fc.constant('some' as const)), { nil: undefined }),
    mss: perhaps(numbers(U16)),
    ws: perhaps(numbers(255)),
    sackOk: perhaps(fc.boolean()),
    sack: perhaps(fc.array(fc.record({ left: numbers(U32), right: numbers(U32) }))),
    tsval: perhaps(numbers(U32)),
    tsecr: perhaps(numbers(U32)),
    opt: perhaps(fc.array(fc.constantFrom('mss', 'nop', 'eol', 'ws', '254'))),
    fo: fc.constantFrom<SegmentPattern['fo']>(
      undefined,
      { kind: 'none' },
      { kind: 'request', experimental: false },
      { kind: 'octets', hex: '0123456789abcdef', experimental: true },
      { kind: 'name', name: 'c', experimental: false },
      { kind: 'bind', name: 'c2', experimental: true },
    ),
    uto: fc.constantFrom<SegmentPattern['uto']>(undefined, 'none', 100_000, 36_000_000),
    ecn: fc.constantFrom(undefined, 'none' as const, 'ECT0' as const, 'CE' as const),
    ace: perhaps(numbers(7)),
    accEcn: fc.oneof(
      fc.constantFrom(undefined, 'no' as const),
      fc.record({
        order: fc.constantFrom(0 as const, 1 as const),
        counters: fc.array(numbers(0xff_ffff), { maxLength: 3 }),
      }),
    ),
  })
  .map((fields) => ({ ...fields, text: '', place }));

const octets = fc.integer({ min: 0, max: 1e6 });
const answer = fc.oneof(
  fc.constant(undefined),
  octets.map((n) => ({ kind: 'octets' as const, octets: n, place })),
  fc.constant({ kind: 'ok' as const, place }),
  fc.constant({ kind: 'text' as const, text: 'error: (so) # be it', place }),
);
const ms = fc.oneof(fc.integer({ min: 0, max: 1e6 }), fc.constantFrom(0.5, 1500, 60_000));
const call = fc.oneof(
  fc
    .constantFrom('open', 'listen', 'close', 'abort', 'status', 'reboot', 'release')
    .map((name) => ({ name })),
  fc.record({
    name: fc.constant('send'),
    octets,
    push: fc.boolean(),
    urgent: fc.boolean(),
  }),
  fc.record({ name: fc.constant('receive'), octets: perhaps(octets) }),
  fc.record({
    name: fc.constantFrom('nodelay', 'keepalive', 'cork', 'quickack'),
    on: fc.boolean(),
  }),
  fc.record({ name: fc.constantFrom('maxseg', 'fast open'), octets }),
  fc.record({
    name: fc.constant('keepalive'),
    on: fc.constant(true),
    times: fc.record({ idle: ms, interval: ms, probes: octets }),
  }),
  fc.record({ name: fc.constant('user timeout'), ms: fc.oneof(ms, fc.constant(Infinity)) }),
);
const action = fc.oneof(
  fc.record({ kind: fc.constant('call'), call, answer }),
  fc.record({
    kind: fc.constant('icmp'),
    type: fc.constantFrom(...ICMP_TYPES),
    code: fc.integer({ min: 0, max: 255 }),
    mtu: perhaps(octets),
    seq: perhaps(known(U32)),
  }),
  fc.record({
    kind: fc.constant('expect'),
    event: fc.constantFrom(...EVENT_NAMES),
    text: fc.constantFrom(undefined, 'error: connection reset'),
  }),
  fc.record({
    kind: fc.constant('status'),
    name: fc.constantFrom(...STATUS_NAMES),
    relation: fc.constantFrom('=', '<', '<=', '>', '>='),
    value: known(U32),
  }),
  fc.record({ kind: fc.constant('pass'), unit: fc.constant('ms'), amount: ms }),
  fc.record({ kind: fc.constant('pass'), unit: fc.constant('MSL'), amount: octets }),
  fc.record({ kind: fc.constant('silence'), ms }),
  fc.record({ kind: fc.constant('position'), sndNxt: known(U32), rcvNxt: known(U32) }),
  fc.record({
    kind: fc.constant('remark'),
    meaning: fc.constantFrom('unknown', 'surprise', 'abort', 'duplicate', 'other'),
  }),
);
const REMARKS = new Map([
  ['unknown', '??'],
  ['surprise', '!!'],
  ['abort', 'ABORT!!'],
  ['duplicate', 'duplicate'],
  ['other', 'anything (at) all!'],
]);
const item: fc.Arbitrary<CellItem> = fc
  .oneof(
    fc.constantFrom(...STATE_NAMES).map((state) => ({ kind: 'state', state })),
    action,
  )
  .map((it) => {
    const text = 'meaning' in it ? { text: REMARKS.get(it.meaning) } : {};
    return { ...it, ...text, place } as unknown as CellItem;
  });
const cell: fc.Arbitrary<Cell> = fc
  .array(item, { maxLength: 3 })
  .map((items) =>
    items.filter((it, i) => !(it.kind === 'state' && items[i - 1]?.kind === 'state')),
  );

const PASSAGES = [
  { departs: true, arrives: true, lost: false },
  { departs: true, arrives: false, lost: false },
  { departs: false, arrives: true, lost: false },
  { departs: true, arrives: false, lost: true },
  { departs: false, arrives: false, lost: true },
];
const movement: fc.Arbitrary<Movement> = fc
  .tuple(fc.constantFrom('A' as const, 'B' as const), fc.constantFrom(...PASSAGES), segment)
  .map(([from, passage, pattern]) => ({
    from,
    ...passage,
    scripted: false,
    segment: pattern,
    place,
  }));

const row: fc.Arbitrary<Row> = fc
  .record({
    label: fc.constantFrom(undefined, '1', '2a', '10'),
    at: perhaps(ms.map((n) => ({ kind: 'relative' as const, ms: n, place }))),
    left: cell,
    right: cell,
    movement: perhaps(movement),
    comment: fc.constantFrom(undefined, 'lost', 'one # two'),
  })
  .map((fields) => ({ ...fields, notes: [], source: '', place }));

const ladder: fc.Arbitrary<Ladder> = fc
  .record({
    title: fc.constantFrom('', 'A title # with all: kinds of "text"'),
    cite: fc.constantFrom(undefined, 'RFC 9293 §3.5'),
    requirements: fc.constantFrom([], ['MUST-10', 'SHLD-31']),
    iss: fc.record({ A: fc.array(fc.nat()), B: fc.array(fc.nat()) }),
    use: fc.constantFrom(undefined, { name: 'rfc9293/established', place }),
    options: fc.constantFrom(
      [],
      [{ side: 'A' as const, key: 'mss', value: 10, text: '10', place }],
    ),
    strict: fc.boolean(),
    family: fc.constantFrom(4 as const, 6 as const, 'both' as const),
    shiftOff: fc.constantFrom(undefined, 'a reason'),
    known: fc.constant([]),
    rows: fc.array(row, { minLength: 1, maxLength: 6 }),
  })
  .map((fields) => ({
    ...fields,
    name: 'x',
    file: 'x.ladder',
    notes: [],
    lets: [],
    network: [],
    scripted: undefined,
    markdown: false,
    place,
  }));

describe('parsing what is printed', () => {
  test('gives the same ladder', () => {
    fc.assert(
      fc.property(ladder, (written) => {
        expect(saying(reparsed(written))).toEqual(saying(written));
      }),
      { numRuns: 500 },
    );
  });

  test('gives the same ladder where the peer is scripted', () => {
    const scripted = ladder.map((written): Ladder => {
      const rows = written.rows.map((r) => {
        const m = r.movement;
        const lost = m?.from === 'A' && m.lost;
        const fate = { departs: true, arrives: !lost, lost, scripted: m?.from === 'B' };
        return { ...r, right: [], movement: m && { ...m, ...fate } };
      });
      return { ...written, scripted: 'B', rows };
    });
    fc.assert(
      fc.property(scripted, (written) => {
        expect(saying(reparsed(written))).toEqual(saying(written));
      }),
      { numRuns: 200 },
    );
  });

  test('and printing that gives the same text', () => {
    fc.assert(
      fc.property(ladder, (written) => {
        const text = printLadder(written);
        const result = parseLadder(text, 'x');
        expect(result.ok ? printLadder(result.ladder) : '').toBe(text);
      }),
      { numRuns: 200 },
    );
  });
});

const VOCABULARY = [
  ...['CLOSED', 'LISTEN', 'SYN-SENT', '(close)', '(send 5)', '(', ')', '"', '#', '-', '\n', ' '],
  ...['-->', '<--', '...', '--X', 'X--', 'X', '<SEQ=1>', '<CTL=SYN>', '<DATA>', '<', '>', '=', ','],
  ...['1.', '2a.', '@1s', '@+5ms', '@', 'A:', 'B:', '   ', '\t', 'TCP Peer A   TCP Peer B\n', '|'],
  ...['title:', 'iss:', 'A=1', 'let:', 'Z=1', 'peer: B scripted\n', 'option: A', 'strict', '\\'],
  ...['| Step | TCP A status | Direction | Data | TCP B status |\n', '`', '---', '<br>', '&lt;'],
  ...['(snd.una = Z+1)', '(icmp', 'unreachable', '(2 MSL)', '(after', '??', '....', '\u0000', 'é'],
];
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.array(fc.constantFrom(...VOCABULARY), { maxLength: 60 }).map((words) => words.join('')),
  fc.array(fc.constantFrom(...VOCABULARY), { maxLength: 60 }).map((words) => words.join(' ')),
);

describe('no text is too strange', () => {
  test('a ladder or complaints with sound places, never an exception', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const result = parseLadder(text, 'x');
        if (result.ok) {
          expect(saying(reparsed(result.ladder))).toEqual(saying(result.ladder));
          return;
        }
        expect(result.errors.length).toBeGreaterThan(0);
        for (const { line, column, source, message } of result.errors) {
          expect(line).toBeGreaterThan(0);
          expect(column).toBeGreaterThan(0);
          expect(column).toBeLessThanOrEqual(source.length + 1);
          expect(message).not.toBe('');
        }
        expect(formatErrors(result.errors)).toContain('^');
      }),
      { numRuns: 3000 },
    );
  });

  test('nor in Markdown', () => {
    const head = '| Step | TCP A status | Direction | Data | TCP B status |\n|-|-|-|-|-|\n';
    fc.assert(
      fc.property(fc.boolean(), texts, (headed, text) => {
        const result = parseMarkdown((headed ? head : '') + text, 'x');
        if (result.ok) {
          for (const read of result.ladders.filter(({ rows }) => rows.length > 0)) {
            expect(saying(reparsed(read))).toEqual(saying(read));
          }
        } else expect(formatErrors(result.errors)).toContain('^');
      }),
      { numRuns: 3000 },
    );
  });

  test('long lines take no long time', () => {
    for (const piece of ['<', '(', '"', '-', 'A=1,', 'X', '.', '(((', '<SEQ=', ' #', '|', 'ab_']) {
      const line = piece.repeat(20_000 / piece.length);
      expect(typeof parseLadder(line, 'x').ok).toBe('boolean');
      expect(typeof parseLadder(`iss: ${line}`, 'x').ok).toBe('boolean');
      expect(typeof parseMarkdown(line, 'x').ok).toBe('boolean');
    }
  });
});

test.each(readdirSync('ladders/rfc9293').filter((file) => /^(?:figure|established)/.test(file)))(
  'ladders/rfc9293/%s is laid out as it would be printed',
  (file) => {
    const text = readFileSync(`ladders/rfc9293/${file}`, 'utf8');
    const result = parseLadder(text, `ladders/rfc9293/${file}`);
    if (!result.ok) throw new Error(formatErrors(result.errors));
    const { ladder: written } = result;
    expect(written.name).toBe(`rfc9293/${file.replace('.ladder', '')}`);
    expect(saying(reparsed(written))).toEqual(saying(written));
    expect(written.title).not.toBe('');
    expect(written.cite).toMatch(/^RFC 9293 §3\.[56]/);
  },
);
