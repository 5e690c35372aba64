/**
 * The runs of a ladder: as it is written, and the reruns that must come out the same: the other IP,
 * sequence numbers that wrap, header prediction off.
 */
import type { Ladder } from '../../lab/ladder/ast.ts';
import type { LadderResult } from '../../lab/ladder/result.ts';
import { runLadder, type RunOptions } from '../../lab/ladder/run.ts';
import type { HostObserver } from '../../stack/host.ts';
import { together } from '../net/observers.ts';
import type { Library } from './files.ts';

export interface RunSettings {
  readonly family: 4 | 6;
  readonly library: Library;
  /** Watches A. */
  readonly observer?: HostObserver | undefined;
  /** Traces both. */
  readonly tracer?: ((side: 'A' | 'B') => HostObserver) | undefined;
}

/** The ladder as it is written. One that is only for IPv4 or IPv6 says itself which. */
export function runPlain(
  ladder: Ladder,
  { family, library, observer, tracer }: RunSettings,
): LadderResult {
  return runLadder(ladder, {
    ...plain(ladder, library),
    family: ladder.family === 'both' ? family : ladder.family,
    observe: (side) => {
      const trace = tracer?.(side);
      const watching = side === 'A' ? observer : undefined;
      return trace !== undefined && watching !== undefined
        ? together([watching, trace])
        : (trace ?? watching);
    },
  });
}

/** Every other way to run it. */
export function rerun(ladder: Ladder, settings: RunSettings): LadderResult[] {
  const family = ladder.family === 'both' ? settings.family : ladder.family;
  const base: RunOptions = { ...plain(ladder, settings.library), family };
  const results: LadderResult[] = [];
  if (ladder.family === 'both') {
    results.push(runLadder(ladder, { ...base, family: family === 4 ? 6 : 4, variant: 'again' }));
  }
  if (ladder.shiftOff === undefined) {
    for (const [issAt, variant] of SHIFTS) {
      results.push(runLadder(ladder, { ...base, issAt, variant }));
    }
  }
  const tcp = { fastPath: false };
  results.push(runLadder(ladder, { ...base, tcp, variant: 'without the fast path' }));
  return results;
}

const plain = (ladder: Ladder, library: Library): Pick<RunOptions, 'load' | 'family'> => ({
  family: 4,
  load: (name) => library.find(name, ladder.file),
});

/** The SYN is the last but one before the wrap: of int32, and of sequence numbers. */
const SHIFTS = [
  [2 ** 31 - 2, 'sequence numbers across 2^31'],
  [2 ** 32 - 2, 'sequence numbers across 2^32'],
] as const;

/** Did both runs come out the same, row by row? */
export function sameOutcome(a: LadderResult, b: LadderResult): boolean {
  return (
    a.ok === b.ok &&
    a.rows.length === b.rows.length &&
    a.rows.every((row, i) => row.ok === b.rows[i]?.ok)
  );
}
