/**
 * Which side the parts of a row belong to that has no arrow to divide it:
 *
 * 1. `A:` and `B:` say it outright.
 * 2. Parts less than three spaces apart are a group; of two groups the second is right.
 * 3. A single group belongs to the nearer column of the `TCP Peer A … TCP Peer B` line. Without
 *    such a line it is left, unless it starts at or right of where the right cell of the nearest
 *    earlier row starts.
 */
import type { Token } from './lex-row.ts';
import { textOf, type Complaints } from './source.ts';

const GAP = 3; // spaces that keep two cells apart

/** Where `TCP Peer A` and `TCP Peer B` start, from 0. */
export interface HeadColumns {
  readonly a: number;
  readonly b: number;
}

export interface ColumnHints {
  readonly head: HeadColumns | undefined;
  readonly right: number | undefined; // where the nearest earlier right cell starts, from 0
}

interface Cells {
  readonly left: readonly Token[];
  readonly right: readonly Token[];
}

/** Undefined after a complaint. */
export function splitSides(
  tokens: readonly Token[],
  hints: ColumnHints,
  complaints: Complaints,
): Cells | undefined {
  if (tokens.some(isPrefix)) return byPrefix(tokens, complaints);
  return byColumn(groupsOf(tokens), hints, complaints);
}

const isPrefix = (token: Token): boolean => token.kind === 'word' && /^[AB]:$/.test(textOf(token));

function byPrefix(tokens: readonly Token[], complaints: Complaints): Cells | undefined {
  const left: Token[] = [];
  const right: Token[] = [];
  let side: Token[] | undefined;
  for (const token of tokens) {
    if (isPrefix(token)) side = textOf(token) === 'A:' ? left : right;
    else if (side !== undefined) side.push(token);
    else {
      complaints.add(token, "expected 'A:' or 'B:' before this, as there is one behind it");
      return undefined;
    }
  }
  return { left, right };
}

function groupsOf(tokens: readonly Token[]): Token[][] {
  const groups: Token[][] = [];
  let end = -GAP;
  for (const token of tokens) {
    const group = groups.at(-1);
    if (group !== undefined && token.start - end < GAP) group.push(token);
    else groups.push([token]);
    end = token.end;
  }
  return groups;
}

function byColumn(
  groups: readonly Token[][],
  hints: ColumnHints,
  complaints: Complaints,
): Cells | undefined {
  const [one, two, three] = groups;
  const doubtful = three?.[0] ?? doubtfulIn(groups, hints);
  if (doubtful !== undefined) {
    const gap = `Leave ${GAP} spaces or more between the two sides and fewer within each`;
    complaints.add(doubtful, `left or right? ${gap}, or write 'A:' and 'B:' before them`);
    return undefined;
  }
  if (one === undefined) return { left: [], right: [] };
  if (two !== undefined) return { left: one, right: two };
  return isRight(one, hints) ? { left: [], right: one } : { left: one, right: [] };
}

/** A group that runs from under one head to under the other, or two groups under the right one. */
function doubtfulIn(groups: readonly Token[][], hints: ColumnHints): Token | undefined {
  const { head } = hints;
  const [one, two] = groups;
  if (head === undefined || one === undefined) return undefined;
  if (isRight(one, hints)) return two?.[0];
  return one.find((token) => token.start >= head.b);
}

function isRight(group: readonly Token[], { head, right }: ColumnHints): boolean {
  const start = group[0]?.start ?? 0;
  if (head !== undefined) return head.b - start < start - head.a;
  return right !== undefined && start >= right;
}
