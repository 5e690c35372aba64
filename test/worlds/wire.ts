/** What must hold of the segments on the wire, whatever the network does to them afterwards. */
import { ACK, FIN, RST, segLen, SYN, textLength, type Segment } from '../../src/wire/segment.ts';
import { printSegment } from '../../src/wire/print.ts';
import { add, diff, lt, seq, type Seq } from '../../src/wire/seq.ts';
import type { Plan } from './plan.ts';
import { octetOf } from './user.ts';

export class Wire {
  readonly #plan: Plan;
  readonly #edges = new Map<string, Seq>(); // by who advertised it
  readonly #largest: number;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#largest = plan.mtu - (plan.family === 4 ? 40 : 60);
  }

  /** `from` sends `seg`. @throws Error when it should not. */
  sent(from: 'A' | 'B', seg: Segment): void {
    const to = from === 'A' ? 'B' : 'A';
    if (seg.ctl & RST) {
      must(textLength(seg) === 0 && (seg.ctl & (SYN | FIN)) === 0, 'a reset is only a reset');
      return;
    }
    this.#remember(from, seg);
    must(textLength(seg) <= this.#largest, 'a segment fits the MTU');
    if (seg.ctl & SYN) return;
    const iss = seq(this.#plan[from].iss);
    const edge = this.#edges.get(to);
    if (edge !== undefined && segLen(seg) > 0) {
      const end = add(seg.seq, segLen(seg));
      const beyond = diff(end, edge);
      must(beyond <= 1, `${beyond} octets beyond the window: ${printSegment(seg)}`);
    }
    const first = diff(seg.seq, iss) - 1;
    for (let i = 0; i < textLength(seg); i++) {
      const octet = seg.bytes[seg.textStart + i];
      must(octet === octetOf(from, first + i), `octet ${first + i} is the one that was given`);
    }
  }

  #remember(from: 'A' | 'B', seg: Segment): void {
    if (!(seg.ctl & ACK)) return;
    const edge = add(seg.ack, seg.wnd);
    const before = this.#edges.get(from);
    if (before === undefined || lt(before, edge)) this.#edges.set(from, edge);
    else must(before === edge, 'SHLD-14: the window that is advertised does not shrink');
  }
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`broken: ${what}`);
}
