/** Finds and reads ladders: files, folders, and by the name that `use:` gives. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { Ladder } from '../../lab/ladder/ast.ts';
import { parseMarkdown } from '../../lab/ladder/markdown.ts';
import { tablesIn } from '../../lab/ladder/markdown-table.ts';
import { ladderName, parseLadder } from '../../lab/ladder/parse.ts';
import { checkSettings } from '../../lab/ladder/settings.ts';
import { linesOf, type LadderError, type SourceLine } from '../../lab/ladder/source.ts';
import { isBinary } from '../../lab/ladder/visible.ts';
import { EXIT, Failure, fileFailure } from '../failure.ts';

export interface LadderFile {
  readonly ladders: readonly Ladder[];
  readonly errors: readonly LadderError[];
}

/** The files that `path` stands for: itself, or every ladder in the folder, by name. */
export function ladderFilesAt(path: string): string[] {
  if (path === STANDARD_INPUT) return [path];
  try {
    if (!statSync(path).isDirectory()) return [path];
    const found = readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(?:ladder|md)$/i.test(file))
      .sort()
      .map((file) => join(path, file))
      .filter((file) => !isMarkdown(file) || hasTable(readFileSync(file, 'utf8')));
    if (found.length > 0) return found;
  } catch (error) {
    throw fileFailure('read', path, error);
  }
  const message = `no ladders in '${path}': expected files *.ladder, or *.md with a ladder's table`;
  throw new Failure(message, EXIT.misused);
}

/** A FILE of `-` is the standard input. */
export const STANDARD_INPUT = '-';

const isMarkdown = (file: string): boolean => /\.(?:md|markdown)$/i.test(file);
const hasTable = (text: string): boolean => tablesIn(linesOf(text)).length > 0;

/** Reads one file; what is wrong with it comes back. @throws Failure when it cannot be read. */
export function readLadders(file: string, readInput: () => string = NO_INPUT): LadderFile {
  const shown = file === STANDARD_INPUT ? 'standard input' : shownPath(file);
  const text = textOf(shown, () =>
    file === STANDARD_INPUT ? readInput() : readFileSync(file, 'utf8'),
  );
  if (isBinary(text)) {
    throw new Failure(`cannot read '${shown}': it is not a text file`, EXIT.misused);
  }
  const { ladders, errors } = parse(text, file, shown);
  const lines = linesOf(text);
  const settings = ladders.flatMap(checkSettings);
  return { ladders, errors: [...errors, ...settings.map((error) => quoting(error, lines))] };
}

const NO_INPUT = (): string => '';

/** With the whole line, as the parser's own errors have it. */
function quoting(error: LadderError, lines: readonly SourceLine[]): LadderError {
  return { ...error, source: lines[error.line - 1]?.text ?? error.source };
}

function textOf(shown: string, read: () => string): string {
  try {
    return read();
  } catch (error) {
    throw fileFailure('read', shown, error);
  }
}

function parse(text: string, file: string, shown: string): LadderFile {
  if (isMarkdown(file) || (file === STANDARD_INPUT && hasTable(text))) {
    const found = parseMarkdown(text, shown);
    return { ladders: found.ladders, errors: found.ok ? [] : found.errors };
  }
  const found = parseLadder(text, shown);
  if (!found.ok) return { ladders: [], errors: found.errors };
  return { ladders: [{ ...found.ladder, name: nameOf(file, shown) }], errors: [] };
}

/** The path below `ladders/`, from wherever the command was called. */
function nameOf(file: string, shown: string): string {
  const absolute = resolve(file);
  return ladderName(absolute.split(sep).includes(FOLDER) ? absolute : shown);
}

const FOLDER = 'ladders';

/** Relative to where the command was called, if that is shorter. */
function shownPath(file: string): string {
  const near = relative(process.cwd(), file);
  return near !== '' && near.length < file.length ? near : file;
}

/** The ladder that `use: name` in `file` means: below the same `ladders/`, beside it, or shipped. */
export class Library {
  readonly #shipped: string;
  readonly #known = new Map<string, Ladder | undefined>();

  constructor(shipped: string) {
    this.#shipped = shipped;
  }

  find(name: string, file: string): Ladder | undefined {
    for (const folder of [...foldersFor(file), this.#shipped]) {
      const ladder = this.#at(join(folder, `${name}.ladder`));
      if (ladder !== undefined) return ladder;
    }
    return undefined;
  }

  #at(path: string): Ladder | undefined {
    if (!this.#known.has(path)) {
      const there = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
      this.#known.set(path, there ? readLadders(path).ladders[0] : undefined);
    }
    return this.#known.get(path);
  }
}

function foldersFor(file: string): string[] {
  const beside = dirname(resolve(file));
  const parts = beside.split(sep);
  const root = parts.lastIndexOf(FOLDER);
  return root < 0 ? [beside] : [parts.slice(0, root + 1).join(sep), beside];
}

/** What is wrong with `use:` of a ladder, or with that of the ladder it names, and so on. */
export function checkUse(ladder: Ladder, library: Library): LadderError[] {
  const { use, file } = ladder;
  const message = use === undefined ? undefined : wrongUse(ladder, library);
  if (use === undefined || message === undefined) return [];
  const source = `${' '.repeat(Math.max(0, use.place.column - 1 - USE.length))}${USE}${use.name}`;
  return [{ file, ...use.place, width: use.name.length, message, source }];
}

function wrongUse(ladder: Ladder, library: Library): string | undefined {
  const seen = new Set([resolve(ladder.file)]);
  let by = '';
  for (let name = ladder.use?.name; name !== undefined;) {
    const prefix = library.find(name, ladder.file);
    if (prefix === undefined) {
      return `there is no ladder '${name}'${by}: name one below ladders/, such as rfc9293/established`;
    }
    const path = resolve(prefix.file);
    if (seen.has(path)) return `the ladder '${name}'${by} begins with itself: name another`;
    if (prefix.scripted !== ladder.scripted) {
      return `the ladder '${name}'${by} has ${peerOf(prefix)}, this one ${peerOf(ladder)}: both need the same`;
    }
    seen.add(path);
    by = `, with which '${name}' begins,`;
    name = prefix.use?.name;
  }
  return undefined;
}

const peerOf = ({ scripted }: Ladder): string =>
  scripted === undefined ? 'no scripted peer' : `'peer: ${scripted} scripted'`;

const USE = 'use: ';
