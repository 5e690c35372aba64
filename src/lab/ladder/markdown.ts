/**
 * Ladders in a Markdown document: every table of the form
 * `| Step | TCP A status | Direction | Data | TCP B status |`, named by the heading above it.
 * Tables are written by people for people, so a misspelt state is read and noted, not refused.
 */
import type { Cell, CellItem, Ladder, Movement, Row } from './ast.ts';
import { lexRow, type Token } from './lex-row.ts';
import {
  columnsOf,
  tablesIn,
  type Table,
  type TableColumns,
  type TableRow,
} from './markdown-table.ts';
import { parseParenthesis, parseWord } from './parse-cell.ts';
import { parseSegment } from './parse-segment.ts';
import { Complaints, linesOf, placeOf, textOf, type LadderError, type Span } from './source.ts';
import { nearestState, stateNamed } from './spelling.ts';

export type MarkdownResult =
  | { readonly ok: true; readonly ladders: readonly Ladder[] } // at least one
  | {
      readonly ok: false;
      readonly errors: readonly LadderError[];
      readonly ladders: readonly Ladder[]; // the tables that are sound
    };

/** Reads all the ladders of a Markdown document. */
export function parseMarkdown(text: string, file: string): MarkdownResult {
  const complaints = new Complaints(file);
  const lines = linesOf(text);
  const tables = tablesIn(lines);
  if (tables.length === 0) {
    const line = lines[0] ?? { number: 1, text: '' };
    complaints.add({ line, start: 0, end: line.text.length }, NO_TABLE);
  }
  const names = new Set<string>();
  const ladders = tables.flatMap((table) => {
    const before = complaints.errors.length;
    const ladder = ladderOf(table, file, names, complaints);
    return complaints.errors.length === before ? [ladder] : [];
  });
  if (complaints.errors.length === 0) return { ok: true, ladders };
  return { ok: false, errors: complaints.sorted(), ladders };
}

const NO_TABLE =
  'no ladder here: expected a table ' +
  "'| Step | TCP A status | Direction | Data | TCP B status |' with '--->' or '<---' as directions";

function ladderOf(table: Table, file: string, names: Set<string>, complaints: Complaints): Ladder {
  const title = table.heading;
  const name = unused(title === '' ? file : title, names);
  const labels = new Set<string>();
  return {
    name,
    file,
    title,
    cite: undefined,
    notes: [],
    requirements: [],
    iss: { A: [], B: [] },
    lets: [],
    use: undefined,
    scripted: undefined,
    options: [],
    network: [],
    strict: false,
    family: 'both',
    shiftOff: undefined,
    known: table.known,
    markdown: true,
    rows: table.rows.map((row) => rowOf(row, table.columns, labels, complaints)),
    place: { line: table.line, column: 1 },
  };
}

/** `name`, or `name (2)` when there was one before. */
function unused(name: string, names: Set<string>): string {
  let free = name;
  for (let n = 2; names.has(free); n++) free = `${name} (${n})`;
  names.add(free);
  return free;
}

function rowOf(
  row: TableRow,
  columns: TableColumns,
  labels: Set<string>,
  complaints: Complaints,
): Row {
  const notes: string[] = [];
  const { step, a, direction, data, b } = columnsOf(row, columns);
  const left = statusOf(a, notes, complaints);
  const right = statusOf(b, notes, complaints);
  return {
    label: labelOf(step, labels, notes),
    at: undefined,
    left: left.cell,
    right: right.cell,
    movement: movementOf(direction, data, left.inNetwork, right.inNetwork, complaints),
    comment: undefined,
    notes,
    source: row.line.shown ?? row.line.text,
    place: { line: row.line.number, column: 1 },
  };
}

function labelOf(step: Span, labels: Set<string>, notes: string[]): string | undefined {
  const text = textOf(step).replaceAll(/[*.\s]/g, '');
  if (text === '') return undefined;
  if (!/^[0-9]+[a-z]?$/.test(text)) {
    notes.push(`step '${text}' is no number`);
    return undefined;
  }
  if (labels.has(text)) notes.push(`step ${text} is there twice`);
  labels.add(text);
  return text;
}

interface Status {
  readonly cell: Cell;
  readonly inNetwork: boolean; // `....` stands here
}

