/**
 * Who uses ECN by RFC 3168 §6.1.1. A SYN asks with ECE and CWR, a SYN,ACK agrees with ECE alone; both at
 * once in a SYN,ACK are an echo of reserved bits and mean nothing.
 */
import { NOT_ECT } from '../../wire/ecn.ts';
import { AE, CWR, ECE, type Segment } from '../../wire/segment.ts';

/** ECN-setup SYN. */
export const CLASSIC_SYN: number = ECE | CWR;
/** ECN-setup SYN,ACK. */
export const CLASSIC_SYN_ACK: number = ECE;

/**
 * Does this SYN ask, for a host that knows nothing of AE? As in Linux a SYN with a codepoint is mangled and
 * asks for nothing, unless it asks for AccECN, which allows one.
 */
export function asksClassic(seg: Segment): boolean {
  if ((seg.ctl & CLASSIC_SYN) !== CLASSIC_SYN) return false;
  return seg.ecn === NOT_ECT || (seg.ctl & AE) !== 0;
}

/** Does this SYN,ACK agree? */
export function agreesClassic(seg: Segment): boolean {
  return (seg.ctl & CLASSIC_SYN) === ECE;
}

/** §6.1.1.1: the first SYN that is not answered is sent again without. */
export function classicSyn(retransmissions: number): number {
  return retransmissions === 0 ? CLASSIC_SYN : 0;
}
