/**
 * The code in `%{ }%`: the part of Python that scripts use. Assignments, `assert`, `print`, expressions; no
 * loops and no functions, so that it always ends. Names are kept from one block to the next.
 */
import { nearest } from '../ladder/spelling.ts';
import { tokensOf, type Token } from './code-lex.ts';
import { Unsupported } from './scanner.ts';
import { binary, CodeError, compare, repr, str, truth, type CodeValue } from './code-value.ts';

export type Names = Map<string, CodeValue>;

export interface CodeResult {
  readonly printed: readonly string[];
  /** What is wrong, in words; undefined: all assertions hold. */
  readonly failure: string | undefined;
}

/** @throws Unsupported for a field of TCP_INFO that is not here. */
export function runCode(source: string, names: Names): CodeResult {
  const printed: string[] = [];
  try {
    new Evaluator(tokensOf(source), names, printed).statements();
    return { printed, failure: undefined };
  } catch (error) {
    if (!(error instanceof CodeError)) throw error;
    return { printed, failure: error.message };
  }
}

const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='];
const ASSIGNMENTS = ['=', '+=', '-=', '*=', '/=', '%=', '&=', '|='];
/** Binary signs, those that bind least first. */
const LEVELS: readonly (readonly string[])[] = [
  ['|'],
  ['^'],
  ['&'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '//', '%'],
];
const CONSTANTS: ReadonlyMap<string, CodeValue> = new Map<string, CodeValue>([
  ['True', true],
  ['False', false],
  ['None', undefined],
]);
const FUNCTIONS = ['abs', 'min', 'max', 'int', 'len', 'str', 'round'];
const MOST_NESTED = 40;
/** What comes next where nothing does. */
const NOTHING: Token = { kind: 'end', text: '', value: 0 };

