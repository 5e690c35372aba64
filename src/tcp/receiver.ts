/**
 * What only a connection that received text needs, so that an idle one does not hold it: when to
 * acknowledge (acknowledgment.ts), how far the buffer has grown (receive-autotune.ts), which blocks to
 * report (sack-out.ts).
 */
import { ZERO, type Seq } from '../wire/seq.ts';
import type { SackBlocks } from './sack-out.ts';
import { effectiveSendMss } from './smss.ts';
import type { Tcb } from './tcb.ts';

export class Receiver {
  lastText = -1; //         ms, when text arrived; -1: none has

  // acknowledgment.ts
  unacked = 0; //           octets received since the last acknowledgment left
  mss: number; //           octets of the peer's full-sized segments, as they measure
  lastSize = 0; //          octets of the last one that was smaller
  shorts = 0; //            segments since the last acknowledgment left that may end a write
  duplicates = 0; //        segments beyond a gap since RCV.NXT moved
  quickAcks: number; //     so many acknowledgments leave at once
  interactive = false; //   our text answers the peer's, and carries the acknowledgment

  // receive-autotune.ts
  space: number; //         RCV.BUFF, octets
  perRound: number; //      the most octets the user took in a round trip
  taken: Seq = ZERO; //     up to where the user had taken text when this round trip began
  roundSince = 0; //        ms
  rtt = -1; //              of the peer as seen from here, ms; -1: not measured
  lastEcho = 0; //          TSecr that was measured by
  rttEdge: Seq = ZERO; //   without timestamps: a window is through when RCV.NXT is here
  rttSince = -1; //         ms; -1: no such measurement is on

  sack: SackBlocks | undefined = undefined;

  constructor(tcb: Tcb) {
    const { options, rcv } = tcb;
    this.mss = Math.min(options.receiveMss, effectiveSendMss(tcb));
    this.quickAcks = options.quickAcks;
    this.space = options.receiveBuffer;
    this.perRound = Math.max(1, Math.min(rcv.wnd, INITIAL_SEGMENTS * options.receiveMss));
    this.taken = rcv.nxt;
  }
}

const INITIAL_SEGMENTS = 10; // a peer's initial window, RFC 6928

export function receiverOf(tcb: Tcb): Receiver {
  return (tcb.receiver ??= new Receiver(tcb));
}
