/**
 * A connection as `ss -i` and getsockopt(TCP_INFO) show it: Linux's names without the prefix `tcpi_`,
 * in camel case. Two units differ: times are milliseconds (Linux has microseconds in four of them), the
 * congestion window is octets (Linux has segments).
 */
import { diff, toU32 } from '../wire/seq.ts';
import { cwndOf, loneFin, ssthreshOf } from './sender.ts';
import { receiveCapacity } from './receive-autotune.ts';
import { ecnInfo } from './ecn/info.ts';
import { effectiveSendMss } from './smss.ts';
import type { State } from './state.ts';
import { PHASE_NAMES, type PhaseName } from './recovery/recovery.ts';
import type { Tcb } from './tcb.ts';

export interface TcpInfo {
  readonly state: State;
  /** How often the oldest segment was sent again without an answer. */
  readonly retransmits: number;
  /** Window probes and keep-alives without an answer. */
  readonly probes: number;
  /** How often the timeout in force was doubled. */
  readonly backoff: number;
  /** Retransmission timeout, ms. */
  readonly rto: number;
  /** How long an acknowledgment may wait, ms. */
  readonly ato: number;
  /** Octets of text in the largest segment that is sent. */
  readonly sndMss: number;
  /** Octets of text in the largest segment that is to be expected. */
  readonly rcvMss: number;
  /** Segments sent and not acknowledged. */
  readonly unacked: number;
  /** Those of them that were SACKed. */
  readonly sacked: number;
  /** Those of them held for lost and not sent again yet. */
  readonly lost: number;
  /** Those of them that were sent again. */
  readonly retrans: number;
  /** Was anything seen to arrive in another order than it left (RFC 8985 §6.2 step 3)? */
  readonly reordering: boolean;
  /** D-SACK blocks received (RFC 2883). */
  readonly dsackDups: number;
  /** How loss recovery stands. */
  readonly caState: PhaseName;
  /** The least round trip of the last minutes, ms; -1: nothing was measured. */
  readonly minRtt: number;
  /** Octets per ms that arrive, and that are let out; 0: not known, as fast as they can. */
  readonly deliveryRate: number;
  readonly pacingRate: number;
  /** ms since text or FIN was sent, text arrived, a segment arrived; -1: never. */
  readonly lastDataSent: number;
  readonly lastDataRecv: number;
  readonly lastAckRecv: number;
  /** Octets of the largest datagram for the path, as far as is known. */
  readonly pmtu: number;
  /** Smoothed round-trip time and its variation, ms; -1: nothing was measured. */
  readonly rtt: number;
  readonly rttvar: number;
  /** Octets; Infinity before the first loss. */
  readonly sndSsthresh: number;
  /** Octets. */
  readonly sndCwnd: number;
  /** The MSS option of ours, octets. */
  readonly advmss: number;
  /** Octets of the receive buffer. */
  readonly rcvSpace: number;
  /** The round-trip time as the receiver sees it, ms; -1: not measured. */
  readonly rcvRtt: number;
  /** Segments sent again in the connection's life. */
  readonly totalRetrans: number;
  /** Octets of text that were acknowledged, and that arrived in order. */
  readonly bytesAcked: number;
  readonly bytesReceived: number;
  /** Segments, modulo 2^32. */
  readonly segsOut: number;
  readonly segsIn: number;
  /** Octets that wait to be sent for the first time. */
  readonly notsentBytes: number;
  /** Octets of text from SND.UNA and from RCV.NXT. */
  readonly sndWnd: number;
  readonly rcvWnd: number;
  /** Sequence numbers, 0 to 2^32 - 1. */
  readonly sndUna: number;
  readonly sndNxt: number;
  readonly rcvNxt: number;
  /** Which feedback was negotiated: none, RFC 3168, RFC 9768. */
  readonly ecnMode: 'none' | 'classic' | 'accurate';
  /** Segments of ours that the peer says were marked CE, by classic ECE: ACKs that said so. */
  readonly deliveredCe: number;
  /** Segments that arrived marked CE. */
  readonly receivedCe: number;
  /** Octets of text by codepoint, as AccECN options say and as they arrived; 0 without AccECN. */
  readonly deliveredE0Bytes: number;
  readonly deliveredE1Bytes: number;
  readonly deliveredCeBytes: number;
  readonly receivedE0Bytes: number;
  readonly receivedE1Bytes: number;
  readonly receivedCeBytes: number;
}

/** `headers`: octets of IP and TCP header in front of a segment's text. */
export function tcpInfo(tcb: Tcb, now: number, headers: number): TcpInfo {
  const { snd, rcv, rto, options, sender } = tcb;
  const sndMss = effectiveSendMss(tcb);
  const sentText = diff(snd.nxt, snd.una) - (tcb.finSent ? 1 : 0) - (tcb.synAcked ? 0 : 1);
  return {
    state: tcb.state,
    retransmits: tcb.retransmissions,
    probes: tcb.persistBackoffs + tcb.keepAliveUnanswered,
    backoff: rto.backoffs,
    rto: rto.rto,
    ato: options.delayedAck,
    sndMss,
    rcvMss: tcb.receiver?.mss ?? Math.min(options.receiveMss, sndMss),
    unacked: sender === undefined && loneFin(tcb) ? 1 : (sender?.queue.count ?? 0),
    sacked: sender?.queue.sackedCount ?? 0,
    lost: sender?.queue.lostCount ?? 0,
    retrans: sender?.queue.retransCount ?? 0,
    reordering: sender?.rack?.reorderingSeen ?? false,
    dsackDups: (sender?.recovery.dsackDups ?? 0) >>> 0,
    caState: PHASE_NAMES[sender?.recovery.phase ?? 0],
    minRtt: sender?.delivery.minRtt ?? -1,
    deliveryRate: sender?.deliveryRate ?? 0,
    pacingRate: sender?.congestion.pacingRate ?? 0,
    lastDataSent: since(now, tcb.lastDeparture),
    lastDataRecv: since(now, tcb.receiver?.lastText ?? -1),
    lastAckRecv: tcb.synAcked ? now - tcb.lastArrival : -1,
    pmtu: tcb.pathMss + headers,
    rtt: rto.srtt,
    rttvar: rto.srtt < 0 ? -1 : rto.rttvar,
    sndSsthresh: ssthreshOf(tcb),
    sndCwnd: cwndOf(tcb),
    advmss: options.receiveMss,
    rcvSpace: receiveCapacity(tcb),
    rcvRtt: tcb.receiver?.rtt ?? -1,
    totalRetrans: tcb.totalRetrans >>> 0,
    bytesAcked: tcb.bytesAcked,
    bytesReceived: tcb.bytesReceived,
    segsOut: tcb.segsOut >>> 0,
    segsIn: tcb.segsIn >>> 0,
    notsentBytes: Math.max(0, tcb.sendBuffer.length - Math.max(0, sentText)),
    sndWnd: snd.wnd,
    rcvWnd: rcv.wnd,
    sndUna: toU32(snd.una),
    sndNxt: toU32(snd.nxt),
    rcvNxt: toU32(rcv.nxt),
    ...ecnInfo(tcb.ecn),
  };
}

const since = (now: number, then: number): number => (then < 0 ? -1 : now - then);
