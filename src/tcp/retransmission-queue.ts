/**
 * What SND.UNA..SND.NXT was made of, and what is known of each part: RFC 9293 §3.4, the scoreboard of
 * RFC 2018 §5 and RFC 6675 §2. Text is read from the send buffer again. SND.NXT never goes back
 * (ADR-0006). In sequence order in a ring; the parts in flight also in the order they were last sent,
 * those held for lost in the order they are to be sent again (ADR-0031).
 */
import { add, diff, ge, gt, le, lt, ZERO, type Seq } from '../wire/seq.ts';
import { RecordList } from './record-list.ts';
import type { RecordPool, SentRecord } from './record-pool.ts';

const LEAST = 16; // records in the smallest ring
const NEAR = 4; //   records to both sides of where one is guessed to be

/** Who is told of each part that is acknowledged or SACKed for the first time. */
export interface DeliveryObserver {
  delivered(record: SentRecord, octets: number, cumulative: boolean): void;
}

/** Who is told of each part that is held for lost. */
export interface LossObserver {
  held(record: SentRecord, octets: number, now: number): void;
}

export class RetransmissionQueue {
  /** Parts there are, SACKed, held for lost, and in flight again. */
  count = 0;
  sackedCount = 0;
  lostCount = 0;
  retransCount = 0;
  /** Octets of sequence space SACKed; held for lost and not yet sent again. */
  sackedOctets = 0;
  lostOctets = 0;
  /** Octets of the largest part that was sent once and arrived. */
  largestAcked = 0;
  /** How often one was held for lost, modulo 2^32. */
  losses = 0;
  /** Parts looked at since the connection began, modulo 2^32. */
  visits = 0;
  /** What is before it was judged by RFC 6675 §4 IsLost. */
  edge: Seq = ZERO;
  /** Octets SACKed from `edge` on, and how many discontiguous runs they are. */
  aboveOctets = 0;
  aboveRuns = 0;
  /** Told of each part that is held for lost. */
  observer: LossObserver | undefined = undefined;
  readonly #pool: RecordPool;
  #ring: (SentRecord | undefined)[] = [];
  #head = 0;
  readonly #inFlight = new RecordList();
  readonly #lost = new RecordList();

  constructor(pool: RecordPool) {
    this.#pool = pool;
  }

  get empty(): boolean {
    return this.count === 0;
  }

  /** The oldest part, or undefined. */
  get first(): SentRecord | undefined {
    return this.count === 0 ? undefined : this.at(0);
  }

  /** The newest part, or undefined. */
  get last(): SentRecord | undefined {
    return this.count === 0 ? undefined : this.at(this.count - 1);
  }

  /** Of those in flight the one that was last sent the longest ago. */
  get oldestSent(): SentRecord | undefined {
    return this.#inFlight.head;
  }

  /** The `index`th part, from 0 to `count` - 1. */
  at(index: number): SentRecord {
    return this.#ring[(this.#head + index) & (this.#ring.length - 1)]!;
  }

