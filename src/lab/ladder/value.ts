/** Numbers, times and names as a ladder writes them. */
import type { Setting, Value } from './ast.ts';
import { placeOf, textOf, type Span } from './source.ts';

export const U32 = 0xffff_ffff;
export const U16 = 0xffff;

const INTEGER = /^(?:0x[0-9a-f]{1,8}|[0-9]{1,15})$/i;
const DURATION = /^([0-9]{1,9}(?:\.[0-9]{1,6})?)(ms|s|min)?$/;
const NAMED = /^([A-Za-z][A-Za-z0-9_]*)(?:([+-])([0-9]{1,10}))?$/;
const BOUND = /^=([A-Za-z][A-Za-z0-9_]*)$/;
const NUMBER = /^-?[0-9]{1,15}(?:\.[0-9]{1,6})?$/;
const WORD = /^[A-Za-z][A-Za-z0-9_-]*$/;

export const VALUE_FORMS = "a number or a name such as 'Z' or 'Z+1'";
export const DURATION_FORMS = "a time such as '200ms', '1.5s' or '2min'";

/** `100` or `0x64`. */
export const integerIn = (text: string): number | undefined =>
  INTEGER.test(text) ? Number(text) : undefined;

/** `200ms`, `1.5s`, `2min`, `0`: milliseconds. */
export function durationIn(text: string): number | undefined {
  const [, digits, unit] = DURATION.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const amount = Number(digits);
  if (unit === undefined) return amount === 0 ? 0 : undefined;
  const scale = unit === 'ms' ? 1 : unit === 's' ? 1000 : 60_000;
  return Math.round(amount * scale * 1e6) / 1e6;
}

/** The shortest exact spelling: `1s`, `1500ms`. */
export const durationText = (ms: number): string =>
  ms % 1000 === 0 && ms !== 0 ? `${ms / 1000}s` : `${ms}ms`;

export function valueIn(span: Span): Value | undefined {
  const text = textOf(span);
  const place = placeOf(span);
  const number = integerIn(text);
  if (number !== undefined) return { kind: 'number', value: number, place };
  const bound = BOUND.exec(text)?.[1];
  if (bound !== undefined) return { kind: 'bind', name: bound, place };
  const [, name, sign, digits] = NAMED.exec(text) ?? [];
  if (name === undefined) return undefined;
  const plus = Number(digits ?? '0');
  return { kind: 'name', name, plus: sign === '-' && plus !== 0 ? -plus : plus, place };
}

export function valueText(value: Value): string {
  switch (value.kind) {
    case 'number':
      return String(value.value);
    case 'bind':
      return `=${value.name}`;
    case 'name':
      if (value.plus === 0) return value.name;
      return `${value.name}${value.plus < 0 ? '' : '+'}${value.plus}`;
  }
}

/** The value of `key=value` in `option:` and `network:`. */
export function settingValueIn(text: string): Setting['value'] | undefined {
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (text === 'infinite') return Infinity;
  if (NUMBER.test(text)) return Number(text);
  return durationIn(text) ?? (WORD.test(text) ? text : undefined);
}
