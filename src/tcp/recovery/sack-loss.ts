/**
 * Finding losses by counting: RFC 6675 §4. A part is lost when DupThresh discontiguous runs, or more
 * than (DupThresh - 1) * SMSS octets, were SACKed beyond it. Each part is judged once: what is before
 * `queue.edge` was.
 */
import { lt } from '../../wire/seq.ts';
import type { RetransmissionQueue } from '../retransmission-queue.ts';
import { DUP_THRESH } from './new-reno.ts';

/** IsLost () of all there is; answers how many octets are newly held for lost. */
export function detectBySack(queue: RetransmissionQueue, smss: number, now: number): number {
  const before = queue.lostOctets;
  let index = queue.search(queue.edge);
  while (index < queue.count) {
    const record = queue.at(index);
    queue.visits = (queue.visits + 1) | 0;
    if (record.run === 0) {
      if (!isLost(queue, smss)) break;
      if (record.retransmissions === 0) queue.markLost(record, now);
    }
    queue.passEdge(index);
    index++;
  }
  return queue.lostOctets - before;
}

// IsLost (SeqNum) of the part at the edge.
function isLost(queue: RetransmissionQueue, smss: number): boolean {
  return queue.aboveRuns >= DUP_THRESH || queue.aboveOctets > (DUP_THRESH - 1) * smss;
}

/**
 * NextSeg () rules 3 and 4, when there is neither something lost nor new text to send: the next part
 * below what is SACKed, then once the last of all. True: it is held for lost now.
 */
export function nextSegRescue(
  queue: RetransmissionQueue,
  rescueAllowed: boolean,
  now: number,
): boolean {
  const index = queue.search(queue.edge);
  if (queue.aboveOctets > 0 && index < queue.count) {
    const record = queue.at(index);
    if (record.run === 0 && record.retransmissions === 0) {
      queue.markLost(record, now);
      queue.passEdge(index);
      return true;
    }
  }
  const { last } = queue;
  if (!rescueAllowed || last === undefined || last.lost) return false;
  if (last.run > 0 || last.retransmissions > 0 || lt(last.start, queue.edge)) return false;
  queue.markLost(last, now);
  return true;
}
