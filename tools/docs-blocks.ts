/** The code blocks of the Markdown pages, and what running them takes. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface Block {
  readonly page: string;
  readonly line: number; //     of the opening fence, from 1
  readonly language: string; // the first word after the fence
  readonly words: string; //    the others
  readonly code: string;
  readonly indented: boolean;
}

export const name = ({ page, line }: Block): string => `${page}:${line}`;

/** The pages a user reads, in the root and in docs/. */
export const pages: readonly string[] = [
  ...readdirSync('.').filter((file) => file.endsWith('.md')),
  ...readdirSync('docs')
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
];

export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  const text = readFileSync(page, 'utf8');
  for (const match of text.matchAll(/^( *)```(\S*) ?(.*)\n([\s\S]*?)^ *```$/gm)) {
    const [, indent = '', language = '', words = '', code = ''] = match;
    const line = text.slice(0, match.index).split('\n').length;
    blocks.push({ page, line, language, words, code, indented: indent !== '' });
  }
  return blocks;
}

/** Programs, each with the `text prints` block that follows it, if one does. */
export interface Program {
  readonly block: Block;
  readonly prints: string | undefined;
}

export function programsOf(page: string): Program[] {
  const blocks = blocksOf(page);
  return blocks.flatMap((block, i): Program[] => {
    if (block.language !== 'ts') return [];
    const next = blocks[i + 1];
    const prints = next?.language === 'text' && next.words === 'prints' ? next.code : undefined;
    return [{ block, prints }];
  });
}

/** `estab/lab` and the like as files of src/. */
const ENTRIES: Readonly<Record<string, string>> = {
  estab: 'src/exports/index.ts',
  'estab/link/node': 'src/exports/link-node.ts',
};

export const entryOf = (specifier: string): string =>
  ENTRIES[specifier] ?? `src/exports/${specifier.replace('estab/', '')}.ts`;

/** The program with its imports from this checkout instead of an installed package. */
export const fromSource = (code: string): string =>
  code.replaceAll(
    /from '(estab(?:\/[a-z/]+)?)'/g,
    (_, specifier: string) => `from '${pathToFileURL(resolve(entryOf(specifier))).href}'`,
  );

export interface Outcome {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs a script of ours, or a program of a page, with Node. */
export function run(script: string, args: readonly string[] = []): Promise<Outcome> {
  const tsx = resolve('node_modules/tsx/dist/cli.mjs');
  const child = spawn(process.execPath, [tsx, script, ...args], {
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', (status) => done({ status, output, errors }));
  });
}
