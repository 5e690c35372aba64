/**
 * One connection as whoever drives it sees it (ADR-0001): no clock, no randomness, no I/O. Four kinds
 * of method, as marked below: getters (A), things that happened (B), user calls (C), what to do next
 * (D). Call B and C whenever something happens, then D until it has nothing more. `now` is in
 * milliseconds on any clock that never decreases.
 */
import type { Segment } from '../wire/segment.ts';
import { ZERO, type Seq } from '../wire/seq.ts';
import { ackGoesFirst, quickAck } from './acknowledgment.ts';
import { chooseController } from './choose-controller.ts';
import { abort } from './events/abort.ts';
import { close, release } from './events/close.ts';
import { hostUnreachable, icmp, type IcmpError } from './events/icmp.ts';
import { openActive, openPassive } from './events/open.ts';
import { receive } from './events/receive.ts';
import { segmentArrives } from './events/segment-arrives.ts';
import { send, type SendOptions } from './events/send.ts';
import { status, type Status } from './events/status.ts';
import { synCookie } from './events/syn-cookie.ts';
import { timeouts } from './events/timeouts.ts';
import type { FastOpen } from './fast-open.ts';
import { endConnection, restartKeepAlive, restartUserTimer } from './lifecycle.ts';
import { cork, knobsOf, maxSeg, pushHeld } from './knobs.ts';
import type { ControllerName, TcpOptions } from './options.ts';
import { poll, sendAck } from './output.ts';
import { pathMssIs, tooBig } from './path-mtu.ts';
import type { Answer, Refusal } from './refusal.ts';
import { sendCapacity } from './send-autotune.ts';
import { takeSignal, type TcpSignal } from './signals.ts';
import { effectiveSendMss } from './smss.ts';
import { synchronized, type State, type TransitionObserver } from './state.ts';
import { Tcb } from './tcb.ts';
import type { Tracer } from './trace.ts';
import { userTimeoutChosen } from './user-timeout.ts';

export class Connection {
  /** The plain data all of it works on: to be looked at, not to be written. */
  readonly tcb: Tcb;
  /** Told of all that changes, from when it is set. */
  tracer: Tracer | undefined = undefined;

  constructor(options: TcpOptions, onTransition: TransitionObserver | undefined) {
    this.tcb = new Tcb(options, onTransition);
  }

  // A: getters

  /** One of the eleven states of §3.3.2. */
  get state(): State {
    return this.tcb.state;
  }

  /** STATUS: §3.10.6. */
  status(): Status | Refusal {
    return status(this.tcb);
  }

  /** Octets RECEIVE can take now. */
  get unread(): number {
    return this.tcb.receiveBuffer.unread;
  }

  /** Octets SEND would take now. */
  get sendSpace(): number {
    return Math.max(0, sendCapacity(this.tcb) - this.tcb.sendBuffer.length);
  }

  /** Why the connection ended early, if it did. */
  get ending(): TcpSignal | undefined {
    return this.tcb.ending;
  }

  /** Octets of text in the largest segment that `poll` writes. */
  get largestText(): number {
    return effectiveSendMss(this.tcb);
  }

  // B: things that happened

  /**
   * SEGMENT ARRIVES: §3.10.7. `iss`, and the `offset` of the timestamps, any int32, are used if this is
   * a SYN and the state is LISTEN.
   */
  segmentArrives(now: number, seg: Segment, iss: Seq = ZERO, offset = 0): void {
    this.tracer?.arrives(now, seg);
    segmentArrives(this.tcb, now, seg, iss, offset);
    this.tracer?.changed(now);
  }

  /** In LISTEN: `syn` came, was answered with `iss`, and nothing of it was kept (RFC 4987 §3.6). */
  synCookie(now: number, syn: Segment, iss: Seq, offset = 0): void {
    synCookie(this.tcb, syn, iss, offset, now);
    this.tracer?.changed(now);
  }

  /** Some deadline of `nextTimeout` may have come: §3.10.8. */
  timeout(now: number): void {
    this.tracer?.deadlines(now);
    timeouts(this.tcb, now);
    this.tracer?.changed(now);
  }

  /** An ICMP error quoted a segment of this connection: §3.9.2.2. */
  icmp(error: IcmpError): void {
    icmp(this.tcb, error);
    this.tracer?.changed();
  }

  /**
   * An ICMP error quoted the segment at `seq`: the path takes `mss` octets of text at most, less the
   * octets of options. True when that was believed: RFC 1191 §6.5, RFC 5927 §7.2.
   */
  tooBig(now: number, seq: Seq, mss: number): boolean {
    const believed = tooBig(this.tcb, now, seq, mss);
    this.tracer?.changed(now);
    return believed;
  }

  /** The path takes `mss` octets of text in a segment now: less than before, or more. */
  pathMss(now: number, mss: number): void {
    pathMssIs(this.tcb, now, mss);
    this.tracer?.changed(now);
  }

  /** Our own link says that the next hop does not answer: ends an opening, is noted else. */
  hostUnreachable(): void {
    if (this.tcb.state !== 'CLOSED') hostUnreachable(this.tcb);
    this.tracer?.changed();
  }

  /** Its own address or interface is gone: nothing can be said any more, the user is told. */
  networkDown(): void {
    if (this.tcb.state === 'CLOSED') return;
    this.tcb.because = 'RFC 1122 §4.2.3.5: the network below is gone';
    endConnection(this.tcb, 'network-down');
    this.tracer?.changed();
  }

  // C: user calls

  /** A passive OPEN: §3.10.1. */
  openPassive(): Answer {
    const answer = openPassive(this.tcb);
    this.tracer?.changed();
    return answer;
  }

