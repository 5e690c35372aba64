/**
 * What SND.UNA..SND.NXT was made of: RFC 9293 §3.4, "the segment on the retransmission queue". Text
 * is read from the send buffer again; here stand the boundaries, when each part was sent, and
 * what is held for lost. SND.NXT never goes back (ADR-0006): retransmission reads this queue.
 */
import { add, diff, le, lt, type Seq } from '../wire/seq.ts';

export class SentRecord {
  start: Seq;
  end: Seq;
  /** When it was last sent, ms. */
  sentAt: number;
  /** How often it was sent again. Karn: no round trip is measured of those. */
  retransmissions = 0;
  /** Held for lost and not yet sent again. */
  lost = false;
  next: SentRecord | undefined = undefined;

  constructor(start: Seq, end: Seq, sentAt: number) {
    this.start = start;
    this.end = end;
    this.sentAt = sentAt;
  }
}

export class RetransmissionQueue {
  #head: SentRecord | undefined = undefined;
  #tail: SentRecord | undefined = undefined;
  /** Octets of sequence space held for lost and not yet sent again. */
  lostOctets = 0;
  /** Octets of the largest part that was sent once and is acknowledged. */
  largestAcked = 0;

  get empty(): boolean {
    return this.#head === undefined;
  }

  /** The oldest part, or undefined. */
  get first(): SentRecord | undefined {
    return this.#head;
  }

  sent(start: Seq, end: Seq, now: number): void {
    const record = new SentRecord(start, end, now);
    if (this.#tail === undefined) this.#head = record;
    else this.#tail.next = record;
    this.#tail = record;
  }

  /** Removes all before `una`. Says when the newest part left that may be measured, or -1. */
  acknowledged(una: Seq): number {
    let measured = -1;
    let ambiguous = false;
    let record = this.#head;
    while (record !== undefined && le(record.end, una)) {
      const length = diff(record.end, record.start);
      if (record.retransmissions > 0) ambiguous = true;
      else if (length > this.largestAcked) this.largestAcked = length;
      if (record.lost) this.lostOctets -= length;
      measured = record.sentAt;
      record = record.next;
    }
    if (record !== undefined && lt(record.start, una)) {
      if (record.lost) this.lostOctets -= diff(una, record.start);
      record.start = una;
    }
    this.#head = record;
    if (record === undefined) this.#tail = undefined;
    return ambiguous ? -1 : measured;
  }

  /** The retransmission timer expired: all of it is held for lost (RFC 5681 §3.1). */
  markAllLost(): void {
    this.lostOctets = 0;
    for (let record = this.#head; record !== undefined; record = record.next) {
      record.lost = true;
      this.lostOctets += diff(record.end, record.start);
    }
  }

  /** The oldest part is held for lost (RFC 5681 §3.2, fast retransmit). */
  markFirstLost(): void {
    const record = this.#head;
    if (record === undefined || record.lost) return;
    record.lost = true;
    this.lostOctets += diff(record.end, record.start);
  }

  /** All parts of more than `length` octets are held for lost. Were there any? */
  markLargerLost(length: number): boolean {
    let found = false;
    for (let record = this.#head; record !== undefined; record = record.next) {
      const octets = diff(record.end, record.start);
      if (octets <= length) continue;
      found = true;
      if (record.lost) continue;
      record.lost = true;
      this.lostOctets += octets;
    }
    return found;
  }

  /** The oldest part held for lost. */
  firstLost(): SentRecord | undefined {
    if (this.lostOctets === 0) return undefined;
    let record = this.#head;
    while (record !== undefined && !record.lost) record = record.next;
    return record;
  }

  /** `length` octets from the start of `record` are sent again; a rest stays lost. */
  retransmitted(record: SentRecord, length: number, now: number): void {
    const end = add(record.start, length);
    if (lt(end, record.end)) {
      const rest = new SentRecord(end, record.end, record.sentAt);
      rest.retransmissions = record.retransmissions;
      rest.lost = true;
      rest.next = record.next;
      record.next = rest;
      if (this.#tail === record) this.#tail = rest;
      record.end = end;
    }
    record.lost = false;
    record.retransmissions++;
    record.sentAt = now;
    this.lostOctets -= length;
  }

  clear(): void {
    this.#head = undefined;
    this.#tail = undefined;
    this.lostOctets = 0;
    this.largestAcked = 0;
  }
}
