/**
 * Where the command reads and writes. Colour is for terminals that want it; output that nobody reads
 * any more (`| head`) ends the command quietly.
 */
import type { Readable, Writable } from 'node:stream';
import { codeOf } from './failure.ts';

/** Takes the line back, and what stands on it. */
const CLEAR_LINE = '\r\u001B[K';

export class Terminal {
  /** Called when nobody reads the standard output any more. Default: the process ends. */
  onOutputClosed: () => void = () => process.exit(0);
  readonly #progressShown = process.stderr.isTTY === true;
  #onLine = false; // progress stands on the last line of the terminal

  constructor() {
    process.stdout.on('error', (error) => {
      if (codeOf(error) !== 'EPIPE') {
        this.error(`estab: cannot write the output: ${error.message}\n`);
        process.exitCode = 1;
      }
      this.onOutputClosed();
    });
    process.stderr.on('error', () => undefined); // there is nowhere left to say it
  }

  /** Opened when first asked for: a verb that does not read leaves it alone. */
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

  write(text: string): void {
    this.#clear();
    process.stdout.write(text);
  }

  error(text: string): void {
    this.#clear();
    process.stderr.write(text);
  }

  /** On a terminal, and only as long as nothing else is written. */
  progress(text: string): void {
    if (!this.#progressShown) return;
    process.stderr.write(`${CLEAR_LINE}${text}`);
    this.#onLine = true;
  }

  /** `asked` is `--color` or `--no-color`, undefined for neither: https://no-color.org. */
  color(asked: boolean | undefined): boolean {
    const { NO_COLOR, TERM } = process.env;
    if (asked !== undefined) return asked;
    if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
    return process.stdout.isTTY === true && TERM !== 'dumb';
  }

  #clear(): void {
    if (!this.#onLine) return;
    process.stderr.write(CLEAR_LINE);
    this.#onLine = false;
  }
}

/** What every verb gets: where to write, and what to leave behind. */
export interface Session {
  readonly terminal: Terminal;
  exitCode: number;
}
