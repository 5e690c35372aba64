/** The tables of docs/sockets.md have every option, with the values that it really has. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { wrongOption } from '../../src/socket/socket-options.ts';
import { PROFILES } from '../../src/tcp/profiles.ts';
import { printedRange, printedValue } from './knobs.ts';

/** Cells of the rows whose first one is a name in backquotes, of the table after `heading`. */
function tableUnder(heading: string): Map<string, readonly string[]> {
  const page = readFileSync('docs/sockets.md', 'utf8');
  const [, after = ''] = page.split(`\n### ${heading}\n`);
  const [section = ''] = after.split('\n#');
  const rows = section.split('\n').flatMap((line) => {
    const [, name = '', ...cells] = line.split('|').map((cell) => cell.trim());
    const [, word] = /^`(\w+)`$/.exec(name) ?? [];
    return word === undefined || cells[0] === 'default' || cells[0]?.startsWith('unit')
      ? []
      : [[word, cells] as const];
  });
  return new Map(rows);
}

const { linux, freebsd, rfc } = PROFILES;

describe('the table of `tcp` in docs/sockets.md', () => {
  const table = tableUnder('`tcp`');

  test('has each setting, and no other', () => {
    expect([...table.keys()].toSorted()).toEqual(Object.keys(rfc).toSorted());
  });

  test.each(Object.keys(rfc))('%s: defaults of the profiles, and range', (name) => {
    const valueIn = (profile: object): unknown =>
      Object.entries(profile).find(([k]) => k === name)?.[1];
    const [usual, bsds, plain, range] = table.get(name) ?? [];
    expect([usual, bsds, plain, range]).toEqual([
      printedValue(name, valueIn(linux)),
      printedValue(name, valueIn(freebsd)),
      printedValue(name, valueIn(rfc)),
      printedRange(name, valueIn(linux)),
    ]);
  });

  test.each([...table])('%s says what it is, and on whose authority', (name, cells) => {
    expect(cells[4]).toMatch(/\w{3}/);
    if (name !== 'profile') expect(cells[5]).toMatch(/RFC \d{4}|Linux|TCP_/);
  });
});

test('the table of set() has each option that can be set, and no other', () => {
  const none: object = { none: 0 };
  const [, names = ''] = /; there are (.*)$/.exec(wrongOption(none) ?? '') ?? [];
  expect([...tableUnder('On a living connection').keys()]).toEqual(names.split(', '));
});
