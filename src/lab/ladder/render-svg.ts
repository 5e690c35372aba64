/**
 * A result as a ladder diagram: two life lines, states beside them, segments between. It stands
 * alone, follows the reader's light or dark scheme and reads its rows out to who cannot see it.
 */
import { arrowHeads, px, styleOf, textAt, xml } from './svg-markup.ts';
import { stepText, verdictOf, whereText } from './render-text.ts';
import type { LadderResult, RowResult, RowTexts } from './result.ts';
import {
  CHARACTER,
  EXPECTED,
  LINE,
  MARGIN,
  layoutOf,
  type Layout,
  type Path,
  type PlacedRow,
} from './svg-layout.ts';
import { durationText } from './value.ts';

export interface SvgOptions {
  /** Of the root element, and so of its styles: unique in a page. Derived from the name if absent. */
  readonly id?: string;
}

export function renderSvg(result: LadderResult, options: SvgOptions = {}): string {
  const id = slug(options.id ?? `ladder-${result.name}-${result.family}-${result.variant}`);
  const measured = layoutOf(result, 0);
  const columns = Math.max(40, Math.floor((measured.width - 2 * MARGIN) / CHARACTER));
  const heading = headingOf(result, columns);
  const layout = layoutOf(result, MARGIN + (heading.length + 2) * LINE);
  const footing = footingOf(result, columns);
  const height = Math.ceil(layout.height + (footing.length + 1) * LINE + MARGIN);
  const { width } = layout;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" id="${id}" class="estab-ladder" role="img"` +
      ` aria-labelledby="${id}-title ${id}-desc" viewBox="0 0 ${width} ${height}"` +
      ` width="${width}" height="${height}">`,
    `<title id="${id}-title">${xml(titleOf(result))}</title>`,
    `<desc id="${id}-desc">${xml(description(result))}</desc>`,
    `<style>${styleOf(id)}</style>`,
    arrowHeads(id),
    `<rect class="page" width="${width}" height="${height}"/>`,
    ...textLines(heading, MARGIN + LINE),
    ...lifeLines(result, layout),
    ...layout.paths.map((path) => pathMarkup(path, id)),
    ...layout.paths.map(pathLabel),
    ...layout.rows.map((placed) => rowMarkup(placed, layout)),
    ...textLines(footing, layout.height + 2 * LINE),
    '</svg>',
    '',
  ].join('\n');
}

const titleOf = ({ title, name }: LadderResult): string => (title === '' ? name : title);

/** Letters, digits and hyphens: safe in an attribute and in a selector. */
const slug = (text: string): string =>
  `l-${text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`
    .replace(/^l-ladder/, 'ladder')
    .replace(/-$/, '');

interface TextLine {
  readonly text: string;
  readonly style: string; // class names
}

function headingOf(result: LadderResult, columns: number): TextLine[] {
  const { cite, notes } = result;
  const lines = styled(titleOf(result), 'title', columns);
  if (cite !== undefined) lines.push(...styled(cite, 'quiet', columns));
  return [...lines, ...notes.flatMap((note) => styled(note, 'quiet', columns))];
}

function footingOf(result: LadderResult, columns: number): TextLine[] {
  const differences = result.rows.flatMap((row) =>
    row.differences.flatMap((difference) => {
      const { because, section } = difference;
      const why = [because, section].filter((text) => text !== undefined);
      return [
        ...styled(`${stepText(row)}, ${whereText(difference)}`, 'bad', columns),
        ...why.flatMap((text) => styled(text, 'quiet', columns)),
      ];
    }),
  );
  return [...differences, ...styled(verdictOf(result), result.ok ? 'good' : 'bad', columns)];
}

const styled = (text: string, style: string, columns: number): TextLine[] =>
  wrapped(text, columns).map((line) => ({ text: line, style }));

function wrapped(text: string, columns: number): string[] {
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1) ?? '';
    if (line === '') lines.splice(-1, 1, word);
    else if (line.length + 1 + word.length <= columns) lines.splice(-1, 1, `${line} ${word}`);
    else lines.push(word);
  }
  return lines;
}

/** All rows in words. */
function description(result: LadderResult): string {
  const rows = result.rows.map((row) => {
    const expected = row.ok ? '' : ` Expected: ${inWords(row.expected)}.`;
    return `${row.label === undefined ? '' : `${row.label}: `}${inWords(row.actual)}.${expected}`;
  });
  return [...rows, `${verdictOf(result)}.`].join(' ');
}

