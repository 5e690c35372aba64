/** Two connections and a wire between them that loses nothing, or what a test says. */
import '../oracle/beside.ts';
import { BlockPool } from '../../src/tcp/block-pool.ts';
import { Reno } from '../../src/tcp/congestion/reno.ts';
import { Connection } from '../../src/tcp/connection.ts';
import type { TcpOptions } from '../../src/tcp/options.ts';
import { RFC } from '../../src/tcp/profiles.ts';
import { RecordPool } from '../../src/tcp/record-pool.ts';
import type { TcpSignal } from '../../src/tcp/signals.ts';
import { printSegment } from '../../src/wire/print.ts';
import { Segment } from '../../src/wire/segment.ts';
import { seq } from '../../src/wire/seq.ts';

export const options = (changes: Partial<TcpOptions> = {}): TcpOptions => ({
  ...RFC,
  receiveMss: 1460,
  defaultSendMss: 536,
  pathMss: 1460,
  leastPathMss: 512,
  congestion: () => new Reno(),
  pool: new BlockPool(),
  records: new RecordPool(),
  ...changes,
});

export type Verdict = 'deliver' | 'lose' | 'duplicate';

export class TwoEnds {
  now = 0;
  readonly a: Connection;
  readonly b: Connection;
  readonly log: string[] = [];
  readonly signals: { a: TcpSignal[]; b: TcpSignal[] } = { a: [], b: [] };
  verdict: (from: 'a' | 'b', seg: Segment, count: number) => Verdict = () => 'deliver';
  #issB: number;
  #count = 0;

  constructor(changes: { a?: Partial<TcpOptions>; b?: Partial<TcpOptions>; issB?: number } = {}) {
    this.a = new Connection(options(changes.a), undefined);
    this.b = new Connection(options(changes.b), undefined);
    this.#issB = changes.issB ?? 300;
  }

  /** Opens A actively and B passively, and lets it all happen. */
  connect(issA = 100): this {
    this.b.openPassive();
    this.a.openActive(seq(issA));
    this.settle();
    return this;
  }

  /** Exchanges segments until both are silent. */
  settle(): void {
    let quiet = 0;
    while (quiet < 2) {
      quiet = this.#turn('a') ? 0 : quiet + 1;
      quiet = this.#turn('b') ? 0 : quiet + 1;
    }
  }

  /** Lets time pass, timers and segments included. */
  advance(ms: number): void {
    const end = this.now + ms;
    this.settle();
    for (;;) {
      const next = Math.min(this.a.nextTimeout(), this.b.nextTimeout());
      if (next > end) break;
      this.now = Math.max(this.now, next);
      this.a.timeout(this.now);
      this.b.timeout(this.now);
      this.settle();
    }
    this.now = end;
  }

  #turn(side: 'a' | 'b'): boolean {
    const from = this[side];
    const to = side === 'a' ? this.b : this.a;
    let sent = false;
    for (;;) {
      const seg = new Segment();
      seg.bytes = new Uint8Array(2048);
      seg.textStart = 100;
      seg.textEnd = 100;
      if (!from.poll(this.now, seg)) break;
      sent = true;
      const verdict = this.verdict(side, seg, this.#count++);
      this.log.push(`${side} ${printSegment(seg)}${verdict === 'lose' ? ' X' : ''}`);
      for (let i = verdict === 'lose' ? 1 : verdict === 'duplicate' ? -1 : 0; i < 1; i++) {
        to.segmentArrives(this.now, copyOf(seg), seq(this.#issB));
      }
    }
    for (const end of ['a', 'b'] as const) {
      for (let s = this[end].nextSignal(); s !== undefined; s = this[end].nextSignal()) {
        this.signals[end].push(s);
      }
    }
    return sent;
  }
}

function copyOf(seg: Segment): Segment {
  const copy = new Segment();
  Object.assign(copy, seg, { bytes: seg.bytes.slice() });
  return copy;
}
