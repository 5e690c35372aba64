/** Results as JSON: an array with one object per result, every key always there. */
import type { Passage } from './ast.ts';
import type { LadderResult, RowResult, RowTexts } from './result.ts';

/** What is absent is null. Times are milliseconds since the ladder began. */
export interface JsonLadder {
  readonly name: string;
  readonly title: string;
  readonly cite: string | null;
  readonly requirements: readonly string[];
  readonly variant: string; //            '' for the plain run
  readonly family: 4 | 6;
  readonly scripted: 'A' | 'B' | null; // whose part the script plays
  readonly ok: boolean;
  readonly known: readonly string[]; //   labels of the rows that the document says differ
  readonly rows: readonly JsonRow[];
  readonly notes: readonly string[];
}

export interface JsonRow {
  readonly label: string | null;
  readonly line: number | null; //    from 1; null for what has no row in the ladder
  readonly ok: boolean;
  readonly time: number;
  readonly arrival: number | null; // null: when it departs, or never
  readonly flight: number | null; //  the same where a held segment departs and where it arrives
  readonly expected: JsonTexts;
  readonly actual: JsonTexts;
  readonly differences: readonly JsonDifference[];
  readonly notes: readonly string[];
}

export interface JsonTexts {
  readonly left: string;
  readonly passage: Passage | null;
  readonly segment: string;
  readonly right: string;
}

export interface JsonDifference {
  readonly where: 'A' | 'B' | 'segment' | 'call';
  readonly expected: string;
  readonly actual: string;
  readonly because: string | null;
  readonly section: string | null;
}

export const renderJson = (results: readonly LadderResult[]): string =>
  `${JSON.stringify(results.map(jsonLadder), null, 2).replaceAll(CONTROL, escaped)}\n`;

// JSON itself escapes C0; a terminal obeys these, too.
const CONTROL = /[\u007F-\u009F\u202A-\u202E\u2066-\u2069]/g;
const escaped = (control: string): string =>
  `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;

export const jsonLadder = (result: LadderResult): JsonLadder => ({
  name: result.name,
  title: result.title,
  cite: result.cite ?? null,
  requirements: result.requirements,
  variant: result.variant,
  family: result.family,
  scripted: result.scripted ?? null,
  ok: result.ok,
  known: result.known,
  rows: result.rows.map(jsonRow),
  notes: result.notes,
});

const jsonRow = (row: RowResult): JsonRow => ({
  label: row.label ?? null,
  line: row.line ?? null,
  ok: row.ok,
  time: row.time,
  arrival: row.arrival ?? null,
  flight: row.flight ?? null,
  expected: jsonTexts(row.expected),
  actual: jsonTexts(row.actual),
  differences: row.differences.map(({ where, expected, actual, because, section }) => ({
    where,
    expected,
    actual,
    because: because ?? null,
    section: section ?? null,
  })),
  notes: row.notes,
});

const jsonTexts = ({ left, passage, segment, right }: RowTexts): JsonTexts => ({
  left,
  passage: passage ?? null,
  segment,
  right,
});
