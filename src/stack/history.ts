/**
 * The last segments of a host, each with the connection it belonged to: a ring of fixed size that is
 * written on the fast path and read when somebody wonders (README: nothing is to be switched on first).
 */
import { Segment, textLength } from '../wire/segment.ts';
import { EVERYTHING, printSegment } from '../wire/print.ts';
import { seq, toI32 } from '../wire/seq.ts';

/** One that came or left. */
export interface RecentSegment {
  /** ms */
  readonly now: number;
  readonly direction: 'in' | 'out';
  /** Without its text; `textEnd` says how many octets that was. */
  readonly segment: Segment;
}

const STRIDE = 8; // int32s of one record: 32 octets, half a cache line
const at = {
  hash: 0, // of the pair of sockets
  seq: 1,
  ack: 2,
  control: 3, // length of the text << 16 | flags | ctl
  window: 4, //  up << 16 | wnd
  // Only if a flag says so:
  sizes: 5, //   MSS option + 1 << 8 | window scale + 1
  tsval: 6,
  tsecr: 7,
} as const;
const EDGES = 8; // int32s for the edges of four SACK blocks, which few segments have

const CTL = 0x1ff; //  nine control bits
const OUT = 0x200;
const SIZES = 0x400;
const SACK_PERMITTED = 0x800;
const TIMESTAMPS = 0x1000;
const SACK_SHIFT = 13; // the number of blocks, 0 to 4

const DEFAULT = 256; // segments, of 40 octets each, 72 once there was one with SACK blocks

/** @throws RangeError when it is no number of segments. */
export function historyOf(segments: number = DEFAULT): SegmentHistory | undefined {
  if (!Number.isInteger(segments) || segments < 0) {
    throw new RangeError(`history is ${segments}, it must be an integer of 0 or more`);
  }
  return segments === 0 ? undefined : new SegmentHistory(segments);
}

export class SegmentHistory {
  readonly #capacity: number;
  #ints: Int32Array = new Int32Array(0); // made when the first segment comes
  #edges: Int32Array | undefined = undefined; // made when the first SACK block comes
  #times: Float64Array = new Float64Array(0);
  #next = 0; // where the next one goes
  #count = 0;

  /** `capacity` segments, 1 or more. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(now: number, out: boolean, hash: number, seg: Segment): void {
    if (this.#ints.length === 0) this.#make();
    const slot = this.#next;
    this.#next = slot + 1 === this.#capacity ? 0 : slot + 1;
    if (this.#count < this.#capacity) this.#count++;
    this.#times[slot] = now;
    const ints = this.#ints;
    const base = slot * STRIDE;
    ints[base + at.hash] = hash;
    ints[base + at.seq] = toI32(seg.seq);
    ints[base + at.ack] = toI32(seg.ack);
    let control = (textLength(seg) << 16) | (out ? OUT : 0) | (seg.ctl & CTL);
    ints[base + at.window] = (seg.up << 16) | seg.wnd;
    if (seg.timestamps) {
      control |= TIMESTAMPS;
      ints[base + at.tsval] = seg.tsval;
      ints[base + at.tsecr] = seg.tsecr;
    }
    ints[base + at.control] = control;
    if (hasMore(seg)) this.#addOptions(slot, seg);
  }

  /** Those with this hash, the oldest first. */
  of(hash: number): RecentSegment[] {
    const recent: RecentSegment[] = [];
    for (let i = 0; i < this.#count; i++) {
      const slot = (this.#next - this.#count + i + this.#capacity) % this.#capacity;
      if (this.#ints[slot * STRIDE + at.hash] === hash) recent.push(this.#read(slot));
    }
    return recent;
  }

  #make(): void {
    this.#ints = new Int32Array(this.#capacity * STRIDE);
    this.#times = new Float64Array(this.#capacity);
  }

  #addOptions(slot: number, seg: Segment): void {
    const ints = this.#ints;
    const base = slot * STRIDE;
    let flags = seg.sackCount << SACK_SHIFT;
    if (seg.mss >= 0 || seg.wscale >= 0) flags |= SIZES;
    if (seg.sackPermitted) flags |= SACK_PERMITTED;
    ints[base + at.control]! |= flags;
    ints[base + at.sizes] = ((seg.mss + 1) << 8) | (seg.wscale + 1);
    if (seg.sackCount === 0) return;
    const edges = (this.#edges ??= new Int32Array(this.#capacity * EDGES));
    for (let i = 0; i < 2 * seg.sackCount; i++) edges[slot * EDGES + i] = seg.sack[i]!;
  }

  #read(slot: number): RecentSegment {
    const ints = this.#ints;
    const base = slot * STRIDE;
    const control = ints[base + at.control]!;
    const segment = new Segment();
    segment.seq = seq(ints[base + at.seq]!);
    segment.ack = seq(ints[base + at.ack]!);
    segment.ctl = control & CTL;
    segment.wnd = ints[base + at.window]! & 0xffff;
    segment.up = ints[base + at.window]! >>> 16;
    segment.textEnd = control >>> 16;
    if (control & SIZES) {
      segment.mss = (ints[base + at.sizes]! >> 8) - 1;
      segment.wscale = (ints[base + at.sizes]! & 0xff) - 1;
    }
    segment.sackPermitted = (control & SACK_PERMITTED) !== 0;
    segment.timestamps = (control & TIMESTAMPS) !== 0;
    segment.sackCount = (control >> SACK_SHIFT) & 7;
    if (segment.timestamps) {
      segment.tsval = ints[base + at.tsval]!;
      segment.tsecr = ints[base + at.tsecr]!;
    }
    const { sackCount } = segment;
    for (let i = 0; i < 2 * sackCount; i++) segment.sack[i] = this.#edges![slot * EDGES + i]!;
    const direction = control & OUT ? 'out' : 'in';
    return { now: this.#times[slot]!, direction, segment };
  }
}

/** More options than timestamps. */
function hasMore(seg: Segment): boolean {
  return seg.mss >= 0 || seg.wscale >= 0 || seg.sackPermitted || seg.sackCount > 0;
}

/** One line each, in the notation of the RFC's figures: `12.5 --> <SEQ=101><ACK=301><CTL=ACK><WND=…>`. */
export function printRecent(segments: readonly RecentSegment[]): string {
  return segments
    .map(({ now, direction, segment }) => {
      const arrow = direction === 'out' ? '-->' : '<--';
      return `${now.toFixed(3).padStart(14)} ${arrow} ${printSegment(segment, EVERYTHING)}\n`;
    })
    .join('');
}
