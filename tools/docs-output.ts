/**
 * Runs the programs and commands of the pages and writes what they print below them. For when an
 * output changed on purpose: `npm run docs:output`, then look at the diff.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blocksOf, fromSource, name, pages, programsOf, run } from './docs-blocks.ts';
import { PICTURE } from './docs-picture.ts';

const directory = mkdtempSync(join(tmpdir(), 'estab-docs-'));
for (const page of pages) {
  let text = readFileSync(page, 'utf8');
  for (const { block, prints } of programsOf(page)) {
    if (prints === undefined) continue;
    const script = join(directory, 'program.mts');
    writeFileSync(script, fromSource(block.code));
    const { status, output, errors } = await run(script);
    if (status !== 0) throw new Error(`${name(block)} fails:\n${errors}`);
    text = text.replace(`\`\`\`text prints\n${prints}`, () => `\`\`\`text prints\n${output}`);
  }
  for (const { code } of blocksOf(page).filter(({ language }) => language === 'console')) {
    const [command = ''] = code.split('\n');
    const { output } = await run('src/cli/main.ts', command.split(' ').slice(2));
    text = text.replace(code, () => `${command}\n${output}`);
  }
  writeFileSync(page, text);
}
await run('src/cli/main.ts', [...PICTURE, '--plot', 'docs/images/lossy-transfer.svg']);
rmSync(directory, { recursive: true });
