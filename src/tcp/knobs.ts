/**
 * What a user may change on a living connection and few do: TCP_CORK, TCP_MAXSEG, TCP_CONGESTION,
 * TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT as Linux names them. Made when the first is changed.
 */
import type { ControllerName } from './options.ts';
import type { Tcb } from './tcb.ts';
import { Timer } from './timers.ts';

/** The longest that a cork holds text back: ms, TCP_CORK of Linux. */
export const CORKED_AT_MOST = 200;

export class Knobs {
  /** Text waits for a full segment, CORKED_AT_MOST at most. */
  cork = false;
  keepAliveIdle: number; //     ms
  keepAliveInterval: number; // ms
  keepAliveProbes: number;
  /** Undefined: as the options say. */
  congestionControl: ControllerName | undefined = undefined;

  constructor({ options }: Tcb) {
    this.keepAliveIdle = options.keepAliveIdle;
    this.keepAliveInterval = options.keepAliveInterval;
    this.keepAliveProbes = options.keepAliveProbes;
  }
}

export function knobsOf(tcb: Tcb): Knobs {
  tcb.knobs ??= new Knobs(tcb);
  return tcb.knobs;
}

/** Off: what waits leaves at once. */
export function cork(tcb: Tcb, on: boolean): void {
  if (!on && tcb.knobs === undefined) return;
  knobsOf(tcb).cork = on;
  if (!on) pushHeld(tcb);
}

/** A small segment may leave once: what waited for a full one is not to wait any more. */
export function pushHeld(tcb: Tcb): void {
  if (tcb.synAcked && tcb.snd.wnd > 0) tcb.forced = true;
}

export const corked = ({ knobs, finQueued }: Tcb): boolean =>
  knobs !== undefined && knobs.cork && !finQueued;

/** Text that a cork holds back leaves when this timer expires. */
export function holdBack(tcb: Tcb, now: number): void {
  if (!tcb.timers.running(Timer.Persist)) tcb.timers.set(Timer.Persist, now + CORKED_AT_MOST);
}

/** Octets of text in a segment at most: less than before, never more. */
export function maxSeg(tcb: Tcb, octets: number): void {
  tcb.snd.mss = Math.min(tcb.snd.mss, octets);
}
