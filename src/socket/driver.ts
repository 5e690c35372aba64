/**
 * Runs a host on any number of links in an event loop. A turn takes a batch of packets in from each,
 * lets time pass, sends what is due, and only then are other events heard: several segments are
 * processed before they are acknowledged (RFC 9293 §3.8.6.3, MUST-58, MUST-59 by way of the host).
 */
import type { Device, PacketSink } from '../link/link.ts';
import type { EventLoop, Timer } from './event-loop.ts';

/** What a driver needs of a host. `now` is in milliseconds and does not decrease. */
export interface Drivable {
  /** nextTimeout() has come. */
  timeout(now: number): void;
  /** When timeout() wants to be called, on the clock of `now`; Infinity when not at all. */
  nextTimeout(): number;
  /** Sends everything that is due. */
  flush(now: number): void;
}

/** Packets of a link in a turn: 64 reads of a TUN device are about 130 us: others have to wait. */
const BATCH = 64;

/** How often a flush waits for those who still write in this turn: a write of a stream is 3 or so. */
const PATIENCE = 16; // microtasks, about 1.5 us

/** After so many flushes in microtasks others are heard: who talks to itself could go on for ever. */
const MOST_UNINTERRUPTED = 8;

interface Port {
  readonly link: Device;
  readonly sink: PacketSink;
  readable: boolean;
}

export class Driver {
  readonly #loop: EventLoop;
  readonly #host: Drivable;
  readonly #ports: Port[] = [];
  readonly #turn = (): void => {
    this.#turnComes = false;
    this.#run();
  };
  readonly #timerFired = (): void => {
    this.#timer = undefined;
    this.#timerAt = Infinity;
    this.#run();
  };
  readonly #microtask = (): void => this.#afterCalls();
  #now = 0;
  #running = true;
  #inTurn = false;
  #turnComes = false;
  #flushComes = false;
  #calls = 0; //  of kick() since the last look
  #patience = 0;
  #uninterrupted = 0; // flushes since the last turn
  #timer: Timer | undefined = undefined;
  #timerAt = Infinity; // when the timer fires

  constructor(host: Drivable, loop: EventLoop) {
    this.#host = host;
    this.#loop = loop;
  }

  /** The present; in a turn, when it began, so that it stands still for all that happens in it. */
  get now(): number {
    if (!this.#inTurn) this.#now = this.#loop.now();
    return this.#now;
  }

  /** Serves `link` from now on: its packets go to `sink`, its onReadable belongs to the driver. */
  attach(link: Device, sink: PacketSink): void {
    const port: Port = { link, sink, readable: true };
    this.#ports.push(port);
    link.onReadable = () => {
      port.readable = true;
      this.#soon();
    };
    this.#soon();
  }

  /** Serves it no more; the link stays open. */
  detach(link: Device): void {
    const index = this.#ports.findIndex((port) => port.link === link);
    if (index < 0) return;
    this.#ports.splice(index, 1);
    link.onReadable = undefined;
  }

  /**
   * To be called after calls to the host: what they made due is sent when this turn of the event loop
   * is over, together with what else the turn brings. In a turn of the driver: at its end.
   */
  kick(): void {
    if (this.#inTurn || !this.#running) return;
    this.#calls += 1;
    if (this.#flushComes) return;
    this.#flushComes = true;
    this.#patience = PATIENCE;
    this.#loop.afterThis(this.#microtask);
  }

  /** Sends what is due without waiting for the end of the turn. */
  flush(): void {
    if (this.#inTurn || !this.#running) return;
    this.#now = this.#loop.now();
    this.#inTurn = true;
    let done = false;
    try {
      this.#host.flush(this.#now);
      done = true;
    } finally {
      this.#inTurn = false;
      if (!done) this.#soon(); // a user's function threw: the rest goes on without it
    }
    this.#arm();
  }

  /** Stops. What is not sent stays unsent; links stay open. May be called more than once. */
  stop(): void {
    this.#running = false;
    if (this.#timer !== undefined) this.#loop.cancel(this.#timer);
    this.#timer = undefined;
    for (const { link } of this.#ports.splice(0)) link.onReadable = undefined;
  }

  #soon(): void {
    if (this.#turnComes || !this.#running) return;
    this.#turnComes = true;
    this.#loop.soon(this.#turn);
  }

  /** Who writes to a stream does so in a chain of microtasks: the flush comes when it is over. */
  #afterCalls(): void {
    if (this.#calls > 0 && this.#patience > 0) {
      this.#calls = 0;
      this.#patience -= 1;
      this.#loop.afterThis(this.#microtask);
      return;
    }
    this.#calls = 0;
    this.#flushComes = false;
    this.#uninterrupted += 1;
    if (this.#uninterrupted > MOST_UNINTERRUPTED) this.#soon();
    else this.flush();
  }

  /** One turn. What a user's function throws leaves it; the next turn goes on from there. */
  #run(): void {
    if (!this.#running || this.#inTurn) return;
    this.#uninterrupted = 0;
    this.#now = this.#loop.now();
    this.#inTurn = true;
    let more = true;
    try {
      more = this.#drain();
      if (this.#host.nextTimeout() <= this.#now) this.#host.timeout(this.#now);
      this.#host.flush(this.#now);
    } catch (error) {
      more = true;
      throw error;
    } finally {
      this.#inTurn = false;
      if (more) this.#soon();
    }
    this.#arm();
  }

  /** Is there perhaps more to take? */
  #drain(): boolean {
    let more = false;
    for (let i = 0; i < this.#ports.length; i++) {
      const port = this.#ports[i]!;
      if (!port.readable) continue;
      port.readable = false;
      let count = BATCH; // also if it throws
      try {
        count = port.link.drain(BATCH, port.sink);
      } finally {
        if (count === BATCH) port.readable = true;
      }
      more ||= port.readable;
    }
    return more;
  }

  /** Sets the timer, unless one that fires early enough is set: moving it costs more than a turn. */
  #arm(): void {
    const deadline = this.#host.nextTimeout();
    if (!this.#running) return;
    if (deadline <= this.#now) {
      this.#soon(); // it was enough for one turn
      return;
    }
    if (deadline >= this.#timerAt) return;
    if (this.#timer !== undefined) this.#loop.cancel(this.#timer);
    const wait = Math.max(Math.ceil(deadline - this.#now), 1);
    this.#timerAt = this.#now + wait;
    this.#timer = this.#loop.later(this.#timerFired, wait);
  }
}