  /**
   * An active OPEN, also of what was opened passively: §3.10.1. `offset`, any int32, hides the clock of
   * the timestamps (RFC 7323 §5.4): secret, the same for the same pair of sockets.
   */
  openActive(iss: Seq, offset = 0): Answer {
    const answer = openActive(this.tcb, iss, offset);
    this.tracer?.changed();
    return answer;
  }

  /** Before the SYN leaves, or arrives: this connection takes part in RFC 7413. */
  fastOpen(how: FastOpen | undefined): void {
    this.tcb.fastOpen = how;
  }

  /** SEND: §3.10.2. Copies; answers how many octets of `bytes[start..end)` were taken. */
  send(
    now: number,
    bytes: Uint8Array,
    start = 0,
    end: number = bytes.length,
    options?: SendOptions,
  ): number | Refusal {
    const taken = send(this.tcb, now, bytes, start, end, options);
    this.tracer?.changed(now);
    return taken;
  }

  /** RECEIVE: §3.10.3. Answers how many octets were written to `into[at..]`; 0: none yet. */
  receive(into: Uint8Array, at = 0, max: number = into.length - at): number | Refusal {
    const taken = receive(this.tcb, into, at, max);
    this.tracer?.changed();
    return taken;
  }

  /** CLOSE: §3.10.4. Sending is over, receiving goes on. */
  close(): Answer {
    const answer = close(this.tcb);
    this.tracer?.changed();
    return answer;
  }

  /** The application is gone: CLOSE, and a reset if text is or gets lost (§3.6.1, SHLD-3). */
  release(now: number): Answer {
    const answer = release(this.tcb, now);
    this.tracer?.changed(now);
    return answer;
  }

  /** ABORT: §3.10.5. */
  abort(): Answer {
    const answer = abort(this.tcb);
    this.tracer?.changed();
    return answer;
  }

  /** Turns the Nagle algorithm off or on: §3.7.4, MUST-17. */
  noDelay(on: boolean): void {
    this.tcb.noDelay = on;
    if (on && this.tcb.knobs?.cork === true) pushHeld(this.tcb); // what is held leaves, as in Linux
  }

  /** Turns keep-alives on or off: §3.8.4, MUST-24. */
  keepAlive(now: number, on: boolean): void {
    this.tcb.keepAlive = on;
    this.tcb.lastArrival = now;
    if (synchronized(this.tcb.state)) restartKeepAlive(this.tcb, now);
  }

  /** Idle time and interval in ms, and probes, from now on: §3.8.4. Undefined: as it was. */
  keepAliveTimes(
    now: number,
    idle: number | undefined,
    interval: number | undefined,
    probes: number | undefined,
  ): void {
    const knobs = knobsOf(this.tcb);
    knobs.keepAliveIdle = idle ?? knobs.keepAliveIdle;
    knobs.keepAliveInterval = interval ?? knobs.keepAliveInterval;
    knobs.keepAliveProbes = probes ?? knobs.keepAliveProbes;
    this.keepAlive(now, this.tcb.keepAlive);
  }

  /** On: text waits for full segments, 200 ms at most. Off: what waits leaves. TCP_CORK of Linux. */
  cork(on: boolean): void {
    cork(this.tcb, on);
  }

  /** Acknowledges at once, or not; does not last. TCP_QUICKACK of Linux. */
  quickAck(on: boolean): void {
    quickAck(this.tcb, on);
  }

  /** Octets of text in a segment at most: lowers what the peer and the path take. TCP_MAXSEG. */
  maxSeg(octets: number): void {
    maxSeg(this.tcb, octets);
  }

  /**
   * From now on `name` decides how much is in flight; cwnd and ssthresh are carried over. False when
   * there is no connection, or it is in TIME-WAIT. TCP_CONGESTION.
   */
  congestionControl(now: number, name: ControllerName): boolean {
    const chosen = chooseController(this.tcb, name, now);
    this.tracer?.changed(now);
    return chosen;
  }

  /** R2 in ms, Infinity for none: §3.8.3, MUST-21. */
  userTimeout(now: number, after: number): void {
    this.tcb.userTimeout = after;
    if (this.tcb.uto !== undefined) userTimeoutChosen(this.tcb, this.tcb.uto);
    if (synchronized(this.tcb.state) && this.tcb.state !== 'TIME-WAIT') {
      restartUserTimer(this.tcb, now);
    }
  }

  // D: what to do next

  /** Writes the next segment into `out`, its text to `out.bytes` from `out.textStart`. */
  poll(now: number, out: Segment): boolean {
    if (!poll(this.tcb, now, out)) {
      this.tracer?.changed(now);
      return false;
    }
    this.tcb.segsOut = (this.tcb.segsOut + 1) | 0;
    this.tracer?.sent(now, out);
    return true;
  }

  /** The acknowledgment that waits is one of its own: pollAck() before the next segment arrives. */
  get ackGoesFirst(): boolean {
    return ackGoesFirst(this.tcb);
  }

  /** As poll(), when ackGoesFirst: the acknowledgment and nothing else. */
  pollAck(now: number, out: Segment): void {
    sendAck(this.tcb, now, out);
    this.tcb.segsOut = (this.tcb.segsOut + 1) | 0;
    this.tracer?.sent(now, out);
  }

  /** When to call `timeout`, Infinity for never. */
  nextTimeout(): number {
    return this.tcb.timers.next();
  }

  /** What the user is to be told next. */
  nextSignal(): TcpSignal | undefined {
    return takeSignal(this.tcb);
  }
}
