/**
 * The SACK option of an acknowledgment: RFC 2018 §5, and D-SACK, RFC 2883 §4. Blocks that cannot be
 * true are ignored and counted.
 */
import type { Segment } from '../../wire/segment.ts';
import { add, diff, ge, gt, le, lt, seq, type Seq } from '../../wire/seq.ts';
import type { Sender } from '../sender.ts';
import type { Tcb } from '../tcb.ts';

/** Takes the blocks of `seg`; answers how many octets are newly SACKed. SND.UNA has moved already. */
export function takeSack(tcb: Tcb, sender: Sender, seg: Segment): number {
  const { snd } = tcb;
  let octets = 0;
  for (let i = 0; i < seg.sackCount; i++) {
    const left = edge(seg, 2 * i);
    const right = edge(seg, 2 * i + 1);
    if (i === 0 && isDsack(tcb, seg, left, right)) {
      takeDsack(sender, left, right);
      continue;
    }
    if (le(right, snd.una) && lt(left, right)) continue; // an ACK overtaken by another
    if (lt(left, snd.una) || gt(right, snd.nxt) || !lt(left, right)) {
      sender.recovery.sackIgnored = (sender.recovery.sackIgnored + 1) | 0;
      continue;
    }
    if (tcb.finSent && right === add(snd.nxt, -1)) sender.queue.finApart(right);
    octets += sender.queue.sack(left, right, sender.delivery);
  }
  return octets;
}

const edge = (seg: Segment, index: number): Seq => seq(seg.sack[index] ?? 0);

/** RFC 2883 §4: below SEG.ACK, or inside of the second block. */
function isDsack(tcb: Tcb, seg: Segment, left: Seq, right: Seq): boolean {
  const { snd } = tcb;
  if (!lt(left, right)) return false;
  if (le(right, seg.ack)) return diff(snd.una, left) <= snd.maxWnd; // else it is absurd
  if (seg.sackCount < 2 || gt(right, snd.nxt)) return false;
  return ge(left, edge(seg, 2)) && le(right, edge(seg, 3));
}

function takeDsack(sender: Sender, left: Seq, right: Seq): void {
  const { delivery, recovery } = sender;
  delivery.dsackOctets = diff(right, left);
  delivery.dsackEnd = right;
  recovery.dsackDups = (recovery.dsackDups + 1) | 0;
}
