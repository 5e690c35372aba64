/** What graphs are drawn of: one direction of a connection, as a trace or a capture tells of it. */
import { diff, seq, type Seq } from '../../wire/seq.ts';

/** Octets `start` to `end` of the sequence space, counted from the ISS, at `t` ms. */
export interface Range {
  readonly t: number;
  readonly start: number;
  readonly end: number;
}

export interface Point {
  readonly t: number;
  readonly value: number;
}

export interface Phase {
  readonly from: number; // ms
  readonly to: number;
}

export class Flow {
  /** `192.0.2.1:49152 to 192.0.2.2:80`. */
  readonly title: string;
  readonly sent: Range[] = [];
  readonly again: Range[] = [];
  readonly sacked: Range[] = [];
  readonly dsacked: Range[] = [];
  readonly lost: Range[] = [];
  /** Acknowledged up to, and the right edge of the window; octets from the ISS. */
  readonly acks: Point[] = [];
  readonly windows: Point[] = [];
  readonly cwnd: Point[] = []; //     octets; a gap is NaN
  readonly ssthresh: Point[] = [];
  readonly pipe: Point[] = [];
  readonly samples: Point[] = []; //  ms
  readonly srtt: Point[] = [];
  readonly rto: Point[] = [];
  readonly recovery: Phase[] = [];
  readonly loss: Phase[] = [];
  /** ms, when a retransmission timer expired. */
  readonly timeouts: number[] = [];
  from: number = Infinity; // ms, of the first and the last event
  to: number = -Infinity;
  /** Octets of text that were sent, repetitions included. */
  octets = 0;

  constructor(title: string) {
    this.title = title;
  }

  saw(t: number): void {
    if (t < this.from) this.from = t;
    if (t > this.to) this.to = t;
  }
}

/** Sequence numbers as plain numbers that do not wrap, from the first one seen on. */
export class Unwrapped {
  #last: Seq | undefined = undefined;
  #offset = 0; // of #last

  at(number: number): number {
    const next = seq(number);
    this.#last ??= next;
    const offset = this.#offset + diff(next, this.#last);
    if (offset > this.#offset) {
      this.#last = next;
      this.#offset = offset;
    }
    return offset;
  }
}
