/** A doubly linked list through the records themselves; each is in one list at most. */
import type { SentRecord } from './record-pool.ts';

export class RecordList {
  head: SentRecord | undefined = undefined;
  tail: SentRecord | undefined = undefined;

  append(record: SentRecord): void {
    record.prev = this.tail;
    record.next = undefined;
    if (this.tail === undefined) this.head = record;
    else this.tail.next = record;
    this.tail = record;
  }

  /** `record` right behind `before`, which is in this list. */
  insertAfter(before: SentRecord, record: SentRecord): void {
    const { next } = before;
    record.prev = before;
    record.next = next;
    before.next = record;
    if (next === undefined) this.tail = record;
    else next.prev = record;
  }

  prepend(record: SentRecord): void {
    record.prev = undefined;
    record.next = this.head;
    if (this.head === undefined) this.tail = record;
    else this.head.prev = record;
    this.head = record;
  }

  remove(record: SentRecord): void {
    const { prev, next } = record;
    if (prev === undefined) this.head = next;
    else prev.next = next;
    if (next === undefined) this.tail = prev;
    else next.prev = prev;
    record.prev = record.next = undefined;
  }

  clear(): void {
    this.head = this.tail = undefined;
  }
}
