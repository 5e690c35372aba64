/**
 * The text of a script, read from left to right. White space and comments (`//`, `#`, and C's) mean nothing;
 * what cannot be read is a complaint in the form that ladders have, with line, column and caret.
 */
import type { Place } from '../ladder/ast.ts';
import { Complaints, linesOf, type LadderError, type SourceLine } from '../ladder/source.ts';

/** Something is wrong with the script. Thrown by the parser, and caught by it. */
export class ScriptError extends Error {
  override readonly name: string = 'ScriptError';
  readonly error: LadderError;

  constructor(error: LadderError) {
    super(error.message);
    this.error = error;
  }
}

/** Well-formed, and not to be had here: a feature of the language or of its system that has a name. */
export class Unsupported extends Error {
  override readonly name: string = 'Unsupported';
  readonly feature: string;
  readonly line: number; // from 1, 0: not known

  constructor(feature: string, line = 0) {
    super(`unsupported: ${feature}`);
    this.feature = feature;
    this.line = line;
  }
}

const SPACE = /(?:\s+|\/\/[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/)+/y;

export class Scanner {
  readonly file: string;
  readonly text: string;
  position = 0;
  /** Behind the last thing that was taken, before white space and comments. */
  end = 0;
  readonly #lines: readonly SourceLine[];
  readonly #starts: number[] = []; // of each line in `text`

  constructor(text: string, file: string) {
    this.file = file;
    this.#lines = linesOf(text);
    let at = 0;
    for (const line of this.#lines) {
      this.#starts.push(at);
      at += line.text.length + 1;
    }
    this.text = this.#lines.map((line) => line.text).join('\n');
  }

  get atEnd(): boolean {
    this.skip();
    return this.position >= this.text.length;
  }

  /** Passes over white space and comments. */
  skip(): void {
    SPACE.lastIndex = this.position;
    if (SPACE.test(this.text)) this.position = SPACE.lastIndex;
  }

  /** What `pattern`, a sticky one, finds here after white space; undefined when it does not. */
  take(pattern: RegExp): string | undefined {
    this.skip();
    return this.takeHere(pattern);
  }

  /** The same without white space before it. */
  takeHere(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text);
    if (found === null) return undefined;
    this.end = this.position += found[0].length;
    return found[0];
  }

  /** Does `text` come next? Then it is passed over. */
  eat(text: string): boolean {
    this.skip();
    if (!this.text.startsWith(text, this.position)) return false;
    this.end = this.position += text.length;
    return true;
  }

  /** Does `text` come next? */
  sees(text: string): boolean {
    this.skip();
    return this.text.startsWith(text, this.position);
  }

  /** @throws ScriptError unless `text` comes next. */
  expect(text: string, what: string): void {
    if (!this.eat(text)) throw this.error(`expected '${text}' ${what}, found ${this.next()}`);
  }

  /** What is up to `end`, which is passed over. @throws ScriptError when it does not come. */
  until(end: string, what: string): string {
    const from = this.position;
    const at = this.text.indexOf(end, from);
    if (at < 0) throw this.errorAt(from - 1, 1, `${what} is not closed: there is no ${end}`);
    this.end = this.position = at + end.length;
    return this.text.slice(from, at);
  }

  /** The word or sign that comes next, for messages. */
  next(): string {
    this.skip();
    const word = /[A-Za-z_][\w.]*|[\d.+-]+|\S/y;
    word.lastIndex = this.position;
    const found = word.exec(this.text)?.[0];
    return found === undefined ? 'the end of the script' : `'${found}'`;
  }

  place(position: number = this.position): Place {
    let line = this.#starts.length - 1;
    while (line > 0 && this.#starts[line]! > position) line--;
    return { line: line + 1, column: position - this.#starts[line]! + 1 };
  }

  /** A complaint about what comes next. */
  error(message: string): ScriptError {
    this.skip();
    const word = /[\w.]+|\S/y;
    word.lastIndex = this.position;
    return this.errorAt(this.position, word.exec(this.text)?.[0].length ?? 1, message);
  }

  errorAt(position: number, width: number, message: string): ScriptError {
    const { line, column } = this.place(Math.max(0, position));
    const complaints = new Complaints(this.file);
    const source = this.#lines[line - 1]!;
    complaints.add({ line: source, start: column - 1, end: column - 1 + width }, message);
    return new ScriptError(complaints.errors[0]!);
  }

  /** From `from` to what was taken last, as it stands in the script. */
  since(from: number): string {
    return this.text.slice(from, this.end).trim();
  }
}
