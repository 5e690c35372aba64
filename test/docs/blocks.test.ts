import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { afterAll, describe, expect, test } from 'vitest';
import {
  blocksOf,
  entryOf,
  fromSource,
  name,
  pages,
  programsOf,
  run,
} from '../../tools/docs-blocks.ts';

const programs = pages.flatMap(programsOf);
const consoles = pages.flatMap(blocksOf).filter(({ language }) => language === 'console');
const shells = pages
  .flatMap(blocksOf)
  .filter(({ language }) => language === 'sh' || language === 'console');
const directory = mkdtempSync(join(tmpdir(), 'estab-docs-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** What the compiler says about all programs at once, as modules beside package.json. */
function complaints(): string[] {
  const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
  const imported = programs.flatMap(({ block }) =>
    [...block.code.matchAll(/from '(estab[a-z/]*)'/g)].map(([, specifier = '']) => specifier),
  );
  const paths = Object.fromEntries(
    imported.map((specifier) => [specifier, [resolve(entryOf(specifier))]]),
  );
  const files = new Map(
    programs.map(({ block }, i) => [resolve(`docs-block-${i}.ts`), `export {};${block.code}`]),
  );
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => files.has(resolve(path)) || fileExists(path);
  host.getSourceFile = (path, language) => {
    const code = files.get(resolve(path));
    if (code === undefined) return getSourceFile(path, language);
    return ts.createSourceFile(path, code, language);
  };
  const wishes = { isolatedDeclarations: false, declaration: false, lib: ['lib.es2022.d.ts'] };
  const program = ts.createProgram([...files.keys()], { ...options, ...wishes, paths }, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const index = file === undefined ? -1 : [...files.keys()].indexOf(resolve(file.fileName));
    const { line } = file?.getLineAndCharacterOfPosition(start ?? 0) ?? { line: 0 };
    const block = programs[index]?.block;
    const where = block === undefined ? file?.fileName : `${block.page}:${block.line + 1 + line}`;
    return `${where}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}

describe('what the pages show is so', () => {
  test('there are programs with output, and commands', () => {
    expect(programs.filter(({ prints }) => prints !== undefined).length).toBeGreaterThan(0);
    expect(consoles.length).toBeGreaterThan(0);
  });

  test('every program compiles', { timeout: 120_000 }, () => {
    expect(complaints()).toEqual([]);
  });

  test.for(programs.filter(({ block }) => block.words !== 'no-run'))(
    'the program at $block.page:$block.line prints what the page says',
    { timeout: 60_000 },
    async ({ block, prints }) => {
      const script = join(directory, `${block.page.replaceAll(/\W/g, '-')}-${block.line}.mts`);
      writeFileSync(script, fromSource(block.code));
      const { status, output, errors } = await run(script);
      expect({ status, errors: errors.replaceAll(/^npm warn .*\n/gm, '') }, name(block)).toEqual({
        status: 0,
        errors: '',
      });
      if (prints !== undefined) expect(output).toBe(prints);
    },
  );

  test.for(consoles)(
    'the command at $page:$line prints what the page says',
    { timeout: 60_000 },
    async ({ code }) => {
      const [command = '', ...output] = code.split('\n');
      const [dollar, estab, ...args] = command.split(' ');
      expect([dollar, estab]).toEqual(['$', 'estab']);
      expect((await run('src/cli/main.ts', args)).output).toBe(output.join('\n'));
    },
  );

  test('every npm script that a page names is there', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = pages.flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/\bnpm (?:run )?(start|test|(?<=run )[\w:]+)/g)].map(
        (match) => match[1]!,
      ),
    );
    expect(named.filter((script) => scripts[script] === undefined)).toEqual([]);
  });

  test('every file of this repository that a command names is there', () => {
    const named = shells.flatMap(({ code }) =>
      [...code.matchAll(/(?<![\w./-])((?:ladders|docs|examples|src|test)\/[\w./-]+)/g)].map(
        (match) => match[1]!,
      ),
    );
    expect(named.filter((path) => !existsSync(path))).toEqual([]);
  });
});
