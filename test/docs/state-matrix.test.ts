import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { formatted, PAGE } from '../../tools/state-matrix.ts';

test('docs/state-matrix.md is what the oracle says: npm run docs:matrix', async () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(await formatted());
});
