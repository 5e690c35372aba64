/** How many scripts of each theme passed, failed, or need what is not here. */
import type { Carrier } from '../../lab/packetdrill/result.ts';
import type { JsonOutcome } from '../../lab/packetdrill/render.ts';
import { themeOf } from './scripts.ts';

interface Row {
  passed: number;
  strict: number;
  failed: number;
  unsupported: number;
}

const HEADS = ['passed', 'strict PSH', 'failed', 'unsupported'] as const;
const NAMES: Readonly<Record<Carrier, string>> = { '4': 'IPv4', '6': 'IPv6', '4in6': '4in6' };

/** A table: a line for each theme, four columns for each version of IP. */
export function scoreTable(outcomes: readonly JsonOutcome[], carriers: readonly Carrier[]): string {
  const themes = [...new Set(outcomes.map(({ file }) => themeOf(file)))].sort();
  const lines = themes.map((theme) => {
    const mine = outcomes.filter(({ file }) => themeOf(file) === theme);
    return [theme, ...carriers.flatMap((carrier) => cells(rowOf(mine, carrier)))];
  });
  const total = ['all', ...carriers.flatMap((carrier) => cells(rowOf(outcomes, carrier)))];
  const head = [
    'theme',
    ...carriers.flatMap((one) => HEADS.map((name) => `${NAMES[one]} ${name}`)),
  ];
  const table = [head, ...lines, total];
  const widths = head.map((_, i) => Math.max(...table.map((line) => (line[i] ?? '').length)));
  const text = table.map((line) =>
    line
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  '),
  );
  return `${text.join('\n')}\n`;
}

function rowOf(outcomes: readonly JsonOutcome[], carrier: Carrier): Row {
  const row: Row = { passed: 0, strict: 0, failed: 0, unsupported: 0 };
  for (const outcome of outcomes) {
    if (outcome.carrier !== carrier || outcome.status === 'other-family') continue;
    row[outcome.status === 'unreadable' ? 'unsupported' : outcome.status]++;
    if (outcome.strict) row.strict++;
  }
  return row;
}

const cells = ({ passed, strict, failed, unsupported }: Row): string[] =>
  [passed, strict, failed, unsupported].map(String);
