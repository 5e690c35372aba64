/** A checkout as it is after `npm ci`, for the examples: they import the built package by its name. */
import { cpSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { builtPackage } from '../browser/chromium.ts';

const ROOT = resolve(import.meta.dirname, '../..');

export interface Checkout {
  readonly path: string;
  remove(): void;
}

export async function checkout(): Promise<Checkout> {
  const path = mkdtempSync(join(tmpdir(), 'estab-checkout-'));
  renameSync(await builtPackage(), join(path, 'dist'));
  for (const name of ['package.json', 'examples']) {
    cpSync(join(ROOT, name), join(path, name), { recursive: true });
  }
  for (const name of ['node_modules', '.cache']) symlinkSync(join(ROOT, name), join(path, name));
  return { path, remove: () => rmSync(path, { recursive: true }) };
}
