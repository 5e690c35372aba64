/**
 * What happened when a ladder was played, as plain data: the runner makes these, the renderers
 * (`render-text.ts`, `render-markdown.ts`, `render-svg.ts`, `render-json.ts`) show them.
 * Times are milliseconds of virtual time since the ladder began.
 */
import type { Passage, Side } from './ast.ts';

export interface LadderResult {
  readonly name: string;
  readonly title: string;
  readonly cite: string | undefined;
  readonly requirements: readonly string[];
  /** How this run differs from the plain one: 'sequence numbers shifted'; '' for the plain one. */
  readonly variant: string;
  readonly family: 4 | 6;
  readonly scripted: Side | undefined;
  readonly ok: boolean;
  /** Labels of the rows that the document says differ. */
  readonly known: readonly string[];
  readonly rows: readonly RowResult[];
  readonly notes: readonly string[]; // the ladder's own, and what the runner has to say
}

export interface RowResult {
  readonly label: string | undefined;
  /** Of the ladder's file, from 1; undefined for something that happened and has no row. */
  readonly line: number | undefined;
  readonly ok: boolean;
  readonly time: number; //                   of the row; of departure for a segment that departs
  readonly arrival: number | undefined; //    when it arrived, if that is not `time`
  /** The same number on the row where a held segment departs and on the one where it arrives. */
  readonly flight: number | undefined;
  readonly expected: RowTexts; //             as the ladder says; empty for what has no row
  readonly actual: RowTexts; //               as it really ran
  readonly differences: readonly Difference[]; // empty when `ok`
  readonly notes: readonly string[];
}

/** A row in the notation: `SYN-SENT`, A to B, `<SEQ=100><CTL=SYN>`, `SYN-RECEIVED`. */
export interface RowTexts {
  readonly left: string;
  readonly passage: Passage | undefined; // undefined: no segment moves
  readonly segment: string; //              '' when none
  readonly right: string;
}

export interface Difference {
  readonly where: Side | 'segment' | 'call';
  readonly expected: string;
  readonly actual: string;
  /** What happens instead, and why: one or two sentences. */
  readonly because: string | undefined;
  /** 'RFC 9293 §3.10.7.2' */
  readonly section: string | undefined;
}

/** It differs exactly where its document says it does: nothing new. */
export function differsAsKnown({ ok, rows, known }: LadderResult): boolean {
  const wrong = rows.filter((row) => !row.ok).map(({ label }) => label ?? '');
  const asKnown = wrong.length === known.length && wrong.every((label, i) => label === known[i]);
  return !ok && wrong.length > 0 && asKnown;
}
