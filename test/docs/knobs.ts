/** How docs/sockets.md writes down what a setting of TCP is, and may be. */
import { rangeOf, wordsOf } from '../../src/tcp/option-ranges.ts';

const SECOND = 1000; // ms
const KIB = 1024;

/** `20 s`, `40 ms`, `64 KiB`, 48, `cubic`, true, infinite. */
export function printedValue(name: string, value: unknown): string {
  if (typeof value !== 'number') return `\`${String(value)}\``;
  if (value === Infinity) return 'infinite';
  switch (rangeOf(name)?.unit) {
    case 'ms':
      return value >= SECOND && value % SECOND === 0 ? `${value / SECOND} s` : `${value} ms`;
    case 'octets':
      if (value >= KIB * KIB && value % (KIB * KIB) === 0) return `${value / KIB / KIB} MiB`;
      return value >= KIB && value % KIB === 0 ? `${value / KIB} KiB` : String(value);
    default:
      return String(value);
  }
}

/** `ms, 0 to 499`; `octets, from 1`; the words it may be. */
export function printedRange(name: string, like: unknown): string {
  if (typeof like === 'boolean') return '`true`, `false`';
  const words = wordsOf(name);
  if (words !== undefined) return words.map((word) => `\`${word}\``).join(', ');
  const range = rangeOf(name);
  if (range === undefined) return '';
  const { least, most, unit } = range;
  const limits = most === Infinity ? `from ${least}` : `${least} to ${most}`;
  return unit === '' ? limits : `${unit}, ${limits}`;
}
