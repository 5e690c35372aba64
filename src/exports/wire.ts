/** `estab/wire`: octets to fields and back, and the arithmetic of sequence numbers. */
export {
  add,
  diff,
  ge,
  gt,
  inWindow,
  later,
  le,
  lt,
  seq,
  toI32,
  toU32,
  ZERO,
} from '../wire/seq.ts';
export type { Seq } from '../wire/seq.ts';
export { ACK, CWR, ECE, FIN, PSH, RST, Segment, SYN, URG } from '../wire/segment.ts';
