/**
 * One datagram that is being put together: RFC 791 §3.2 with its fragment block bit table, and the
 * RFC's names for what it keeps. A bit stands for 8 octets, so an overlap is a bit that is set
 * already, at the same price in whatever order fragments come.
 */
import type { IpHeader } from '../wire/ip-header.ts';
import {
  BLOCK,
  BLOCK_SHIFT,
  BLOCKS_OF_A_DATAGRAM,
  type FragmentBlocks,
} from './fragment-blocks.ts';
import type { NetworkInterface } from './interface.ts';

/** More than these are no honest path's: 119 are enough for 65,535 octets over an MTU of 576. */
const MOST_FRAGMENTS = 128;
const MOST_HEADERS = 128; // octets kept of the first fragment's, for an ICMP error
const UNITS = 8192; // of 8 octets, in the largest datagram

const NOT_ECT = 0;
const CE = 3;

/** Why a datagram can never be whole. */
export type Unfit =
  | 'fragment-overlap' //   other octets than came before, or partly the same place (RFC 5722 §4)
  | 'fragment-end' //       beyond the end of the datagram, or two ends
  | 'fragment-count'
  | 'fragment-ecn'; //      RFC 3168 §5.3: congestion marked on some, others not ECN-capable

export class Incomplete {
  // The buffer identifier, BUFID: protocol is no part of it in IPv6 (RFC 8200 §4.5)
  version: 4 | 6 = 4;
  id = 0;
  protocol = 0;
  src0 = 0;
  src1 = 0;
  src2 = 0;
  src3 = 0;
  dst0 = 0;
  dst1 = 0;
  dst2 = 0;
  dst3 = 0;
  /** When its time is over, ms. */
  deadline = 0;
  /** It can never be whole: what still comes of it is dropped (RFC 8200 §4.5). */
  abandoned = false;
  /** Blocks it holds. */
  blockCount = 0;
  /** All links vouched for checksums. */
  verified = true;
  /** Over which one came. */
  iface: NetworkInterface | undefined = undefined;
  /** Of the first fragment; meaningful with `headers` above 0. */
  ttl = 0;
  flowLabel = 0;
  nextHeader = 0;
  /** Octets of its headers, 0 before it came; of its text. */
  headers = 0;
  firstLength = 0;
  readonly head: Uint8Array = new Uint8Array(MOST_HEADERS);

  #tdl = -1; // total data length, octets
  #furthest = 0; // the furthest end seen
  #units = 0; // bits set in RCVBT
  #fragments = 0;
  #tos = 0;
  #ecn = 0; // a bit for each codepoint seen
  readonly #rcvbt: Int32Array = new Int32Array(UNITS / 32);
  readonly #blocks: Int16Array = new Int16Array(BLOCKS_OF_A_DATAGRAM).fill(-1);

  /** Another datagram, of which `ip` is the first fragment that came. */
  begin(ip: IpHeader, deadline: number): void {
    this.version = ip.version;
    this.id = ip.id;
    this.protocol = ip.protocol;
    this.src0 = ip.src0;
    this.src1 = ip.src1;
    this.src2 = ip.src2;
    this.src3 = ip.src3;
    this.dst0 = ip.dst0;
    this.dst1 = ip.dst1;
    this.dst2 = ip.dst2;
    this.dst3 = ip.dst3;
    this.deadline = deadline;
    this.abandoned = false;
    this.verified = true;
    this.headers = 0;
    this.firstLength = 0;
    this.#tdl = -1;
    this.#furthest = 0;
    this.#units = 0;
    this.#fragments = 0;
    this.#ecn = 0;
    this.#rcvbt.fill(0);
  }

  /** Does the fragment belong to this datagram? */
  names(ip: IpHeader): boolean {
    return (
      this.id === ip.id &&
      this.src3 === ip.src3 &&
      this.dst3 === ip.dst3 &&
      this.version === ip.version &&
      (ip.version === 4
        ? this.protocol === ip.protocol
        : this.src2 === ip.src2 &&
          this.src1 === ip.src1 &&
          this.src0 === ip.src0 &&
          this.dst2 === ip.dst2 &&
          this.dst1 === ip.dst1 &&
          this.dst0 === ip.dst0)
    );
  }

  isFrom(ip: IpHeader): boolean {
    return (
      this.src3 === ip.src3 &&
      this.src2 === ip.src2 &&
      this.src1 === ip.src1 &&
      this.src0 === ip.src0 &&
      this.version === ip.version
    );
  }

  /** RCVBT is full up to TDL. */
  get whole(): boolean {
    return this.#tdl >= 0 && this.#units === (this.#tdl + 7) >>> 3;
  }

  /** Octets of the whole datagram's text, when it is whole. */
  get length(): number {
    return this.#tdl;
  }

  /** Type of Service or Traffic Class of the whole: the first fragment's, with RFC 3168 §5.3. */
  get tos(): number {
    return this.#ecn & (1 << CE) ? this.#tos | CE : this.#tos;
  }

