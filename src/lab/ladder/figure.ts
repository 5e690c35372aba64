/** The columns of a figure, as RFC 9293 §3.5 lays them out: for `print.ts` and `render-text.ts`. */
import type { Passage } from './ast.ts';

export interface FigureRow {
  readonly label: string; //   '2.'
  readonly time: string; //    '@1s'
  readonly left: string;
  readonly lead: string; //    the arrow before the segment
  readonly segment: string;
  readonly trail: string; //   the arrow behind it
  readonly right: string;
  readonly comment: string; // without '#'
}

/** The arrows before and behind a segment; a scripted peer has none on its side. */
export function arrows(
  { from, departs, arrives, lost }: Passage,
  scripted: boolean,
): readonly [string, string] {
  const [arrow, gone] = from === 'A' ? ['-->', '--X'] : ['<--', 'X--'];
  if (scripted) return [lost ? gone : arrow, ''];
  const near = departs ? arrow : '...'; // at the side that sends
  const far = arrives ? arrow : !lost ? '...' : departs ? 'X' : gone;
  return from === 'A' ? [near, far] : [far, near];
}

const BETWEEN_CELLS = 3; // spaces: fewer would join the cells of a row that has no arrow

/** The head line and the rows, in columns. A scripted peer has no right column. */
export function aligned(rows: readonly FigureRow[], scripted: boolean): string[] {
  const label = width(rows, (row) => row.label);
  const time = width(rows, (row) => row.time);
  const left = Math.max(
    HEAD_A.length,
    width(rows, (row) => row.left),
  );
  const lead = width(rows, (row) => row.lead);
  const segment = width(rows, (row) => row.segment);
  const trail = width(rows, (row) => row.trail);
  const front = (row: FigureRow): string => {
    const head = [row.label.padStart(label), row.time.padEnd(time)].filter((s) => s !== '');
    return `${head.map((s) => `${s}  `).join('')}${row.left.padEnd(left)}`;
  };
  const middle = (row: FigureRow): string => {
    if (lead + segment + trail === 0) return ' '.repeat(BETWEEN_CELLS);
    const parts = [row.lead.padEnd(lead), row.segment.padEnd(segment), row.trail.padEnd(trail)];
    return `  ${parts.join(' ')}${scripted ? '' : ' '}`;
  };
  const body = rows.map((row) => `${front(row)}${middle(row)}${row.right}`.trimEnd());
  const comments = Math.max(0, ...rows.map((row, i) => (row.comment ? (body[i] ?? '').length : 0)));
  const head = `${front({ ...NOTHING, left: HEAD_A })}${middle(NOTHING)}TCP Peer B`;
  return [
    `${head}${scripted ? ' (scripted)' : ''}`,
    '',
    ...rows.map((row, i) => withComment(body[i] ?? '', comments, row.comment)),
  ];
}

export const HEAD_A = 'TCP Peer A';

export const NOTHING: FigureRow = {
  label: '',
  time: '',
  left: '',
  lead: '',
  segment: '',
  trail: '',
  right: '',
  comment: '',
};

const width = (rows: readonly FigureRow[], text: (row: FigureRow) => string): number =>
  rows.reduce((most, row) => Math.max(most, text(row).length), 0);

const withComment = (body: string, column: number, comment: string): string =>
  comment === '' ? body : `${body.padEnd(column)}  # ${comment}`;
