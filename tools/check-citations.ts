/**
 * Every citation of RFC 9293 leads somewhere: a requirement label (MUST-7) is in the label list, a
 * section (RFC 9293 §3.10.7.4) is in the RFC. A bare § belongs to the RFC named last in the same
 * comment or, if none is, to the one that the file names first.
 */
import { readFileSync } from 'node:fs';
import { filesUnder, report } from './source-files.ts';

const LABELS = 'test/data/rfc9293-labels.tsv';
const READ: readonly (readonly [directory: string, endings: readonly string[]])[] = [
  ['src', ['.ts']],
  ['test', ['.ts', '.md', '.ladder']],
  ['ladders', ['']],
  ['docs', ['.md']],
  ['examples', ['.ts', '.md']],
];

/** The sections of RFC 9293: a parent, and how many children each has. */
const CHILDREN: Readonly<Record<string, number>> = {
  '2': 2,
  '3': 10,
  '3.2': 2,
  '3.3': 2,
  '3.4': 3,
  '3.5': 3,
  '3.6': 1,
  '3.7': 5,
  '3.8': 6,
  '3.8.6': 3,
  '3.8.6.2': 2,
  '3.9': 2,
  '3.9.1': 9,
  '3.9.2': 3,
  '3.10': 8,
  '3.10.7': 4,
  '8': 2,
  A: 4,
  'A.1': 2,
};
const TOP_LEVEL = ['1', '2', '3', '4', '5', '6', '7', '8', 'A', 'B'];

function sectionsOf(parents: readonly string[]): string[] {
  return parents.flatMap((parent) => {
    const children = Array.from({ length: CHILDREN[parent] ?? 0 }, (_, i) => `${parent}.${i + 1}`);
    return [parent, ...sectionsOf(children)];
  });
}

const sections = new Set(sectionsOf(TOP_LEVEL));
const labels = new Set<string>();
for (const line of readFileSync(LABELS, 'utf8').trim().split('\n').slice(1)) {
  const [label = '', , section = ''] = line.split('\t');
  if (!sections.has(section)) throw new Error(`${LABELS}: ${label} is in no section: ${section}`);
  labels.add(label);
}

const DOCUMENT = /\b(?:RFC[ -]?\d+|draft-[\w-]+)/;
const CITATION = new RegExp(
  [
    /\b(?<label>(?:MUST|SHLD|MAY|REC)-\d+)\b/.source,
    `(?<document>${DOCUMENT.source})`,
    /§ ?(?<section>[0-9A-Z][0-9.]*)/.source,
  ].join('|'),
  'g',
);

function check(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  const first = DOCUMENT.exec(text)?.[0];
  const problems: string[] = [];
  let document = first;
  for (const [index, line] of text.split('\n').entries()) {
    if (!/^\s*(\*|\/\/|#|>)/.test(line)) document = first; // not the middle of a comment
    for (const { groups = {} } of line.matchAll(CITATION)) {
      const { label } = groups;
      const section = groups.section?.replace(/\.$/, '');
      document = groups.document ?? document;
      if (label && !labels.has(label)) {
        problems.push(`${path}:${index + 1}: no such requirement: ${label}`);
      }
      if (section && document?.endsWith('9293') && !sections.has(section)) {
        problems.push(`${path}:${index + 1}: no such section: RFC 9293 §${section}`);
      }
    }
  }
  return problems;
}

const files = READ.flatMap(([directory, endings]) => filesUnder(directory, endings));
report('citations', files.flatMap(check), `${files.length} files`);
