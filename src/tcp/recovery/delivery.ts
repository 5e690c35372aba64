/**
 * What one ACK says of each part that it acknowledges or SACKs for the first time: round trips (RFC
 * 6298 §3, Karn), the newest departure (RFC 8985 §6.2 step 2), whether originals arrived (RFC 5682).
 * One object for each sender, reused.
 */
import type { Segment } from '../../wire/segment.ts';
import { le, ZERO, type Seq } from '../../wire/seq.ts';
import type { SentRecord } from '../record-pool.ts';
import type { DeliveryObserver } from '../retransmission-queue.ts';
import type { Sender } from '../sender.ts';
import type { Tcb } from '../tcb.ts';
import { tsBefore, tsvalAt } from '../timestamps.ts';

const MIN_RTT_FOR = 300_000; // ms; Linux's tcp_min_rtt_wlen: a path may have become longer

export class Delivery implements DeliveryObserver {
  /** When the newest part left that was sent once, ms; -1: there is none (Karn). */
  cumulativeSentAt = -1;
  sackedSentAt = -1;
  /** Something that was sent again is acknowledged: by whom, nobody knows. */
  ambiguous = false;
  /** Something sent once, before the recovery point, arrived: RFC 5682 §3.1 step 3. */
  original = false;
  /** The D-SACK block of this ACK, octets; 0: there is none. */
  dsackOctets = 0;
  dsackEnd: Seq = ZERO;
  /** The least round trip there was lately, ms; -1: none was measured (RFC 8985 §6.2 step 1). */
  minRtt = -1;
  /** The last round trip that went into SRTT, ms, and how many did, modulo 2^32: for traces. */
  lastRtt = 0;
  rtts = 0;
  #minRttAt = 0;
  #now = 0;
  #tcb: Tcb | undefined = undefined;
  #sender: Sender | undefined = undefined;
  #echo = false;
  #tsecr = 0;

  begin(tcb: Tcb, sender: Sender, seg: Segment, now: number): void {
    this.cumulativeSentAt = this.sackedSentAt = -1;
    this.ambiguous = this.original = false;
    this.dsackOctets = 0;
    this.#now = now;
    this.#tcb = tcb;
    this.#sender = sender;
    this.#echo = seg.timestamps && tcb.timestamps !== undefined;
    this.#tsecr = seg.tsecr;
  }

  /** By its echo this ACK answers what left before `sentAt`. */
  echoesBefore(sentAt: number): boolean {
    const tcb = this.#tcb;
    return this.#echo && tcb !== undefined && tsBefore(this.#tsecr, tsvalAt(tcb, sentAt));
  }

  delivered(record: SentRecord, octets: number, cumulative: boolean): void {
    const sender = this.#sender;
    if (sender === undefined) return;
    if (record.retransmissions > 0) this.ambiguous ||= cumulative;
    else {
      if (cumulative) this.cumulativeSentAt = record.sentAt;
      else if (record.sentAt > this.sackedSentAt) this.sackedSentAt = record.sentAt;
      if (le(record.end, sender.recovery.point)) this.original = true;
      this.measured(this.#now - record.sentAt, this.#now);
    }
    sender.rack?.delivered(record, cumulative, this.#now, this);
    sender.rate?.arrived(record, octets, this.#now);
  }

  /** A round trip, ms. */
  measured(rtt: number, now: number): void {
    if (this.minRtt >= 0 && rtt > this.minRtt && now - this.#minRttAt < MIN_RTT_FOR) return;
    this.minRtt = rtt;
    this.#minRttAt = now;
  }
}
