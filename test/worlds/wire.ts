/** What must hold of the segments on the wire, whatever the network does to them afterwards. */
import { ACK, FIN, RST, segLen, SYN, textLength, type Segment } from '../../src/wire/segment.ts';
import type { TcpDefaults } from '../../src/tcp/options.ts';
import { printSegment } from '../../src/wire/print.ts';
import { add, diff, lt, seq, type Seq } from '../../src/wire/seq.ts';
import type { Plan } from './plan.ts';
import { octetOf } from './user.ts';

const SHORT = 150; // ms: with the delay of an acknowledgment well below the first RTO

export class Wire {
  readonly #plan: Plan;
  readonly #edges = new Map<string, Seq>(); // by who advertised it
  readonly #largest: number;
  readonly #sent = new Map<string, Seq>(); // one past the last octet, by who sent it
  readonly #calm: boolean;

  constructor(plan: Plan) {
    this.#plan = plan;
    const { loss, duplication, corruption, delay, jitter } = plan.weather;
    this.#calm =
      loss + duplication + corruption + jitter === 0 &&
      delay < SHORT &&
      [plan.A, plan.B].every(({ tcp }) => isPatient(tcp));
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
    if (this.#calm) this.#once(from, seg);
    const first = diff(seg.seq, iss) - 1;
    for (let i = 0; i < textLength(seg); i++) {
      const octet = seg.bytes[seg.textStart + i];
      must(octet === octetOf(from, first + i), `octet ${first + i} is the one that was given`);
    }
  }

  /** Nothing is lost and nothing overtakes: only the octet of a probe is sent again. */
  #once(from: 'A' | 'B', seg: Segment): void {
    if (segLen(seg) === 0) return;
    const end = add(seg.seq, segLen(seg));
    const before = this.#sent.get(from);
    const again = before !== undefined && lt(seg.seq, before);
    must(!again || segLen(seg) === 1, `sent again for nothing: ${printSegment(seg)}`);
    if (before === undefined || lt(before, end)) this.#sent.set(from, end);
  }

  #remember(from: 'A' | 'B', seg: Segment): void {
    if (!(seg.ctl & ACK)) return;
    const edge = add(seg.ack, seg.wnd);
    const before = this.#edges.get(from);
    if (before === undefined || lt(before, edge)) this.#edges.set(from, edge);
    else must(before === edge, 'SHLD-14: the window that is advertised does not shrink');
  }
}

/** No probe of a tail, no timeout of 200 ms goes off before an acknowledgment that waits. */
function isPatient({ profile, tailLossProbe, delayedAck = 0 }: Partial<TcpDefaults>): boolean {
  return profile === 'rfc' || (tailLossProbe === false && delayedAck <= 40);
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`broken: ${what}`);
}
