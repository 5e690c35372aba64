/**
 * The ladder of a script: what its two sides said to each other, in the notation of RFC 9293 and with the
 * script's numbers. For the picture around a failure.
 */
import type { State } from '../../tcp/state.ts';
import { printSegment } from '../../wire/print.ts';
import { Segment } from '../../wire/segment.ts';
import { seq } from '../../wire/seq.ts';
import type { LadderResult, RowResult, RowTexts } from '../ladder/result.ts';
import type { TcpPacket } from './ast.ts';

const MOST_ROWS = 10_000; // of a script; older ones are forgotten
const AROUND = 8; //         rows shown before the one that failed

export class Figure {
  readonly #rows: RowResult[] = [];

  /** A segment, with the numbers of the script. */
  segment(time: number, from: 'A' | 'B', packet: TcpPacket, state: State | ''): void {
    this.#add(time, texts(state, from, segmentText(packet)));
  }

  /** Something that is no segment: a call, an ICMP error. */
  remark(time: number, text: string, state: State | ''): void {
    const left = [state, `(${text})`].filter((part) => part !== '').join(' ');
    this.#add(time, { left, passage: undefined, segment: '', right: '' });
  }

  /** The last row is not what line `line` of the script asked for. */
  wrong(time: number, line: number, expected: TcpPacket, actual: boolean): void {
    const wanted = texts('', 'A', segmentText(expected));
    const last = actual ? this.#rows.pop() : undefined;
    this.#rows.push({
      ...row(last?.time ?? time, last?.actual ?? NOTHING),
      line,
      ok: false,
      expected: wanted,
    });
  }

  #add(time: number, actual: RowTexts): void {
    if (this.#rows.length >= MOST_ROWS) this.#rows.shift();
    this.#rows.push(row(time, actual));
  }

  /** The last rows, as a ladder. */
  result(name: string, family: 4 | 6, whole: boolean): LadderResult {
    return {
      name,
      title: name,
      cite: undefined,
      requirements: [],
      variant: '',
      family,
      scripted: 'B',
      ok: this.#rows.every(({ ok }) => ok),
      known: [],
      rows: whole ? [...this.#rows] : this.#rows.slice(-AROUND - 1),
      notes: [],
    };
  }
}

const NOTHING: RowTexts = { left: '', passage: undefined, segment: '', right: '' };

const row = (time: number, actual: RowTexts): RowResult => ({
  label: undefined,
  line: undefined,
  ok: true,
  time,
  arrival: undefined,
  flight: undefined,
  expected: actual,
  actual,
  differences: [],
  notes: [],
});

const texts = (left: State | '', from: 'A' | 'B', segment: string): RowTexts => ({
  left,
  passage: { from, departs: true, arrives: true, lost: false },
  segment,
  right: '',
});

function segmentText(packet: TcpPacket): string {
  const seg = new Segment();
  seg.seq = seq(packet.seq);
  seg.ack = seq(packet.ack ?? 0);
  seg.ctl = packet.flags;
  seg.wnd = packet.win ?? 0;
  seg.textEnd = packet.length;
  for (const option of packet.options ?? []) {
    if (option.kind === 'mss') seg.mss = option.value;
    if (option.kind === 'sackOK') seg.sackPermitted = true;
    if (option.kind === 'wscale') seg.wscale = option.value;
    if (option.kind !== 'sack') continue;
    const blocks = option.blocks.slice(0, 4);
    seg.sackCount = blocks.length;
    blocks.flat().forEach((edge, i) => (seg.sack[i] = edge));
  }
  return printSegment(seg, { wnd: packet.win !== undefined, options: true });
}
