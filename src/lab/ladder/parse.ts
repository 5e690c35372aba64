/**
 * Text to ladder. The notation is that of RFC 9293, Figures 6 to 13, and those figures can be
 * pasted in unchanged; `README.md` describes all of it. Nothing here throws, whatever the
 * text: what is wrong comes back, each with its place.
 */
import type { Ladder, Row } from './ast.ts';
import { isHeaderLine, newHeader, parseHeaderLine, type Header } from './parse-header.ts';
import { parseRow } from './parse-row.ts';
import { Complaints, linesOf, type LadderError, type SourceLine } from './source.ts';
import type { HeadColumns } from './split-sides.ts';
import { durationText } from './value.ts';

export type ParseResult =
  | { readonly ok: true; readonly ladder: Ladder }
  | { readonly ok: false; readonly errors: readonly LadderError[] };

/**
 * Parses one ladder. `file` is for messages, and its path below `ladders/` is the ladder's name:
 * `ladders/rfc9293/established.ladder` is `rfc9293/established`.
 */
export function parseLadder(text: string, file: string): ParseResult {
  const complaints = new Complaints(file);
  const lines = linesOf(text);
  const header = newHeader();
  const rows: Row[] = [];
  let head: HeadColumns | undefined;
  let right: number | undefined;
  let begun = false; // a row has been seen, sound or not

  for (const line of lines) {
    if (/^\s*(?:#.*)?$/.test(line.text)) continue;
    const columns = headColumns(line);
    if (columns !== undefined) head = columns;
    else if (isHeaderLine(line)) {
      if (begun) complaints.add(wholeLine(line), 'header lines come before the first row');
      else parseHeaderLine(line, header, complaints);
    } else {
      begun = true;
      const scripted = header.scripted !== undefined;
      const parsed = parseRow(line, { scripted, head, right }, complaints);
      if (parsed === undefined) continue;
      rows.push(parsed.row);
      right = parsed.right ?? right;
    }
  }

  checkTimes(rows, lines, complaints);
  if (!begun && complaints.errors.length === 0) {
    complaints.add(wholeLine(lines.at(-1) ?? EMPTY), 'expected a row: there is none');
  }
  if (complaints.errors.length > 0) return { ok: false, errors: complaints.sorted() };
  return { ok: true, ladder: ladderOf(header, rows, file) };
}

const EMPTY: SourceLine = { number: 1, text: '' };

const wholeLine = (line: SourceLine): { line: SourceLine; start: number; end: number } => ({
  line,
  start: line.text.length - line.text.trimStart().length,
  end: line.text.length,
});

/** `TCP Peer A      TCP Peer B`, also with `time` before and `(scripted)` behind. */
function headColumns(line: SourceLine): HeadColumns | undefined {
  const found = /^\s*(?:time\s+)?TCP\s+(?:Peer\s+)?A\s+(?=TCP)/i.exec(line.text);
  if (found === null) return undefined;
  const b = found[0].length;
  if (!/^TCP\s+(?:Peer\s+)?B\b/i.test(line.text.slice(b))) return undefined;
  return { a: line.text.search(/TCP/i), b };
}

/** An absolute time is not before the one above it. */
function checkTimes(
  rows: readonly Row[],
  lines: readonly SourceLine[],
  complaints: Complaints,
): void {
  let now = 0;
  for (const { at } of rows) {
    if (at?.kind !== 'absolute') continue;
    const line = lines[at.place.line - 1];
    if (at.ms < now && line !== undefined) {
      const start = at.place.column - 1;
      const width = line.text.slice(start).search(/\s|$/);
      complaints.add(
        { line, start, end: start + width },
        `time goes back: it was ${durationText(now)} above`,
      );
    }
    now = Math.max(now, at.ms);
  }
}

function ladderOf(header: Header, rows: readonly Row[], file: string): Ladder {
  const { seen: _, ...said } = header;
  return { name: ladderName(file), file, ...said, known: [], markdown: false, rows, place: PLACE };
}

const PLACE = { line: 1, column: 1 };

/** `ladders/rfc9293/established.ladder` is `rfc9293/established`. */
export function ladderName(file: string): string {
  const path = file.replaceAll('\\', '/').replace(/\.[A-Za-z0-9]+$/, '');
  const below = path.lastIndexOf('ladders/');
  return below < 0 ? path.replace(/^(?:\.?\/)+/, '') : path.slice(below + 'ladders/'.length);
}
