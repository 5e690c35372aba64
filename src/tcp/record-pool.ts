/**
 * Parts of retransmission queues, and where they come from: one pool for each host, so that a steady
 * transfer makes no garbage and an idle connection holds none.
 */
import { ZERO, type Seq } from '../wire/seq.ts';
import type { RateStamp } from './delivery-rate.ts';

const MOST = 4096; // records that wait for use; 80 octets each

/** One segment that was sent and is not acknowledged. */
export class SentRecord {
  start: Seq = ZERO;
  end: Seq = ZERO;
  /** When it was last sent, ms. */
  sentAt = 0;
  /** How often it was sent again. Karn: no round trip is measured of those. */
  retransmissions = 0;
  /** Held for lost and not yet sent again. */
  lost = false;
  /** Of the SACKed parts from this one on so many are known to be in a row; 0: it is not SACKed. */
  run = 0;
  /** What the delivery rate is measured by, when the controller wants it. */
  stamp: RateStamp | undefined = undefined;
  /** In the list of what is in flight, or in that of what is lost. */
  prev: SentRecord | undefined = undefined;
  next: SentRecord | undefined = undefined;
}

export class RecordPool {
  readonly #free: SentRecord[] = [];

  take(start: Seq, end: Seq, now: number): SentRecord {
    const record = this.#free.pop() ?? new SentRecord();
    record.start = start;
    record.end = end;
    record.sentAt = now;
    return record;
  }

  /** Of no list any more. */
  give(record: SentRecord): void {
    if (this.#free.length >= MOST) return;
    record.retransmissions = 0;
    record.lost = false;
    record.run = 0;
    this.#free.push(record);
  }
}
