/**
 * The SACK option of what we send: RFC 2018 §3, RFC 2883 §4. A place to fill: no blocks yet.
 */
import type { Segment } from '../wire/segment.ts';
import type { Tcb } from './tcb.ts';

/** Octets the SACK option of the next segment takes, filled up to whole words; 0 for none. */
export function sackOctets(_tcb: Tcb): number {
  return 0;
}

/** The blocks that the segment is to report, into `out.sack` and `out.sackCount`. */
export function fillSack(_tcb: Tcb, _out: Segment): void {
  // none yet
}
