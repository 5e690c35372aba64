/**
 * The transmission control block: RFC 9293 §3.3.1 under its own names, lower-cased. Plain data and
 * small parts that never see the TCB; the functions of events/ and output.ts work on it in place
 * (ADR-0003). One fact, one field: `state` holds the RFC's eleven values and nothing else.
 */
import { ZERO, type Seq } from '../wire/seq.ts';
import type { Ecn } from './ecn.ts';
import type { FastOpen } from './fast-open.ts';
import type { Knobs } from './knobs.ts';
import type { Ending } from './signals.ts';
import type { TcpOptions } from './options.ts';
import type { PathMtu } from './path-mtu-search.ts';
import { ReceiveBuffer } from './receive-buffer.ts';
import type { Receiver } from './receiver.ts';
import { RetransmissionTimeout } from './rto.ts';
import { SendBuffer } from './send-buffer.ts';
import type { Sender } from './sender.ts';
import { FROM_CLOSED, type Arrow, type State, type TransitionObserver } from './state.ts';
import type { Timestamps } from './timestamps.ts';
import { TimerTable } from './timers.ts';
import { UserTimeoutOption } from './user-timeout-option.ts';

/** Send Sequence Variables: §3.3.1, Table 2, Figure 3. */
export class SendSpace {
  una: Seq = ZERO; //  SND.UNA  oldest unacknowledged sequence number
  nxt: Seq = ZERO; //  SND.NXT  next to be sent; never moves back (ADR-0006)
  wnd = 0; //          SND.WND  octets from SND.UNA, already scaled
  up: Seq = ZERO; //   SND.UP   one past the last urgent octet
  wl1: Seq = ZERO; //  SND.WL1  SEG.SEQ of the last window update
  wl2: Seq = ZERO; //  SND.WL2  SEG.ACK of the last window update
  iss: Seq = ZERO; //  ISS
  maxWnd = 0; //       MAX.SND.WND, RFC 5961 §5
  shift = 0; //        Snd.Wind.Shift, RFC 7323 §2.2
  mss = 0; //          SendMSS, §3.7.1: the peer's option or the default
}

/** Receive Sequence Variables: §3.3.1, Table 3, Figure 4. */
export class ReceiveSpace {
  nxt: Seq = ZERO; //  RCV.NXT  next sequence number expected
  wnd = 0; //          RCV.WND  octets from RCV.NXT that the peer was promised
  up: Seq = ZERO; //   RCV.UP   one past the last urgent octet
  irs: Seq = ZERO; //  IRS
  shift = 0; //        Rcv.Wind.Shift, RFC 7323 §2.2
  fin: Seq = ZERO; //  sequence number of the peer's FIN, meaningful with finSeen
}

/** What is owed to the peer: §3.8.6.3. */
export const AckNeed = { none: 0, delayed: 1, now: 2 } as const;
export type AckNeed = (typeof AckNeed)[keyof typeof AckNeed];

/** A reset that waits to be polled. At most one: after it the peer has nothing to answer. */
export interface PendingReset {
  readonly seq: Seq;
  readonly ack: Seq;
  readonly ctl: number;
}

export class Tcb {
  state: State = 'CLOSED';
  arrows: readonly Arrow[] = FROM_CLOSED; // those that leave `state`
  readonly options: TcpOptions;
  readonly onTransition: TransitionObserver | undefined;
  readonly snd: SendSpace = new SendSpace();
  readonly rcv: ReceiveSpace = new ReceiveSpace();
  readonly timers: TimerTable = new TimerTable(); //     §3.8, §3.10.8
  readonly rto: RetransmissionTimeout; //                RFC 6298
  readonly sendBuffer: SendBuffer;
  readonly receiveBuffer: ReceiveBuffer;
  sender: Sender | undefined = undefined; //             made when text or FIN first leaves
  receiver: Receiver | undefined = undefined; //         made when text first arrives

