/**
 * Text that arrived and the user has not taken: RFC 9293 §3.9.1.3, §3.10.7.4 seventh. Octets in order
 * come first; those beyond a gap already lie where they belong (reassembly.ts says which do), so
 * closing a gap copies nothing.
 */
import { Reassembly } from './reassembly.ts';
import { Ring } from './ring.ts';

export class ReceiveBuffer extends Ring {
  /** Octets in order that the user may take: those before RCV.NXT. */
  unread = 0;
  /** Which octets beyond RCV.NXT are there; undefined while there is no gap. */
  reassembly: Reassembly | undefined = undefined;

  /** Text beginning at RCV.NXT. Says by how much RCV.NXT moves: more than given closes a gap. */
  append(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    const { reassembly } = this;
    if (reassembly === undefined) {
      this.write(this.unread, bytes, start, end, this.unread);
      this.unread += length;
      return length;
    }
    this.#writeGaps(reassembly, 0, bytes, start, end);
    const moved = reassembly.advance(length);
    if (reassembly.empty) this.reassembly = undefined;
    this.unread += moved;
    return moved;
  }

  /**
   * Text `offset` octets beyond RCV.NXT (SHLD-31), of which at most `most` ranges are kept. False when
   * it was not kept.
   */
  hold(offset: number, bytes: Uint8Array, start: number, end: number, most: number): boolean {
    const reassembly = this.reassembly ?? new Reassembly();
    if (!reassembly.hasRoom(offset, offset + end - start, most)) return false;
    this.reassembly = reassembly;
    this.#writeGaps(reassembly, offset, bytes, start, end);
    reassembly.insert(offset, offset + end - start);
    return true;
  }

  /** Moves up to `max` octets to `into[at..]` and says how many. */
  take(into: Uint8Array, at: number, max: number): number {
    const length = Math.min(max, this.unread);
    if (length === 0) return 0;
    this.read(0, length, into, at);
    this.unread -= length;
    if (this.unread === 0 && this.reassembly === undefined) this.release();
    else this.discard(length);
    return length;
  }

  /** What lies beyond a gap will never be in order. */
  dropGaps(): void {
    this.reassembly = undefined;
    if (this.unread === 0) this.release();
  }

  clear(): void {
    this.unread = 0;
    this.reassembly = undefined;
    this.release();
  }

  // What is already there stays: a second, different copy never changes what is delivered.
  #writeGaps(
    reassembly: Reassembly,
    offset: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const { unread } = this;
    const used = unread + reassembly.end;
    const last = offset + end - start;
    let from = offset;
    while (from < last) {
      const covered = reassembly.coveredUntil(from);
      if (covered > from) {
        from = covered;
        continue;
      }
      const to = Math.min(last, reassembly.nextStart(from));
      this.write(unread + from, bytes, start + from - offset, start + to - offset, used);
      from = to;
    }
  }
}
