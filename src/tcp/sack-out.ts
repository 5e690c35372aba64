/**
 * Which blocks an acknowledgment reports: RFC 2018 §4 and RFC 2883 §4. The block with the segment that
 * arrived last comes first, then those reported most recently; what arrived twice comes before all.
 */
import { textLength, type Segment } from '../wire/segment.ts';
import { add, diff, le, toI32, ZERO, type Seq } from '../wire/seq.ts';
import type { Reassembly } from './reassembly.ts';
import { receiverOf } from './receiver.ts';
import type { Tcb } from './tcb.ts';

const MOST_BLOCKS = 4; //            in 40 octets of options (RFC 2018 §3)
const BESIDE_TIMESTAMPS = 3;

export class SackBlocks {
  count = 0;
  // Left and right edges, the block reported most recently first
  readonly left: Seq[] = [ZERO, ZERO, ZERO, ZERO];
  readonly right: Seq[] = [ZERO, ZERO, ZERO, ZERO];
  // What arrived twice, for one acknowledgment; nothing when they are equal
  duplicateLeft: Seq = ZERO;
  duplicateRight: Seq = ZERO;

  /** This block goes to the front; those that are part of it, or were it before it grew, go. */
  report(left: Seq, right: Seq): void {
    let kept = 0;
    for (let i = 0; i < this.count; i++) {
      const inside = le(left, this.left[i]!) && le(this.right[i]!, right);
      if (!inside) this.#move(i, kept++);
    }
    if (kept === MOST_BLOCKS) kept--;
    for (let i = kept; i > 0; i--) this.#move(i - 1, i);
    this.left[0] = left;
    this.right[0] = right;
    this.count = kept + 1;
  }

  /** RCV.NXT has passed some. */
  acknowledged(next: Seq): void {
    let kept = 0;
    for (let i = 0; i < this.count; i++) if (!le(this.right[i]!, next)) this.#move(i, kept++);
    this.count = kept;
  }

  /** There is room for blocks that were not among the last four: the first of them are wanted most. */
  refill(reassembly: Reassembly, next: Seq): void {
    let from = 0;
    while (this.count < MOST_BLOCKS && this.count < reassembly.count) {
      const start = reassembly.nextStart(from);
      if (start === Infinity) return;
      from = reassembly.coveredUntil(start);
      const left = add(next, start);
      if (!this.#has(left)) {
        this.left[this.count] = left;
        this.right[this.count] = add(next, from);
        this.count++;
      }
    }
  }

  /** Is there something to report that arrived twice? */
  get duplicate(): boolean {
    return this.duplicateLeft !== this.duplicateRight;
  }

  #has(left: Seq): boolean {
    for (let i = 0; i < this.count; i++) if (this.left[i] === left) return true;
    return false;
  }

  #move(from: number, to: number): void {
    this.left[to] = this.left[from]!;
    this.right[to] = this.right[from]!;
  }
}

/** Octets the SACK option of the next segment takes, a multiple of 4. */
export function sackOctets(tcb: Tcb): number {
  const blocks = blocksToSend(tcb);
  return blocks === 0 ? 0 : 4 + 8 * blocks;
}

/** "SACK options SHOULD be included in all ACKs which do not ACK the highest sequence number" held. */
export function fillSack(tcb: Tcb, out: Segment): void {
  const blocks = blocksToSend(tcb);
  if (blocks === 0) return;
  const sack = tcb.receiver!.sack!;
  let at = 0;
  if (sack.duplicate) {
    out.sack[at++] = toI32(sack.duplicateLeft);
    out.sack[at++] = toI32(sack.duplicateRight);
    sack.duplicateLeft = sack.duplicateRight; // "each duplicate ... reported in at most one" block
  }
  for (let i = 0; at < 2 * blocks; i++) {
    out.sack[at++] = toI32(sack.left[i]!);
    out.sack[at++] = toI32(sack.right[i]!);
  }
  out.sackCount = blocks;
}

function blocksToSend(tcb: Tcb): number {
  const sack = tcb.receiver?.sack;
  if (sack === undefined) return 0;
  const all = sack.count + (sack.duplicate ? 1 : 0);
  return Math.min(all, tcb.timestamps === undefined ? MOST_BLOCKS : BESIDE_TIMESTAMPS);
}

/** Text beyond a gap was kept: the range around `offset` becomes the first block. */
export function reportHeld(tcb: Tcb, offset: number): void {
  const { reassembly } = tcb.receiveBuffer;
  if (!tcb.sackOn || reassembly === undefined) return;
  const { nxt } = tcb.rcv;
  const left = add(nxt, reassembly.coveredFrom(offset));
  const sack = sackOf(tcb);
  sack.report(left, add(nxt, reassembly.coveredUntil(offset)));
  sack.refill(reassembly, nxt); // it may have joined some
}

/** RCV.NXT moved over some of what was beyond a gap, or a FIN ended it all. */
export function reportAdvance(tcb: Tcb): void {
  const sack = tcb.receiver?.sack;
  if (sack === undefined) return;
  const { reassembly } = tcb.receiveBuffer;
  if (reassembly === undefined) {
    sack.count = 0;
    return;
  }
  sack.acknowledged(tcb.rcv.nxt);
  sack.refill(reassembly, tcb.rcv.nxt);
}

/** Of the text of `seg` what lies before RCV.NXT was here before: RFC 2883 §4.1.1, §4.1.2. */
export function reportOld(tcb: Tcb, seg: Segment): void {
  if (!tcb.sackOn) return;
  const octets = Math.min(textLength(seg), diff(tcb.rcv.nxt, seg.seq));
  if (octets > 0) duplicateIs(tcb, seg.seq, add(seg.seq, octets));
}

/**
 * Of the text of `seg`, `offset` octets beyond RCV.NXT, the first run that is held already arrived
 * twice: RFC 2883 §4.1.3, §4.2. To be asked before it is put in order.
 */
export function reportOverlap(tcb: Tcb, seg: Segment, offset: number): void {
  const { reassembly } = tcb.receiveBuffer;
  if (!tcb.sackOn || reassembly === undefined) return;
  const { nxt } = tcb.rcv;
  // Only the first run of a segment is reported, and this one began before RCV.NXT
  const known = tcb.receiver?.sack;
  if (offset === 0 && known?.duplicate === true && known.duplicateRight === nxt) return;
  const end = offset + textLength(seg);
  const from = reassembly.coveredUntil(offset) > offset ? offset : reassembly.nextStart(offset);
  if (from >= end) return;
  duplicateIs(tcb, add(nxt, from), add(nxt, Math.min(end, reassembly.coveredUntil(from))));
}

function duplicateIs(tcb: Tcb, left: Seq, right: Seq): void {
  const sack = sackOf(tcb);
  sack.duplicateLeft = left;
  sack.duplicateRight = right;
}

function sackOf(tcb: Tcb): SackBlocks {
  return (receiverOf(tcb).sack ??= new SackBlocks());
}
