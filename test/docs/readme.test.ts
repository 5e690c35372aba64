import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { blocksOf, run } from '../../tools/docs-blocks.ts';

const read = (path: string): string => readFileSync(path, 'utf8');
const code = (page: string): string[] =>
  blocksOf(page).map((block) => `${block.language} ${block.words}\n${block.code}`);

describe('README.md', () => {
  test('has the same code as README.zh-CN.md', () => {
    expect(code('README.zh-CN.md')).toEqual(code('README.md'));
  });

  test('and its translation name each other first', () => {
    expect(read('README.md').split('\n')[2]).toContain('(README.zh-CN.md)');
    expect(read('README.zh-CN.md').split('\n')[2]).toContain('(README.md)');
  });

  test('shows Figure 6 as `estab ladder --format svg` draws it', { timeout: 60_000 }, async () => {
    const figure = 'ladders/rfc9293/figure-06-basic-handshake.ladder';
    const { output } = await run('src/cli/main.ts', ['ladder', '--format', 'svg', figure]);
    expect(read('docs/figure-06.svg')).toBe(output);
  });
});

describe('ARCHITECTURE.md', () => {
  test('says how long the ten files are, to the nearest ten lines or nearly', () => {
    const rows = [...read('ARCHITECTURE.md').matchAll(/\]\((src\/[\w/.-]+)\) +\| (\d+) +\|/g)];
    expect(rows).toHaveLength(10);
    const wrong = rows
      .map(([, file = '', said]) => ({
        file,
        said: Number(said),
        lines: read(file).trimEnd().split('\n').length,
      }))
      .filter(({ said, lines }) => said % 10 !== 0 || Math.abs(said - lines) > 15);
    expect(wrong).toEqual([]);
  });
});
