/**
 * Reads pcapng, draft-ietf-opsawg-pcapng §3 and §4, of either byte order. Never throws on a file:
 * packets up to the first octet that makes no sense come back, and with them the name of what is wrong.
 * Blocks of unknown types are skipped (§3.1).
 */
import {
  BYTE_ORDER_MAGIC,
  ENHANCED_PACKET,
  INTERFACE_DESCRIPTION,
  OPTION,
  SECTION_HEADER,
} from './pcapng.ts';
import { decodeUtf8 } from './utf8.ts';

/** What is wrong with a file, or the packet's place in it. */
export type PcapngError =
  | 'not-pcapng' //          it does not begin with a section header
  | 'bad-byte-order' //      a section's byte-order magic is neither way round
  | 'bad-version' //         a section's major version is not 1
  | 'truncated-block' //     the file ends inside a block: fine for a capture that goes on
  | 'bad-block-length' //    no multiple of four, too short, or different at the two ends
  | 'bad-packet-length' //   more octets captured than the block holds
  | 'unknown-interface'; //  a packet of an interface that the section did not describe

export interface CapturedInterface {
  readonly name: string;
  readonly linkType: number;
  /** Units of time in a millisecond. */
  readonly resolution: number;
  /** Milliseconds to add to every time. */
  readonly offset: number;
}

export interface CapturedPacket {
  /** Milliseconds on the capture's clock. */
  readonly timeMs: number;
  /** The packet is `bytes[start..end)`, in the file. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Octets on the wire: more than `end - start` when the capture cut it. */
  readonly length: number;
  readonly from: CapturedInterface;
  readonly direction: 'in' | 'out' | undefined;
  /** All comments on it, a line each. */
  readonly comment: string | undefined;
}

export interface Capture {
  /** Of all sections, in order. */
  readonly interfaces: readonly CapturedInterface[];
  readonly packets: readonly CapturedPacket[];
  /** The comments on its sections, a line each. */
  readonly comment: string | undefined;
  /** `undefined` when the whole file was understood. */
  readonly error: PcapngError | undefined;
  /** The octet at which the block with the error begins; the file's length when there is none. */
  readonly errorAt: number;
}

export function readPcapng(bytes: Uint8Array): Capture {
  const reader = new Reader(bytes);
  let error: PcapngError | undefined = reader.startsWell() ? undefined : 'not-pcapng';
  while (error === undefined && reader.at < bytes.length) error = reader.block();
  const { interfaces, packets, comment, at } = reader;
  return { interfaces, packets, comment, error, errorAt: at };
}

const SIMPLEST_BLOCK = 12; // octets

class Reader {
  at = 0; // start of the block in hand
  readonly interfaces: CapturedInterface[] = [];
  readonly packets: CapturedPacket[] = [];
  comment: string | undefined = undefined;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #littleEndian = true;
  #firstInterface = 0; // of this section, in `interfaces`

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  startsWell(): boolean {
    return this.#bytes.length >= 4 && this.#view.getUint32(0) === SECTION_HEADER; // a palindrome
  }

  /** Reads the block at `at` and goes on to the next one, or says what is wrong with it. */
  block(): PcapngError | undefined {
    const left = this.#bytes.length - this.at;
    if (left < SIMPLEST_BLOCK) return 'truncated-block';
    const type = this.#uint32(this.at);
    if (type === SECTION_HEADER) {
      const problem = this.#byteOrder();
      if (problem !== undefined) return problem;
    }
    const length = this.#uint32(this.at + 4);
    if (length < SIMPLEST_BLOCK || length % 4 !== 0) return 'bad-block-length';
    if (length > left) return 'truncated-block';
    if (this.#uint32(this.at + length - 4) !== length) return 'bad-block-length';
    const problem = this.#body(type, this.at + 8, this.at + length - 4);
    if (problem === undefined) this.at += length;
    return problem;
  }

  #byteOrder(): PcapngError | undefined {
    this.#littleEndian = true;
    const magic = this.#uint32(this.at + 8);
    if (magic === BYTE_ORDER_MAGIC) return undefined;
    this.#littleEndian = false;
    return this.#uint32(this.at + 8) === BYTE_ORDER_MAGIC ? undefined : 'bad-byte-order';
  }

