/**
 * Lines of a ladder's file and what is wrong with them. Every complaint names file, line and
 * column, quotes the line and points at the place with a caret.
 */
import type { Place } from './ast.ts';

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
  const { file, line, column, width, message, source } = error;
  const number = String(line).padStart(2);
  const gutter = ' '.repeat(number.length);
  const carets = '^'.repeat(Math.max(1, Math.min(width, source.length - column + 1)));
  return [
    `${file}:${line}:${column}: ${message}`,
    ` ${number} | ${source}`.trimEnd(),
    ` ${gutter} | ${' '.repeat(column - 1)}${carets}`,
  ].join('\n');
}

export const formatErrors = (errors: readonly LadderError[]): string =>
  errors.map(formatError).join('\n\n');