/** A status cell: `SYN-SENT`, `....`, `????`, `CLOSED(AFTER 2 MSL)`, `SEND 300, RECEIVE 100`. */
function statusOf(span: Span, notes: string[], complaints: Complaints): Status {
  if (/^send\s.*,\s*receive\s/i.test(textOf(span))) {
    const item = parseParenthesis(span, complaints);
    return { cell: item === undefined ? [] : [item], inNetwork: false };
  }
  const tokens = lexRow(span.line, span.start, span.end, complaints);
  const items: CellItem[] = [];
  for (const token of wordsJoined(tokens)) {
    if (token.kind === 'dots') continue;
    const item = itemOf(token, notes, complaints);
    if (item === undefined) continue;
    const state = items.at(-1);
    if (state?.kind === 'state' && isAfter(token)) items.splice(-1, 1, item, state);
    else items.push(item);
    if (state?.kind === 'state' && item.kind === 'state') complaints.add(token, TWO_STATES);
  }
  return { cell: items, inNetwork: tokens.some(({ kind }) => kind === 'dots') };
}

const TWO_STATES = 'two states in one cell: expected one, that after the segment';

/** `CLOSED(AFTER 2 MSL)`: the time passes before the state is reached. */
const isAfter = (token: Token): boolean => /^\(\s*after\s/i.test(textOf(token));

/** `SYN SENT` as one token, if that is near a state. */
function wordsJoined(tokens: readonly Token[]): readonly Token[] {
  const joined: Token[] = [];
  for (const token of tokens) {
    const last = joined.at(-1);
    const both = last && { ...last, end: token.end };
    const words = last?.kind === 'word' && token.kind === 'word';
    const whole = words && nearestState(textOf(last)) === undefined;
    if (both !== undefined && whole && nearestState(textOf(both)) !== undefined) {
      joined.splice(-1, 1, both);
    } else joined.push(token);
  }
  return joined;
}

function itemOf(token: Token, notes: string[], complaints: Complaints): CellItem | undefined {
  const { kind, line, start, end } = token;
  if (kind === 'parenthesis') {
    return parseParenthesis({ line, start: start + 1, end: end - 1 }, complaints);
  }
  const word = textOf(token).replaceAll(/\s+_/g, '_'); // `SYN\_SENT`, its backslash blanked
  if (kind === 'word' && /^(?:crash|reboot)$/i.test(word))
    return parseParenthesis(token, complaints);
  const state = nearestState(word);
  if (state === undefined) return parseWord(token, complaints);
  if (stateNamed(word) === undefined) notes.push(`${word} is read as ${state}`);
  return { kind: 'state', state, place: placeOf(token) };
}

function movementOf(
  direction: Span,
  data: Span,
  leftInNetwork: boolean,
  rightInNetwork: boolean,
  complaints: Complaints,
): Movement | undefined {
  const arrow = textOf(direction);
  const fields = lexRow(data.line, data.start, data.end, complaints);
  const stray = fields.find(({ kind }) => kind !== 'field');
  if (stray !== undefined) {
    complaints.add(stray, "expected a segment such as '<SEQ=100><CTL=SYN>'");
    return undefined;
  }
  if (arrow === '') {
    if (fields.length > 0) complaints.add(data, "a segment needs a direction, '--->' or '<---'");
    return undefined;
  }
  const from = /^(?:-+>|-+X|→)$/.test(arrow)
    ? 'A'
    : /^(?:<-+|X-+|←)$/.test(arrow)
      ? 'B'
      : undefined;
  if (from === undefined) {
    complaints.add(direction, `expected '--->', '<---', '--X' or 'X--', found '${arrow}'`);
    return undefined;
  }
  const lost = arrow.includes('X');
  const departs = !(from === 'A' ? leftInNetwork : rightInNetwork);
  const stays = from === 'A' ? rightInNetwork : leftInNetwork;
  if (!departs && stays) {
    complaints.add(direction, "'....' on both sides: the segment neither departs nor arrives");
    return undefined;
  }
  if (fields.length === 0) {
    complaints.add(direction, "a direction and no segment: expected '<SEQ=100><CTL=SYN>'");
    return undefined;
  }
  const segment = parseSegment(fields, complaints);
  if (segment === undefined) return undefined;
  const place = placeOf(direction);
  return { from, departs, arrives: !lost && !stays, lost, scripted: false, segment, place };
}
