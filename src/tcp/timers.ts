/**
 * One table of deadlines for a connection: RFC 9293 §3.8 and §3.10.8. Milliseconds on the caller's
 * clock; Infinity when stopped. The stack keeps `next()` of all connections in one heap.
 */

export const Timer = {
  Retransmit: 0, //  RFC 6298; RFC 8985 §6.2 and §7.2 in its place: Sender.armed
  Persist: 1, //     §3.8.6.1, and the override timeout of §3.8.6.2.1
  DelayedAck: 2, //  §3.8.6.3
  KeepAlive: 3, //   §3.8.4
  User: 4, //        §3.8.3 R2, §3.10.8 USER TIMEOUT
  TimeWait: 5, //    §3.10.8 TIME-WAIT TIMEOUT
  FinWait2: 6, //    an orphan in FIN-WAIT-2
  Pace: 7, //        the next segment may leave, pacer.ts
} as const;

export type TimerName = (typeof Timer)[keyof typeof Timer];

const COUNT = 8;

export class TimerTable {
  readonly #at: number[] = [
    Infinity,
    Infinity,
    Infinity,
    Infinity,
    Infinity,
    Infinity,
    Infinity,
    Infinity,
  ];

  set(timer: TimerName, at: number): void {
    this.#at[timer] = at;
  }

  stop(timer: TimerName): void {
    this.#at[timer] = Infinity;
  }

  stopAll(): void {
    for (let i = 0; i < COUNT; i++) this.#at[i] = Infinity;
  }

  running(timer: TimerName): boolean {
    return this.#at[timer]! !== Infinity;
  }

  /** The deadline of one timer, Infinity when it is stopped. */
  at(timer: TimerName): number {
    return this.#at[timer]!;
  }

  /** Stops the timer and answers true when it has expired. */
  expire(timer: TimerName, now: number): boolean {
    const at = this.#at[timer]!;
    if (at > now || at === Infinity) return false;
    this.#at[timer] = Infinity;
    return true;
  }

  /** The earliest deadline. */
  next(): number {
    const at = this.#at;
    let earliest = at[0]!;
    for (let i = 1; i < COUNT; i++) if (at[i]! < earliest) earliest = at[i]!;
    return earliest;
  }
}
