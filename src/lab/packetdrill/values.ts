/** Arguments of calls as numbers: `O_RDWR|O_NONBLOCK`, `[1]`, `{onoff=1, linger=0}`. */
import { nearest } from '../ladder/spelling.ts';
import type { Expression } from './ast.ts';
import { Unsupported } from './scanner.ts';
import { SYMBOLS } from './symbols.ts';

/** Undefined for `...` and for what is no number. @throws Unsupported for a name that is not known. */
export function numberOf(expression: Expression | undefined): number | undefined {
  switch (expression?.kind) {
    case 'number':
      return expression.value;
    case 'name':
      return named(expression.name, expression.place.line);
    case 'or':
      return expression.parts.reduce(
        (all, part) => Number(BigInt(all) | BigInt(numberOf(part) ?? 0)),
        0,
      );
    case 'array':
      return expression.items.length === 1 ? numberOf(expression.items[0]) : undefined;
    case 'apply':
      return ['htons', 'htonl', 'ntohs', 'ntohl'].includes(expression.name)
        ? numberOf(expression.args[0])
        : undefined;
    default:
      return undefined;
  }
}

function named(name: string, line: number): number {
  const value = SYMBOLS.get(name);
  if (value !== undefined) return value;
  const meant = nearest(name, [...SYMBOLS.keys()]);
  throw new Unsupported(
    `the name ${name}${meant === undefined ? '' : ` (did you mean ${meant}?)`}`,
    line,
  );
}

/** The name in an expression; '' when it is none. */
export const nameIn = (expression: Expression | undefined): string =>
  expression?.kind === 'name' ? expression.name : '';

/** A field of a structure, by name or else by its position. */
export function field(
  expression: Expression | undefined,
  name: string,
  position: number,
): Expression | undefined {
  if (expression?.kind !== 'struct') return undefined;
  return (
    expression.fields.find((one) => one.name === name)?.value ??
    (expression.fields[position]?.name === undefined
      ? expression.fields[position]?.value
      : undefined)
  );
}

/** The octets that a list of iovecs has room for. */
export function vectorOctets(expression: Expression | undefined): number {
  if (expression?.kind !== 'array') return 0;
  return expression.items.reduce(
    (all, item) => all + (numberOf(field(item, 'iov_len', 1)) ?? 0),
    0,
  );
}