  /** Blocks that the fragment needs and this datagram does not have. */
  needs(ip: IpHeader): number {
    const end = ip.fragmentOffset + ip.payloadEnd - ip.payloadStart;
    let missing = 0;
    for (let i = ip.fragmentOffset >> BLOCK_SHIFT; i << BLOCK_SHIFT < end; i++) {
      if (this.#blocks[i]! < 0) missing++;
    }
    return missing;
  }

  /**
   * Why the fragment and this datagram cannot be; 'duplicate' when all of it was here before;
   * undefined when it may be kept.
   */
  refuses(
    ip: IpHeader,
    bytes: Uint8Array,
    blocks: FragmentBlocks,
  ): Unfit | 'duplicate' | undefined {
    const start = ip.fragmentOffset;
    const end = start + ip.payloadEnd - ip.payloadStart;
    if (ip.moreFragments ? this.#tdl >= 0 && end > this.#tdl : !this.#mayEndAt(end)) {
      return 'fragment-end';
    }
    const set = this.#received(start >>> 3, (end + 7) >>> 3);
    if (set > 0) return this.#repeats(ip, bytes, blocks, set) ? 'duplicate' : 'fragment-overlap';
    if (this.#fragments === MOST_FRAGMENTS) return 'fragment-count';
    const ecn = this.#ecn | (1 << (ip.tos & 3));
    return ecn & (1 << NOT_ECT) && ecn !== 1 << NOT_ECT ? 'fragment-ecn' : undefined;
  }

  /** A fragment that was not refused, with as many blocks free as it needs. */
  keep(ip: IpHeader, bytes: Uint8Array, verified: boolean, blocks: FragmentBlocks): void {
    const start = ip.fragmentOffset;
    const end = start + ip.payloadEnd - ip.payloadStart;
    this.#fragments++;
    this.#ecn |= 1 << (ip.tos & 3);
    if (!verified) this.verified = false;
    if (!ip.moreFragments) this.#tdl = end;
    if (end > this.#furthest) this.#furthest = end;
    this.#mark(start >>> 3, (end + 7) >>> 3);
    this.#write(start, end, bytes, ip.payloadStart, blocks);
    if (start === 0) this.#keepFirst(ip, bytes, end);
  }

  /** Copies the first `length` octets of the text to into[at..). */
  read(into: Uint8Array, at: number, length: number, blocks: FragmentBlocks): void {
    for (let i = 0; i << BLOCK_SHIFT < length; i++) {
      const from = i << BLOCK_SHIFT;
      blocks.read(this.#blocks[i]!, into, at + from, Math.min(BLOCK, length - from));
    }
  }

  /** All its blocks are free again. */
  release(blocks: FragmentBlocks): void {
    for (let i = 0; this.blockCount > 0; i++) {
      const block = this.#blocks[i]!;
      if (block < 0) continue;
      blocks.giveBack(block);
      this.#blocks[i] = -1;
      this.blockCount--;
    }
  }

  #mayEndAt(end: number): boolean {
    return this.#tdl >= 0 ? end === this.#tdl : end >= this.#furthest;
  }

  /** The same octets at the same place: the network duplicates (RFC 8200 §4.5). */
  #repeats(ip: IpHeader, bytes: Uint8Array, blocks: FragmentBlocks, set: number): boolean {
    const offset = ip.fragmentOffset;
    const length = ip.payloadEnd - ip.payloadStart;
    if (set !== (length + 7) >>> 3) return false;
    let done = 0;
    while (done < length) {
      const at = (offset + done) & (BLOCK - 1);
      const take = Math.min(BLOCK - at, length - done);
      const block = this.#blocks[(offset + done) >> BLOCK_SHIFT]!;
      const from = ip.payloadStart + done;
      if (!blocks.same(block, at, bytes, from, from + take)) return false;
      done += take;
    }
    return true;
  }

  #keepFirst(ip: IpHeader, bytes: Uint8Array, length: number): void {
    const headers = ip.payloadStart - ip.headerStart;
    this.headers = headers;
    this.firstLength = length;
    this.ttl = ip.ttl;
    this.flowLabel = ip.flowLabel;
    this.nextHeader = ip.protocol;
    this.#tos = ip.tos;
    if (headers > MOST_HEADERS) return;
    this.head.set(bytes.subarray(ip.headerStart, ip.payloadStart));
  }

  #write(
    start: number,
    end: number,
    bytes: Uint8Array,
    from: number,
    blocks: FragmentBlocks,
  ): void {
    for (let at = start; at < end;) {
      const index = at >> BLOCK_SHIFT;
      const next = Math.min(end, (index + 1) << BLOCK_SHIFT);
      const block = this.#block(index, blocks);
      blocks.write(block, at & (BLOCK - 1), bytes, from + at - start, from + next - start);
      at = next;
    }
  }

  #block(index: number, blocks: FragmentBlocks): number {
    let block = this.#blocks[index]!;
    if (block >= 0) return block;
    block = blocks.take();
    this.#blocks[index] = block;
    this.blockCount++;
    return block;
  }

  /** How many of the units from `from` to `to` are there. */
  #received(from: number, to: number): number {
    let count = 0;
    for (let i = from; i < to; i++) {
      const word = this.#rcvbt[i >>> 5]!;
      if (word === 0) i |= 31;
      else if (word & (1 << (i & 31))) count++;
    }
    return count;
  }

  #mark(from: number, to: number): void {
    for (let i = from; i < to; i++) this.#rcvbt[i >>> 5]! |= 1 << (i & 31);
    this.#units += to - from;
  }
}
