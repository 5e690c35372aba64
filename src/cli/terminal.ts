/**
 * Where the command reads and writes. Colour is for terminals that want it; output that nobody reads
 * any more (`| head`) ends the command quietly.
 */
import { readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { codeOf, EXIT } from './failure.ts';

export interface Terminal {
  /** Opened when first asked for: a verb that does not read leaves it alone. */
  readonly input: Readable;
  readonly inputIsTerminal: boolean;
  readonly output: Writable;
  readonly errorIsTerminal: boolean;
  /** Called when nobody reads the standard output any more. Default: the process ends. */
  onOutputClosed: () => void;
  /** All of the input, to its end. */
  readInput(): string;
  write(text: string): void;
  error(text: string): void;
  /** On a terminal, and only as long as nothing else is written. */
  progress(text: string): void;
  /** `asked` is `--color` or `--no-color`, undefined for neither. */
  color(asked: boolean | undefined): boolean;
}

/** What every verb gets: where to write, and what to leave behind. */
export interface Session {
  readonly terminal: Terminal;
  exitCode: number;
}

/** Takes the line back, and what stands on it. */
const CLEAR_LINE = '\r\u001B[K';

/** The three streams of the process. */
export class ProcessTerminal implements Terminal {
  onOutputClosed: () => void = () => process.exit(EXIT.ok);
  #onLine = false; // progress stands on the last line of the terminal

  constructor() {
    process.stdout.on('error', (error) => {
      if (codeOf(error) !== 'EPIPE') {
        this.error(`estab: cannot write the output: ${error.message}\n`);
        process.exit(EXIT.failed);
      }
      this.onOutputClosed();
    });
    process.stderr.on('error', () => undefined); // there is nowhere left to say it
  }

  get input(): Readable {
    return process.stdin;
  }

  get inputIsTerminal(): boolean {
    return process.stdin.isTTY === true;
  }

  get errorIsTerminal(): boolean {
    return process.stderr.isTTY === true;
  }

  get output(): Writable {
    return process.stdout;
  }

  readInput(): string {
    return readFileSync(0, 'utf8');
  }

  write(text: string): void {
    this.#clear();
    process.stdout.write(text);
  }

  error(text: string): void {
    this.#clear();
    process.stderr.write(text);
  }

  progress(text: string): void {
    if (!this.errorIsTerminal) return;
    process.stderr.write(`${CLEAR_LINE}${text}`);
    this.#onLine = true;
  }

  color(asked: boolean | undefined): boolean {
    return asked ?? wantsColor(process.stdout.isTTY === true, process.env);
  }

  #clear(): void {
    if (!this.#onLine) return;
    process.stderr.write(CLEAR_LINE);
    this.#onLine = false;
  }
}

/** https://no-color.org: a terminal that can, and nobody who said no. */
export function wantsColor(
  isTerminal: boolean,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  const refused = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '';
  return isTerminal && !refused && env['TERM'] !== 'dumb';
}
