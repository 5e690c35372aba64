/**
 * A capture file: pcapng in memory until there is something worth a write, and at the latest when
 * the process ends. Writes are synchronous, so what was captured before a crash is in the file.
 */
import { closeSync, openSync, writevSync } from 'node:fs';
import { PcapngWriter, type CaptureHeader, type PacketNote } from '../../pcap/pcapng.ts';

export interface PcapFile {
  readonly path: string;
  /** As PcapngWriter.packet(): adds `bytes[start..end)`, seen at `timeMs`. */
  packet(
    timeMs: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    note?: PacketNote | undefined,
  ): void;
  /** Writes what is still in memory. @throws Node's error of the write. */
  flush(): void;
  /** Writes the rest and closes the file. May be called more than once. */
  close(): void;
}

/** Makes the file anew, or empties it. @throws Node's error, which names the path. */
export function openPcapFile(path: string, header: CaptureHeader = {}): PcapFile {
  return new OpenFile(path, header);
}

const ENOUGH = 65_536; // octets in memory before a write
const MOST_CHUNKS = 512; // at most 1024 in one writev: IOV_MAX of Linux

class OpenFile implements PcapFile {
  readonly path: string;
  readonly #writer: PcapngWriter;
  readonly #atExit = (): void => this.close();
  #fd: number;
  #chunks: Uint8Array[] = [];
  #octets = 0; // in #chunks

  constructor(path: string, header: CaptureHeader) {
    this.path = path;
    this.#fd = openSync(path, 'w');
    this.#writer = new PcapngWriter((chunk) => this.#add(chunk));
    this.#writer.header(header);
    process.on('exit', this.#atExit);
  }

  packet(
    timeMs: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    note: PacketNote = {},
  ): void {
    if (this.#fd >= 0) this.#writer.packet(timeMs, bytes, start, end, note);
  }

  flush(): void {
    let chunks = this.#chunks;
    this.#chunks = [];
    this.#octets = 0;
    while (chunks.length > 0) chunks = rest(chunks, writevSync(this.#fd, chunks));
  }

  close(): void {
    if (this.#fd < 0) return;
    const fd = this.#fd;
    try {
      this.flush();
    } finally {
      this.#fd = -1;
      process.off('exit', this.#atExit);
      closeSync(fd);
    }
  }

  #add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#octets += chunk.length;
    if (this.#octets >= ENOUGH || this.#chunks.length >= MOST_CHUNKS) this.flush();
  }
}

/** What is left of `chunks` when their first `written` octets are in the file. */
function rest(chunks: readonly Uint8Array[], written: number): Uint8Array[] {
  const left: Uint8Array[] = [];
  let before = 0; // octets of the chunks seen so far
  for (const chunk of chunks) {
    const done = Math.min(Math.max(written - before, 0), chunk.length);
    if (done < chunk.length) left.push(chunk.subarray(done));
    before += chunk.length;
  }
  return left;
}
