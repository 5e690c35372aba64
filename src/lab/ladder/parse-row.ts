/**
 * One row of a ladder: `2. SYN-SENT --> <SEQ=100><CTL=SYN> --> SYN-RECEIVED`.
 * As in RFC 9293 §3.5 the states are those after the departure or arrival of the segment.
 */
import type { Cell, CellItem, Movement, Passage, Row, RowTime } from './ast.ts';
import { lexRow, type Token, type TokenKind } from './lex-row.ts';
import { parseParenthesis, parseWord } from './parse-cell.ts';
import { parseSegment } from './parse-segment.ts';
import { placeOf, textOf, type Complaints, type SourceLine, type Span } from './source.ts';
import { splitSides, type ColumnHints } from './split-sides.ts';
import { DURATION_FORMS, durationIn } from './value.ts';

/** What earlier lines say about where the columns are. */
export interface Columns extends ColumnHints {
  readonly scripted: boolean;
}

export interface ParsedRow {
  readonly row: Row;
  readonly right: number | undefined; // where its right cell starts
}

const LABEL = /\s*([0-9]+[a-z]?)\.(?=\s|$)/y;
const TIME = /\s*@(\+?)([^\s]*)/y;
const BARE_TIME = /\s*([0-9]+(?:\.[0-9]+)?)(?=\s|$)/y;

/** Undefined after a complaint. */
export function parseRow(
  line: SourceLine,
  columns: Columns,
  complaints: Complaints,
): ParsedRow | undefined {
  const before = complaints.errors.length;
  const head = rowHead(line, columns.scripted, complaints);
  const tokens = lexRow(line, head.end, line.text.length, complaints);
  if (complaints.errors.length > before) return undefined;
  const comment = tokens.at(-1)?.kind === 'comment' ? tokens.pop() : undefined;
  const body = sidesOf(tokens, columns, complaints);
  if (body === undefined || complaints.errors.length > before) return undefined;
  const row = {
    label: head.label,
    at: head.at,
    left: cellOf(body.left, complaints),
    right: cellOf(body.right, complaints),
    movement: body.movement,
    comment: comment === undefined ? undefined : textOf(comment).slice(1).trim(),
    notes: [],
    source: line.text,
    place: { line: line.number, column: 1 },
  };
  return complaints.errors.length > before ? undefined : { row, right: body.right[0]?.start };
}

interface RowHead {
  readonly label: string | undefined;
  readonly at: RowTime | undefined;
  readonly end: number;
}

/** The label and the time. */
function rowHead(line: SourceLine, scripted: boolean, complaints: Complaints): RowHead {
  LABEL.lastIndex = 0;
  const label = LABEL.exec(line.text);
  const start = label === null ? 0 : label[0].length;
  TIME.lastIndex = start;
  BARE_TIME.lastIndex = start;
  const at = TIME.exec(line.text);
  const bare = scripted && at === null ? BARE_TIME.exec(line.text) : null;
  const end = start + (at ?? bare ?? [''])[0].length;
  const time = at === null ? bareTime(line, bare, end) : rowTime(line, at, end, complaints);
  return { label: label?.[1], at: time, end };
}

function rowTime(
  line: SourceLine,
  found: RegExpExecArray,
  end: number,
  complaints: Complaints,
): RowTime | undefined {
  const [, plus, text] = found;
  const span = { line, start: end - (text ?? '').length, end };
  const ms = durationIn(textOf(span));
  if (ms !== undefined) {
    return { kind: plus === '+' ? 'relative' : 'absolute', ms, place: placeOf(span) };
  }
  complaints.add(span, `expected ${DURATION_FORMS} after '@'`);
  return undefined;
}

function bareTime(
  line: SourceLine,
  found: RegExpExecArray | null,
  end: number,
): RowTime | undefined {
  if (found === null) return undefined;
  const digits = found[1] ?? '';
  const place = placeOf({ line, start: end - digits.length, end });
  return { kind: 'absolute', ms: Number(digits), place };
}

export interface Sides {
  readonly left: readonly Token[];
  readonly right: readonly Token[];
  readonly movement: Movement | undefined;
}

function sidesOf(
  tokens: readonly Token[],
  columns: Columns,
  complaints: Complaints,
): Sides | undefined {
  const first = tokens.findIndex((token) => !isCellToken(token));
  if (first >= 0) return movingRow(tokens, first, columns.scripted, complaints);
  if (columns.scripted) return { left: tokens, right: [], movement: undefined };
  const sides = splitSides(tokens, columns, complaints);
  return sides && { ...sides, movement: undefined };
}

const isCellToken = ({ kind }: Token): boolean => kind === 'word' || kind === 'parenthesis';

/** `LEFT lead segment trail RIGHT`, of which `tokens[first]` is the lead or the segment. */
function movingRow(
  tokens: readonly Token[],
  first: number,
  scripted: boolean,
  complaints: Complaints,
): Sides | undefined {
  const lead = tokens[first]?.kind === 'field' ? undefined : tokens[first];
  const start = lead === undefined ? first : first + 1;
  let end = start;
  while (tokens[end]?.kind === 'field') end++;
  const fields = tokens.slice(start, end);
  const next = tokens[end];
  const trail = next === undefined || isCellToken(next) ? undefined : next;
  const left = tokens.slice(0, first);
  const right = tokens.slice(trail === undefined ? end : end + 1);

  const after = tokens[end - 1] ?? tokens[first];
  if (after === undefined) return undefined;
  if (fields.length === 0) {
    complaints.add(behind(after), "expected a segment such as '<SEQ=100><CTL=SYN>'");
    return undefined;
  }
  const arrow = lead ?? after;
  const passage = passageOf(lead, trail, scripted);
  if (typeof passage === 'string') {
    complaints.add(
      lead === undefined || trail !== undefined ? (trail ?? arrow) : behind(after),
      passage,
    );
    return undefined;
  }
  if (!bothCells(left, right, scripted, complaints)) return undefined;
  const segment = parseSegment(fields, complaints);
  if (segment === undefined) return undefined;
  const byScript = scripted && passage.from === 'B';
  const place = placeOf(arrow);
  return { left, right, movement: { ...passage, scripted: byScript, segment, place } };
}

