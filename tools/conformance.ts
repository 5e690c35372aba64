/**
 * Fills the columns "shown by" of docs/conformance.md: for each requirement of RFC 9293 the ladders
 * whose `requirements:` name it and the tests that have it in a title; for each section of other RFCs
 * the ladders that cite it and the tests whose titles name it. The other columns are written by
 * hand. `npm run docs:conformance` writes the page.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { filesUnder } from './source-files.ts';

export const PAGE = 'docs/conformance.md';

/** Tests whose labels are examples: of the ladder language, of the command, of these pages. */
const EXAMPLES = /^test\/(?:cli|docs|ladders)\/|^test\/lab\/ladder-/;
const MOST = 3; // in a row of the table; the others are counted

const LABEL = /\b(?:MUST|SHLD|MAY|REC)-\d+\b/g;

const OF_ONE_RFC = /RFC (\d+)((?:(?!RFC )[^\n])*)/g;

/** The labels in a text, and the sections of RFCs as `RFC 5961 §3`: all up to the next RFC are its. */
function* namedIn(text: string): Generator<string> {
  for (const [label] of text.matchAll(LABEL)) yield label;
  for (const [, rfc, rest = ''] of text.matchAll(OF_ONE_RFC)) {
    for (const [, section = ''] of rest.matchAll(/§(\d+(?:\.\d+)*)/g)) yield* around(rfc!, section);
  }
}

/** A section is part of those around it. */
function* around(rfc: string, section: string): Generator<string> {
  const parts = section.split('.');
  for (let n = parts.length; n > 0; n--) yield `RFC ${rfc} §${parts.slice(0, n).join('.')}`;
}

/** Label or section to files, ladders before tests. */
export function evidence(): Map<string, string[]> {
  const shown = new Map<string, string[]>();
  const note = (text: string, path: string): void => {
    for (const name of namedIn(text)) {
      const paths = shown.get(name) ?? [];
      if (!paths.includes(path)) shown.set(name, [...paths, path]);
    }
  };
  const ladders = filesUnder('ladders', ['.ladder']);
  const own = ladders.filter((path) => path.startsWith('ladders/requirements/'));
  for (const path of new Set([...own, ...ladders])) {
    const text = readFileSync(path, 'utf8');
    note([...text.matchAll(/^(?:cite|requirements):.*$/gm)].join('\n'), path);
  }
  for (const path of filesUnder('test', ['.test.ts']).filter((file) => !EXAMPLES.test(file))) {
    // A title, or a row of a table of cases: a string either way, and not a comment.
    for (const [line] of readFileSync(path, 'utf8').matchAll(/^[^/*\n]*['`][^\n]*$/gm))
      note(line, path);
  }
  return shown;
}

const linkTo = (path: string): string =>
  `[${basename(path).replace(/^[a-z]+-\d+-|\.ladder$|\.test\.ts$/g, '')}](${relative('docs', path)})`;

export function cellOf(paths: readonly string[]): string {
  const shown = [...paths].sort(
    (a, b) => Number(a.startsWith('test')) - Number(b.startsWith('test')),
  );
  const more = shown.length - MOST;
  return [...shown.slice(0, MOST).map(linkTo), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

/** The page with its last column filled anew. */
export function withEvidence(page: string): string {
  const shown = evidence();
  return page.replaceAll(
    /^(\| ((?:MUST|SHLD|MAY|REC)-\d+|RFC \d+ §[\d.]+) +\|.*\|)[^|]*\|$/gm,
    (_, front: string, label: string) => `${front} ${cellOf(shown.get(label) ?? [])} |`,
  );
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const { format, resolveConfig } = await import('prettier');
  const options = await resolveConfig(join(PAGE));
  const page = withEvidence(readFileSync(PAGE, 'utf8'));
  writeFileSync(PAGE, await format(page, { ...options, parser: 'markdown' }));
  console.log(`wrote ${PAGE}`);
}
