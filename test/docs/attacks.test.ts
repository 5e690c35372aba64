/** SECURITY.md: each of the 32 attacks has a row, and tests whose titles carry its number. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const NUMBERS = Array.from({ length: 32 }, (_, i) => `S${i + 1}`);

interface Row {
  readonly number: string;
  readonly cells: readonly string[];
  readonly files: readonly string[];
}

const rows: readonly Row[] = [
  ...readFileSync('SECURITY.md', 'utf8').matchAll(/^\| (S\d+) +\|(.*)\|$/gm),
].map(([, number = '', rest = '']) => {
  const cells = rest.split('|').map((cell) => cell.trim());
  const files = [...(cells[3] ?? '').matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1]!);
  return { number, cells, files };
});

/** Does a title of this test carry the number? A ladder shows it by what it plays. */
function shows(file: string, number: string): boolean {
  if (!existsSync(file)) return false;
  if (file.endsWith('.ladder')) return true;
  const titles = readFileSync(file, 'utf8').matchAll(/^(?!\s*(?:\/?\*|\/\/))[^\n]*['`][^\n]*$/gm);
  return [...titles].some(([line]) => new RegExp(`\\b${number}\\b`).test(line));
}

test('SECURITY.md has each of the 32 attacks once, in order, with what comes of it and its cost', () => {
  expect(rows.map(({ number }) => number)).toEqual(NUMBERS);
  const empty = rows.filter(({ cells }) => cells.length !== 4 || cells.includes(''));
  expect(empty).toEqual([]);
});

test('each is shown by a test whose title carries its number', () => {
  const wrong = rows.flatMap(({ number, files }) =>
    files.filter((file) => !shows(file, number)).map((file) => `${number}: ${file}`),
  );
  expect(wrong).toEqual([]);
  const none = rows.filter(({ files }) => !files.some((file) => file.endsWith('.test.ts')));
  expect(none.map(({ number }) => number)).toEqual([]);
});
