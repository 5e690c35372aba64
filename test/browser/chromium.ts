/** The built package and a browser to run it in, for tests. */
import { existsSync, mkdtempSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { build } from 'tsdown';
import configs from '../../tsdown.config.ts';

const PROGRAM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => existsSync(path),
);

/** Why there is none, or undefined. */
export const noBrowser: string | undefined =
  PROGRAM === undefined ? 'there is no chromium' : undefined;

export function launch(): Promise<Browser> {
  if (PROGRAM === undefined) throw new Error(noBrowser);
  return chromium.launch({ executablePath: PROGRAM, args: ['--no-sandbox'] });
}

/** The code of the package as `npm run build` makes it, in a folder of its own. */
export async function builtPackage(): Promise<string> {
  const outDir = mkdtempSync(join(tmpdir(), 'estab-dist-'));
  const [code] = configs;
  const root = resolve(import.meta.dirname, '../..');
  await build({ ...code, config: false, cwd: root, outDir, logLevel: 'error' });
  return outDir;
}

/** Its URL. */
export async function listening(server: Server): Promise<string> {
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port }: Pick<AddressInfo, 'port'> = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}
