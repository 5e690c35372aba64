/**
 * TCP Fast Open, RFC 7413, as far as it is a connection's: text in the SYN, taken before the handshake
 * is complete if the host says that the cookie is right. Cookies are made, checked and remembered by
 * the host; here they are octets.
 */
import { SYN, textLength, type Segment } from '../wire/segment.ts';
import { add, diff } from '../wire/seq.ts';
import { optionRoom, tcpOptionsLength } from '../wire/tcp-options.ts';
import { Signal, signal } from './signals.ts';
import { synRepeated, type Tcb } from './tcb.ts';

/** What a host and one connection tell each other. Made only for a connection that takes part. */
export class FastOpen {
  /** Of the SYN, or of the SYN,ACK; empty asks for one; undefined: there is no option. */
  readonly cookie: Uint8Array | undefined;
  /** The option has the kind of experiments: appendix B. */
  readonly experimental: boolean;
  /** Passive: the cookie of the SYN is right, its text is taken (§4.2.2). */
  readonly accepted: boolean;
  /** Active: octets of text in the SYN at most, less the options: the MSS the server had last time. */
  readonly mss: number;
  /** Active: octets of text that left with the SYN. */
  sent = 0;
  /** Active: of them, those that the SYN,ACK acknowledged. */
  acked = 0;
  /** Active: the option of the SYN,ACK, to be remembered. */
  granted: Uint8Array | undefined = undefined;
  grantedExperimental = false;

  constructor(
    cookie: Uint8Array | undefined,
    experimental: boolean,
    accepted: boolean,
    mss: number,
  ) {
    this.cookie = cookie;
    this.experimental = experimental;
    this.accepted = accepted;
    this.mss = mss;
  }
}

/** Is text taken and sent in SYN-RECEIVED, by somebody who has the connection already? */
export const openedFast = (tcb: Tcb): boolean => tcb.fastOpen?.accepted === true;

// Active

/**
 * The option of our SYN, whose other options are in place, and behind it as much text as fits. A SYN
 * sent again has neither: who dropped the first one may have minded them (§4.1.3, §7.5).
 */
export function fillSynText(tcb: Tcb, out: Segment, fastOpen: FastOpen): void {
  const { cookie } = fastOpen;
  if (cookie === undefined || (synRepeated(tcb) && out.ctl === SYN)) return;
  fillCookie(out, cookie, fastOpen.experimental);
  if (out.ctl !== SYN || cookie.length === 0) return;
  const room = Math.min(fastOpen.mss, tcb.pathMss) - tcpOptionsLength(out);
  const text = Math.min(tcb.sendBuffer.length, room);
  if (text <= 0) return;
  tcb.sendBuffer.copy(0, text, out.bytes, out.textStart);
  out.textEnd = out.textStart + text;
  fastOpen.sent = text;
}

function fillCookie(out: Segment, cookie: Uint8Array, experimental: boolean): void {
  out.cookieLength = cookie.length;
  out.cookieExperimental = experimental;
  out.cookie.set(cookie);
  if (optionRoom(out, 0) >= 0) return;
  out.accEcn = -1; // which can do without (RFC 9768 §3.2.3.3), as RFC 5482's can
  out.userTimeout = -1;
}

/** Our SYN,ACK has come: what it says of the text, and the cookie it brings (§4.2.1). */
export function synAckCame(tcb: Tcb, seg: Segment, fastOpen: FastOpen): void {
  const text = diff(seg.ack, add(tcb.snd.iss, 1));
  fastOpen.acked = Math.max(0, Math.min(text, fastOpen.sent));
  if (seg.cookieLength <= 0) return;
  fastOpen.granted = seg.cookie.slice(0, seg.cookieLength);
  fastOpen.grantedExperimental = seg.cookieExperimental;
}

/** "If the SYN-ACK does not acknowledge the data, the client ... retransmits it": all of it, now. */
export function resendSynText(tcb: Tcb, now: number): void {
  const { sender, fastOpen } = tcb;
  if (sender === undefined || sender.queue.empty || fastOpen === undefined) return;
  if (fastOpen.sent === 0) return;
  sender.queue.markAllLost(now);
  sender.retransmitNow = true;
}

// Passive

/** The text of a SYN whose cookie is right goes to the user at once; a FIN behind it comes again. */
export function takeSynText(tcb: Tcb, seg: Segment): void {
  const { rcv } = tcb;
  const end = Math.min(seg.textEnd, seg.textStart + rcv.wnd);
  tcb.because = 'RFC 7413 §4.2.2: the cookie is right, the text of the SYN is taken';
  signal(tcb, Signal.established);
  if (textLength(seg) === 0) return;
  const moved = tcb.receiveBuffer.append(seg.bytes, seg.textStart, end);
  rcv.nxt = add(rcv.nxt, moved);
  rcv.wnd -= moved;
  tcb.bytesReceived += moved;
  signal(tcb, Signal.readable);
}
