/**
 * Lines of a ladder's file and what is wrong with them. Every complaint names file, line and
 * column, quotes the line and points at the place with a caret.
 */
import type { Place } from './ast.ts';
import { visible } from './visible.ts';

export interface SourceLine {
  readonly number: number; // from 1
  readonly text: string; //   tabs expanded
  readonly shown?: string; // what to quote, if `text` has markup blanked out
}

/** Part of a line: `start` and `end` count from 0, `end` is exclusive. */
export interface Span {
  readonly line: SourceLine;
  readonly start: number;
  readonly end: number;
}

export interface LadderError {
  readonly file: string;
  readonly line: number; //   from 1
  readonly column: number; // from 1, in the line with its tabs expanded
  readonly width: number; //  characters the carets cover, at least 1
  readonly message: string;
  readonly source: string; // the line
}

const TAB = 8; // columns
const MOST_ERRORS = 50; // a wrong file is wrong everywhere; more is no help

/** The lines of `text`, whatever ends them. */
export function linesOf(text: string): SourceLine[] {
  const bare = text.startsWith('\uFEFF') ? text.slice(1) : text;
  return bare
    .split(/\r\n|\r|\n/)
    .map((line, i) => ({ number: i + 1, text: expandTabs(line).trimEnd() }));
}

function expandTabs(line: string): string {
  if (!line.includes('\t')) return line;
  let out = '';
  for (const part of line.split(/(\t)/)) {
    out += part === '\t' ? ' '.repeat(TAB - (out.length % TAB)) : part;
  }
  return out;
}

export const textOf = (span: Span): string => span.line.text.slice(span.start, span.end);

export const placeOf = (span: Span): Place => ({
  line: span.line.number,
  column: span.start + 1,
});

/** The span without the white space around it; empty at its start when there is nothing else. */
export function trimmed(span: Span): Span {
  const text = textOf(span);
  const start = span.start + (text.length - text.trimStart().length);
  return { line: span.line, start, end: Math.max(start, span.end - trailing(text)) };
}

const trailing = (text: string): number => text.length - text.trimEnd().length;

/** What is wrong with one file, in the order found. */
export class Complaints {
  readonly file: string;
  readonly errors: LadderError[] = [];

  constructor(file: string) {
    this.file = file;
  }

  add(span: Span, message: string): void {
    if (this.errors.length >= MOST_ERRORS) return;
    this.errors.push({
      file: this.file,
      line: span.line.number,
      column: span.start + 1,
      width: Math.max(1, span.end - span.start),
      message,
      source: span.line.shown ?? span.line.text,
    });
  }

  /** In the order of the file. */
  sorted(): readonly LadderError[] {
    return [...this.errors].sort((a, b) => a.line - b.line || a.column - b.column);
  }
}

/**
 * One error as people read it:
 *
 *     figure.ladder:4:19: unknown field 'SEK'; did you mean SEQ?
 *      4 |  2. SYN-SENT --> <SEK=100><CTL=SYN> --> SYN-RECEIVED
 *        |                   ^^^
 */
export function formatError(error: LadderError): string {
  const { file, line, column, width, message } = error;
  const number = String(line).padStart(2);
  const gutter = ' '.repeat(number.length);
  const { source, start } = aroundCaret(error);
  const carets = '^'.repeat(Math.max(1, Math.min(width, source.length - start)));
  return [
    visible(`${file}:${line}:${column}: ${shortened(message)}`),
    ` ${number} | ${visible(source)}`.trimEnd(),
    ` ${gutter} | ${' '.repeat(start)}${carets}`,
  ].join('\n');
}

/** What fits of a long line, and where the caret is in it, from 0. */
function aroundCaret({ source, column }: LadderError): { source: string; start: number } {
  const start = column - 1;
  if (source.length <= MOST_COLUMNS) return { source, start };
  const from = Math.max(0, Math.min(start - BEFORE_CARET, source.length - MOST_COLUMNS));
  const to = from + MOST_COLUMNS;
  const head = from === 0 ? '' : CUT;
  const tail = to >= source.length ? '' : CUT;
  const part = source.slice(from + head.length, to - tail.length);
  return { source: `${head}${part}${tail}`, start: start - from };
}

const shortened = (message: string): string =>
  message.length <= MOST_MESSAGE
    ? message
    : `${message.slice(0, MOST_MESSAGE / 2)}${CUT}${message.slice(-MOST_MESSAGE / 2)}`;

const CUT = '…';
const MOST_COLUMNS = 120; // of a line that is quoted
const BEFORE_CARET = 40; //  columns
const MOST_MESSAGE = 600; // characters: it may quote what it complains about

export const formatErrors = (errors: readonly LadderError[]): string =>
  errors.map(formatError).join('\n\n');
