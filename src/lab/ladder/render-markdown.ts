/**
 * A result as Markdown: a table of the form `markdown.ts` reads, of what really happened, and a
 * list of what differs. Steps that differ are in bold.
 */
import type { Passage } from './ast.ts';
import { stepText, verdictOf, whereText } from './render-text.ts';
import type { LadderResult, RowResult } from './result.ts';
import { withoutControls } from './visible.ts';

export function renderMarkdown(result: LadderResult): string {
  const { title, name, cite, notes, rows, ok } = result;
  const blocks = [`### ${inline(title === '' ? name : title)}`];
  if (cite !== undefined) blocks.push(inline(cite));
  if (notes.length > 0) blocks.push(notes.map((note) => `- ${inline(note)}`).join('\n'));
  blocks.push([...HEAD, ...rows.map(tableRow)].join('\n'));
  blocks.push(`${inline(verdictOf(result))}.`);
  const items = rows.flatMap(listItems);
  if (!ok || items.length > 0) blocks.push(items.join('\n'));
  return `${withoutControls(blocks.filter((block) => block !== '').join('\n\n'))}\n`;
}

const HEAD = [
  '| Step | TCP A status | Direction | Data | TCP B status |',
  '| :---: | :---: | :---: | :---: | :---: |',
];

function tableRow({ label, ok, actual }: RowResult): string {
  const { left, passage, segment, right } = actual;
  const [near, far] = dotsOf(passage);
  const cells = [
    ok ? (label ?? '') : `**${label ?? '!'}**`,
    cell(near, left),
    passage === undefined ? '' : directionOf(passage),
    segment === '' ? '' : `\`${segment.replaceAll('|', '\\|')}\``,
    cell(far, right),
  ];
  return `|${cells.map((text) => (text === '' ? ' ' : ` ${text} `)).join('|')}|`;
}

/** `....` at A and at B: where the segment came from the network or stays in it. */
function dotsOf(passage: Passage | undefined): readonly [string, string] {
  if (passage === undefined) return ['', ''];
  const { from, departs, arrives, lost } = passage;
  const sender = departs ? '' : '....';
  const receiver = arrives || lost ? '' : '....';
  return from === 'A' ? [sender, receiver] : [receiver, sender];
}

const directionOf = ({ from, lost }: Passage): string =>
  from === 'A' ? (lost ? '--X' : '--->') : lost ? 'X--' : '<---';

const cell = (dots: string, status: string): string =>
  [dots, inline(status)].filter((text) => text !== '').join(' ');

function listItems(row: RowResult): string[] {
  const step = stepText(row);
  return [
    ...row.differences.map((difference) => {
      const why = [difference.because, difference.section].filter((text) => text !== undefined);
      return `- ${[`${step}, ${whereText(difference)}.`, ...why].map(inline).join(' ')}`;
    }),
    ...row.notes.map((note) => `- ${step}: ${inline(note)}`),
  ];
}

/** Text that Markdown leaves as it is. */
const inline = (text: string): string =>
  text.replaceAll(/[\r\n]+/g, ' ').replaceAll(/[\\`*_[\]<>|&#~]/g, '\\$&');
