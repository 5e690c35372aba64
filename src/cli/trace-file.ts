/** A trace on its way into a file, or to where `-` stands for. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { TraceLines } from '../lab/trace/lines.ts';
import { fileFailure } from './failure.ts';

const BATCH = 65_536; // UTF-16 units of one write

export class TraceFile {
  readonly lines: TraceLines;
  readonly #path: string;
  readonly #write: (text: string) => void;
  readonly #fd: number | undefined;
  #waiting = '';

  /** `standard` gets what goes to `-`. @throws Failure when the file cannot be made. */
  constructor(path: string, title: string, standard: (text: string) => void) {
    this.#path = path;
    if (path === '-') this.#write = standard;
    else {
      const fd = attempt(path, () => openSync(path, 'w'));
      this.#fd = fd;
      this.#write = (text) => attempt(path, () => writeSync(fd, text));
    }
    this.lines = new TraceLines((line) => {
      this.#waiting += line;
      if (this.#waiting.length >= BATCH) this.flush();
    }, title);
  }

  /** @throws Failure when it cannot be written. */
  flush(): void {
    const text = this.#waiting;
    this.#waiting = '';
    if (text !== '') this.#write(text);
  }

  close(): void {
    this.flush();
    const fd = this.#fd;
    if (fd !== undefined) attempt(this.#path, () => closeSync(fd));
  }
}

function attempt<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw fileFailure('write the trace', path, error);
  }
}
