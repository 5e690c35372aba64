/** Where everything in a ladder diagram goes: coordinates only, `render-svg.ts` draws. */
import type { Passage, Side } from './ast.ts';
import type { LadderResult, RowResult, RowTexts } from './result.ts';

export const CHARACTER = 7.4; // px, of 12 px monospace with a little room
export const LINE = 16; //        px, from one line of text to the next
export const MARGIN = 20; //      px, around everything
const GUTTER = 14; //             px, from a life line to the text beside it
const PLAIN_ROW = 30; //          px
const SEGMENT_ROW = 42; //        px
const SLOPE = 10; //              px that a segment falls when no time passes
const DELAYED_SLOPE = 26; //      px that it falls when time does

/** What stands before a text that did not come. */
export const EXPECTED = 'expected ';

export interface Layout {
  readonly width: number;
  readonly height: number; // of the rows and what is above them
  readonly a: number; //      x of the life line of A
  readonly b: number;
  readonly top: number; //    y where the life lines start
  readonly leftText: number; //  x where A's states end
  readonly rightText: number; // x where B's states start
  readonly rows: readonly PlacedRow[];
  readonly paths: readonly Path[];
}

export interface PlacedRow {
  readonly row: RowResult;
  readonly y: number; //      of the row, and of the departure of its segment
  readonly arrival: number; // y of the arrival
}

/** The way of one segment, from `x1, y1` to `x2, y2`. */
export interface Path {
  readonly from: Side;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  /** Arrives, is lost, or is still in the network when the ladder ends. */
  readonly end: 'arrives' | 'lost' | 'held';
  readonly old: boolean; // comes out of the network and was never seen to depart
  readonly ok: boolean;
  readonly label: string;
  readonly labelOk: boolean;
  readonly anchor: 'start' | 'middle' | 'end';
  readonly labelX: number;
  readonly labelY: number;
}

/** `top` is the y below which the figure starts. */
export function layoutOf(result: LadderResult, top: number): Layout {
  const { rows } = result;
  const widest = (text: (t: RowTexts) => string, least: number): number =>
    rows.reduce((most, { ok, actual, expected }) => {
      const wanted = ok ? 0 : EXPECTED.length + text(expected).length;
      return Math.max(most, text(actual).length, wanted);
    }, least) * CHARACTER;
  const labels = rows.reduce((most, { label }) => Math.max(most, (label ?? '').length), 5);
  const leftText = MARGIN + labels * CHARACTER + GUTTER + widest((t) => t.left, 10);
  const a = leftText + GUTTER;
  const b = a + widest((t) => t.segment, 24) + 6 * GUTTER;
  const rightText = b + GUTTER;
  const width = Math.ceil(rightText + widest((t) => t.right, 10) + MARGIN);

  const placed = placedRows(rows, top + 2 * LINE);
  const last = placed.at(-1);
  const height = (last === undefined ? top : last.y + rowHeight(last.row)) + LINE;
  const paths = pathsOf(placed, a, b);
  return { width, height, a, b, top, leftText, rightText, rows: placed, paths };
}

function placedRows(rows: readonly RowResult[], first: number): PlacedRow[] {
  let y = first;
  return rows.map((row) => {
    const placed = { row, y, arrival: y + slopeOf(row) };
    y += rowHeight(row);
    return placed;
  });
}

function slopeOf({ actual, time, arrival }: RowResult): number {
  if (!goesAcross(actual.passage)) return 0;
  return arrival !== undefined && arrival > time ? DELAYED_SLOPE : SLOPE;
}

const goesAcross = (passage: Passage | undefined): boolean =>
  passage !== undefined && passage.departs && (passage.arrives || passage.lost);

function rowHeight(row: RowResult): number {
  const base = row.actual.passage === undefined ? PLAIN_ROW : SEGMENT_ROW;
  return base + slopeOf(row) + (row.ok ? 0 : LINE);
}

/** One path per segment: a held one runs from the row it departs on to the one it arrives on. */
function pathsOf(placed: readonly PlacedRow[], a: number, b: number): Path[] {
  const paths: Path[] = [];
  const held: PlacedRow[] = [];
  for (const at of placed) {
    const { passage } = at.row.actual;
    if (passage === undefined) continue;
    if (passage.departs && !passage.arrives && !passage.lost) held.push(at);
    else if (passage.departs) paths.push(aside(pathOf(passage, at, at, a, b), held.length > 0));
    else {
      const i = held.findIndex((departed) => sameFlight(departed.row, at.row));
      const [departed] = i < 0 ? [undefined] : held.splice(i, 1);
      paths.push(pathOf(passage, departed, at, a, b));
    }
  }
  for (const departed of held) {
    const { passage } = departed.row.actual;
    if (passage !== undefined) paths.push(pathOf(passage, departed, undefined, a, b));
  }
  return paths;
}

/** Where another segment is under way, the label moves to the sender's end, out of its way. */
function aside(path: Path, crossing: boolean): Path {
  if (!crossing) return path;
  const toward = (path.x2 - path.x1) * 0.04;
  return { ...path, anchor: path.from === 'A' ? 'start' : 'end', labelX: path.x1 + toward };
}

function sameFlight(departed: RowResult, arrived: RowResult): boolean {
  if (arrived.flight !== undefined) return departed.flight === arrived.flight;
  const same = departed.actual.passage?.from === arrived.actual.passage?.from;
  return same && departed.actual.segment === arrived.actual.segment;
}

/** From where it departs, if it does, to where it arrives, if it does. */
function pathOf(
  passage: Passage,
  departed: PlacedRow | undefined,
  arrived: PlacedRow | undefined,
  a: number,
  b: number,
): Path {
  const { from, lost } = passage;
  const [near, far] = from === 'A' ? [a, b] : [b, a];
  const along = (share: number): number => near + (far - near) * share;
  const end = arrived === undefined ? 'held' : lost ? 'lost' : 'arrives';
  const y2 = arrived?.arrival ?? (departed?.y ?? 0) + SLOPE;
  const y1 = departed?.y ?? y2 - SLOPE;
  const across = departed === arrived;
  const row = (departed ?? arrived)?.row;
  const outward = from === 'A' ? 'start' : 'end'; // of a text that starts beside the sender
  const inward = from === 'A' ? 'end' : 'start'; //  of one that ends beside the receiver
  return {
    from,
    x1: departed === undefined ? along(0.3) : near,
    y1,
    x2: end === 'arrives' ? far : along(0.65),
    y2,
    end,
    old: departed === undefined,
    ok: (departed?.row.ok ?? true) && (arrived?.row.ok ?? true),
    label: row?.actual.segment ?? '',
    labelOk: row?.ok ?? true,
    anchor: across ? 'middle' : departed === undefined ? inward : outward,
    labelX: across ? along(0.5) : departed === undefined ? along(0.96) : along(0.04),
    labelY: y1 - 5,
  };
}
