import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { EVENT_NAMES, ICMP_TYPES, STATUS_NAMES } from '../../src/lab/ladder/ast.ts';
import { parseLadder } from '../../src/lab/ladder/parse.ts';
import { FIELD_NAMES } from '../../src/lab/ladder/parse-segment.ts';
import { formatErrors } from '../../src/lab/ladder/source.ts';
import { RFC } from '../../src/tcp/profiles.ts';
import { complaint, play, variantsOf } from './all-ladders.ts';

const PAGE = 'docs/ladders.md';
const page = readFileSync(PAGE, 'utf8');

const blocks = [...page.matchAll(/^```ladder\n([\s\S]*?)^```$/gm)].map(({ 1: text = '', index }) => ({
  text,
  name: /^title: (.*)$/m.exec(text)?.[1] ?? `at ${index}`,
}));

describe(PAGE, () => {
  test('has ladders', () => {
    expect(blocks.length).toBeGreaterThan(5);
  });

  test.each(blocks)('$name', ({ text }) => {
    const parsed = parseLadder(text, PAGE);
    if (!parsed.ok) throw new Error(formatErrors(parsed.errors));
    for (const variant of variantsOf(parsed.ladder)) {
      expect(complaint(play(parsed.ladder, variant)), variant.variant ?? 'plain').toBe('');
    }
  });

  test.each([
    ['field of a segment', FIELD_NAMES],
    ['event', EVENT_NAMES],
    ['number of STATUS', STATUS_NAMES],
    ['ICMP error', ICMP_TYPES],
    ['setting', Object.keys(RFC)],
    ['header line', 'title cite note requirements iss let use peer option network family shift'.split(' ').map((key) => `${key}:`)],
    ['call', 'open listen send receive close abort status reboot crash release nodelay keepalive icmp advance after silence expect'.split(' ').map((call) => `(${call}`)],
  ])('names every %s', (_, words) => {
    const code = [...page.matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text).join(' ');
    expect(words.filter((word) => !code.includes(word))).toEqual([]);
  });
});
