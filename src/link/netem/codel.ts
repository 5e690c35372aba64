/**
 * CoDel, RFC 8289 §5: drops at the head of the queue when packets have waited longer than `target`
 * for at least `interval`, and then more and more often, until the wait is short again. With ECN it
 * marks where it would drop.
 */

/** What CoDel needs of a queue: its oldest packet, and to be rid of it. */
export interface CodelQueue<P> {
  /** Takes out the oldest, undefined when there is none. */
  shift(): P | undefined;
  /** When that packet came in, ms. */
  enqueuedAt(packet: P): number;
  /** Octets that wait, the ones taken out not included. */
  readonly octets: number;
  /** CoDel drops it. */
  drop(packet: P): void;
  /** Marks it as having met congestion; false when it cannot be, and it is to be dropped. */
  mark(packet: P): boolean;
}

export interface CodelSettings {
  /** Milliseconds that a standing queue may last: 5, RFC 8289 §4.3. */
  readonly target: number;
  /** Milliseconds, about a round trip: 100, RFC 8289 §4.3. */
  readonly interval: number;
}

/** Octets: a queue of one packet is no standing queue (MAXPACKET). */
const MAX_PACKET = 1514;

export class Codel<P> {
  settings: CodelSettings;
  dropping = false;
  dropNext = 0; //            drop_next: when the next one is dropped, ms
  count = 0; //               packets dropped since dropping began
  #lastCount = 0; //          count when dropping ended the last time
  #firstAboveTime = 0; //     first_above_time; 0: below the target
  #okToDrop = false; //       of the packet that #dodequeue() gave

  constructor(settings: CodelSettings) {
    this.settings = settings;
  }

  /** The next packet to transmit, at time `now`; undefined when the queue is empty. */
  dequeue(now: number, queue: CodelQueue<P>): P | undefined {
    let packet = this.#dodequeue(now, queue);
    if (this.dropping) {
      if (!this.#okToDrop) this.dropping = false; // the wait is below the target
      while (this.dropping && now >= this.dropNext && packet !== undefined) {
        this.count += 1;
        const marked = queue.mark(packet);
        if (!marked) {
          queue.drop(packet);
          packet = this.#dodequeue(now, queue);
          if (!this.#okToDrop) this.dropping = false;
        }
        if (this.dropping) this.dropNext = this.#controlLaw(this.dropNext);
        if (marked) break;
      }
    } else if (this.#okToDrop && packet !== undefined) {
      if (!queue.mark(packet)) {
        queue.drop(packet);
        packet = this.#dodequeue(now, queue);
      }
      this.#startDropping(now);
    }
    return packet;
  }

  /** Where it was not long ago, the rate that controlled the queue is a good one to begin with. */
  #startDropping(now: number): void {
    const delta = this.count - this.#lastCount;
    const recent = now - this.dropNext < 16 * this.settings.interval;
    this.dropping = true;
    this.count = delta > 1 && recent ? delta : 1;
    this.#lastCount = this.count;
    this.dropNext = this.#controlLaw(now);
  }

  /** The oldest packet; notes whether waits have been above the target for an interval. */
  #dodequeue(now: number, queue: CodelQueue<P>): P | undefined {
    const packet = queue.shift();
    this.#okToDrop = false;
    if (packet === undefined) {
      this.#firstAboveTime = 0;
      return undefined;
    }
    const sojourn = now - queue.enqueuedAt(packet);
    if (sojourn < this.settings.target || queue.octets <= MAX_PACKET) {
      this.#firstAboveTime = 0;
    } else if (this.#firstAboveTime === 0) {
      this.#firstAboveTime = now + this.settings.interval;
    } else if (now >= this.#firstAboveTime) {
      this.#okToDrop = true;
    }
    return packet;
  }

  #controlLaw(t: number): number {
    return t + this.settings.interval / Math.sqrt(this.count);
  }
}
