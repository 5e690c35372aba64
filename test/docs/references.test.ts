import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { filesUnder } from '../../tools/source-files.ts';

const DECISIONS = 'docs/adr';
const read = (path: string): string => readFileSync(path, 'utf8');

const decisions = readdirSync(DECISIONS)
  .filter((name) => /^\d{4}-/.test(name))
  .sort();
const code = ['src', 'test', 'tools', 'ladders'].flatMap((directory) =>
  filesUnder(directory, ['.ts', '.md', '.ladder']),
);
const pages = [
  ...readdirSync('.').filter((name) => name.endsWith('.md')),
  ...filesUnder('docs', ['.md']),
  ...filesUnder('src', ['.md']),
];

/** All that `pattern` finds in `paths`, with where; the first group is what is looked for. */
function mentions(paths: readonly string[], pattern: RegExp): { path: string; what: string }[] {
  return paths.flatMap((path) =>
    [...read(path).matchAll(pattern)].map((match) => ({ path, what: match[1]! })),
  );
}

/** The anchors a page offers, made of its headings as GitHub makes them. */
function anchorsOf(path: string): string[] {
  const prose = withoutCode(read(path));
  return [...prose.matchAll(/^#+ (.+)$/gm)].map((match) =>
    match[1]!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

const withoutCode = (text: string): string => text.replaceAll(/^```[\s\S]*?^```$/gm, '');

describe('what the code refers to is written down', () => {
  test('decisions are numbered without a gap and have the five parts', () => {
    expect(decisions.map((name) => Number(name.slice(0, 4)))).toEqual(
      decisions.map((_, i) => i + 1),
    );
    for (const name of decisions) {
      const text = read(join(DECISIONS, name));
      expect(text, name).toMatch(new RegExp(`^# ${name.slice(0, 4)}: .+\n\nStatus: `));
      for (const part of ['Context', 'Decision', 'Consequences']) {
        expect(text, name).toContain(`\n## ${part}\n`);
      }
    }
  });

  test('the list of decisions has each of them', () => {
    const list = read(join(DECISIONS, 'README.md'));
    expect(decisions.filter((name) => !list.includes(`(${name})`))).toEqual([]);
  });

  test('every ADR that is mentioned exists', () => {
    const numbers = decisions.map((name) => name.slice(0, 4));
    const unknown = mentions([...code, ...pages], /\b(?:ADR-|docs\/adr\/)(\d{4})/g).filter(
      ({ what }) => !numbers.includes(what),
    );
    expect(unknown).toEqual([]);
  });

  test('every page of docs/ that the code names exists', () => {
    const named = mentions(code, /\b(docs\/[a-z0-9-]+\.(?:md|svg))\b/g);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter(({ what }) => !existsSync(what))).toEqual([]);
  });

  test('every deviation that is marked is listed in docs/conformance.md', () => {
    const conformance = read('docs/conformance.md');
    const marked = mentions(filesUnder('src', ['.ts']), /DEVIATION\(([a-z0-9-]+)\)/g);
    expect(marked.length).toBeGreaterThan(0);
    const unlisted = marked.filter(({ what }) => !conformance.includes(`DEVIATION(${what})`));
    expect(unlisted).toEqual([]);
  });

  test('every link of every page leads somewhere', () => {
    const broken = pages.flatMap((page) => {
      const links = [
        ...withoutCode(read(page)).matchAll(/\]\(([^()\s]+)\)|\b(?:src|href)="([^"]+)"/g),
      ];
      return links
        .map((match) => match[1] ?? match[2] ?? '')
        .filter((link) => !/^[a-z]+:/.test(link))
        .filter((link) => {
          const [file = '', anchor] = link.split('#');
          const target = file === '' ? page : join(dirname(page), file);
          if (!existsSync(target)) return true;
          return anchor !== undefined && !anchorsOf(target).includes(anchor);
        })
        .map((link) => `${page}: ${link}`);
    });
    expect(broken).toEqual([]);
  });

  test('every page of docs/ can be reached from README.md or ARCHITECTURE.md', () => {
    const reached = new Set<string>(['README.md', 'README.zh-CN.md']);
    for (const page of reached) {
      for (const match of read(page).matchAll(/\]\(([^()\s#]+\.md)(?:#[^()\s]*)?\)/g)) {
        const target = join(dirname(page), match[1]!);
        if (!/^[a-z]+:/.test(match[1]!) && existsSync(target)) reached.add(target);
      }
    }
    expect(filesUnder('docs', ['.md']).filter((page) => !reached.has(page))).toEqual([]);
  });
});
