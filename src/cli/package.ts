/** The package this command belongs to, found from the command itself: any working directory will do. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder with package.json, above src/cli/ as well as above dist/. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder);
    if (above === folder) throw new Error(`no package.json above ${import.meta.url}`);
    folder = above;
  }
  return folder;
}

/** Where the ladders that ship are. */
export const shippedLadders = (): string => join(packageRoot(), 'ladders');

export function packageVersion(): string {
  const parsed: unknown = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'));
  const isObject = typeof parsed === 'object' && parsed !== null && 'version' in parsed;
  return isObject && typeof parsed.version === 'string' ? parsed.version : 'unknown';
}
