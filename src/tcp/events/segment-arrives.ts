/**
 * SEGMENT ARRIVES: RFC 9293 §3.10.7. One file per heading, in the RFC's order.
 */
import type { Segment } from '../../wire/segment.ts';
import type { Seq } from '../../wire/seq.ts';
import type { Tcb } from '../tcb.ts';
import { closed } from './closed.ts';
import { listen } from './listen.ts';
import { ecnSynAckAgain } from '../ecn/negotiate.ts';
import { otherStates } from './other-states.ts';
import { synSent } from './syn-sent.ts';

/**
 * A segment whose checksum is right and whose ports are ours. `iss` is the initial send sequence
 * number to take if this is a SYN that reaches LISTEN (§3.4.1), `offset` that of the timestamps.
 */
export function segmentArrives(
  tcb: Tcb,
  now: number,
  seg: Segment,
  iss: Seq,
  offset: number,
): void {
  tcb.segsIn = (tcb.segsIn + 1) | 0;
  switch (tcb.state) {
    case 'CLOSED':
      return closed(tcb, seg); //           §3.10.7.1
    case 'LISTEN':
      return listen(tcb, seg, iss, offset, now); // §3.10.7.2
    case 'SYN-SENT':
      return synSent(tcb, seg, now); //     §3.10.7.3
    default:
      otherStates(tcb, seg, now); //        §3.10.7.4
      if (tcb.ecn !== undefined) ecnSynAckAgain(tcb, tcb.ecn, seg);
  }
}
