/** Values of the code in `%{ }%`, what can be done with two of them, and how they print: as in Python. */

export type CodeValue = number | string | boolean | undefined | readonly CodeValue[]; // None is undefined

/** The code is wrong, or uses what is not here. */
export class CodeError extends Error {
  override readonly name: string = 'CodeError';
}

export function truth(value: CodeValue): boolean {
  if (value === undefined) return false;
  return typeof value === 'object' ? value.length > 0 : Boolean(value);
}

export function repr(value: CodeValue): string {
  return typeof value === 'string' ? `'${value}'` : str(value);
}

export function str(value: CodeValue): string {
  switch (typeof value) {
    case 'undefined':
      return 'None';
    case 'boolean':
      return value ? 'True' : 'False';
    case 'object':
      return `(${value.map(repr).join(', ')}${value.length === 1 ? ',' : ''})`;
    default:
      return String(value);
  }
}

const numberIn = (value: CodeValue, sign: string): number => {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  throw new CodeError(`${repr(value)} is no number: '${sign}' needs one`);
};

/** `%` with a string on its left writes what is on its right into it. */
export function binary(sign: string, left: CodeValue, right: CodeValue): CodeValue {
  if (sign === '+' && typeof left === 'string' && typeof right === 'string') return left + right;
  if (sign === '%' && typeof left === 'string') return formatted(left, right);
  const a = numberIn(left, sign);
  const b = numberIn(right, sign);
  switch (sign) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return nonZero(b) && a / b;
    case '//':
      return nonZero(b) && Math.floor(a / b);
    case '%':
      return nonZero(b) && a - b * Math.floor(a / b);
    case '**':
      return a ** b;
    default:
      return bitwise(sign, a, b);
  }
}

function nonZero(divisor: number): true {
  if (divisor === 0) throw new CodeError('division by zero');
  return true;
}

/** Exact beyond 32 bits. */
function bitwise(sign: string, a: number, b: number): number {
  if (!Number.isInteger(a) || !Number.isInteger(b)) {
    throw new CodeError(`'${sign}' needs whole numbers`);
  }
  if ((sign === '<<' || sign === '>>') && (b < 0 || b > 64)) {
    throw new CodeError(`cannot shift by ${b}`);
  }
  const [x, y] = [BigInt(a), BigInt(b)];
  switch (sign) {
    case '&':
      return Number(x & y);
    case '|':
      return Number(x | y);
    case '^':
      return Number(x ^ y);
    case '<<':
      return Number(x << y);
    case '>>':
      return Number(x >> y);
    default:
      throw new CodeError(`'${sign}' is not understood`);
  }
}

export function compare(sign: string, left: CodeValue, right: CodeValue): boolean {
  switch (sign) {
    case '==':
    case 'is':
      return same(left, right);
    case '!=':
    case 'is not':
      return !same(left, right);
    case 'in':
      return contains(right, left);
    case 'not in':
      return !contains(right, left);
    default:
  }
  const strings = typeof left === 'string' && typeof right === 'string';
  const a = strings ? left : numberIn(left, sign);
  const b = strings ? right : numberIn(right, sign);
  switch (sign) {
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    default:
      return a >= b;
  }
}

function same(left: CodeValue, right: CodeValue): boolean {
  if (typeof left === 'object' && typeof right === 'object') {
    return left.length === right.length && left.every((item, i) => same(item, right[i]));
  }
  if (typeof left === 'boolean' && typeof right === 'number') return Number(left) === right;
  if (typeof left === 'number' && typeof right === 'boolean') return left === Number(right);
  return left === right;
}

function contains(whole: CodeValue, part: CodeValue): boolean {
  if (typeof whole === 'string') return typeof part === 'string' && whole.includes(part);
  if (typeof whole === 'object') return whole.some((item) => same(item, part));
  throw new CodeError(`${repr(whole)} contains nothing`);
}

function formatted(pattern: string, argument: CodeValue): string {
  const values = typeof argument === 'object' ? argument : [argument];
  let used = 0;
  return pattern.replaceAll(/%(0?\d*)(?:\.(\d+))?([dsxrfi%])/g, (_, width, digits, letter) => {
    if (letter === '%') return '%';
    if (used >= values.length) throw new CodeError('not enough arguments for format string');
    const text = formattedOne(values[used++], String(letter), Number(digits ?? 6));
    return text.padStart(Number(width), String(width).startsWith('0') ? '0' : ' ');
  });
}

function formattedOne(value: CodeValue, letter: string, digits: number): string {
  switch (letter) {
    case 'd':
    case 'i':
      return String(Math.trunc(numberIn(value, '%d')));
    case 'x':
      return numberIn(value, '%x').toString(16);
    case 'f':
      return numberIn(value, '%f').toFixed(Math.min(digits, 20));
    case 'r':
      return repr(value);
    default:
      return str(value);
  }
}
