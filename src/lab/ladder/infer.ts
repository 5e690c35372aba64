/**
 * What a ladder leaves unsaid, as the RFC's figures do: where its numbers begin, who listens, and
 * that an established connection was established before.
 */
import type { CellItem, Ladder, Movement, PositionItem, Row, Side, StateName } from './ast.ts';
import { otherSide } from './segment-match.ts';
import { ValueTable } from './value-table.ts';

const DEFAULT_ISS = { A: 100, B: 300 } as const; // the RFC's own

export interface Beginning {
  /** A handshake comes before the first row. */
  readonly established: boolean;
  readonly listens: Readonly<Record<Side, boolean>>;
  /** Successive ISSs, unshifted. */
  readonly iss: Readonly<Record<Side, readonly number[]>>;
}

/** Reads off the rows what must be true before the first of them. */
export function beginningOf(ladder: Ladder): Beginning {
  const values = new ValueTable(ladder);
  const first = ladder.rows[0];
  const established =
    ladder.use === undefined &&
    first !== undefined &&
    (position(first) !== undefined ||
      hasState(first.left, 'ESTABLISHED') ||
      hasState(first.right, 'ESTABLISHED') ||
      opensOnFin(ladder));
  return {
    established,
    listens: {
      A: first !== undefined && hasState(first.left, 'LISTEN'),
      B: first !== undefined && hasState(first.right, 'LISTEN'),
    },
    iss: {
      A: issOf(ladder, 'A', established, values),
      B: issOf(ladder, 'B', established, values),
    },
  };
}

/** Does the side listen although its first row says CLOSED? It answers a SYN it did not wait for. */
export function answersUnasked(ladder: Ladder, side: Side): boolean {
  const first = ladder.rows[0];
  if (first === undefined || !hasState(cellOf(first, side), 'CLOSED')) return false;
  for (const row of ladder.rows) {
    const { movement } = row;
    if (movement === undefined) continue;
    if (movement.from === side && movement.departs) return false;
    if (movement.from !== side && movement.arrives && isSyn(movement)) {
      return hasState(cellOf(row, side), 'SYN-RECEIVED');
    }
  }
  return false;
}

export const cellOf = (row: Row, side: Side): readonly CellItem[] =>
  side === 'A' ? row.left : row.right;

export const hasState = (cell: readonly CellItem[], state: StateName): boolean =>
  cell.some((item) => item.kind === 'state' && item.state === state);

/** Does the ladder reboot a side? */
export const reboots = (ladder: Ladder): boolean =>
  ladder.rows.some((row) =>
    [...row.left, ...row.right].some((i) => i.kind === 'call' && i.call.name === 'reboot'),
  );

const isSyn = ({ segment }: Movement): boolean => segment.ctl?.includes('SYN') === true;

// The seed's table of the simultaneous close begins with a FIN, without a row of ESTABLISHED.
const opensOnFin = (ladder: Ladder): boolean =>
  ladder.rows[0]?.movement?.segment.ctl?.includes('FIN') === true;

function position(row: Row): { item: PositionItem; side: Side } | undefined {
  for (const side of ['A', 'B'] as const) {
    const item = cellOf(row, side).find((i) => i.kind === 'position');
    if (item?.kind === 'position') return { item, side };
  }
  return undefined;
}

function issOf(ladder: Ladder, side: Side, established: boolean, values: ValueTable): number[] {
  if (ladder.iss[side].length > 0) return [...ladder.iss[side]];
  const numbers: number[] = [];
  if (established) numbers.push((firstNumber(ladder, side, values) ?? DEFAULT_ISS[side] + 1) - 1);
  for (const { movement } of ladder.rows) {
    if (movement === undefined || movement.from !== side || !movement.departs) continue;
    if (!isSyn(movement) || movement.segment.seq === undefined) continue;
    const number = values.resolve(movement.segment.seq);
    if (number !== undefined && numbers.at(-1) !== number) numbers.push(number);
  }
  return numbers.length === 0 ? [DEFAULT_ISS[side]] : numbers;
}

/** SND.NXT of a side of an established connection, from whatever speaks of it first. */
function firstNumber(ladder: Ladder, side: Side, values: ValueTable): number | undefined {
  for (const row of ladder.rows) {
    const at = position(row);
    if (at !== undefined) {
      return values.resolve(at.side === side ? at.item.sndNxt : at.item.rcvNxt);
    }
    const { movement } = row;
    if (movement === undefined) continue;
    const { seq, ack } = movement.segment;
    const value =
      movement.from === side ? seq : movement.from === otherSide(side) ? ack : undefined;
    if (value !== undefined) return values.resolve(value);
  }
  return undefined;
}
