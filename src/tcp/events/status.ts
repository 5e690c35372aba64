/**
 * STATUS: RFC 9293 §3.10.6 and §3.9.1.6. All the RFC lists that the core knows; the host adds the
 * sockets. Sequence numbers as unsigned numbers, windows in octets, times in ms.
 */
import { diff, toU32 } from '../../wire/seq.ts';
import type { Refusal } from '../refusal.ts';
import { cwndOf, ssthreshOf } from '../sender.ts';
import { effectiveSendMss } from '../smss.ts';
import type { State } from '../state.ts';
import type { Tcb } from '../tcb.ts';

export interface Status {
  readonly state: State;
  readonly snd: {
    readonly una: number;
    readonly nxt: number;
    readonly wnd: number;
    readonly up: number;
    readonly iss: number;
    readonly mss: number;
  };
  readonly rcv: {
    readonly nxt: number;
    readonly wnd: number;
    readonly up: number;
    readonly irs: number;
  };
  /** Octets that await acknowledgment. */
  readonly unacknowledged: number;
  /** Octets the user gave and that were not sent yet. */
  readonly unsent: number;
  /** Octets that await RECEIVE. */
  readonly unread: number;
  /** Octets of urgent text not yet taken (MUST-33). */
  readonly urgent: number;
  readonly cwnd: number;
  readonly ssthresh: number;
  readonly srtt: number;
  readonly rto: number;
  readonly retransmissions: number;
  readonly userTimeout: number;
  readonly softError: string | undefined;
  readonly because: string;
}

export function status(tcb: Tcb): Status | Refusal {
  if (tcb.state === 'CLOSED') return 'error: connection does not exist';
  const { snd, rcv } = tcb;
  const unacknowledged = diff(snd.nxt, snd.una);
  const sentText = unacknowledged - (tcb.finSent ? 1 : 0) - (tcb.synAcked ? 0 : 1);
  return {
    state: tcb.state,
    snd: {
      una: toU32(snd.una),
      nxt: toU32(snd.nxt),
      wnd: snd.wnd,
      up: toU32(snd.up),
      iss: toU32(snd.iss),
      mss: effectiveSendMss(tcb),
    },
    rcv: { nxt: toU32(rcv.nxt), wnd: rcv.wnd, up: toU32(rcv.up), irs: toU32(rcv.irs) },
    unacknowledged,
    unsent: Math.max(0, tcb.sendBuffer.length - Math.max(0, sentText)),
    unread: tcb.receiveBuffer.unread,
    urgent: urgentOctets(tcb),
    cwnd: cwndOf(tcb),
    ssthresh: ssthreshOf(tcb),
    srtt: tcb.rto.srtt,
    rto: tcb.rto.rto,
    retransmissions: tcb.retransmissions,
    userTimeout: tcb.userTimeout,
    softError: tcb.softError,
    because: tcb.because,
  };
}

/** Octets of urgent text between what the user has taken and RCV.UP (MUST-33). */
function urgentOctets(tcb: Tcb): number {
  const { rcv, receiveBuffer } = tcb;
  const octetsOfFin = tcb.finReceived ? 1 : 0;
  return Math.max(0, diff(rcv.up, rcv.nxt) + receiveBuffer.unread + octetsOfFin);
}
