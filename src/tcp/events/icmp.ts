/**
 * An ICMP error about a segment of ours: RFC 9293 §3.9.2.2 with RFC 5927 §4. Believed only if the
 * quoted sequence number is in flight; in a synchronized state never more than a soft error.
 */
import { ge, lt, type Seq } from '../../wire/seq.ts';
import { endConnection } from '../lifecycle.ts';
import { Signal, signal } from '../signals.ts';
import type { Tcb } from '../tcb.ts';

/** What the host understood of the message, whichever family it came over. */
export interface IcmpError {
  /** 'hard': protocol or port unreachable; 'soft': all that may pass (MUST-56). */
  readonly severity: 'hard' | 'soft';
  /** In words, for the user: 'host unreachable'. */
  readonly reason: string;
  /** SEQ of the quoted segment. */
  readonly seq: Seq;
}

/**
 * The first hop does not answer; our own link says so, and nobody else can. An opening that has no
 * other way ends, what is synchronized waits for better times (MUST-56).
 */
export function hostUnreachable(tcb: Tcb): void {
  tcb.softError = 'host unreachable';
  if (tcb.state === 'SYN-SENT') {
    tcb.because = 'RFC 4861 §7.2.2: address resolution failed';
    endConnection(tcb, 'host-unreachable');
    return;
  }
  tcb.because = '§3.9.2.2, MUST-56: a next hop that does not answer is noted';
  signal(tcb, Signal.softError);
}

export function icmp(tcb: Tcb, error: IcmpError): void {
  const { snd } = tcb;
  // SND.UNA =< SEG.SEQ < SND.NXT
  if (lt(error.seq, snd.una) || ge(error.seq, snd.nxt)) {
    tcb.because = 'RFC 5927 §4.1: an ICMP error about nothing in flight is ignored';
    return;
  }
  tcb.softError = error.reason;
  if (error.severity === 'hard' && (tcb.state === 'SYN-SENT' || tcb.state === 'SYN-RECEIVED')) {
    tcb.because = '§3.9.2.2, SHLD-26: a hard ICMP error ends the opening';
    if (tcb.openedPassively) return; // the SYN,ACK went to somebody who does not want it: it times out
    endConnection(tcb, 'refused');
    return;
  }
  tcb.because = '§3.9.2.2, MUST-56: a soft ICMP error is noted';
  signal(tcb, Signal.softError);
}
