/** Some golden grids made anew, and compared with what the repository has. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runTool } from '../chaos/run-tool.ts';

const MINUTES = 10;

/** `names`: of grids/NAME.txt. What differs is a change of behaviour: `npm run grids`, and read the diff. */
export function golden(...names: readonly string[]): void {
  test.each(names)(
    'grids/%s.txt is what transfers in virtual time come to',
    async (name) => {
      const { output, errors, status } = await runTool('grids.ts', '--print', name);
      expect({ status, errors }).toEqual({ status: 0, errors: '' });
      expect(output).toBe(
        readFileSync(new URL(`../../grids/${name}.txt`, import.meta.url), 'utf8'),
      );
    },
    MINUTES * 60_000,
  );
}
