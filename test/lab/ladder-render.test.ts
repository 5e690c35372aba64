import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import type { Passage } from '../../src/lab/ladder/ast.ts';
import { parseMarkdown } from '../../src/lab/ladder/markdown.ts';
import { parseLadder } from '../../src/lab/ladder/parse.ts';
import { rowTexts } from '../../src/lab/ladder/print.ts';
import { renderJson } from '../../src/lab/ladder/render-json.ts';
import { renderMarkdown } from '../../src/lab/ladder/render-markdown.ts';
import { renderSvg } from '../../src/lab/ladder/render-svg.ts';
import { renderText } from '../../src/lab/ladder/render-text.ts';
import {
  differsAsKnown,
  type LadderResult,
  type RowResult,
  type RowTexts,
} from '../../src/lab/ladder/result.ts';

const OPEN = `title: Simultaneous open
cite: RFC 9293 §3.5, Figure 7
requirements: MUST-10
note: Line 7 is <what> line 5 sent.

1. CLOSED                                       CLOSED
2. SYN-SENT --> <SEQ=100><CTL=SYN> ...
3. SYN-RECEIVED <-- <SEQ=300><CTL=SYN> <-- SYN-SENT
4. ... <SEQ=100><CTL=SYN> --> SYN-RECEIVED
5. SYN-RECEIVED --> <SEQ=100><ACK=301><CTL=SYN,ACK> ...
6. ESTABLISHED <-- <SEQ=300><ACK=101><CTL=SYN,ACK> <-- SYN-RECEIVED
7. ... <SEQ=101><ACK=301><CTL=SYN,ACK> --> ESTABLISHED
`;

type Edit = (row: RowResult, i: number) => RowResult;

/** The result of a run in which everything came as written, but for what `edit` changes. */
function played(text: string, edit: Edit = (row) => row): LadderResult {
  const parsed = parseLadder(text, 'ladders/test/open.ladder');
  if (!parsed.ok) throw new Error('does not parse');
  const { name, title, cite, requirements, scripted, notes } = parsed.ladder;
  const rows = parsed.ladder.rows.map((row, i) => {
    const texts = rowTexts(row);
    const plain = { time: 0, arrival: undefined, flight: undefined, differences: [], notes: [] };
    const { label, place } = row;
    return edit({ label, line: place.line, ok: true, expected: texts, actual: texts, ...plain }, i);
  });
  const ok = rows.every((row) => row.ok);
  const said = { name, title, cite, requirements, scripted, notes, known: parsed.ladder.known };
  return { ...said, variant: '', family: 4, ok, rows };
}

/** Row 7 as it is in RFC 9293, and not as the ladder has it. */
const corrected: Edit = (row, i) =>
  i !== 6
    ? row
    : {
        ...row,
        ok: false,
        actual: { ...row.actual, segment: '<SEQ=100><ACK=301><CTL=SYN,ACK>' },
        differences: [
          {
            where: 'segment',
            expected: '<SEQ=101>',
            actual: '<SEQ=100>',
            because: 'What arrives is the SYN,ACK of row 5.',
            section: 'RFC 9293 §3.5',
          },
        ],
        notes: ['row 5 sent it'],
      };

const nothing: RowTexts = { left: '', passage: undefined, segment: '', right: '' };

/** Something that happened and has no row. */
const surprise = (passage: Passage): RowResult => ({
  label: undefined,
  line: undefined,
  ok: false,
  time: 1500,
  arrival: 1510,
  flight: undefined,
  expected: nothing,
  actual: { left: '', passage, segment: '<SEQ=1><CTL=RST>', right: 'CLOSED' },
  differences: [
    { where: 'segment', expected: '', actual: '<SEQ=1>', because: undefined, section: undefined },
  ],
  notes: [],
});
const AT_ONCE: Passage = { from: 'A', departs: true, arrives: true, lost: false };

