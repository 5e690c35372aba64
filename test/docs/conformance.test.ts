import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { evidence, withEvidence } from '../../tools/conformance.ts';

const page = readFileSync('docs/conformance.md', 'utf8');
const labels = readFileSync('test/data/rfc9293-labels.tsv', 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split('\t')[0]!);

interface Row {
  readonly label: string;
  readonly met: string;
  readonly where: string;
}

const rows: readonly Row[] = [
  ...page.matchAll(
    /^\| ((?:MUST|SHLD|MAY|REC)-\d+) +\| .*? \| (yes|partly|no) +\| ?(.*?) *\|[^|]*\|$/gm,
  ),
].map(([, label = '', met = '', where = '']) => ({ label, met, where }));

/** `RFC 5961 §3`, in the table of other RFCs. */
const sections: readonly (Row & { readonly shown: string })[] = [
  ...page.matchAll(/^\| (RFC \d+ §[\d.]+) +\| .*? \| (yes|partly|no) +\| ?(.*?) *\|([^|]*)\|$/gm),
].map(([, label = '', met = '', where = '', shown = '']) => ({ label, met, where, shown }));

const KINDS = ['MUST', 'SHLD', 'MAY', 'REC'] as const;
const count = (kind: string, met: string): number =>
  rows.filter((row) => row.label.startsWith(`${kind}-`) && row.met === met).length;

describe('docs/conformance.md', () => {
  test('has each of the labels of RFC 9293 once', () => {
    expect(rows.map(({ label }) => label).sort()).toEqual([...labels].sort());
  });

  test('says of each whether it is met, and of what is met, where', () => {
    for (const { label, met, where } of rows) {
      expect(['yes', 'partly', 'no'], label).toContain(met);
      if (met !== 'no') expect(where, label).not.toBe('');
      if (met !== 'yes' && /^(MUST|SHLD)/.test(label))
        expect(page.split(label).length, label).toBeGreaterThan(2);
    }
    const files = [...page.matchAll(/`(src\/[\w/.-]+)`/g)].map((match) => match[1]!);
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
  });

  test('has a test for each MUST but those that are not met, and those have a reason', () => {
    const shown = evidence();
    const musts = rows.filter(({ label }) => label.startsWith('MUST-'));
    const tested = musts.filter(({ label }) => shown.has(label));
    const others = musts.filter(({ label }) => !shown.has(label));
    expect(tested.length).toBe(66);
    expect(others.filter(({ met, where }) => met !== 'no' || !where.includes('ADR'))).toEqual([]);
  });

  test('has a test for each SHOULD, or says why not', () => {
    const shown = evidence();
    const silent = rows.filter(({ label, where }) => {
      return /^SHLD-/.test(label) && !shown.has(label) && !/; |ADR|said to/.test(where);
    });
    expect(silent).toEqual([]);
  });

  test('has a test for each section of other RFCs, and a reason where one is not met in full', () => {
    const shown = evidence();
    expect(sections.length).toBeGreaterThan(80);
    expect(new Set(sections.map(({ label }) => label)).size).toBe(sections.length);
    expect(sections.filter(({ label }) => !shown.has(label))).toEqual([]);
    const silent = sections.filter(({ met, where }) => met !== 'yes' && !where.includes('; '));
    expect(silent).toEqual([]);
  });

  test('is filled: npm run docs:conformance', () => {
    const squeezed = (text: string): string => text.replaceAll(/ +/g, ' ');
    expect(squeezed(withEvidence(page))).toBe(squeezed(page));
  });

  test('links what shows a requirement to files that name it', () => {
    const wrong = page.split('\n').flatMap((line) => {
      const label = /^\| ([A-Z]+-\d+) /.exec(line)?.[1];
      if (label === undefined) return [];
      const shown = [...(line.split('|').at(-2) ?? '').matchAll(/\]\(\.\.\/([^)]+)\)/g)];
      return shown
        .map((match) => match[1]!)
        .filter((path) => !existsSync(path) || !readFileSync(path, 'utf8').includes(label))
        .map((path) => `${label}: ${path}`);
    });
    expect(wrong).toEqual([]);
  });

  test('counts right', () => {
    const totals = [
      ...page.matchAll(/^\| [A-Z][A-Za-z ]+ \| (\d+) +\| (\d+) +\| (\d+) +\| (\d+) +\|$/gm),
    ].map((match) => match.slice(1).map(Number));
    expect(totals).toEqual(
      KINDS.map((kind) => {
        const [yes, partly, no] = ['yes', 'partly', 'no'].map((met) => count(kind, met));
        return [yes! + partly! + no!, yes, partly, no];
      }),
    );
  });

  test.for(['README.md', 'README.zh-CN.md'])('%s has the same numbers', (readme) => {
    const numbers = [...readFileSync(readme, 'utf8').matchAll(/[^\n]*\b119\b[\s\S]*?conformance/g)]
      .flatMap(([text]) => [...text.replaceAll(/\([^)]*\)|RFC \d+/g, '').matchAll(/\d+/g)])
      .map(([n]) => Number(n))
      .sort((x, y) => x - y);
    const expected = [
      119,
      ...['MUST', 'SHLD'].flatMap((kind) => [
        labels.filter((label) => label.startsWith(kind)).length,
        count(kind, 'yes'),
        count(kind, 'partly'),
      ]),
      count('MUST', 'no'),
    ].sort((x, y) => x - y);
    expect(numbers).toEqual(expected);
  });
});