class Evaluator {
  readonly #tokens: readonly Token[];
  readonly #names: Names;
  readonly #printed: string[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], names: Names, printed: string[]) {
    this.#tokens = tokens;
    this.#names = names;
    this.#printed = printed;
  }

  statements(): void {
    while (this.#at < this.#tokens.length) {
      if (this.#next.kind === 'end') this.#at++;
      else this.#statement();
    }
  }

  #statement(): void {
    if (this.#eatName('assert')) this.#assertion();
    else if (this.#eatName('print')) this.#print();
    else if (this.#eatName('pass') || this.#eatName('import')) this.#skipLine();
    else this.#assignment();
    if (this.#next.kind !== 'end') throw this.#unexpected();
  }

  #assertion(): void {
    const from = this.#at;
    const value = this.#expression();
    const text = this.#source(from, this.#at);
    const message = this.#eat(',') ? this.#expression() : undefined;
    if (truth(value)) return;
    const seen = this.#seen(from);
    const said = message === undefined ? '' : `: ${str(message)}`;
    throw new CodeError(`assert ${text}${said}${seen === '' ? '' : ` (${seen})`}`);
  }

  /** The names in an assertion, with their values. */
  #seen(from: number): string {
    const used = new Set(
      this.#tokens
        .slice(from, this.#at)
        .flatMap(({ kind, text }) => (kind === 'name' ? [text] : [])),
    );
    return [...used]
      .filter((name) => this.#names.has(name))
      .map((name) => `${name} is ${repr(this.#names.get(name))}`)
      .join(', ');
  }

  #print(): void {
    const values: CodeValue[] = [];
    if (this.#next.kind !== 'end') {
      do values.push(this.#expression());
      while (this.#eat(','));
    }
    const [first] = values;
    const all = values.length === 1 && typeof first === 'object' ? first : values;
    this.#printed.push(all.map(str).join(' '));
  }

  #skipLine(): void {
    while (this.#next.kind !== 'end') this.#at++;
  }

  #assignment(): void {
    const { kind, text: name } = this.#next;
    const sign = this.#tokens[this.#at + 1];
    if (kind !== 'name' || sign?.kind !== 'sign' || !ASSIGNMENTS.includes(sign.text)) {
      this.#expression(); // a call, or a string that explains
      return;
    }
    this.#at += 2;
    const value = this.#expression();
    const before = sign.text === '=' ? undefined : this.#valueOf(name);
    this.#names.set(
      name,
      sign.text === '=' ? value : binary(sign.text.slice(0, -1), before, value),
    );
  }

  #expression(): CodeValue {
    if (++this.#depth > MOST_NESTED) throw new CodeError('this is nested too deep');
    const value = this.#or();
    this.#depth--;
    if (this.#eatName('if')) {
      const condition = truth(this.#or());
      if (!this.#eatName('else')) throw this.#unexpected();
      const otherwise = this.#expression();
      return condition ? value : otherwise;
    }
    return value;
  }

  #or(): CodeValue {
    let value = this.#and();
    while (this.#eatName('or')) {
      const right = this.#and();
      value = truth(value) ? value : right;
    }
    return value;
  }

  #and(): CodeValue {
    let value = this.#not();
    while (this.#eatName('and')) {
      const right = this.#not();
      value = truth(value) ? right : value;
    }
    return value;
  }

  #not(): CodeValue {
    return this.#eatName('not') ? !truth(this.#not()) : this.#comparison();
  }

  /** `a < b < c` is `a < b and b < c`. */
  #comparison(): CodeValue {
    let left = this.#level(0);
    let sign = this.#comparisonSign();
    if (sign === undefined) return left;
    let holds = true;
    for (; sign !== undefined; sign = this.#comparisonSign()) {
      const right = this.#level(0);
      holds = compare(sign, left, right) && holds;
      left = right;
    }
    return holds;
  }

  #comparisonSign(): string | undefined {
    const { kind, text } = this.#next;
    if (kind === 'sign' && COMPARISONS.includes(text)) {
      this.#at++;
      return text;
    }
    if (this.#eatName('in')) return 'in';
    if (this.#eatName('is')) return this.#eatName('not') ? 'is not' : 'is';
    if (kind === 'name' && text === 'not' && this.#tokens[this.#at + 1]?.text === 'in') {
      this.#at += 2;
      return 'not in';
    }
    return undefined;
  }

  #level(level: number): CodeValue {
    const signs = LEVELS[level];
    if (signs === undefined) return this.#unary();
    let value = this.#level(level + 1);
    while (this.#next.kind === 'sign' && signs.includes(this.#next.text)) {
      const sign = this.#next.text;
      this.#at++;
      value = binary(sign, value, this.#level(level + 1));
    }
    return value;
  }

  #unary(): CodeValue {
    if (this.#eat('-')) return binary('-', 0, this.#unary());
    if (this.#eat('+')) return binary('+', 0, this.#unary());
    if (this.#eat('~')) return binary('-', -1, this.#unary());
    const base = this.#primary();
    return this.#eat('**') ? binary('**', base, this.#unary()) : base;
  }

  #primary(): CodeValue {
    const token = this.#next;
    if (token.kind === 'number') {
      this.#at++;
      return token.value;
    }
    if (token.kind === 'string') {
      let text = '';
      for (; this.#next.kind === 'string'; this.#at++) text += this.#next.text;
      return text;
    }
    if (token.kind === 'name') {
      this.#at++;
      return this.#eat('(') ? this.#call(token.text) : this.#valueOf(token.text);
    }
    if (this.#eat('(')) return this.#parenthesized(')');
    if (this.#eat('[')) return this.#tuple(']', []);
    throw this.#unexpected();
  }

  #parenthesized(close: string): CodeValue {
    if (this.#eat(close)) return [];
    const first = this.#expression();
    if (this.#eat(close)) return first;
    if (!this.#eat(',')) throw this.#unexpected();
    return this.#tuple(close, [first]);
  }

  #tuple(close: string, items: CodeValue[]): readonly CodeValue[] {
    while (!this.#eat(close)) {
      items.push(this.#expression());
      if (!this.#eat(',') && !this.#sees(close)) throw this.#unexpected();
    }
    return items;
  }

  #call(name: string): CodeValue {
    const args = this.#tuple(')', []);
    const list = args.length === 1 && typeof args[0] === 'object' ? args[0] : args;
    const numbers = list.map((value) => (typeof value === 'number' ? value : Number(value)));
    switch (name) {
      case 'abs':
        return Math.abs(numbers[0] ?? 0);
      case 'min':
        return Math.min(...numbers);
      case 'max':
        return Math.max(...numbers);
      case 'int':
        return Math.trunc(numbers[0] ?? 0);
      case 'round':
        return Math.round(numbers[0] ?? 0);
      case 'len':
        return typeof args[0] === 'string' ? args[0].length : list.length;
      case 'str':
        return str(args[0]);
      default:
        throw new CodeError(`there is no function ${name}() here, only ${FUNCTIONS.join(', ')}`);
    }
  }

  #valueOf(name: string): CodeValue {
    if (CONSTANTS.has(name)) return CONSTANTS.get(name);
    if (this.#names.has(name)) return this.#names.get(name);
    const meant = nearest(name, [...this.#names.keys()]);
    if (meant === undefined && name.startsWith('tcpi_')) throw new Unsupported(name);
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
    throw new CodeError(`the name '${name}' stands for nothing${hint}`);
  }

  get #next(): Token {
    return this.#tokens[this.#at] ?? NOTHING;
  }

  #sees(sign: string): boolean {
    return this.#next.kind === 'sign' && this.#next.text === sign;
  }

  #eat(sign: string): boolean {
    if (!this.#sees(sign)) return false;
    this.#at++;
    return true;
  }

  #eatName(name: string): boolean {
    if (this.#next.kind !== 'name' || this.#next.text !== name) return false;
    this.#at++;
    return true;
  }

  #source(from: number, to: number): string {
    return this.#tokens
      .slice(from, to)
      .map(({ kind, text }) => (kind === 'string' ? `'${text}'` : text))
      .join(' ');
  }

  #unexpected(): CodeError {
    const { kind, text } = this.#next;
    const what = kind === 'end' ? 'the end of the statement' : `'${text}'`;
    return new CodeError(`${what} is not understood here`);
  }
}