  /** The index of the first part that begins at `start` or later. */
  search(start: Seq): number {
    const guess = this.#guess(start);
    let low = guess - NEAR;
    let high = guess + NEAR;
    if (low < 0 || !lt(this.at(low).start, start)) low = 0;
    if (high >= this.count || lt(this.at(high).start, start)) high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      this.visits = (this.visits + 1) | 0;
      if (lt(this.at(middle).start, start)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // Segments are mostly alike: an ACK with 10,000 SACKed costs less of a search (bench/ack.ts).
  #guess(start: Seq): number {
    if (this.count <= 2 * NEAR) return 0;
    const left = this.at(0).start;
    const whole = diff(this.at(this.count - 1).end, left);
    return Math.min(this.count, Math.max(0, Math.floor((this.count * diff(start, left)) / whole)));
  }

  sent(start: Seq, end: Seq, now: number): SentRecord {
    if (this.count === this.#ring.length) this.#grow();
    if (this.count === 0) this.edge = start;
    const record = this.#pool.take(start, end, now);
    this.#ring[(this.#head + this.count) & (this.#ring.length - 1)] = record;
    this.count++;
    this.#inFlight.append(record);
    return record;
  }

  /** Removes all before `una`. Answers how many octets of it were not SACKed before. */
  acknowledged(una: Seq, observer: DeliveryObserver): number {
    let octets = 0;
    while (this.count > 0) {
      const record = this.at(0);
      this.visits = (this.visits + 1) | 0;
      if (gt(record.end, una)) {
        if (lt(record.start, una)) octets += this.#trim(record, una);
        break;
      }
      octets += this.#removeFirst(record, observer);
    }
    if (lt(this.edge, una)) this.edge = una;
    return octets;
  }

  #removeFirst(record: SentRecord, observer: DeliveryObserver): number {
    const length = diff(record.end, record.start);
    let octets = 0;
    if (record.run > 0) {
      this.sackedOctets -= length;
      this.sackedCount--;
      if (ge(record.start, this.edge)) this.#passRun(0, length);
    } else {
      octets = length;
      if (record.retransmissions === 0) this.#gotThrough(length);
      this.#unlink(record, length);
      observer.delivered(record, length, true);
    }
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.count--;
    this.#pool.give(record);
    return octets;
  }

  // Part of it is acknowledged: who sends it again may cut it otherwise.
  #trim(record: SentRecord, una: Seq): number {
    const octets = diff(una, record.start);
    record.start = una;
    if (record.run > 0) {
      this.sackedOctets -= octets;
      if (lt(this.edge, una)) this.aboveOctets -= octets;
      return 0;
    }
    if (record.lost) this.lostOctets -= octets;
    return octets;
  }

  /**
   * The receiver has [left, right): RFC 2018 §5. Rounded inwards to whole parts; answers how many
   * octets that is news of. What is known already costs next to nothing.
   */
  sack(left: Seq, right: Seq, observer: DeliveryObserver): number {
    let octets = 0;
    let i = this.search(left);
    while (i < this.count) {
      const record = this.at(i);
      this.visits = (this.visits + 1) | 0;
      if (gt(record.end, right)) break;
      if (record.run > 0) {
        i = this.#pastRun(i);
        continue;
      }
      octets += this.#markSacked(record, i, observer);
      i++;
    }
    return octets;
  }

