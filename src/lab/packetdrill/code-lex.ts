/**
 * Words and signs of the code in `%{ }%`: the part of Python that scripts use. A backslash joins lines, `;` and
 * line ends separate statements, but not inside parentheses.
 */
import { CodeError } from './code-value.ts';

export interface Token {
  readonly kind: 'name' | 'number' | 'string' | 'sign' | 'end';
  readonly text: string; // of a string: what it says
  readonly value: number; // of a number
}

const SPACE = /(?:[ \t\r]|\\\n|#[^\n]*)+/y;
const NAME = /[A-Za-z_][A-Za-z_0-9]*/y;
const NUMBER = /0[xX][0-9a-fA-F]+|(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?/y;
const STRING = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/y;
const SIGN = /\*\*|\/\/|<<|>>|==|!=|<=|>=|\+=|-=|\*=|\/=|%=|&=|\|=|[-+*/%<>=()[\],:;&|^~.!]/y;
const MOST_TOKENS = 10_000;

export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let depth = 0; // of parentheses
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(source)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  while (at < source.length) {
    if (tokens.length > MOST_TOKENS) throw new CodeError('this code is too long');
    if (take(SPACE) !== undefined) continue;
    if (source[at] === '\n') {
      at++;
      if (depth === 0) tokens.push({ kind: 'end', text: '\n', value: 0 });
      continue;
    }
    const number = take(NUMBER);
    if (number !== undefined) {
      tokens.push({ kind: 'number', text: number, value: Number(number) });
      continue;
    }
    const name = take(NAME);
    if (name !== undefined) {
      tokens.push({ kind: 'name', text: name, value: 0 });
      continue;
    }
    const string = take(STRING);
    if (string !== undefined) {
      tokens.push({ kind: 'string', text: unescaped(string.slice(1, -1)), value: 0 });
      continue;
    }
    const sign = take(SIGN);
    if (sign === undefined) throw new CodeError(`'${source[at]}' is not understood`);
    if ('([{'.includes(sign)) depth++;
    if (')]}'.includes(sign)) depth--;
    tokens.push({ kind: sign === ';' ? 'end' : 'sign', text: sign, value: 0 });
  }
  tokens.push({ kind: 'end', text: '', value: 0 });
  return tokens;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0' };

const unescaped = (text: string): string =>
  text.replaceAll(/\\(.)/g, (_, letter: string) => ESCAPES[letter] ?? letter);
