/** Cuts a row into states, parentheses, arrows and fields. */
import type { Complaints, SourceLine, Span } from './source.ts';

export type TokenKind =
  | 'parenthesis' // with its parentheses
  | 'right' //       -->
  | 'left' //        <--
  | 'dots' //        ...
  | 'lost-right' //  --X
  | 'lost-left' //   X--
  | 'x' //           X
  | 'field' //       <SEQ=100>, or SEQ=100
  | 'word'
  | 'comment';

export interface Token extends Span {
  readonly kind: TokenKind;
}

// prettier-ignore
const RULES: readonly (readonly [TokenKind, RegExp])[] = [
  ['comment',     /#.*/y],
  ['parenthesis', /\((?:[^()"]|"[^"]*")*\)/y],
  ['right',       /-+>/y],
  ['left',        /<-+/y],
  ['dots',        /\.{3,}/y],
  ['lost-right',  /-+X(?![A-Za-z0-9-])/y],
  ['lost-left',   /X-+(?![A-Za-z0-9>])/y],
  ['x',           /X(?![^\s(<])/y],
  ['field',       /<(?:(?!--)[^<>])*>/y],
  ['field',       /[A-Za-z]+=(?:,|[^\s,<>()])+/y],
  ['field',       /(?:DATA|SACKOK)(?![^\s<(])/y],
  ['word',        /(?:(?!--|->|\.\.\.)[^\s(<])+/y],
];

/** The tokens of `line` between `start` and `end`; stops at the first thing that is none. */
export function lexRow(
  line: SourceLine,
  start: number,
  end: number,
  complaints: Complaints,
): Token[] {
  const text = line.text.slice(0, end);
  const tokens: Token[] = [];
  let at = start;
  while (at < end) {
    if (/\s/.test(text.charAt(at))) {
      at++;
      continue;
    }
    const token = tokenAt(line, text, at);
    if (token === undefined) {
      complaints.add({ line, start: at, end: at + 1 }, whatIsWrong(text, at));
      return tokens;
    }
    tokens.push(token);
    at = token.end;
  }
  return tokens;
}

function tokenAt(line: SourceLine, text: string, at: number): Token | undefined {
  for (const [kind, rule] of RULES) {
    rule.lastIndex = at;
    const found = rule.exec(text);
    if (found !== null) return { kind, line, start: at, end: at + found[0].length };
  }
  return undefined;
}

function whatIsWrong(text: string, at: number): string {
  switch (text.charAt(at)) {
    case '(':
      return "this '(' has no ')'";
    case '<':
      return "this '<' has no '>'; a field is written '<SEQ=100>', an arrow '<--'";
    default:
      return "expected an arrow: '-->', '<--', '...', '--X' or 'X--'";
  }
}