function inWords({ left, passage, segment, right }: RowTexts): string {
  const parts = left === '' ? [] : [`A ${left}`];
  if (passage !== undefined) {
    const { from, departs, arrives, lost } = passage;
    const fate = lost ? 'is lost' : arrives ? 'arrives' : 'stays in the network';
    const verb = departs && arrives ? '' : departs ? `, ${fate}` : ` from the network ${fate}`;
    parts.push(`${from === 'A' ? 'A to B' : 'B to A'} ${segment}${verb}`);
  }
  if (right !== '') parts.push(`B ${right}`);
  return parts.length === 0 ? 'nothing' : parts.join('; ');
}

function textLines(lines: readonly TextLine[], y: number): string[] {
  return lines.map(({ text, style }, i) => textAt(MARGIN, y + i * LINE, text, style));
}

function lifeLines({ scripted }: LadderResult, { a, b, top, height }: Layout): string[] {
  const note = (side: string): string => (scripted === side ? ' (scripted)' : '');
  return [
    ...[a, b].map(
      (x) => `<line class="life" x1="${px(x)}" y1="${top}" x2="${px(x)}" y2="${px(height)}"/>`,
    ),
    textAt(a, top - 6, `TCP Peer A${note('A')}`, 'head middle'),
    textAt(b, top - 6, `TCP Peer B${note('B')}`, 'head middle'),
  ];
}

function pathMarkup({ x1, y1, x2, y2, end, old, ok }: Path, id: string): string {
  const color = ok ? '' : ' wrong';
  const style = `path${end === 'held' || old ? ' broken' : ''}${color}`;
  const marker = end === 'arrives' ? ` marker-end="url(#${id}-${ok ? 'arrow' : 'wrong'})"` : '';
  const line = `<line class="${style}" x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}"${marker}/>`;
  if (end !== 'lost') return line;
  const [x, y, r] = [x2, y2, 6];
  return (
    line +
    `<path class="path${color}" d="M${px(x - r)} ${px(y - r)}l${2 * r} ${2 * r}` +
    `M${px(x - r)} ${px(y + r)}l${2 * r} ${-2 * r}"/>`
  );
}

const pathLabel = ({ label, labelX, labelY, anchor, labelOk }: Path): string =>
  textAt(labelX, labelY, label, `segment ${anchor}${labelOk ? '' : ' bad'}`);

function rowMarkup({ row, y, arrival }: PlacedRow, layout: Layout): string {
  const { actual, expected, label, time, ok } = row;
  const from = actual.passage?.from;
  const across = actual.passage?.arrives === true;
  const middle = (layout.a + layout.b) / 2;
  const under = arrival + LINE;
  return [
    textAt(
      MARGIN,
      y + 4,
      label === undefined ? (ok ? '' : '!') : `${label}.`,
      ok ? 'quiet' : 'bad',
    ),
    time === 0 ? '' : textAt(MARGIN, y + 4 + LINE * 0.8, `@${durationText(time)}`, 'quiet small'),
    ...cellMarkup(
      layout.leftText,
      from === 'B' && across ? arrival : y,
      actual.left,
      expected.left,
      row,
      'end',
    ),
    ...cellMarkup(
      layout.rightText,
      from === 'A' && across ? arrival : y,
      actual.right,
      expected.right,
      row,
      'start',
    ),
    arrivalTime(
      row,
      from === 'A' ? layout.rightText : layout.leftText,
      from === 'A' ? 'start' : 'end',
      arrival,
    ),
    ok || expected.segment === actual.segment
      ? ''
      : textAt(
          middle,
          under,
          `${EXPECTED}${expected.segment === '' ? 'no segment' : expected.segment}`,
          'wanted middle segment',
        ),
  ].join('');
}

function arrivalTime({ arrival, time }: RowResult, x: number, anchor: string, y: number): string {
  if (arrival === undefined || arrival === time) return '';
  return textAt(x, y + 4 + LINE * 0.8, `@${durationText(arrival)}`, `quiet small ${anchor}`);
}

/** What a side really was; beneath it, if that is another, what it should have been. */
function cellMarkup(
  x: number,
  y: number,
  actual: string,
  expected: string,
  { ok }: RowResult,
  anchor: 'start' | 'end',
): string[] {
  const differs = !ok && actual !== expected;
  const wanted = differs ? `${EXPECTED}${expected === '' ? 'nothing' : expected}` : '';
  return [
    textAt(x, y + 4, actual, `${anchor}${differs ? ' bad' : ''}`),
    textAt(x, y + 4 + LINE, wanted, `wanted ${anchor}`),
  ];
}
