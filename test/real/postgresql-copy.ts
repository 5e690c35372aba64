/** COPY for pg, which has none of its own: a query that puts rows in or takes them out as they are. */
import type { Connection, Submittable } from 'pg';

interface CopyConnection extends Connection {
  sendCopyFromChunk(octets: Uint8Array): void;
  endCopyFrom(): void;
}

export class Copy implements Submittable {
  readonly done: Promise<Buffer>;
  readonly #text: string;
  readonly #rows: Buffer[];
  readonly #out: Buffer[] = [];
  #resolve: (out: Buffer) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  /** `COPY … FROM STDIN` takes `rows`, `COPY … TO STDOUT` gives what is there. */
  constructor(text: string, rows: Buffer[] = []) {
    this.#text = text;
    this.#rows = rows;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  submit(connection: Connection): void {
    connection.query(this.#text);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    for (const chunk of this.#rows) connection.sendCopyFromChunk(chunk);
    connection.endCopyFrom();
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    this.#out.push(Buffer.from(chunk)); // pg uses its own again
  }

  handleCommandComplete(): void {}

  handleError(error: Error): void {
    this.#reject(error);
  }

  handleReadyForQuery(): void {
    this.#resolve(Buffer.concat(this.#out));
  }
}
