/** The files that a check reads. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Every file under `directory` whose name ends in one of `endings`; none if it is not there. */
export function filesUnder(directory: string, endings: readonly string[]): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Prints what was found, one line each, and leaves the exit status that goes with it. */
export function report(check: string, problems: readonly string[], read: string): void {
  for (const problem of problems) console.error(problem);
  console.log(`${check}: ${problems.length} problems in ${read}`);
  if (problems.length > 0) process.exitCode = 1;
}