  // The handshake
  openedPassively = false; //  MUST-11: where SYN-RECEIVED came from
  sendSyn = false; //          the SYN or SYN,ACK is to be sent (again)
  synAcked = false; //         SND.UNA has passed our SYN
  synTooEarly = false; //      the SYN was sent again before the answer to the first one came
  synSentAt = -1; //           ms; -1: not sent, or sent more than once (Karn)
  scaled = false; //           both SYNs had a Window Scale option (RFC 7323 §2.2)
  sackOn = false; //           both SYNs had SACK-permitted (RFC 2018 §2)
  timestamps: Timestamps | undefined = undefined; // from our SYN on; undefined: not negotiated
  ecn: Ecn | undefined = undefined; // from the SYN that asks on; undefined: Not ECN
  fastOpen: FastOpen | undefined = undefined; // RFC 7413; most have none

  // The goodbye
  finQueued = false; //        the user called CLOSE
  finSent = false;
  finSeen = false; //          the peer's FIN arrived, perhaps beyond a gap: rcv.fin
  finReceived = false; //      ... and RCV.NXT has passed it
  released = false; //         nobody will call RECEIVE any more

  // What to send
  ack: AckNeed = AckNeed.none;
  pushed: Seq = ZERO; //       one past the last octet the user pushed
  probe = false; //            send one octet into a zero window (§3.8.6.1)
  forced = false; //           the override timeout allows a small segment (§3.8.6.2.1)
  keepAliveProbe = false; //   send one (§3.8.4)
  pendingReset: PendingReset | undefined = undefined;
  persistBackoffs = 0;
  retransmissions = 0; //      of the oldest segment, for R1

  // What a user may change on a living connection
  noDelay: boolean;
  keepAlive: boolean;
  userTimeout: number;
  knobs: Knobs | undefined = undefined; // those that few change
  readonly uto: UserTimeoutOption | undefined; // RFC 5482

  // What the path takes: path-mtu.ts
  pathMss: number; //          octets of text in the largest segment without options
  pathLimit: number; //        what the host last said of it
  pathMtu: PathMtu | undefined = undefined;

  // Totals, for info.ts
  segsIn = 0; //               an int32, as the others but octets
  segsOut = 0;
  totalRetrans = 0;
  bytesAcked = 0;
  bytesReceived = 0; //        in order

  // Keep-alive and idle times, ms
  lastArrival = 0;
  lastDeparture = -1; // of text or FIN; -1: none has left
  keepAliveUnanswered = 0;

  // RFC 5961 §7
  challengeAcks = 0;
  challengeSince = 0;

  // For the user
  happened = 0; //             a set of signals, see signals.ts
  ending: Ending | undefined = undefined; // why it is CLOSED, when not by both FINs
  softError: string | undefined = undefined;
  /** The rule that decided about the last segment, for traces and lessons. */
  because = '';

  constructor(options: TcpOptions, onTransition: TransitionObserver | undefined) {
    this.options = options;
    this.onTransition = onTransition;
    this.rto = new RetransmissionTimeout(options.initialRto);
    this.sendBuffer = new SendBuffer(options.pool);
    this.receiveBuffer = new ReceiveBuffer(options.pool);
    this.snd.mss = options.defaultSendMss;
    this.pathMss = options.pathMss;
    this.pathLimit = options.pathMss;
    this.noDelay = options.noDelay;
    this.keepAlive = options.keepAlive;
    this.userTimeout = options.userTimeout;
    this.uto = options.userTimeoutOption ? new UserTimeoutOption(options.userTimeout) : undefined;
  }
}

/** Is our FIN acknowledged? The FIN is the last there is. */
export const finAcked = (tcb: Tcb): boolean => tcb.finSent && tcb.snd.una === tcb.snd.nxt;

/** Until ESTABLISHED: has our SYN been sent more than once? Nothing else is sent again by then. */
export const synRepeated = (tcb: Tcb): boolean => tcb.totalRetrans !== 0;

/** Was it lost? Not when the answer was to the first one (RFC 4015). */
export const synLost = (tcb: Tcb): boolean => synRepeated(tcb) && !tcb.synTooEarly;
