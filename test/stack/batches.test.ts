/** Segments that arrive together, with one flush behind them all, and what is acknowledged of them. */
import { expect, test } from 'vitest';
import { diff, seq, toU32, type Seq } from '../../src/wire/seq.ts';
import { ACK, SYN } from '../../src/wire/segment.ts';
import { segment } from './datagram.ts';
import { A4, accepted, B4, TwoHosts, type Seen } from './two-hosts.ts';

const MSS = 1460; // octets
const FIRST = 101; // SEG.SEQ of the first text

interface Batch {
  readonly net: TwoHosts;
  /** These segments arrive together; what leaves then. */
  readonly together: (...numbers: readonly number[]) => Seen[];
}

function connected(quickAcks: number): Batch {
  const net = new TwoHosts({ a: { tcp: { profile: 'linux', quickAcks } } });
  const peer = { from: B4, to: A4, fromPort: 4000, toPort: 80, wnd: 65_535 };
  accepted(net.a.host.listen(net.now, { port: 80, onConnection: () => undefined }));
  net.inject(net.a, segment({ ...peer, seq: 100, ctl: SYN, mss: MSS, sackPermitted: true }));
  net.flush();
  const ack = toU32(net.take(net.b)[0]!.seg.seq) + 1;
  net.inject(net.a, segment({ ...peer, seq: FIRST, ack, ctl: ACK }));
  net.flush();
  const together = (...numbers: readonly number[]): Seen[] => {
    for (const n of numbers) {
      const text = new Uint8Array(MSS);
      net.inject(net.a, segment({ ...peer, seq: FIRST + n * MSS, ack, ctl: ACK, text }));
    }
    net.flush();
    return net.take(net.b);
  };
  return { net, together };
}

/** What each acknowledges, in segments, and which block beyond it comes first. */
function told(seen: readonly Seen[]): string[] {
  const at = (place: Seq): number => diff(place, seq(FIRST)) / MSS;
  return seen.map(({ seg, text }) => {
    expect(text.length).toBe(0);
    const block = seg.sackCount > 0 ? ` ${at(seq(seg.sack[0]!))}-${at(seq(seg.sack[1]!))}` : '';
    return `${at(seg.ack)}${block}`;
  });
}

test('each beyond a gap has a duplicate ACK of its own, up to three (RFC 5681 §4.2, MAY-13)', () => {
  const { together } = connected(0);
  expect(told(together(0, 2, 3, 4, 5, 6, 7))).toEqual(['1 2-3', '1 2-4', '1 2-5', '1 2-8']);
});

test('a filled gap does not swallow the news of the next', () => {
  const { together } = connected(0);
  expect(told(together(1, 3))).toEqual(['0 1-2', '0 3-4']);
  expect(told(together(0, 4, 6))).toEqual(['2 3-4', '2 3-5', '2 6-7']);
});

test('in order, what arrives together is acknowledged together (MUST-58)', () => {
  const { together } = connected(0);
  expect(told(together(0, 1, 2, 3, 4, 5, 6, 7))).toEqual(['8']);
});

test('the quick acknowledgments of a beginning are sent one by one', () => {
  const { together } = connected(3);
  expect(told(together(0, 1, 2, 3, 4, 5))).toEqual(['1', '2', '3', '6']);
});
