/**
 * Limited transmit: RFC 3042 §2. Each of the first two duplicate acknowledgments lets a new segment
 * leave, so that a third may come. With SACK what is SACKed is not in flight: RFC 6675 §5 step 3.
 */
import { effectiveSendMss } from '../smss.ts';
import type { Tcb } from '../tcb.ts';
import type { Sender } from '../sender.ts';
import { Phase } from './recovery.ts';

const MOST = 2; // segments beyond cwnd: RFC 3042 §2

/** Octets beyond cwnd that may leave as new text; below zero: so much that is SACKed still counts. */
export function limitedTransmit(tcb: Tcb, sender: Sender): number {
  const { newReno, recovery } = sender;
  if (recovery.phase > Phase.disorder) return 0;
  if (newReno === undefined) {
    return tcb.options.limitedTransmit ? 0 : -sender.queue.sackedOctets;
  }
  if (!tcb.options.limitedTransmit || newReno.dupAcks === 0) return 0;
  return Math.min(newReno.dupAcks, MOST) * effectiveSendMss(tcb);
}
