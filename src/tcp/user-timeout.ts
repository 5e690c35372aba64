/**
 * The User Timeout Option, RFC 5482: each end says how long it will wait, and waits as long as the
 * more patient of the two, within limits. There is no negotiation: the option is advice.
 */
import { RST, SYN, type Segment } from '../wire/segment.ts';
import { diff, type Seq } from '../wire/seq.ts';
import { optionRoom } from '../wire/tcp-options.ts';
import { ackNow } from './acknowledgment.ts';
import { synchronized } from './state.ts';
import type { Tcb } from './tcb.ts';
import { Timer } from './timers.ts';
import type { UserTimeoutOption } from './user-timeout-option.ts';

/** L_LIMIT, ms: what RFC 1122 §4.2.3.1 asks of R2, RFC 5482 §3.1. */
export const L_LIMIT = 100_000;
/** U_LIMIT, ms: nobody makes us keep unacknowledged text for longer (RFC 5482 §6). */
export const U_LIMIT = 3_600_000;

const OCTETS = 4; //       of the option
const MOST = 0x7fff; //    of the field User Timeout
const MINUTES = 0x8000; // G, the granularity

/** The option of a segment, whose other options are in place, if it is to have one and room for it. */
export function fillUserTimeout(out: Segment, uto: UserTimeoutOption): void {
  const opening = (out.ctl & SYN) !== 0;
  if (!opening && !uto.due) return;
  if (optionRoom(out, out.sackCount > 0 ? 1 : 0) < OCTETS) return;
  out.userTimeout = fieldOf(uto.advertised);
  if (opening) return;
  uto.due = false;
  uto.attachedTo = out.seq;
}

/**
 * Text of `start` to `end` leaves again. The option is advice and need not arrive; but it is
 * "attached" to an octet of the stream, and so is lost only where no text follows it (§3.2).
 */
export function repeatUserTimeout(uto: UserTimeoutOption, start: Seq, end: Seq): void {
  const at = diff(uto.attachedTo, start);
  if (at >= 0 && at < diff(end, start)) uto.due = true;
}

/** Octets of text that the next segment has less of. */
export const userTimeoutOctets = ({ uto }: Tcb): number =>
  uto !== undefined && uto.due ? OCTETS : 0;

/** 1 to 32767 s, else 1 to 32767 minutes; never 0, which is reserved (§3.4). */
function fieldOf(ms: number): number {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  return seconds <= MOST ? seconds : MINUTES | Math.min(Math.ceil(seconds / 60), MOST);
}

/** An acceptable segment has the option: it is adopted (§3.1). 0 MUST be ignored (§3.4). */
export function userTimeoutArrives(
  tcb: Tcb,
  seg: Segment,
  uto: UserTimeoutOption,
  now: number,
): void {
  const { userTimeout } = seg;
  if (userTimeout < 0 || seg.ctl & RST || !uto.changeable) return;
  const field = userTimeout & MOST;
  if (field === 0) return;
  const remote = field * (userTimeout & MINUTES ? 60_000 : 1000);
  adopt(tcb, Math.min(U_LIMIT, Math.max(uto.advertised, remote, L_LIMIT)), now);
}

/** What waits is given the time it would have had, had it been so from the start. */
function adopt(tcb: Tcb, after: number, now: number): void {
  const before = tcb.userTimeout;
  tcb.userTimeout = after;
  if (after === before || !tcb.synAcked || !tcb.timers.running(Timer.User)) return;
  const since = before === Infinity ? now : tcb.timers.at(Timer.User) - before;
  tcb.timers.set(Timer.User, Math.max(now, since + after));
}

/** The user has said how long: no option changes it any more, and the other end is told (§3.1). */
export function userTimeoutChosen(tcb: Tcb, uto: UserTimeoutOption): void {
  uto.advertised = tcb.userTimeout;
  uto.changeable = false;
  uto.due = true;
  if (synchronized(tcb.state) && tcb.state !== 'TIME-WAIT') ackNow(tcb);
}

/**
 * Idle time before the first keep-alive, ms. "The keep-alive timer MUST be set to a value larger than
 * that of the adopted USER TIMEOUT": §4.2.
 */
export function keepAliveIdle(tcb: Tcb): number {
  const { keepAliveIdle: idle } = tcb.knobs ?? tcb.options;
  return tcb.uto === undefined ? idle : Math.max(idle, tcb.userTimeout + 1000);
}
