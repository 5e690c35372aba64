/**
 * Runs a host on a link in Node's event loop. A turn takes a batch of packets in, lets time pass,
 * sends what is due, and only then are other events heard: several segments are processed before
 * they are acknowledged (RFC 9293 §3.8.6.3, MUST-58, MUST-59 by way of the host).
 */
import { clearImmediate, clearTimeout, setImmediate, setTimeout } from 'node:timers';
import type { Device, Link } from '../link.ts';
import { monotonicMs } from './clock.ts';

/** What a driver needs of a host. `now` is in milliseconds and does not decrease. */
export interface Drivable {
  /**
   * The packet `bytes[start..end)` has come; it is valid until the call returns. `checksumVerified`:
   * the link vouches for its transport checksum.
   */
  packetArrives(
    now: number,
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    checksumVerified: boolean,
  ): void;
  /** nextTimeout() has come. */
  timeout(now: number): void;
  /** When timeout() wants to be called, on the clock of `now`; Infinity when not at all. */
  nextTimeout(): number;
  /** Sends everything that is due through `link`. */
  flush(now: number, link: Link): void;
}

/** Packets in a turn: 64 reads of a TUN device are about 130 us, as long as others have to wait. */
const BATCH = 64;

/** The longest that setTimeout can wait; the timer is set again then. */
const LONGEST_TIMER = 2 ** 31 - 1; // ms

export class Driver {
  readonly #host: Drivable;
  readonly #link: Device;
  readonly #arrives = (b: Uint8Array, view: DataView, start: number, end: number): void =>
    this.#host.packetArrives(this.#now, b, view, start, end, this.#link.checksumOffload);
  readonly #turn = (): void => {
    this.#immediate = undefined;
    this.#run();
  };
  readonly #timerFired = (): void => {
    this.#timer = undefined;
    this.#timerAt = Infinity;
    this.#run();
  };
  readonly #soon = (): void => {
    if (this.#immediate === undefined && this.#running) this.#immediate = setImmediate(this.#turn);
  };
  #now = 0;
  #running = false;
  #inTurn = false;
  #immediate: NodeJS.Immediate | undefined = undefined;
  #timer: NodeJS.Timeout | undefined = undefined;
  #timerAt = Infinity; // when the timer fires

  constructor(host: Drivable, link: Device) {
    this.#host = host;
    this.#link = link;
  }

  /** Begins to serve the link. From now on its onReadable belongs to the driver. */
  start(): void {
    this.#running = true;
    this.#link.onReadable = this.#soon;
    this.#soon();
  }

  /**
   * To be called after calls to the host: sends what they made due and arranges for the next
   * timeout. Nothing to do when called from inside the host: its turn ends with the same.
   */
  kick(): void {
    if (this.#inTurn || !this.#running) return;
    this.#inTurn = true;
    try {
      this.#now = monotonicMs();
      this.#host.flush(this.#now, this.#link);
    } finally {
      this.#inTurn = false;
    }
    this.#arm();
  }

  /** Stops, and closes the link. What is not sent stays unsent. May be called more than once. */
  close(): Promise<void> {
    this.#running = false;
    if (this.#immediate !== undefined) clearImmediate(this.#immediate);
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#immediate = undefined;
    this.#timer = undefined;
    return this.#link.close();
  }

  /** One turn. An error of the host leaves it; the driver would go on at the next event. */
  #run(): void {
    this.#inTurn = true;
    let arrived = 0;
    try {
      this.#now = monotonicMs();
      arrived = this.#link.drain(BATCH, this.#arrives);
      if (this.#host.nextTimeout() <= this.#now) this.#host.timeout(this.#now);
      this.#host.flush(this.#now, this.#link);
    } finally {
      this.#inTurn = false;
    }
    if (arrived === BATCH) this.#soon();
    this.#arm();
  }

  /** Sets the timer, unless one that fires early enough is set: moving it costs more than a turn. */
  #arm(): void {
    const deadline = this.#host.nextTimeout();
    if (!this.#running || deadline >= this.#timerAt) return;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    const wait = Math.min(Math.max(Math.ceil(deadline - this.#now), 1), LONGEST_TIMER);
    this.#timerAt = this.#now + wait;
    this.#timer = setTimeout(this.#timerFired, wait);
  }
}