const behind = ({ line, end }: Span): Span => ({ line, start: end, end: end + 1 });

/** Nothing but cells left and right of the arrows, and nothing at all right of a script. */
function bothCells(
  left: readonly Token[],
  right: readonly Token[],
  scripted: boolean,
  complaints: Complaints,
): boolean {
  const stray = right.find((token) => !isCellToken(token));
  const prefix = left.find((token) => /^[AB]:$/.test(textOf(token)));
  const first = right[0];
  if (stray !== undefined)
    complaints.add(stray, 'one row, one segment: expected a state or a call');
  else if (prefix !== undefined)
    complaints.add(prefix, "'A:' and 'B:' are for rows with no segment");
  else if (scripted && first !== undefined) {
    complaints.add(first, 'the peer is scripted: nothing stands to the right of the segment');
  } else return true;
  return false;
}

const A = { from: 'A', lost: false } as const;
const B = { from: 'B', lost: false } as const;

/** By the kinds of the arrow before the segment and the one behind it. */
const PASSAGES: ReadonlyMap<string, Passage> = new Map<string, Passage>([
  ['right right', { ...A, departs: true, arrives: true }],
  ['right dots', { ...A, departs: true, arrives: false }],
  ['dots right', { ...A, departs: false, arrives: true }],
  ['right x', { ...A, departs: true, arrives: false, lost: true }],
  ['right lost-right', { ...A, departs: true, arrives: false, lost: true }],
  ['lost-right none', { ...A, departs: true, arrives: false, lost: true }],
  ['dots lost-right', { ...A, departs: false, arrives: false, lost: true }],
  ['left left', { ...B, departs: true, arrives: true }],
  ['dots left', { ...B, departs: true, arrives: false }],
  ['left dots', { ...B, departs: false, arrives: true }],
  ['x left', { ...B, departs: true, arrives: false, lost: true }],
  ['lost-left left', { ...B, departs: true, arrives: false, lost: true }],
  ['none lost-left', { ...B, departs: true, arrives: false, lost: true }],
  ['lost-left dots', { ...B, departs: false, arrives: false, lost: true }],
]);

const SCRIPTED_PASSAGES: ReadonlyMap<string, Passage> = new Map<string, Passage>([
  ['right none', { ...A, departs: true, arrives: true }],
  ['right right', { ...A, departs: true, arrives: true }],
  ['lost-right none', { ...A, departs: true, arrives: false, lost: true }],
  ['right x', { ...A, departs: true, arrives: false, lost: true }],
  ['left none', { ...B, departs: true, arrives: true }],
  ['left left', { ...B, departs: true, arrives: true }],
]);

/** What the two arrows say, or what is wrong with them. */
function passageOf(
  lead: Token | undefined,
  trail: Token | undefined,
  scripted: boolean,
): Passage | string {
  const kinds: readonly (TokenKind | 'none')[] = [lead?.kind ?? 'none', trail?.kind ?? 'none'];
  const passage = (scripted ? SCRIPTED_PASSAGES : PASSAGES).get(kinds.join(' '));
  if (passage !== undefined) return passage;
  if (scripted) {
    return "the peer is scripted: expected '--> segment', '<-- segment' or '--X segment'";
  }
  switch (lead?.kind) {
    case 'right':
      return "where does it go? Expected '-->' (arrives), '...' (stays in the network) or 'X' (lost)";
    case 'left':
      return "where does it come from? Expected '<--' (B sends it now) or '...' (from the network)";
    case 'dots':
      return "who sends it? Expected '-->' (arrives at B), '<--' (B sends it) or '--X' (lost)";
    case 'lost-left':
      return "expected '<--' (B sends it now) or '...' (it was in the network)";
    case 'x':
      return "expected '<--': B sends it and it is lost";
    case undefined:
      return "which way does it go? Expected '-->' or '<--' on both sides of the segment";
    default:
      return "expected nothing behind a segment that '--X' loses";
  }
}

/** A cell's items, in the order written. */
export function cellOf(tokens: readonly Token[], complaints: Complaints): Cell {
  const items: CellItem[] = [];
  for (const token of tokens) {
    const said = complaints.errors.length > 0;
    if (said && textOf(token) === '()') continue; // `close()`: one complaint will do
    const item = itemOf(token, complaints);
    if (item === undefined) continue;
    if (item.kind === 'state' && items.at(-1)?.kind === 'state') {
      complaints.add(token, TWO_STATES);
    }
    items.push(item);
  }
  return items;
}

const TWO_STATES = 'two states in one cell: leave three spaces between the two sides';

function itemOf(token: Token, complaints: Complaints): CellItem | undefined {
  const { kind, line, start, end } = token;
  if (kind !== 'parenthesis') return parseWord(token, complaints);
  return parseParenthesis({ line, start: start + 1, end: end - 1 }, complaints);
}