describe('text', () => {
  test('a run as written is itself a ladder', () => {
    const text = renderText(played(OPEN));
    expect(text).toBe(`title: Simultaneous open
cite: RFC 9293 §3.5, Figure 7
note: Line 7 is <what> line 5 sent.
requirements: MUST-10

      TCP Peer A                                            TCP Peer B

  1.  CLOSED                                                CLOSED
  2.  SYN-SENT      --> <SEQ=100><CTL=SYN>              ...
  3.  SYN-RECEIVED  <-- <SEQ=300><CTL=SYN>              <-- SYN-SENT
  4.                ... <SEQ=100><CTL=SYN>              --> SYN-RECEIVED
  5.  SYN-RECEIVED  --> <SEQ=100><ACK=301><CTL=SYN,ACK> ...
  6.  ESTABLISHED   <-- <SEQ=300><ACK=101><CTL=SYN,ACK> <-- SYN-RECEIVED
  7.                ... <SEQ=101><ACK=301><CTL=SYN,ACK> --> ESTABLISHED

# 7 rows as written, IPv4
`);
    const again = played(text);
    expect(again.rows.map((row) => row.expected)).toEqual(
      played(OPEN).rows.map((row) => row.expected),
    );
    expect(renderText(again)).toBe(text);
  });

  test('what differs is marked, with what was expected and why', () => {
    const text = renderText(played(OPEN, corrected));
    expect(text.slice(text.indexOf('  6.'))).toBe(`\
  6.  ESTABLISHED   <-- <SEQ=300><ACK=101><CTL=SYN,ACK> <-- SYN-RECEIVED
! 7.                ... <SEQ=100><ACK=301><CTL=SYN,ACK> --> ESTABLISHED
    expected:               ... <SEQ=101><ACK=301><CTL=SYN,ACK> --> ESTABLISHED
    actual:                 ... <SEQ=100><ACK=301><CTL=SYN,ACK> --> ESTABLISHED
    segment: expected <SEQ=101>, is <SEQ=100>
      What arrives is the SYN,ACK of row 5.
      RFC 9293 §3.5
    # row 5 sent it

# 1 of 7 rows differs, IPv4
`);
  });

  test('times where they change, what has no row, IPv6 and the variant', () => {
    const run = played('1. CLOSED   LISTEN\n2. SYN-SENT --> <SEQ=1> --> LISTEN', (row, i) => ({
      ...row,
      time: i * 1500,
    }));
    const rows = [...run.rows, surprise(AT_ONCE)];
    const result: LadderResult = { ...run, rows, ok: false, family: 6, variant: 'no fast path' };
    expect(renderText(result)).toBe(`title: test/open

               TCP Peer A                           TCP Peer B

  1.           CLOSED                               LISTEN
  2.  @1500ms  SYN-SENT    --> <SEQ=1>          --> LISTEN
!                          --> <SEQ=1><CTL=RST> --> CLOSED
    expected: nothing
    actual:               --> <SEQ=1><CTL=RST> --> CLOSED
    segment: expected nothing, is <SEQ=1>

# 1 of 3 rows differs, IPv6, no fast path
`);
  });

  test('a scripted peer has no column', () => {
    const text = renderText(
      played('peer: B scripted\n\nSYN-SENT --> <SEQ=1><CTL=SYN>\nSYN-SENT --X <SEQ=1><CTL=SYN>'),
    );
    expect(text).toContain('SYN-SENT    --> <SEQ=1><CTL=SYN>\n');
    expect(text).toContain('SYN-SENT    --X <SEQ=1><CTL=SYN>\n');
    expect(parseLadder(text, 'x').ok).toBe(true);
  });

  test('color only if asked', () => {
    const run = played(OPEN, corrected);
    expect(renderText(run)).not.toContain('\u001B');
    const colored = renderText(run, { color: true });
    expect(colored).toContain('\u001B[31m! 7.');
    // eslint-disable-next-line no-control-regex
    expect(colored.replaceAll(/\u001B\[\d+m/g, '')).toBe(renderText(run));
  });
});

describe('Markdown', () => {
  test('a table of the form that is read, and a list of what differs', () => {
    expect(renderMarkdown(played(OPEN, corrected))).toBe(`### Simultaneous open

RFC 9293 §3.5, Figure 7

- Line 7 is \\<what\\> line 5 sent.

| Step | TCP A status | Direction | Data | TCP B status |
| :---: | :---: | :---: | :---: | :---: |
| 1 | CLOSED | | | CLOSED |
| 2 | SYN-SENT | ---> | \`<SEQ=100><CTL=SYN>\` | .... |
| 3 | SYN-RECEIVED | <--- | \`<SEQ=300><CTL=SYN>\` | SYN-SENT |
| 4 | .... | ---> | \`<SEQ=100><CTL=SYN>\` | SYN-RECEIVED |
| 5 | SYN-RECEIVED | ---> | \`<SEQ=100><ACK=301><CTL=SYN,ACK>\` | .... |
| 6 | ESTABLISHED | <--- | \`<SEQ=300><ACK=101><CTL=SYN,ACK>\` | SYN-RECEIVED |
| **7** | .... | ---> | \`<SEQ=100><ACK=301><CTL=SYN,ACK>\` | ESTABLISHED |

1 of 7 rows differs, IPv4.

- Step 7, segment: expected \\<SEQ=101\\>, is \\<SEQ=100\\>. What arrives is the SYN,ACK of row 5. RFC 9293 §3.5
- Step 7: row 5 sent it
`);
  });

  test('reading it gives what happened', () => {
    const text = `${OPEN}8. (close) FIN-WAIT-1 --> <SEQ=1> X (ABORT!!)
9. TIME-WAIT (2 MSL) CLOSED      (close = "error: connection closing")
10. (send 300, receive 100) X <SEQ=2><DATA=10> <-- ("a | b_c*")
11. CLOSED <-- <SEQ=3> ... LISTEN
12. CLOSED --> <SEQ=3> ... (close)`;
    const run = played(text);
    const read = parseMarkdown(renderMarkdown(run), 'x.md');
    const plain = (row: RowTexts): RowTexts => ({
      ...row,
      right: row.right.replace(/a.*b/, 'a b'),
    });
    expect(read.ladders[0]?.title).toBe('Simultaneous open');
    expect(read.ladders[0]?.rows.map((row) => plain(rowTexts(row))).slice(0, 9)).toEqual(
      run.rows.map((row) => row.actual).slice(0, 9),
    );
    expect(read.ladders[0]?.rows.map((row) => rowTexts(row).passage)).toEqual(
      run.rows.map((row) => row.actual.passage),
    );
  });
});

describe('JSON', () => {
  test('an array with every key always there', () => {
    const run = played(OPEN, corrected);
    const [first] = JSON.parse(renderJson([run, run])) as Record<string, unknown>[];
    expect(Object.keys(first ?? {})).toEqual([
      ...['name', 'title', 'cite', 'requirements', 'variant', 'family', 'scripted', 'ok'],
      ...['known', 'rows', 'notes'],
    ]);
    expect(first).toMatchObject({ name: 'test/open', ok: false, scripted: null, family: 4 });
    const rows = first?.['rows'] as Record<string, unknown>[];
    expect(rows[0]).toEqual({
      label: '1',
      line: 6,
      ok: true,
      time: 0,
      arrival: null,
      flight: null,
      expected: { left: 'CLOSED', passage: null, segment: '', right: 'CLOSED' },
      actual: { left: 'CLOSED', passage: null, segment: '', right: 'CLOSED' },
      differences: [],
      notes: [],
    });
    expect(rows[6]).toMatchObject({
      ok: false,
      actual: { passage: { from: 'A', departs: false, arrives: true, lost: false } },
      differences: [{ where: 'segment', section: 'RFC 9293 §3.5' }],
    });
  });

  test('nothing is an empty array', () => {
    expect(JSON.parse(renderJson([]))).toEqual([]);
  });
});

/** Every element of a well-formed document as `name attributes`, or an exception. */
function elementsOf(xml: string): string[] {
  const open: string[] = [];
  const seen: string[] = [];
  let at = 0;
  const piece =
    /<(\/?)([a-z][A-Za-z]*)((?: [a-zA-Z0-9-]+="[^"<&]*(?:&(?:amp|lt|gt|quot);[^"<&]*)*")*)(\/?)>|((?:[^<&]|&(?:amp|lt|gt|quot);)+)/y;
  while (at < xml.length) {
    piece.lastIndex = at;
    const found = piece.exec(xml);
    if (found === null) throw new Error(`not well-formed at ${at}: ${xml.slice(at, at + 60)}`);
    const [all, close, name, attributes, single] = found;
    at += all.length;
    if (name === undefined) {
      if (open.length === 0 && all.trim() !== '') throw new Error('text outside of the root');
      continue;
    }
    if (close === '/') {
      if (open.pop() !== name) throw new Error(`</${name}> closes something else`);
      continue;
    }
    const names = [...(attributes ?? '').matchAll(/ ([a-zA-Z0-9-]+)="/g)].map(([, key]) => key);
    if (new Set(names).size !== names.length) throw new Error(`an attribute twice: ${all}`);
    if (open.length === 0 && seen.length > 0) throw new Error('two roots');
    seen.push(`${name}${attributes ?? ''}`);
    if (single !== '/') open.push(name);
  }
  if (open.length > 0) throw new Error(`${open.join(' ')} not closed`);
  return seen;
}

const inks = (svg: string, style: string): number =>
  elementsOf(svg).filter((element) => element.includes(`class="${style}"`)).length;

describe('SVG', () => {
  test('one arrow per segment: a held one crosses those in between', () => {
    const svg = renderSvg(played(OPEN.replace('SEQ=101', 'SEQ=100')));
    expect(inks(svg, 'path')).toBe(4);
    expect(inks(svg, 'life')).toBe(2);
    expect(inks(svg, 'path wrong')).toBe(0);
    expect(svg).not.toContain('wrong)');
    const slopes = [
      ...svg.matchAll(/class="path" x1="(\S+)" y1="(\S+)" x2="(\S+)" y2="(\S+)"/g),
    ].map(([, x1, y1, x2, y2]) => [
      Number(x2) > Number(x1) ? 'A to B' : 'B to A',
      Number(y2) - Number(y1),
    ]);
    expect(slopes.map(([way]) => way)).toEqual(['B to A', 'A to B', 'B to A', 'A to B']);
    expect(slopes.map(([, fall]) => Number(fall) > 40)).toEqual([false, true, false, true]);
  });

  test('a segment that takes time falls further', () => {
    const drop = (arrival: number | undefined): number => {
      const svg = renderSvg(played('1. --> <SEQ=1> -->', (row) => ({ ...row, arrival })));
      const [, y1, y2] = /class="path" x1="\S+" y1="(\S+)" x2="\S+" y2="(\S+)"/.exec(svg) ?? [];
      return Number(y2) - Number(y1);
    };
    expect(drop(10)).toBeGreaterThan(drop(undefined));
    expect(drop(0)).toBe(drop(undefined));
  });

  test('lost segments end in a cross, held and old ones are broken lines', () => {
    const crosses = (text: string): number =>
      (renderSvg(played(text)).match(/<path class="path"/g) ?? []).length;
    expect(crosses('--> <SEQ=1> X')).toBe(1);
    expect(crosses('X <SEQ=1> <--')).toBe(1);
    expect(crosses('--> <SEQ=1> ...\n... <SEQ=1> --X')).toBe(1);
    expect(crosses('--> <SEQ=1> -->')).toBe(0);
    expect(inks(renderSvg(played('--> <SEQ=1> ...')), 'path broken')).toBe(1);
    expect(inks(renderSvg(played('... <SEQ=1> -->')), 'path broken')).toBe(1);
  });

  test('flights tell equal segments apart', () => {
    const text = '--> <SEQ=1> ...\n--> <SEQ=1> ...\n... <SEQ=1> -->\n... <SEQ=1> -->';
    const falls = (flights: number[]): number[] => {
      const svg = renderSvg(played(text, (row, i) => ({ ...row, flight: flights[i] })));
      const lines = [...svg.matchAll(/class="path" x1="\S+" y1="(\S+)" x2="\S+" y2="(\S+)"/g)];
      return lines.map(([, y1, y2]) => Number(y2) - Number(y1));
    };
    const [first = 0, second = 0] = falls([1, 2, 1, 2]);
    const [crossed = 0, inner = 0] = falls([1, 2, 2, 1]);
    expect(first).toBe(second);
    expect(inner).toBeGreaterThan(crossed);
  });

  test('differences in red, with what was expected, and said in words', () => {
    const svg = renderSvg(played(OPEN, corrected));
    expect(inks(svg, 'path wrong')).toBe(1);
    expect(svg).toContain('>expected &lt;SEQ=101&gt;&lt;ACK=301&gt;&lt;CTL=SYN,ACK&gt;</text>');
    expect(svg).toContain('>Step 7, segment: expected &lt;SEQ=101&gt;, is &lt;SEQ=100&gt;</text>');
    expect(svg).toContain('What arrives is the SYN,ACK of row 5.');
    const desc = /<desc[^>]*>(.*?)<\/desc>/s.exec(svg)?.[1] ?? '';
    expect(desc).toContain('3: A SYN-RECEIVED; B to A &lt;SEQ=300&gt;&lt;CTL=SYN&gt;; B SYN-SENT.');
    expect(desc).toContain(
      '2: A SYN-SENT; A to B &lt;SEQ=100&gt;&lt;CTL=SYN&gt;, stays in the network.',
    );
    expect(desc).toContain('Expected: A to B &lt;SEQ=101&gt;');
  });

  test('title, description, both color schemes, an id of its own', () => {
    const svg = renderSvg(played(OPEN));
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" id="ladder-test-open-4" /);
    expect(svg).toContain('aria-labelledby="ladder-test-open-4-title ladder-test-open-4-desc"');
    expect(svg).toContain('<title id="ladder-test-open-4-title">Simultaneous open</title>');
    expect(svg).toContain('@media (prefers-color-scheme:dark){#ladder-test-open-4 ');
    expect(renderSvg(played(OPEN), { id: 'a "b' })).toContain('id="l-a-b"');
    expect(renderSvg(played(OPEN))).toBe(svg);
  });

  test('no NaN, nothing outside of the picture', () => {
    const svg = renderSvg(played(OPEN, corrected));
    const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? [];
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    for (const [, axis, value] of svg.matchAll(/ ([xy])[12]?="([-0-9.]+)"/g)) {
      expect(Number(value)).toBeGreaterThanOrEqual(0);
      expect(Number(value)).toBeLessThanOrEqual(Number(axis === 'x' ? width : height));
    }
  });
});

describe('whatever the texts', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constantFrom('', '<&>"\'', ']]>', '--><script>', '\u0000\uD800', '| a | b', '`', '**x**'),
  );
  const passage = fc.constantFrom(
    undefined,
    AT_ONCE,
    { ...AT_ONCE, arrives: false },
    { ...AT_ONCE, departs: false },
    { from: 'B' as const, departs: true, arrives: false, lost: true },
    { from: 'B' as const, departs: false, arrives: false, lost: true },
  );
  const texts = fc.record({ left: text, passage, segment: text, right: text });
  const difference = fc.record({
    where: fc.constantFrom('A' as const, 'B' as const, 'segment' as const, 'call' as const),
    expected: text,
    actual: text,
    because: fc.option(text, { nil: undefined }),
    section: fc.option(text, { nil: undefined }),
  });
  const row: fc.Arbitrary<RowResult> = fc.record({
    label: fc.option(text, { nil: undefined }),
    line: fc.option(fc.nat(), { nil: undefined }),
    ok: fc.boolean(),
    time: fc.nat(),
    arrival: fc.option(fc.nat(), { nil: undefined }),
    flight: fc.option(fc.nat(3), { nil: undefined }),
    expected: texts,
    actual: texts,
    differences: fc.array(difference, { maxLength: 2 }),
    notes: fc.array(text, { maxLength: 2 }),
  });
  const result: fc.Arbitrary<LadderResult> = fc.record({
    name: text,
    title: text,
    cite: fc.option(text, { nil: undefined }),
    requirements: fc.array(text, { maxLength: 2 }),
    variant: text,
    family: fc.constantFrom(4 as const, 6 as const),
    scripted: fc.constantFrom(undefined, 'B' as const),
    ok: fc.boolean(),
    known: fc.array(text, { maxLength: 2 }),
    rows: fc.array(row, { maxLength: 8 }),
    notes: fc.array(text, { maxLength: 2 }),
  });

  test('the SVG is well-formed and closed in itself', () => {
    fc.assert(
      fc.property(result, (run) => {
        const svg = renderSvg(run);
        const elements = elementsOf(svg);
        expect(elements[0]).toMatch(/^svg /);
        expect(
          elements.filter((element) => /^(?:script|foreignObject|a|image)\b/.test(element)),
        ).toEqual([]);
        // eslint-disable-next-line no-control-regex
        expect(svg).not.toMatch(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/);
        expect(() => encodeURI(svg)).not.toThrow(); // no half of a surrogate pair
      }),
      { numRuns: 500 },
    );
  });

  test('text, Markdown and JSON come out', () => {
    fc.assert(
      fc.property(result, (run) => {
        expect(renderText(run).endsWith('\n')).toBe(true);
        expect(renderMarkdown(run)).toContain('| Step | TCP A status | Direction | Data |');
        expect(JSON.parse(renderJson([run]))).toHaveLength(1);
      }),
      { numRuns: 300 },
    );
  });
});

test('a run without rows differs in nothing that could be known', () => {
  const none = { ...played(OPEN), ok: false, rows: [], known: [] };
  expect(differsAsKnown(none)).toBe(false);
  expect(renderText(none)).not.toContain('known');
});
