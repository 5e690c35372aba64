/**
 * What a host has of its platform: a clock that is never set back, "soon", "later", and reasons for a
 * process to go on. Browsers, workers and Node have it all under one roof, looked up when it is made.
 */

export type Timer = ReturnType<typeof setTimeout>;

/** Injectable, so that a test may bring its own time. */
export interface EventLoop {
  /** Milliseconds with a fraction; does not decrease. */
  now(): number;
  /** When the platform has seen to its own input and output once. Cannot be cancelled. */
  soon(call: () => void): void;
  /** When the turn that is running is over, before anything else is heard. */
  afterThis(call: () => void): void;
  /** In `ms` or later; keeps no process alive. */
  later(call: () => void, ms: number): Timer;
  cancel(timer: Timer): void;
  /** One reason more for the process to go on; as many release(). Nothing in a browser. */
  hold(): void;
  release(): void;
}

/** The longest that setTimeout can wait: 2^31 - 1 ms. */
export const LONGEST_TIMER: number = 2 ** 31 - 1;

export class PlatformLoop implements EventLoop {
  readonly soon: (call: () => void) => void;
  #holds = 0;
  #alive: Timer | undefined = undefined;

  constructor() {
    const { setImmediate }: Platform = globalThis;
    this.soon = setImmediate === undefined ? taskQueue() : (call) => void setImmediate(call);
  }

  now(): number {
    return performance.now();
  }

  afterThis(call: () => void): void {
    queueMicrotask(call);
  }

  later(call: () => void, ms: number): Timer {
    const timer = setTimeout(call, Math.min(ms, LONGEST_TIMER));
    refer(timer, 'unref');
    return timer;
  }

  cancel(timer: Timer): void {
    clearTimeout(timer);
  }

  hold(): void {
    this.#holds += 1;
    if (this.#alive !== undefined) return;
    const timer = setInterval(nothing, LONGEST_TIMER);
    if (refer(timer, 'ref')) this.#alive = timer;
    else clearInterval(timer);
  }

  release(): void {
    if (this.#holds === 0) return;
    this.#holds -= 1;
    if (this.#holds > 0 || this.#alive === undefined) return;
    clearInterval(this.#alive);
    this.#alive = undefined;
  }
}

/** What only some platforms have. */
interface Platform {
  readonly performance: { now(): number };
  readonly setImmediate?: (call: () => void) => unknown;
}

const nothing = (): void => undefined;

/** A task of its own for each call: setTimeout of 0 waits for 4 ms when it is nested. */
function taskQueue(): (call: () => void) => void {
  const { port1, port2 } = new MessageChannel();
  const calls: (() => void)[] = [];
  port1.addEventListener('message', () => calls.shift()?.());
  port1.start();
  return (call) => {
    calls.push(call);
    port2.postMessage(undefined);
  };
}

/** Node's timers are objects that keep the process alive or do not; a browser's are numbers. */
function refer(timer: unknown, how: 'ref' | 'unref'): boolean {
  if (typeof timer !== 'object' || timer === null || !(how in timer)) return false;
  const handle: { ref?: () => unknown; unref?: () => unknown } = timer;
  handle[how]?.();
  return true;
}
