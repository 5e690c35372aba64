/**
 * Header prediction: the two segments a bulk transfer is made of, in one look. True means that RFC
 * 9293 §3.10.7.4 has been carried out; false that nothing was touched. Redundant: every ladder and
 * every world runs with and without it and must send the same octets. What it gains in bulk
 * transfer is between nothing and a fifth (docs/performance.md).
 */
import { ACK, PSH, textLength, type Segment } from '../wire/segment.ts';
import { add, gt, lt } from '../wire/seq.ts';
import { acknowledge } from './acknowledge.ts';
import { ackText } from './acknowledgment.ts';
import { Signal, signal } from './signals.ts';
import type { Tcb } from './tcb.ts';
import { failsPaws, updateRecent } from './timestamps.ts';

export function predicted(tcb: Tcb, seg: Segment, now: number): boolean {
  const { snd, rcv } = tcb;
  if (tcb.state !== 'ESTABLISHED' || tcb.ecn !== undefined) return false;
  if ((seg.ctl & ~PSH) !== ACK || seg.seq !== rcv.nxt || seg.wnd << snd.shift !== snd.wnd)
    return false;
  if (tcb.timestamps !== undefined && (!seg.timestamps || failsPaws(tcb, seg, now))) return false;
  if (seg.userTimeout >= 0 && tcb.uto !== undefined) return false;
  const length = textLength(seg);
  if (length === 0) {
    if (!lt(snd.una, seg.ack) || gt(seg.ack, snd.nxt) || snd.wnd === 0) return false;
    acknowledge(tcb, seg, now);
  } else {
    const { receiveBuffer } = tcb;
    if (seg.ack !== snd.una || seg.sackCount > 0 || length > rcv.wnd || tcb.released || tcb.finSeen)
      return false;
    if (receiveBuffer.reassembly !== undefined) return false;
    if (snd.wnd === 0) return false;
    receiveBuffer.append(seg.bytes, seg.textStart, seg.textEnd);
    rcv.nxt = add(rcv.nxt, length);
    rcv.wnd -= length;
    tcb.bytesReceived += length;
    signal(tcb, Signal.readable);
    ackText(tcb, seg, length, false, now);
  }
  updateRecent(tcb, seg, now);
  snd.wl1 = seg.seq;
  snd.wl2 = seg.ack;
  tcb.lastArrival = now;
  tcb.keepAliveUnanswered = 0;
  tcb.because = '§3.10.7.4 fifth: acceptable';
  return true;
}
