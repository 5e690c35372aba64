/**
 * Delivery rate samples: how fast the network takes text off this sender's hands. draft-ietf-ccwg-bbr
 * §4.1.2 (once draft-cheng-iccrg-delivery-rate-estimation), under its names: `this` is C, a stamp is
 * what it keeps in P. Octets and ms.
 */
import { diff, type Seq } from '../wire/seq.ts';

/** P: what was known when a segment was last sent. */
export class RateStamp {
  /** Whose counters it holds: a connection may change its controller. */
  of: DeliveryRate | undefined = undefined;
  order = 0; //           P.packet_id: counts transmissions
  delivered = 0;
  lost = 0;
  deliveredTime = -1; //  -1: was delivered already
  firstSendTime = 0;
  sendTime = 0;
  txInFlight = 0; //      with the segment itself
  isAppLimited = false;
  retransmitted = false;
}

/** A part of the retransmission queue, as far as it is of interest here. */
export interface Stamped {
  readonly start: Seq;
  readonly end: Seq;
  stamp: RateStamp | undefined;
}

/** RS: one object, reused; filled in by `sample`. */
export class RateSample {
  hasData = false;
  deliveryRate = 0; //    octets per ms, 0: no reliable sample
  delivered = 0; //       over the interval
  interval = 0;
  priorDelivered = 0;
  priorTime = -1; //      -1: nothing was delivered
  sendElapsed = 0;
  ackElapsed = 0;
  isAppLimited = false;
  txInFlight = 0;
  lost = 0; //            between the departure and the acknowledgment of the newest segment
  rtt = -1; //            of the newest segment; -1: none, it was sent twice
  newlyAcked = 0;
  newlyLost = 0;
}

/** Who wants to know of each loss, and of the end of an idle time: BBR. */
export interface RateObserver {
  packetLost(stamp: RateStamp, octets: number, now: number): void;
  restartsFromIdle(now: number): void;
}

export class DeliveryRate {
  /** All ever delivered, all ever held for lost. */
  delivered = 0;
  lost = 0;
  /** C.app_limited: the bubble is gone when more than this is delivered; 0: there is none. */
  appLimited = 0;
  minRtt: number = Infinity; // of the connection's life
  observer: RateObserver | undefined = undefined;
  readonly #rs = new RateSample();
  #deliveredTime = 0;
  #firstSendTime = 0;
  #order = 0;
  #newest = 0; // the order of RS's segment

  /** Segments sent, again or not. */
  get transmissions(): number {
    return this.#order;
  }

  /** It begins to measure while text is in flight, of which it knows nothing. */
  beginMidway(now: number): void {
    this.#firstSendTime = now;
    this.#deliveredTime = now;
  }

  /** OnPacketSent: `inFlight` octets were outstanding before it. */
  sent(record: Stamped, now: number, inFlight: number, again: boolean): void {
    const stamp = (record.stamp ??= new RateStamp());
    if (inFlight === 0) {
      if (this.appLimited !== 0) this.observer?.restartsFromIdle(now);
      this.#firstSendTime = now;
      this.#deliveredTime = now;
    }
    stamp.of = this;
    stamp.order = ++this.#order;
    stamp.sendTime = now;
    stamp.firstSendTime = this.#firstSendTime;
    stamp.deliveredTime = this.#deliveredTime;
    stamp.delivered = this.delivered;
    stamp.lost = this.lost;
    stamp.isAppLimited = this.appLimited !== 0;
    stamp.txInFlight = inFlight + diff(record.end, record.start);
    stamp.retransmitted = again;
  }

  /** UpdateRateSample: a part is acknowledged or SACKed for the first time. */
  arrived(record: Stamped, octets: number, now: number): void {
    const { stamp } = record;
    this.delivered += octets;
    this.#deliveredTime = now;
    const rs = this.#rs;
    rs.newlyAcked += octets;
    if (stamp === undefined || stamp.of !== this || stamp.deliveredTime < 0) return;
    if (!rs.hasData || this.#isNewest(stamp)) {
      rs.hasData = true;
      rs.priorDelivered = stamp.delivered;
      rs.priorTime = stamp.deliveredTime;
      rs.isAppLimited = stamp.isAppLimited;
      rs.sendElapsed = stamp.sendTime - stamp.firstSendTime;
      rs.ackElapsed = now - stamp.deliveredTime;
      rs.txInFlight = stamp.txInFlight;
      rs.lost = stamp.lost; // until sample() makes a difference of it
      rs.rtt = stamp.retransmitted ? -1 : now - stamp.sendTime;
      this.#newest = stamp.order;
      this.#firstSendTime = stamp.sendTime;
    }
    stamp.deliveredTime = -1;
  }

  #isNewest(stamp: RateStamp): boolean {
    return (
      stamp.sendTime > this.#firstSendTime ||
      (stamp.sendTime === this.#firstSendTime && stamp.order > this.#newest)
    );
  }

  /** A part is held for lost. */
  gone(record: Stamped, octets: number, now: number): void {
    this.lost += octets;
    this.#rs.newlyLost += octets;
    const { stamp } = record;
    if (stamp !== undefined && stamp.of === this) this.observer?.packetLost(stamp, octets, now);
  }

  /** GenerateRateSample: after all of an ACK. `rtt`: what it measured otherwise, -1 for nothing. */
  sample(rtt: number): RateSample {
    const rs = this.#rs;
    if (rs.rtt < 0) rs.rtt = rtt;
    if (rs.rtt >= 0 && rs.rtt < this.minRtt) this.minRtt = rs.rtt;
    if (this.appLimited !== 0 && this.delivered > this.appLimited) this.appLimited = 0;
    rs.deliveryRate = 0;
    rs.delivered = 0;
    if (!rs.hasData) return rs;
    rs.interval = Math.max(rs.sendElapsed, rs.ackElapsed);
    rs.delivered = this.delivered - rs.priorDelivered;
    rs.lost = this.lost - rs.lost;
    if (rs.interval <= 0 || rs.interval < this.minRtt) return rs; // no reliable rate
    rs.deliveryRate = rs.delivered / rs.interval;
    return rs;
  }

  /** InitRateSample: what the controller was told is over. */
  begin(): void {
    const rs = this.#rs;
    rs.hasData = false;
    rs.deliveryRate = 0;
    rs.delivered = 0;
    rs.interval = 0;
    rs.priorTime = -1;
    rs.rtt = -1;
    rs.lost = 0;
    rs.newlyAcked = 0;
    rs.newlyLost = 0;
  }

  /** MarkConnectionAppLimited: all was sent, and more might have been. */
  markAppLimited(inFlight: number): void {
    this.appLimited = Math.max(this.delivered + inFlight, 1);
  }
}
