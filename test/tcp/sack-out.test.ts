/** SACK blocks against a naive model: RFC 2018 §4, RFC 2883 §4. */
import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { Connection } from '../../src/tcp/connection.ts';
import { quickAck } from '../../src/tcp/acknowledgment.ts';
import { sackOctets } from '../../src/tcp/sack-out.ts';
import type { TcpOptions } from '../../src/tcp/options.ts';
import { ACK, Segment, SYN } from '../../src/wire/segment.ts';
import { add, diff, seq, type Seq } from '../../src/wire/seq.ts';
import { options } from './two-ends.ts';

const IRS = 0x7fff_fff0; // blocks cross 2^31 on the way

interface Answer {
  readonly ack: number; // octets of text acknowledged
  readonly blocks: readonly (readonly [number, number])[];
}

/** A connection whose peer is the test. Text is numbered from 0. */
class Receiving {
  readonly connection: Connection;
  now = 0;

  constructor(changes: Partial<TcpOptions> = {}) {
    this.connection = new Connection(options({ sack: true, ...changes }), undefined);
    this.connection.openActive(seq(100));
    this.answers();
    const syn = new Segment();
    syn.seq = seq(IRS);
    syn.ack = seq(101);
    syn.ctl = SYN | ACK;
    syn.wnd = 65_535;
    syn.mss = 1460;
    syn.sackPermitted = true;
    if (changes.timestamps === true) syn.timestamps = true;
    this.connection.segmentArrives(0, syn);
    this.answers();
  }

  gets(start: number, end: number): Answer[] {
    const seg = new Segment();
    seg.seq = add(seq(IRS + 1), start);
    seg.ack = seq(101);
    seg.ctl = ACK;
    seg.wnd = 65_535;
    seg.bytes = new Uint8Array(end - start);
    seg.textEnd = end - start;
    if (this.connection.tcb.timestamps !== undefined) seg.timestamps = true;
    this.connection.segmentArrives(this.now, seg);
    return this.answers();
  }

  answers(): Answer[] {
    const out = new Segment();
    const found: Answer[] = [];
    for (;;) {
      out.bytes = new Uint8Array(1500);
      const room = sackOctets(this.connection.tcb);
      if (!this.connection.poll(this.now, out)) return found;
      expect(out.sackCount === 0 ? 0 : 4 + 8 * out.sackCount).toBe(room);
      const offset = (s: Seq): number => diff(s, seq(IRS + 1));
      const edges = [...out.sack].map((edge) => offset(seq(edge)));
      const blocks = Array.from(
        { length: out.sackCount },
        (_, i) => [edges[2 * i]!, edges[2 * i + 1]!] as const,
      );
      found.push({ ack: offset(out.ack), blocks });
    }
  }
}

/** Which octets arrived. */
class Arrived {
  readonly #octets = new Set<number>();

  has(octet: number): boolean {
    return this.#octets.has(octet);
  }

  add(start: number, end: number): void {
    for (let i = start; i < end; i++) this.#octets.add(i);
  }

  get inOrder(): number {
    let next = 0;
    while (this.has(next)) next++;
    return next;
  }

  /** The whole run around an octet that arrived. */
  around(octet: number): [number, number] {
    let [start, end] = [octet, octet];
    while (this.has(start - 1)) start--;
    while (this.has(end)) end++;
    return [start, end];
  }

  /** The first run of octets of [start, end) that are there already. */
  firstTwice(start: number, end: number): [number, number] | undefined {
    for (let i = start; i < end; i++) {
      if (!this.has(i)) continue;
      let last = i;
      while (last < end && this.has(last)) last++;
      return [i, last];
    }
    return undefined;
  }

