/**
 * Text the user gave to SEND, from SND.UNA on: RFC 9293 §3.9.1.2. The front is the oldest octet not
 * yet acknowledged, so a retransmission reads the same octets again. The octets are copied in: the
 * user may reuse the array at once.
 */
import { Ring } from './ring.ts';

export class SendBuffer extends Ring {
  /** Octets held, acknowledged ones gone. */
  length = 0;
  /** Is the user to be told when there is room again? */
  full = false;

  /** Takes as much of `bytes[start..end)` as fits below `capacity` and says how much that was. */
  append(bytes: Uint8Array, start: number, end: number, capacity: number): number {
    const accepted = Math.min(end - start, capacity - this.length);
    if (accepted <= 0) return 0;
    this.write(this.length, bytes, start, start + accepted, this.length);
    this.length += accepted;
    return accepted;
  }

  /** Copies `length` octets that begin `offset` octets after SND.UNA. */
  copy(offset: number, length: number, into: Uint8Array, at: number): void {
    this.read(offset, length, into, at);
  }

  /** `length` octets were acknowledged. */
  acknowledged(length: number): void {
    this.length -= length;
    if (this.length === 0) this.release();
    else this.discard(length);
  }

  clear(): void {
    this.length = 0;
    this.full = false;
    this.release();
  }
}
