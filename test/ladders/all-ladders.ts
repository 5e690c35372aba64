/** Every ladder of the repository, and how each is played again. */
import '../oracle/beside.ts';
import { readdirSync, readFileSync } from 'node:fs';
import type { Ladder } from '../../src/lab/ladder/ast.ts';
import { parseLadder } from '../../src/lab/ladder/parse.ts';
import { renderText } from '../../src/lab/ladder/render-text.ts';
import type { LadderResult } from '../../src/lab/ladder/result.ts';
import { runLadder, type RunOptions } from '../../src/lab/ladder/run.ts';
import { formatErrors } from '../../src/lab/ladder/source.ts';

export const ROOT = 'ladders';

/** As `use:` names them, those of `ladders/seed`, which are tables, aside. */
export const NAMES: readonly string[] = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ladder'))
  .map((path) => path.slice(0, -'.ladder'.length))
  .sort();

const parsed = new Map<string, Ladder>();

export function ladderNamed(name: string): Ladder {
  const known = parsed.get(name);
  if (known !== undefined) return known;
  const file = `${ROOT}/${name}.ladder`;
  const result = parseLadder(readFileSync(file, 'utf8'), file);
  if (!result.ok) throw new Error(formatErrors(result.errors));
  parsed.set(name, result.ladder);
  return result.ladder;
}

/** For `use:`; undefined when there is no such ladder. */
export const load = (name: string): Ladder | undefined =>
  NAMES.includes(name) ? ladderNamed(name) : undefined;

export type Variant = Omit<RunOptions, 'load'>;

/** The plain run and all others that must give the same figure. */
export function variantsOf({ family, shiftOff }: Ladder): Variant[] {
  const plain = family === 6 ? 6 : 4;
  const variants: Variant[] = [{ family: plain }];
  if (family === 'both') variants.push({ family: 6, variant: 'over IPv6' });
  variants.push({ family: plain, variant: 'without fast path', tcp: { fastPath: false } });
  if (shiftOff !== undefined) return variants;
  for (const [where, end] of [
    ['2^31', 2 ** 31],
    ['2^32', 2 ** 32],
  ] as const) {
    for (const below of [1, 50]) {
      const variant = `ISS ${below} below ${where}`;
      variants.push({ family: plain, variant, issAt: end - below });
    }
  }
  return variants;
}

export const play = (ladder: Ladder, variant: Variant): LadderResult =>
  runLadder(ladder, { load, ...variant });

/** '' for a run as written, otherwise the figure of what happened. */
export const complaint = (result: LadderResult): string => (result.ok ? '' : renderText(result));