  /** Runs beyond what is in order. */
  get gaps(): number {
    let count = 0;
    const next = this.inOrder;
    for (const octet of this.#octets) if (octet > next && !this.has(octet - 1)) count++;
    return count;
  }
}

const segments = fc.array(fc.record({ at: fc.nat(300), length: fc.integer({ min: 1, max: 40 }) }), {
  minLength: 1,
  maxLength: 60,
});

describe('what is reported', () => {
  test.each([
    ['four blocks', 4, {}],
    ['three beside timestamps', 3, { timestamps: true }],
    ['without header prediction', 4, { fastPath: false }],
  ])('arrived, the latest first, what came twice before it: %s', (_, most, changes) => {
    fc.assert(
      fc.property(segments, (list) => {
        const peer = new Receiving(changes);
        const arrived = new Arrived();
        for (const { at, length } of list) {
          const end = at + length;
          const before = arrived.inOrder;
          const twice = arrived.firstTwice(at, end);
          arrived.add(at, end);
          const answers = peer.gets(at, end);
          if (answers.length === 0) continue; // a delayed acknowledgment
          expect(answers.length).toBe(1);
          const { ack, blocks } = answers[0]!;
          expect(ack).toBe(arrived.inOrder);
          const rest = [...blocks];
          if (twice !== undefined) expect(rest.shift()).toEqual(twice);
          // RFC 2883 §4 (4): then the block around it; RFC 2018 §4: the one of this segment
          if (at > before) {
            if (arrived.around(at)[0] > ack) expect(rest[0]).toEqual(arrived.around(at));
          }
          for (const [left, right] of rest) {
            expect(left).toBeGreaterThan(ack);
            expect([left, right]).toEqual(arrived.around(left));
          }
          expect(new Set(rest.map(([left]) => left)).size).toBe(rest.length);
          expect(blocks.length).toBe(Math.min(most, arrived.gaps + (twice === undefined ? 0 : 1)));
        }
      }),
      { numRuns: 300 },
    );
  });

  test('each block of a burst is in as many acknowledgments as there is room for: RFC 2018 §4', () => {
    const peer = new Receiving();
    const seen = new Map<number, number>();
    for (let i = 0; i < 50; i++) {
      for (const { blocks } of peer.gets(100 + 200 * i, 200 + 200 * i)) {
        for (const [left] of blocks) seen.set(left, (seen.get(left) ?? 0) + 1);
      }
    }
    expect([...seen.values()].slice(0, 47).every((times) => times === 4)).toBe(true);
  });

  test('nothing of the kind is held by a connection that received text in order', () => {
    const peer = new Receiving();
    for (let i = 0; i < 10; i++) peer.gets(1000 * i, 1000 * (i + 1));
    expect(peer.connection.tcb.receiver?.sack).toBeUndefined();
  });

  test('and none by one that received none', () => {
    expect(new Receiving().connection.tcb.receiver).toBeUndefined();
  });

  test('a FIN ends what was reported beyond it', () => {
    const peer = new Receiving();
    peer.gets(100, 200);
    const fin = new Segment();
    fin.seq = seq(IRS + 1);
    fin.ack = seq(101);
    fin.ctl = ACK | 1;
    fin.wnd = 65_535;
    peer.connection.segmentArrives(0, fin);
    expect(peer.answers()).toEqual([{ ack: 1, blocks: [] }]);
  });
});

describe('TCP_QUICKACK', () => {
  const acks = (peer: Receiving, count: number): number => {
    let answers = 0;
    for (let i = 0; i < count; i++) {
      const { tcb } = peer.connection;
      const at = tcb.bytesReceived;
      answers += peer.gets(at, at + 10).length;
    }
    return answers;
  };

  test('on: what waits leaves, and so do the next at once, but not for ever', () => {
    const peer = new Receiving();
    expect(acks(peer, 1)).toBe(0);
    quickAck(peer.connection.tcb, true);
    expect(peer.answers().length).toBe(1);
    expect(acks(peer, 30)).toBe(15); // 16 with the one before
  });

  test('off: nothing leaves at once that may wait', () => {
    const peer = new Receiving({ quickAcks: 16 });
    expect(acks(peer, 3)).toBe(3);
    quickAck(peer.connection.tcb, false);
    expect(acks(peer, 10)).toBe(0);
  });
});
