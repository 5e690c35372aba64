/** Results on their way out: one format, to the standard output or a file for each ladder. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonLadder } from '../../lab/ladder/render-json.ts';
import { renderMarkdown } from '../../lab/ladder/render-markdown.ts';
import { renderSvg } from '../../lab/ladder/render-svg.ts';
import { renderText } from '../../lab/ladder/render-text.ts';
import type { LadderResult, RowResult } from '../../lab/ladder/result.ts';
import { fileFailure } from '../failure.ts';

export const FORMATS = ['text', 'markdown', 'svg', 'json'] as const;
export type Format = (typeof FORMATS)[number];

export const formatNamed = (text: string): Format | undefined =>
  FORMATS.find((format) => format === text);

const ENDINGS: Readonly<Record<Format, string>> = {
  text: 'txt',
  markdown: 'md',
  svg: 'svg',
  json: 'json',
};

/** One result as text; with its steps told apart when it comes from a table. */
export function renderOne(
  result: LadderResult,
  format: Exclude<Format, 'json'>,
  look: { readonly color: boolean; readonly table: boolean },
): string {
  switch (format) {
    case 'text': {
      const steps = look.table ? `# ${stepsOf(result)}\n` : '';
      return `${renderText(result, { color: look.color })}${steps}`;
    }
    case 'markdown':
      return renderMarkdown(result);
    case 'svg':
      return renderSvg(result);
  }
}

/** `steps 1 to 3 and 7 agree; steps 4 to 6 differ`. */
export function stepsOf({ rows }: LadderResult): string {
  const parts = [
    sentence(
      rows.filter((row) => row.ok),
      'agrees',
      'agree',
    ),
    sentence(
      rows.filter((row) => !row.ok),
      'differs',
      'differ',
    ),
  ];
  return parts.filter((part) => part !== '').join('; ');
}

function sentence(rows: readonly RowResult[], one: string, many: string): string {
  const numbers = rows.flatMap(({ label }) => (label === undefined ? [] : [label]));
  if (numbers.length === 0) return '';
  if (numbers.length === 1) return `step ${numbers.join()} ${one}`;
  const ranges = rangesOf(numbers);
  const last = ranges.pop() ?? '';
  const list = ranges.length === 0 ? last : `${ranges.join(', ')} and ${last}`;
  return `steps ${list} ${many}`;
}

/** `1 2 3 5` as `1 to 3`, `5`. */
function rangesOf(labels: readonly string[]): string[] {
  const runs: string[][] = [];
  for (const label of labels) {
    const run = runs.at(-1);
    if (run !== undefined && Number(label) === Number(run.at(-1)) + 1) run.push(label);
    else runs.push([label]);
  }
  return runs.flatMap((run) => (run.length < 3 ? run : [`${run[0]} to ${run.at(-1)}`]));
}

/** Writes `DIR/rfc9293-figure-06.svg` for each result; answers the paths. */
export function writeFiles(
  directory: string,
  results: readonly LadderResult[],
  format: Format,
  isTable: (result: LadderResult) => boolean,
): string[] {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw fileFailure('make the folder', directory, error);
  }
  const taken = new Set<string>();
  return results.map((result) => {
    const path = join(directory, `${unused(fileName(result), taken)}.${ENDINGS[format]}`);
    const text =
      format === 'json'
        ? `${JSON.stringify(jsonLadder(result), null, 2)}\n`
        : renderOne(result, format, { color: false, table: isTable(result) });
    try {
      writeFileSync(path, text);
    } catch (error) {
      throw fileFailure('write', path, error);
    }
    return path;
  });
}

const fileName = ({ name }: LadderResult): string => {
  const slug = name.toLowerCase().replaceAll(/[^a-z0-9.]+/g, '-');
  return slug.replaceAll(/^[-.]+|[-.]+$/g, '') || 'ladder';
};

function unused(name: string, taken: Set<string>): string {
  let free = name;
  for (let n = 2; taken.has(free); n++) free = `${name}-${n}`;
  taken.add(free);
  return free;
}
