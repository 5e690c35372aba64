/**
 * Writes captures: pcapng, draft-ietf-opsawg-pcapng §4.1 (section), §4.2 (interface), §4.3 (packet),
 * §3.5 (options). Little-endian, raw IP packets or Ethernet frames, nanoseconds. The file is a plain
 * sequence of blocks, so a capture is complete after every packet.
 */
import { encodeUtf8 } from './utf8.ts';

export const SECTION_HEADER = 0x0a0d0d0a;
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
export const INTERFACE_DESCRIPTION = 1;
export const ENHANCED_PACKET = 6;
export const LINKTYPE_RAW = 101; // an IPv4 or IPv6 header comes first
export const LINKTYPE_ETHERNET = 1; // a frame, without its check sequence

/** Option codes of §3.5, §4.1, §4.2 and §4.3. */
export const OPTION = {
  end: 0,
  comment: 1,
  epbFlags: 2,
  ifName: 2,
  shbUserAppl: 4,
  ifTsresol: 9,
  ifTsoffset: 14,
} as const;

export interface CaptureHeader {
  /** A name for each interface, numbered from 0 in this order. Default: one without a name. */
  readonly interfaces?: readonly string[] | undefined;
  /** What packets begin with, on all of them: an IP header or an Ethernet header. Default `ip`. */
  readonly medium?: 'ip' | 'ethernet' | undefined;
  /** A comment on the whole capture. */
  readonly comment?: string | undefined;
  /** What made the capture. Default `estab`. */
  readonly application?: string | undefined;
}

export interface PacketNote {
  /** Seen from the interface. */
  readonly direction?: 'in' | 'out' | undefined;
  /** Shown with the packet by Wireshark; cut to 65535 octets of UTF-8. */
  readonly comment?: string | undefined;
  /** Which interface of the header, default 0. */
  readonly interface?: number | undefined;
}

/**
 * Hands each block to `sink` as it is made. A chunk is the sink's to keep: it is not written again.
 */
export class PcapngWriter {
  readonly #sink: (chunk: Uint8Array) => void;
  #bytes = new Uint8Array(0); // the slab that blocks are carved from
  #view = new DataView(this.#bytes.buffer);
  #start = 0; // of the block being written
  #at = 0; //    where its next octet goes
  #interfaces = 0;

  constructor(sink: (chunk: Uint8Array) => void) {
    this.#sink = sink;
  }

  /** Starts the capture, or a new section of it. The first packet() does it when nobody else did. */
  header(header: CaptureHeader = {}): void {
    const names = header.interfaces ?? [''];
    this.#section(encode(header.application ?? 'estab'), encode(header.comment));
    const linkType = header.medium === 'ethernet' ? LINKTYPE_ETHERNET : LINKTYPE_RAW;
    for (const name of names) this.#interface(encode(name), linkType);
    this.#interfaces = names.length;
  }

