/** What A sees while ladders are played, as a capture: a section for each ladder. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Ladder } from '../../lab/ladder/ast.ts';
import { pcapTap } from '../../link/pcap-tap.ts';
import { PcapngWriter } from '../../pcap/pcapng.ts';
import type { HostObserver } from '../../stack/host.ts';
import { fileFailure } from '../failure.ts';

export class LadderCapture {
  readonly path: string;
  readonly #fd: number;
  readonly #writer: PcapngWriter;

  /** @throws Failure when the file cannot be made. */
  constructor(path: string) {
    this.path = path;
    try {
      this.#fd = openSync(path, 'w');
    } catch (error) {
      throw fileFailure('write the capture', path, error);
    }
    this.#writer = new PcapngWriter((chunk) => {
      try {
        writeSync(this.#fd, chunk);
      } catch (error) {
        throw fileFailure('write the capture', path, error);
      }
    });
  }

  /** Begins a section; what A sees from now on is written. */
  begin({ name, title }: Ladder): HostObserver {
    this.#writer.header({ interfaces: ['A'], comment: title === '' ? name : `${name}: ${title}` });
    return pcapTap(this.#writer);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
