/** Runs the command: in this process with streams of its own, or as a user would from a shell. */
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { run } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { script } from '../kernel/namespace.ts';

export interface Run {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Writes down what is written. */
class Recorder implements Terminal {
  readonly input: Readable = new PassThrough();
  readonly inputIsTerminal = false;
  readonly output: Writable = new PassThrough();
  readonly errorIsTerminal = false;
  onOutputClosed: () => void = () => undefined;
  stdout = '';
  stderr = '';
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  readInput(): string {
    return this.#text;
  }

  write(text: string): void {
    this.stdout += text;
  }

  error(text: string): void {
    this.stderr += text;
  }

  progress(): void {} // not shown where no terminal is

  color(asked: boolean | undefined): boolean {
    return asked === true;
  }
}

/** `estab ARGS`, from the root of the repository. */
export async function estab(args: readonly string[], input = ''): Promise<Run> {
  const terminal = new Recorder(input);
  const status = await run(args, terminal);
  return { status, stdout: terminal.stdout, stderr: terminal.stderr };
}

/** The command as program and arguments, from whatever folder it is started. */
export const command = (...args: readonly string[]): string[] =>
  script(MAIN, ...args).map((part) => (part === 'tsx' ? TSX : part));

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const TSX = import.meta.resolve('tsx');

/** No stack trace, nothing of ours inside: a message for people. */
export const looksLikeCrash = (text: string): boolean =>
  /\n\s+at .*:\d+:\d+/.test(text) || /node:internal/.test(text);