  /**
   * Adds the packet `bytes[start..end)`, copied. `timeMs`: milliseconds since 1970, or since the
   * start of a virtual clock; kept to the nanosecond as far as the number holds it.
   * @throws RangeError when `note.interface` is not one of the header's.
   */
  packet(
    timeMs: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    note: PacketNote = {},
  ): void {
    if (this.#interfaces === 0) this.header();
    const id = note.interface ?? 0;
    if (!(id >= 0 && id < this.#interfaces)) {
      throw new RangeError(`interface ${id} of a capture with ${this.#interfaces}`);
    }
    const length = end - start;
    const comment = encode(note.comment);
    const flags = note.direction === 'in' ? INBOUND : note.direction === 'out' ? OUTBOUND : 0;
    this.#begin(ENHANCED_PACKET, 20 + padded(length) + optionSize(comment.length) + 8 + END_SIZE);
    this.#uint32(id);
    this.#time(timeMs);
    this.#uint32(length); // captured
    this.#uint32(length); // original
    this.#octets(bytes.subarray(start, end));
    if (comment.length > 0) this.#option(OPTION.comment, comment);
    if (flags !== 0) {
      this.#uint16(OPTION.epbFlags);
      this.#uint16(4);
      this.#uint32(flags);
    }
    if (comment.length > 0 || flags !== 0) this.#uint32(OPTION.end);
    this.#finish();
  }

  #section(application: Uint8Array, comment: Uint8Array): void {
    const options = optionSize(application.length) + optionSize(comment.length) + END_SIZE;
    this.#begin(SECTION_HEADER, 16 + options);
    this.#uint32(BYTE_ORDER_MAGIC);
    this.#uint16(1); // version 1.0
    this.#uint16(0);
    this.#uint32(0xffffffff); // section length: not known
    this.#uint32(0xffffffff);
    if (comment.length > 0) this.#option(OPTION.comment, comment);
    this.#option(OPTION.shbUserAppl, application);
    this.#uint32(OPTION.end);
    this.#finish();
  }

  #interface(name: Uint8Array, linkType: number): void {
    this.#begin(INTERFACE_DESCRIPTION, 8 + optionSize(name.length) + 8 + END_SIZE);
    this.#uint16(linkType);
    this.#uint16(0); // reserved
    this.#uint32(0); // snapshot length: no limit
    if (name.length > 0) this.#option(OPTION.ifName, name);
    this.#option(OPTION.ifTsresol, NANOSECONDS);
    this.#uint32(OPTION.end);
    this.#finish();
  }

  /** Starts a block with room for `body` octets. */
  #begin(type: number, body: number): void {
    const size = body + FRAME_SIZE;
    if (this.#at + size > this.#bytes.length) {
      this.#bytes = new Uint8Array(Math.max(size, SLAB_SIZE));
      this.#view = new DataView(this.#bytes.buffer);
      this.#at = 0;
    }
    this.#start = this.#at;
    this.#uint32(type);
    this.#uint32(0); // the length: #finish
  }

  #finish(): void {
    const length = this.#at + 4 - this.#start;
    this.#view.setUint32(this.#start + 4, length, true);
    this.#uint32(length);
    this.#sink(this.#bytes.subarray(this.#start, this.#at));
  }

  #uint16(value: number): void {
    this.#view.setUint16(this.#at, value, true);
    this.#at += 2;
  }

  #uint32(value: number): void {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  /** Octets and what it takes to a multiple of four; the slab is still all zero there. */
  #octets(octets: Uint8Array): void {
    this.#bytes.set(octets, this.#at);
    this.#at += padded(octets.length);
  }

  #option(code: number, value: Uint8Array): void {
    this.#uint16(code);
    this.#uint16(value.length);
    this.#octets(value);
  }

  /** 64 bits of nanoseconds, upper half first. A double cannot hold them: 16 bits at a time. */
  #time(timeMs: number): void {
    const time = timeMs > 0 ? timeMs : 0;
    const ms = Math.floor(time);
    const upper = Math.floor(ms / 65_536) * 1_000_000; // times 2^16, nanoseconds
    const lower = (ms % 65_536) * 1_000_000 + Math.round((time - ms) * 1_000_000);
    const low = (upper % 65_536) * 65_536 + lower;
    this.#uint32(Math.floor(upper / 65_536) + Math.floor(low / 2 ** 32));
    this.#uint32(low % 2 ** 32);
  }
}

const SLAB_SIZE = 65_536; // octets: 40 packets of 1500
const FRAME_SIZE = 12; // octets: type, length, and length again
const END_SIZE = 4; // octets of opt_endofopt
const INBOUND = 1; // §4.3.1
const OUTBOUND = 2;
const NANOSECONDS = new Uint8Array([9]); // §4.2: 10^-9 s
const MAX_OPTION = 65_535; // octets: the length field has 16 bits

const padded = (length: number): number => (length + 3) & ~3;
const optionSize = (length: number): number => 4 + padded(length);
const encode = (text = ''): Uint8Array => encodeUtf8(text, MAX_OPTION);
