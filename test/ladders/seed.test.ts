import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Ladder } from '../../src/lab/ladder/ast.ts';
import { parseMarkdown } from '../../src/lab/ladder/markdown.ts';
import { whereText } from '../../src/lab/ladder/render-text.ts';
import type { LadderResult } from '../../src/lab/ladder/result.ts';
import { formatErrors } from '../../src/lab/ladder/source.ts';
import { play, variantsOf } from './all-ladders.ts';

function tableOf(file: string): Ladder {
  const path = `ladders/seed/${file}`;
  const result = parseMarkdown(readFileSync(path, 'utf8'), path);
  if (!result.ok) throw new Error(formatErrors(result.errors));
  expect(result.ladders.length).toBe(1);
  return result.ladders[0]!;
}

/** `7 A: expected SYN-SENT, is ESTABLISHED`; a step that is there twice counts from the top. */
function differences(result: LadderResult): string[] {
  return result.rows.flatMap((row) =>
    row.differences.map((difference) => `${row.label} ${whereText(difference)}`),
  );
}

/** The table, and the rows in which it departs from RFC 9293: all others agree. */
const TABLES: readonly (readonly [string, readonly string[]])[] = [
  ['2.1-basic-three-way-handshake.md', ['1 B: expected CLOSED, is LISTEN']],
  [
    '2.2-simultaneous-open.md',
    [
      '7 segment: expected <SEQ=101><ACK=301><CTL=SYN,ACK>, is <SEQ=100><ACK=301><CTL=SYN,ACK>',
    ],
  ],
  [
    '2.3-old-duplicate-syn.md',
    ['1 B: expected CLOSED, is LISTEN', '7 A: expected SYN-SENT, is ESTABLISHED'],
  ],
  [
    '2.4-half-open-discovery.md',
    [
      '3 segment: expected <SEQ=100><CTL=SYN>, is <SEQ=400><CTL=SYN>',
      '6 segment: expected <SEQ=100><CTL=SYN>, is <SEQ=400><CTL=SYN>',
    ],
  ],
  ['2.5-two-passive-sockets.md', []],
  [
    '3.1-normal-close.md',
    [
      '3 segment: expected <SEQ=300><ACK=101><CTL=FIN,ACK>, is <SEQ=300><ACK=101><CTL=ACK>',
      '5 segment: expected <SEQ=101><ACK=301><CTL=FIN,ACK>, is <SEQ=101><ACK=301><CTL=ACK>',
    ],
  ],
  [
    '3.2-simultaneous-close.md',
    [
      '5 B: expected CLOSING, is TIME-WAIT',
      '6 B: expected CLOSING, is TIME-WAIT',
      '6 A: expected CLOSING, is TIME-WAIT',
    ],
  ],
];

describe('the tables of the seed against a live TCP', () => {
  test('all of them are here', () => {
    expect(readdirSync('ladders/seed').sort()).toEqual(TABLES.map(([file]) => file));
  });

  test.each(TABLES)('%s', (file, expected) => {
    const table = tableOf(file);
    for (const variant of variantsOf(table)) {
      expect(differences(play(table, variant)), variant.variant ?? 'plain').toEqual(expected);
    }
  });

  test.each(TABLES)('%s: each difference names its section and says why', (file) => {
    for (const row of play(tableOf(file), { family: 4 }).rows) {
      for (const difference of row.differences) {
        expect(difference.section, whereText(difference)).toMatch(/^RFC 9293 §3\./);
        expect(difference.because?.length ?? 0, whereText(difference)).toBeGreaterThan(20);
      }
    }
  });

  test('2.4: of the two rows numbered 3 the first differs', () => {
    const { rows } = play(tableOf('2.4-half-open-discovery.md'), { family: 4 });
    expect(rows.map(({ ok }) => ok)).toEqual([true, true, false, true, true, true, false]);
  });

  test('a misspelt state, a step that is there twice and a wrong remark are notes', () => {
    const notes = TABLES.flatMap(([file]) =>
      play(tableOf(file), { family: 4 }).rows.flatMap((row) => row.notes),
    );
    expect(notes).toEqual(
      expect.arrayContaining([
        'SYN_SENT is read as SYN-SENT',
        'ESTABLISED is read as ESTABLISHED',
        'step 3 is there twice',
        'B came from LISTEN, so it is "(return to LISTEN!)" (MUST-11)',
      ]),
    );
  });
});
