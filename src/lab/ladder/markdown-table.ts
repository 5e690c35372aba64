/** Finds the tables of a Markdown document that have a ladder's columns, and cuts them up. */
import { textOf, trimmed, type SourceLine, type Span } from './source.ts';

/** Which cell of a line holds what; `step` may be missing. */
export interface TableColumns {
  readonly step: number | undefined;
  readonly a: number;
  readonly direction: number;
  readonly data: number;
  readonly b: number;
}

export interface TableRow {
  readonly line: SourceLine;
  readonly cells: readonly Span[];
}

export interface Table {
  readonly heading: string; // the nearest one above; '' when there is none
  readonly line: number; //    of the head row
  readonly columns: TableColumns;
  readonly rows: readonly TableRow[];
  readonly known: readonly string[]; // the steps of `<!-- differs: 3, 5 -->` below the table
}

/** All the ladder tables, outside of code blocks. */
export function tablesIn(lines: readonly SourceLine[]): Table[] {
  const tables: Table[] = [];
  let heading = '';
  let fence: string | undefined;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i];
    if (line === undefined) break;
    const mark = /^\s{0,3}(```|~~~)/.exec(line.text)?.[1];
    if (mark !== undefined && (fence === undefined || fence === mark)) {
      fence = fence === undefined ? mark : undefined;
    }
    if (fence !== undefined) continue;
    heading = headingIn(line.text) ?? heading;
    const columns = columnsIn(line);
    if (columns === undefined) continue;
    const rows = rowsFrom(lines, i + 1);
    i += rows.length;
    const known = knownIn(lines.slice(i + 1));
    tables.push({ heading, line: line.number, columns, rows: rows.filter(isNoRuler), known });
  }
  return tables;
}

/** What the first line with anything on it says to differ. */
function knownIn(lines: readonly SourceLine[]): string[] {
  const next = lines.find(({ text }) => text.trim() !== '')?.text ?? '';
  const list = /^\s*<!--\s*differs:\s*([\w,][\w\s,]*?)\s*-->\s*$/.exec(next)?.[1];
  return list === undefined ? [] : list.split(/[\s,]+/);
}

function headingIn(text: string): string | undefined {
  const found = /^\s{0,3}#{1,6}\s+(.*)$/.exec(text)?.[1];
  return found
    ?.replace(/\s+#+\s*$/, '')
    .replaceAll(/[*`\\]/g, '')
    .trim();
}

/** Recognises a head row by its words. */
function columnsIn(line: SourceLine): TableColumns | undefined {
  if (!line.text.includes('|')) return undefined;
  const heads = cellsOf(blanked(line)).map((cell) => textOf(cell).toLowerCase());
  const at = (pattern: RegExp): number => heads.findIndex((head) => pattern.test(head));
  const step = at(/^(?:step|line|row|no\.?|#)$/);
  const a = at(/^(?:tcp )?(?:peer )?a(?:'s)?(?: (?:status|state))?$/);
  const direction = at(/^(?:direction|dir\.?)$/);
  const data = at(/^(?:data|segment|packet)$/);
  const b = at(/^(?:tcp )?(?:peer )?b(?:'s)?(?: (?:status|state))?$/);
  if (a < 0 || direction < 0 || data < 0 || b < 0) return undefined;
  return { step: step < 0 ? undefined : step, a, direction, data, b };
}

function rowsFrom(lines: readonly SourceLine[], first: number): TableRow[] {
  const rows: TableRow[] = [];
  for (let i = first; i < lines.length; i++) {
    const line = lines[i];
    if (line === undefined || !line.text.includes('|')) break;
    const blank = blanked(line);
    rows.push({ line: blank, cells: cellsOf(blank) });
  }
  return rows;
}

const isNoRuler = ({ line }: TableRow): boolean => !/^[\s|:-]+$/.test(line.text);

/** The same line and as long, with what is markup and not text turned into spaces. */
function blanked(line: SourceLine): SourceLine {
  const text = line.text
    .replaceAll(/\\\||<br\s*\/?>/gi, spaces)
    .replaceAll(/&lt;/g, '<   ')
    .replaceAll(/&gt;/g, '   >')
    .replaceAll(/[`\\]/g, ' ');
  return { number: line.number, text, shown: line.text };
}

const spaces = (text: string): string => ' '.repeat(text.length);

/** The cells between the pipes; a pipe at either end may be missing. */
function cellsOf(line: SourceLine): Span[] {
  const { text } = line;
  const edges = [...text.matchAll(/\|/g)].map((found) => found.index);
  if (text.trimStart().startsWith('|')) edges.shift();
  if (text.trimEnd().endsWith('|')) edges.pop();
  const starts = [text.trimStart().startsWith('|') ? text.indexOf('|') + 1 : 0];
  const ends: number[] = [];
  for (const edge of edges) {
    ends.push(edge);
    starts.push(edge + 1);
  }
  ends.push(text.trimEnd().endsWith('|') ? text.lastIndexOf('|') : text.length);
  return starts.map((start, i) => trimmed({ line, start, end: Math.max(start, ends[i] ?? start) }));
}

/** The cells of a row by what they hold; a cell that is not there is empty. */
export function columnsOf(
  { line, cells }: TableRow,
  columns: TableColumns,
): Readonly<Record<keyof TableColumns, Span>> {
  const nothing = { line, start: line.text.length, end: line.text.length };
  const cell = (i: number | undefined): Span => (i === undefined ? nothing : (cells[i] ?? nothing));
  return {
    step: cell(columns.step),
    a: cell(columns.a),
    direction: cell(columns.direction),
    data: cell(columns.data),
    b: cell(columns.b),
  };
}
