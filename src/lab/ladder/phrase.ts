/** The words between two parentheses, taken one after the other. */
import type { Place, Value } from './ast.ts';
import { placeOf, textOf, type Complaints, type SourceLine, type Span } from './source.ts';
import { DURATION_FORMS, VALUE_FORMS, durationIn, integerIn, valueIn } from './value.ts';

const TOKEN = /"[^"]*"|<=|>=|=<|=>|[=<>,]|[^\s"=<>,]+|"/y;

/** Each reader takes what it names or complains and gives undefined. */
export class Phrase {
  readonly place: Place;
  readonly #span: Span;
  readonly #tokens: readonly Span[];
  readonly #complaints: Complaints;
  #next = 0;
  #wrong = false;

  constructor(span: Span, complaints: Complaints) {
    this.place = placeOf(span);
    this.#span = span;
    this.#tokens = tokensOf(span);
    this.#complaints = complaints;
  }

  get text(): string {
    return textOf(this.#span).trim();
  }

  /** The word that comes next, in lower case; '' at the end. */
  peek(): string {
    const token = this.#tokens[this.#next];
    return token === undefined ? '' : textOf(token).toLowerCase();
  }

  /** Takes the next word if it is one of these. */
  take(...words: readonly string[]): string | undefined {
    const word = this.peek();
    if (word === '' || !words.includes(word)) return undefined;
    this.#next++;
    return word;
  }

  /** Everything must have been taken. */
  ends(): boolean {
    if (this.#next >= this.#tokens.length) return true;
    this.expected("')'");
    return false;
  }

  integer(what: string): number | undefined {
    const number = integerIn(this.peek());
    if (number === undefined) return this.expected(what);
    this.#next++;
    return number;
  }

  /** A number that may be absent. */
  optionalInteger(): number | undefined {
    const number = integerIn(this.peek());
    if (number !== undefined) this.#next++;
    return number;
  }

  /** `200ms` or `200 ms`; milliseconds. */
  duration(): number | undefined {
    const word = this.peek();
    const ms = durationIn(word);
    if (ms !== undefined) {
      this.#next++;
      return ms;
    }
    const unit = this.#tokens[this.#next + 1];
    const spaced = unit === undefined ? undefined : durationIn(word + textOf(unit));
    if (spaced === undefined) return this.expected(DURATION_FORMS);
    this.#next += 2;
    return spaced;
  }

  value(what: string = VALUE_FORMS): Value | undefined {
    const token = this.#tokens[this.#next];
    const value = token === undefined ? undefined : valueIn(token);
    if (value === undefined) return this.expected(what);
    this.#next++;
    return value;
  }

  /** A value, or a time in milliseconds. */
  valueOrDuration(): Value | undefined {
    const token = this.#tokens[this.#next];
    const ms = token === undefined ? undefined : durationIn(textOf(token));
    if (token === undefined || ms === undefined) return this.value();
    this.#next++;
    return { kind: 'number', value: ms, place: placeOf(token) };
  }

  /** `"error: connection closing"`, without the quotes. */
  quoted(): string | undefined {
    const token = this.#tokens[this.#next];
    const text = token === undefined ? '' : textOf(token);
    if (text.length < 2 || !text.startsWith('"')) return undefined;
    this.#next++;
    return text.slice(1, -1);
  }

  /** Where the next word stands. */
  here(): Place {
    return placeOf(this.#where());
  }

  expected(what: string): undefined {
    const where = this.#where();
    const found = textOf(where);
    const saw = this.#next < this.#tokens.length ? `, found '${found}'` : '';
    return this.#complain(where, `expected ${what}${saw}`);
  }

  /** About the whole of it. */
  wrong(message: string): undefined {
    return this.#complain(this.#span, message);
  }

  /** The first thing wrong is enough. */
  #complain(where: Span, message: string): undefined {
    if (!this.#wrong) this.#complaints.add(where, message);
    this.#wrong = true;
    return undefined;
  }

  #where(): Span {
    const end = this.#span.end;
    return this.#tokens[this.#next] ?? { line: this.#span.line, start: end, end: end + 1 };
  }
}

function tokensOf(span: Span): Span[] {
  const line: SourceLine = span.line;
  const text = textOf(span);
  const tokens: Span[] = [];
  let at = 0;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (found === null) {
      at++; // white space
      continue;
    }
    const start = span.start + at;
    tokens.push({ line, start, end: start + found[0].length });
    at += found[0].length;
  }
  return tokens;
}