  #body(type: number, start: number, end: number): PcapngError | undefined {
    if (type === SECTION_HEADER) return this.#section(start, end);
    if (type === INTERFACE_DESCRIPTION) return this.#interface(start, end);
    if (type === ENHANCED_PACKET) return this.#packet(start, end);
    return undefined;
  }

  #section(start: number, end: number): PcapngError | undefined {
    if (end - start < 16) return 'bad-block-length';
    if (this.#view.getUint16(start + 4, this.#littleEndian) !== 1) return 'bad-version';
    this.#firstInterface = this.interfaces.length;
    this.#options(start + 16, end, (code, from, to) => {
      if (code === OPTION.comment) this.comment = this.#line(this.comment, from, to);
    });
    return undefined;
  }

  #interface(start: number, end: number): PcapngError | undefined {
    if (end - start < 8) return 'bad-block-length';
    let name = '';
    let perMs = 1000; // microseconds unless said (§4.2)
    let offset = 0;
    this.#options(start + 8, end, (code, from, to) => {
      if (code === OPTION.ifName) name = decodeUtf8(this.#bytes, from, to);
      if (code === OPTION.ifTsresol && to > from) perMs = resolution(this.#bytes[from] ?? 6);
      if (code === OPTION.ifTsoffset && to - from === 8) offset = this.#int64(from) * 1000;
    });
    const linkType = this.#view.getUint16(start, this.#littleEndian);
    this.interfaces.push({ name, linkType, resolution: perMs, offset });
    return undefined;
  }

  #packet(start: number, end: number): PcapngError | undefined {
    if (end - start < 20) return 'bad-block-length';
    const from = this.interfaces[this.#firstInterface + this.#uint32(start)];
    if (from === undefined) return 'unknown-interface';
    const captured = this.#uint32(start + 12);
    if (captured > end - start - 20) return 'bad-packet-length';
    const time = this.#uint32(start + 4) * 2 ** 32 + this.#uint32(start + 8);
    let comment: string | undefined;
    let flags = 0;
    this.#options(start + 20 + ((captured + 3) & ~3), end, (code, at, to) => {
      if (code === OPTION.comment) comment = this.#line(comment, at, to);
      if (code === OPTION.epbFlags && to - at === 4) flags = this.#uint32(at) & 3;
    });
    this.packets.push({
      timeMs: time / from.resolution + from.offset,
      bytes: this.#bytes,
      start: start + 20,
      end: start + 20 + captured,
      length: this.#uint32(start + 16),
      from,
      direction: flags === 1 ? 'in' : flags === 2 ? 'out' : undefined,
      comment,
    });
    return undefined;
  }

  /** Calls `take` for each option; ends quietly at the first that does not fit. */
  #options(at: number, end: number, take: (code: number, from: number, to: number) => void): void {
    while (at + 4 <= end) {
      const code = this.#view.getUint16(at, this.#littleEndian);
      const length = this.#view.getUint16(at + 2, this.#littleEndian);
      if (code === OPTION.end || at + 4 + length > end) return;
      take(code, at + 4, at + 4 + length);
      at += 4 + ((length + 3) & ~3);
    }
  }

  #line(text: string | undefined, from: number, to: number): string {
    const line = decodeUtf8(this.#bytes, from, to);
    return text === undefined ? line : `${text}\n${line}`;
  }

  #uint32(at: number): number {
    return this.#view.getUint32(at, this.#littleEndian);
  }

  #int64(at: number): number {
    const upper = this.#view.getInt32(this.#littleEndian ? at + 4 : at, this.#littleEndian);
    return upper * 2 ** 32 + this.#uint32(this.#littleEndian ? at : at + 4);
  }
}

/** if_tsresol, §4.2: a negative power of ten, or of two when the top bit is set. Per ms. */
const resolution = (code: number): number => (code < 0x80 ? 10 ** code : 2 ** (code & 0x7f)) / 1000;
