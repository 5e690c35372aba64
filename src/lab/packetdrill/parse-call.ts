/** A system call of a script: `accept(3, ..., ...) = 4`, `read(4, ..., 10) = -1 EAGAIN (a note)`. */
import type { CallAction, Expression, Field } from './ast.ts';
import type { Definitions } from './parse.ts';
import type { Scanner } from './scanner.ts';

const WORD = /[A-Za-z_][A-Za-z_0-9]*/y;
const NUMBER = /-?(?:0x[0-9a-fA-F]+|\d+)/y;
const STRING = /"(?:[^"\\\n]|\\.)*"/y;
const MOST_NESTED = 16;

export function parseCall(scanner: Scanner, definitions: Definitions): CallAction {
  const name = scanner.take(WORD);
  if (name === undefined) {
    throw scanner.error(
      `expected a packet (< or >), a system call, %{ code }% or a command in back-quotes, found ${scanner.next()}`,
    );
  }
  scanner.expect('(', `behind ${name}`);
  const args = list(scanner, definitions, ')', 0);
  scanner.expect('=', `and the result of ${name}()`);
  const result = expression(scanner, definitions, 0);
  const failed = result.kind === 'number' && result.value < 0;
  const errno = failed ? scanner.take(/E[A-Z0-9]+\b/y) : undefined;
  const note = scanner.eat('(') ? scanner.until(')', 'a note') : undefined;
  return { kind: 'call', name, args, result, errno, note };
}

/** What stands before `close`, with commas between. */
function list(
  scanner: Scanner,
  definitions: Definitions,
  close: string,
  depth: number,
): Expression[] {
  const items: Expression[] = [];
  if (scanner.eat(close)) return items;
  do items.push(expression(scanner, definitions, depth));
  while (scanner.eat(','));
  scanner.expect(close, 'behind a list');
  return items;
}

function expression(scanner: Scanner, definitions: Definitions, depth: number): Expression {
  if (depth > MOST_NESTED) throw scanner.error('this is nested too deep');
  const first = primary(scanner, definitions, depth + 1);
  if (!scanner.sees('|')) return first;
  const parts = [first];
  while (scanner.eat('|')) parts.push(primary(scanner, definitions, depth + 1));
  return { kind: 'or', parts };
}

function primary(scanner: Scanner, definitions: Definitions, depth: number): Expression {
  if (scanner.eat('...')) return { kind: 'any' };
  if (scanner.eat('[')) {
    return { kind: 'array', items: list(scanner, definitions, ']', depth) };
  }
  if (scanner.eat('{')) return { kind: 'struct', fields: fields(scanner, definitions, depth) };
  const number = scanner.take(NUMBER);
  if (number !== undefined) return { kind: 'number', value: numberOf(number) };
  const string = scanner.take(STRING);
  if (string !== undefined) return { kind: 'string', value: string.slice(1, -1) };
  scanner.skip();
  const place = scanner.place();
  const name = scanner.take(WORD);
  if (name === undefined) {
    throw scanner.error(`expected a value or ..., found ${scanner.next()}`);
  }
  const defined = definitions[name];
  if (defined !== undefined) return valueOf(defined, place);
  if (scanner.eat('('))
    return { kind: 'apply', name, args: list(scanner, definitions, ')', depth) };
  return { kind: 'name', name, place };
}

const numberOf = (text: string): number =>
  text.startsWith('-') ? -Number(text.slice(1)) : Number(text);

const valueOf = (text: string, place: { line: number; column: number }): Expression =>
  /^-?(?:0x[0-9a-fA-F]+|\d+)$/.test(text)
    ? { kind: 'number', value: numberOf(text) }
    : { kind: 'name', name: text, place };

/** `{fd=4, events=POLLIN}`, `{..., 10}`, `{msg_name(...)=..., msg_iov(1)=[{..., 10}]}` */
function fields(scanner: Scanner, definitions: Definitions, depth: number): Field[] {
  const out: Field[] = [];
  if (scanner.eat('}')) return out;
  do {
    const value = expression(scanner, definitions, depth);
    if (!scanner.eat('=')) out.push({ name: undefined, value });
    else if (value.kind !== 'name' && value.kind !== 'apply') {
      throw scanner.error("expected the name of a field before '='");
    } else out.push({ name: value.name, value: expression(scanner, definitions, depth) });
  } while (scanner.eat(','));
  scanner.expect('}', 'behind the fields of a structure');
  return out;
}