  #markSacked(record: SentRecord, index: number, observer: DeliveryObserver): number {
    const length = diff(record.end, record.start);
    if (record.retransmissions === 0) this.#gotThrough(length);
    this.#unlink(record, length);
    record.run = 1;
    this.sackedOctets += length;
    this.sackedCount++;
    if (ge(record.start, this.edge)) {
      this.aboveOctets += length;
      this.aboveRuns++;
      const before = index > 0 ? this.at(index - 1) : undefined;
      if (before !== undefined && before.run > 0 && ge(before.start, this.edge)) this.aboveRuns--;
      if (index + 1 < this.count && this.at(index + 1).run > 0) this.aboveRuns--;
    }
    observer.delivered(record, length, false);
    return length;
  }

  // The index after the SACKed parts in a row from `index` on; the way there is shortened.
  #pastRun(index: number): number {
    let past = index;
    while (past < this.count) {
      const { run } = this.at(past);
      if (run === 0) break;
      this.visits = (this.visits + 1) | 0;
      past += run;
    }
    for (let i = index; i < past;) {
      const record = this.at(i);
      i += record.run;
      record.run = past - (i - record.run);
    }
    return past;
  }

  /** The receiver may have reneged: RFC 2018 §8. Nothing is SACKed any more; all of that is lost. */
  dropSackMarks(): void {
    for (let i = 0; i < this.count; i++) {
      const record = this.at(i);
      if (record.run === 0) continue;
      record.run = 0;
      this.#inFlight.append(record);
      this.#countAgain(record, 1);
    }
    this.sackedCount = this.sackedOctets = this.aboveOctets = this.aboveRuns = 0;
  }

  /** Held for lost from now on. Not for what is SACKed. False: it was before. */
  markLost(record: SentRecord, now: number): boolean {
    if (record.lost) return false;
    const length = diff(record.end, record.start);
    this.#unlink(record, length);
    record.lost = true;
    this.lostCount++;
    this.lostOctets += length;
    this.losses = (this.losses + 1) | 0;
    this.#lost.append(record);
    this.observer?.held(record, length, now);
    return true;
  }

  /** All that is not SACKed is held for lost: RFC 5681 §3.1. */
  markAllLost(now: number): void {
    for (let i = 0; i < this.count; i++) {
      const record = this.at(i);
      if (record.run === 0) this.markLost(record, now);
    }
    this.lostInOrder();
    if (this.last !== undefined) this.edge = this.last.end; // all of it is judged
    this.aboveOctets = this.aboveRuns = 0;
  }

  /** Nothing was lost after all (undo.ts): it is in flight as it was, in the order it was sent. */
  unmarkLost(): void {
    if (this.lostCount === 0) return;
    const sent: SentRecord[] = [];
    for (let i = 0; i < this.count; i++) {
      const record = this.at(i);
      if (record.run > 0) continue;
      if (record.lost) this.#countAgain(record, 1);
      record.lost = false;
      sent.push(record);
    }
    sent.sort((a, b) => a.sentAt - b.sentAt);
    this.#lost.clear();
    this.#inFlight.clear();
    for (const record of sent) this.#inFlight.append(record);
    this.lostCount = this.lostOctets = 0;
    this.#judgeAnew();
  }

  // RFC 6675 §4 may come to another conclusion about all of it now.
  #judgeAnew(): void {
    this.aboveOctets = this.sackedOctets;
    this.aboveRuns = 0;
    let before = 0;
    for (let i = 0; i < this.count; i++) {
      const record = this.at(i);
      if (record.run > 0 && before === 0) this.aboveRuns++;
      before = record.run;
    }
    if (this.first !== undefined) this.edge = this.first.start;
  }

  /** The oldest part is held for lost, and sent again before all others (RFC 5681 §3.2). */
  markFirstLost(now: number): void {
    const { first } = this;
    if (first === undefined || first.run > 0) return;
    this.markLost(first, now);
    this.#lost.remove(first);
    this.#lost.prepend(first);
  }

  /** All parts of more than `length` octets are held for lost. Were there any? */
  markLargerLost(length: number, now: number): boolean {
    let found = false;
    for (let i = 0; i < this.count; i++) {
      const record = this.at(i);
      if (record.run > 0 || diff(record.end, record.start) <= length) continue;
      found = true;
      this.markLost(record, now);
    }
    if (found) this.lostInOrder();
    return found;
  }

  /** What is lost is sent again in sequence order from now on. */
  lostInOrder(): void {
    this.#lost.clear();
    for (let i = 0; i < this.count; i++) {
      const record = this.at(i);
      if (record.lost) this.#lost.append(record);
    }
  }

  /** What is held for lost and to be sent again next. */
  firstLost(): SentRecord | undefined {
    return this.#lost.head;
  }

  /** `length` octets from the start of `record` are sent again; a rest stays what it was. */
  retransmitted(record: SentRecord, length: number, now: number): void {
    const end = add(record.start, length);
    if (lt(end, record.end)) this.#split(record, end);
    this.#unlink(record, length);
    record.retransmissions++;
    record.sentAt = now;
    this.#inFlight.append(record);
    this.retransCount++;
  }

  /** Octets that were sent again and are neither acknowledged nor held for lost. Once per episode. */
  octetsInFlightAgain(): number {
    let octets = 0;
    for (let i = 0; this.retransCount > 0 && i < this.count; i++) {
      const { run, lost, retransmissions, start, end } = this.at(i);
      if (run === 0 && !lost && retransmissions > 0) octets += diff(end, start);
    }
    return octets;
  }

  /** The text of the last part, up to `at`, may have been kept without the FIN behind it. */
  finApart(at: Seq): void {
    const { last } = this;
    if (last === undefined || last.run > 0 || !lt(last.start, at) || !lt(at, last.end)) return;
    this.#split(last, at);
  }

  /** An octet of it was sent again as a window probe: it is not to be measured (Karn). */
  probed(record: SentRecord): void {
    if (record.run === 0 && !record.lost && record.retransmissions === 0) this.retransCount++;
    record.retransmissions++;
  }

  // The part of `record` from `at` on gets a record of its own, behind it and of the same kind.
  #split(record: SentRecord, at: Seq): void {
    const rest = this.#pool.take(at, record.end, record.sentAt);
    rest.retransmissions = record.retransmissions;
    rest.lost = record.lost;
    record.end = at;
    (record.lost ? this.#lost : this.#inFlight).insertAfter(record, rest);
    if (record.lost) this.lostCount++;
    else this.#countAgain(rest, 1);
    this.#insert(this.search(record.start) + 1, rest);
  }

  #insert(index: number, record: SentRecord): void {
    if (this.count === this.#ring.length) this.#grow();
    const mask = this.#ring.length - 1;
    if (index < this.count - index) {
      this.#head = (this.#head - 1) & mask;
      for (let i = 0; i < index; i++) {
        this.#ring[(this.#head + i) & mask] = this.#ring[(this.#head + i + 1) & mask];
      }
    } else {
      for (let i = this.count; i > index; i--) {
        this.#ring[(this.#head + i) & mask] = this.#ring[(this.#head + i - 1) & mask];
      }
    }
    this.#ring[(this.#head + index) & mask] = record;
    this.count++;
  }

  // Takes it out of the list it is in, and out of that list's counters.
  #unlink(record: SentRecord, length: number): void {
    if (record.lost) {
      this.#lost.remove(record);
      record.lost = false;
      this.lostCount--;
      this.lostOctets -= length;
      return;
    }
    this.#inFlight.remove(record);
    this.#countAgain(record, -1);
  }

  #countAgain(record: SentRecord, by: number): void {
    if (record.retransmissions > 0) this.retransCount += by;
  }

  #gotThrough(length: number): void {
    if (length > this.largestAcked) this.largestAcked = length;
  }

  /** RFC 6675 §4: `edge` moves past its part, the `index`th, which is lost or SACKed. */
  passEdge(index: number): void {
    const record = this.at(index);
    if (record.run > 0) this.#passRun(index, diff(record.end, record.start));
    this.edge = record.end;
  }

  // A SACKed part falls behind `edge`, and with the last of them its run.
  #passRun(index: number, length: number): void {
    this.aboveOctets -= length;
    if (index + 1 === this.count || this.at(index + 1).run === 0) this.aboveRuns--;
  }

  #grow(): void {
    const larger: (SentRecord | undefined)[] = [];
    for (let i = 0; i < this.count; i++) larger.push(this.at(i));
    const size = Math.max(LEAST, 2 * this.#ring.length);
    while (larger.length < size) larger.push(undefined);
    this.#ring = larger;
    this.#head = 0;
  }

  clear(): void {
    for (let i = 0; i < this.count; i++) {
      const record = this.at(i);
      record.prev = record.next = undefined;
      this.#pool.give(record);
    }
    this.#inFlight.clear();
    this.#lost.clear();
    this.#ring = [];
    this.#head = 0;
    this.count = this.sackedCount = this.lostCount = this.retransCount = 0;
    this.sackedOctets = this.lostOctets = this.largestAcked = 0;
    this.aboveOctets = this.aboveRuns = 0;
  }
}

/** Is `seq` inside of [left, right)? */
export const within = (seq: Seq, left: Seq, right: Seq): boolean => le(left, seq) && lt(seq, right);
