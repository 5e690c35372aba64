/**
 * RACK: RFC 8985 §6, under its names. What was sent before something that has arrived by now, and
 * longer ago than a round trip and the reordering window, is lost. min_RTT is in delivery.ts.
 */
import { ge, gt, lt, ZERO, type Seq } from '../../wire/seq.ts';
import type { SentRecord } from '../record-pool.ts';
import type { Sender } from '../sender.ts';
import type { Tcb } from '../tcb.ts';
import type { Delivery } from './delivery.ts';
import { DUP_THRESH } from './new-reno.ts';
import { Phase } from './recovery.ts';

const PERSIST = 16; // recoveries: §6.2 step 4

export class Rack {
  /** RACK.xmit_ts, RACK.end_seq: of the segment sent last among those that arrived. */
  xmitTs = 0;
  endSeq: Seq = ZERO;
  rtt = -1; //               RACK.rtt, ms; -1: nothing arrived yet
  reoWnd = 0; //             RACK.reo_wnd, ms
  reorderingSeen = false; // RACK.reordering_seen
  reoWndMult = 1; //         RACK.reo_wnd_mult
  #reoWndPersist = PERSIST; // RACK.reo_wnd_persist
  #dsackRound: Seq | undefined = undefined; // RACK.dsack_round
  #fack: Seq; //             RACK.fack

  constructor(una: Seq) {
    this.#fack = una;
    this.endSeq = una;
  }

  /** §6.2 steps 2 and 3: `segment` is acknowledged, cumulatively or not, for the first time. */
  delivered(segment: SentRecord, cumulative: boolean, now: number, delivery: Delivery): void {
    this.#update(segment, cumulative, now, delivery);
    this.#detectReordering(segment);
  }

  // RACK_update(): step 2. What arrives beyond a gap is not echoed (RFC 7323 §4.3): there the echo is always
  // older, and says nothing. By the letter of step 2 a probe that was SACKed would show no loss.
  #update(segment: SentRecord, cumulative: boolean, now: number, delivery: Delivery): void {
    const rtt = now - segment.sentAt;
    if (segment.retransmissions > 0) {
      if (cumulative && delivery.echoesBefore(segment.sentAt)) return;
      if (rtt < delivery.minRtt) return;
    }
    this.rtt = rtt;
    if (this.rtt < 0 || !sentAfter(segment.sentAt, segment.end, this.xmitTs, this.endSeq)) return;
    this.xmitTs = segment.sentAt;
    this.endSeq = segment.end;
  }

  // RACK_detect_reordering(): step 3
  #detectReordering(segment: SentRecord): void {
    if (gt(segment.end, this.#fack)) this.#fack = segment.end;
    else if (lt(segment.end, this.#fack) && segment.retransmissions === 0) {
      this.reorderingSeen = true;
    }
  }

  /** RACK_update_reo_wnd(), step 4: the part that looks at D-SACK. */
  adaptWindow(una: Seq, nxt: Seq, dsack: boolean): void {
    if (this.#dsackRound !== undefined && ge(una, this.#dsackRound)) this.#dsackRound = undefined;
    if (lt(this.#fack, una)) this.#fack = una; // or 2^31 octets later it would seem to lie ahead
    if (!dsack || this.#dsackRound !== undefined) return;
    this.#dsackRound = nxt;
    this.reoWndMult++;
    this.#reoWndPersist = PERSIST;
  }

  /** Step 4: fast or RTO recovery is over. */
  recoveryEnded(): void {
    this.#reoWndPersist--;
    if (this.#reoWndPersist <= 0) this.reoWndMult = 1;
  }

  #window(tcb: Tcb, sender: Sender): number {
    if (!this.reorderingSeen) {
      if (sender.recovery.phase >= Phase.recovery) return 0;
      if (sender.queue.sackedCount >= DUP_THRESH) return 0;
    }
    const { minRtt } = sender.delivery;
    const window = (this.reoWndMult * Math.max(minRtt, 0)) / 4;
    return Math.min(window, Math.max(tcb.rto.srtt, 0));
  }

  /**
   * RACK_detect_loss(), step 5. Answers in how many ms to look again, 0: not. What is in flight is in
   * the order it was sent, so the first that is not older, or not due yet, ends it; all that wait are
   * due at the latest when one sent at RACK.xmit_ts would be.
   */
  detectLoss(tcb: Tcb, sender: Sender, now: number): number {
    const { queue } = sender;
    if (this.rtt < 0) return 0;
    this.reoWnd = this.#window(tcb, sender);
    const allowed = this.rtt + this.reoWnd;
    let segment = queue.oldestSent;
    while (segment !== undefined && this.#sentBefore(segment)) {
      queue.visits = (queue.visits + 1) | 0;
      if (segment.sentAt + allowed > now) return this.xmitTs + allowed - now;
      if (segment.sentAt === now && segment.retransmissions > 0) return LEAST_WAIT;
      const { next } = segment;
      queue.markLost(segment, now);
      segment = next;
    }
    return 0;
  }

  #sentBefore(segment: SentRecord): boolean {
    return sentAfter(this.xmitTs, this.endSeq, segment.sentAt, segment.end);
  }

  /** RACK_mark_losses_on_RTO(), §6.3. */
  markLossesOnRto(sender: Sender, now: number): void {
    const { queue } = sender;
    const { first } = queue;
    if (first !== undefined && first.run === 0) queue.markLost(first, now);
    const allowed = Math.max(this.rtt, 0) + this.reoWnd;
    let segment = queue.oldestSent;
    while (segment !== undefined && segment.sentAt + allowed <= now) {
      const { next } = segment;
      queue.markLost(segment, now);
      segment = next;
    }
    queue.lostInOrder();
  }
}

// Where round trips take no time, what was sent again just now seems to be older than what it follows.
const LEAST_WAIT = 1; // ms

/** RACK_sent_after(). */
const sentAfter = (t1: number, seq1: Seq, t2: number, seq2: Seq): boolean =>
  t1 > t2 || (t1 === t2 && gt(seq1, seq2));
