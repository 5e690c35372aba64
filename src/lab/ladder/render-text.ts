/**
 * A result as text: the figure as it really ran, in the notation of the ladder. Rows that differ
 * are marked and followed by what was expected, what came instead and why. With nothing marked,
 * the text is itself a ladder.
 */
import { HEAD_A, NOTHING, aligned, arrows, type FigureRow } from './figure.ts';
import {
  differsAsKnown,
  type Difference,
  type LadderResult,
  type RowResult,
  type RowTexts,
} from './result.ts';
import { durationText } from './value.ts';
import { visible } from './visible.ts';

export interface TextOptions {
  readonly color?: boolean; // ANSI escapes; off unless asked for
  readonly bare?: boolean; //  the figure alone, without header and verdict
}

export function renderText(result: LadderResult, options: TextOptions = {}): string {
  const paint = options.color === true ? ansi : plain;
  const figure = figureOf(result);
  const bare = options.bare === true;
  const header = bare ? [] : [...headerLines(result).map(visible), ''];
  const lines = [...header, `  ${figure.head}`, ''];
  for (const { row, line, expected, actual } of figure.rows) {
    lines.push(row.ok ? `  ${visible(line)}` : paint('red', `! ${line}`));
    if (!row.ok) {
      lines.push(paint('green', `    expected: ${orNothing(expected)}`));
      lines.push(paint('red', `    actual:   ${orNothing(actual)}`));
    }
    lines.push(
      ...row.differences.flatMap((difference) => differenceLines(difference).map(visible)),
    );
    lines.push(...row.notes.map((note) => paint('dim', `    # ${note}`)));
  }
  if (!bare) lines.push('', paint(result.ok ? 'green' : 'red', `# ${verdictOf(result)}`));
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** `7 rows as written`, `1 of 7 rows differs, IPv6, sequence numbers shifted`. */
export function verdictOf(result: LadderResult): string {
  const { ok, rows, family, variant } = result;
  const wrong = rows.filter((row) => !row.ok).length;
  const many = (n: number): string => `${n} ${n === 1 ? 'row' : 'rows'}`;
  const verdict = ok
    ? `${many(rows.length)} as written`
    : `${wrong} of ${many(rows.length)} ${wrong === 1 ? 'differs' : 'differ'}`;
  const known = differsAsKnown(result) ? 'as is known' : '';
  return [verdict, known, `IPv${family}`, variant].filter((text) => text !== '').join(', ');
}

function headerLines(result: LadderResult): string[] {
  const { title, name, cite, notes, requirements, scripted } = result;
  const lines = [`title: ${title === '' ? name : title}`];
  if (cite !== undefined) lines.push(`cite: ${cite}`);
  lines.push(...notes.map((note) => `note: ${note}`));
  if (requirements.length > 0) lines.push(`requirements: ${requirements.join(', ')}`);
  if (scripted !== undefined) lines.push(`peer: ${scripted} scripted`);
  return lines;
}

interface Figure {
  readonly head: string;
  readonly rows: readonly {
    readonly row: RowResult;
    readonly line: string; //     label, time and what happened
    readonly expected: string; // without label and time
    readonly actual: string;
  }[];
}

/** What happened and what was expected, in the same columns. */
function figureOf({ rows, scripted }: LadderResult): Figure {
  const isScripted = scripted !== undefined;
  const actual = rows.map((row, i) => {
    const time = row.time === (i === 0 ? 0 : rows[i - 1]?.time) ? '' : `@${durationText(row.time)}`;
    return figureRow(row.label ?? '', time, row.actual, isScripted);
  });
  const expected = rows.map((row) => figureRow('', '', row.expected, isScripted));
  const [head = '', , ...lines] = aligned([...actual, ...expected], isScripted);
  const start = head.indexOf(HEAD_A);
  return {
    head,
    rows: rows.map((row, i) => {
      const line = lines[i] ?? '';
      return {
        row,
        line,
        expected: (lines[rows.length + i] ?? '').slice(start),
        actual: line.slice(start),
      };
    }),
  };
}

function figureRow(label: string, time: string, texts: RowTexts, scripted: boolean): FigureRow {
  const { left, passage, segment, right } = texts;
  const [lead, trail] = passage === undefined ? ['', ''] : arrows(passage, scripted);
  const dotted = label === '' ? '' : `${label}.`;
  return { ...NOTHING, label: dotted, time, left, lead, segment, trail, right };
}

function differenceLines(difference: Difference): string[] {
  const { because, section } = difference;
  const lines = [`    ${whereText(difference)}`];
  if (because !== undefined) lines.push(`      ${because}`);
  if (section !== undefined) lines.push(`      ${section}`);
  return lines;
}

/** `A: expected SYN-SENT, is ESTABLISHED` */
export const whereText = ({ where, expected, actual }: Difference): string =>
  `${where}: expected ${orNothing(expected)}, is ${orNothing(actual)}`;

/** `Step 7`, or the line of a row without a label. */
export function stepText({ label, line }: RowResult): string {
  if (label !== undefined) return `Step ${label}`;
  return line === undefined ? 'No step' : `Line ${line}`;
}

const orNothing = (text: string): string => (text.trim() === '' ? 'nothing' : text);

type Paint = (color: keyof typeof CODES, text: string) => string;

const CODES = { red: 31, green: 32, dim: 2 } as const;
const plain: Paint = (_, text) => visible(text);
const ansi: Paint = (color, text) => `\u001B[${CODES[color]}m${visible(text.trimEnd())}\u001B[0m`;
