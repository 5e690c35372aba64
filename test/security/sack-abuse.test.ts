/** SACK options made to cost or to gain: RFC 2018 §5, §8; CVE-2019-11477 ff. Cost is counted in parts looked at (S10, S14). */
import { describe, expect, test } from 'vitest';
import { detectBySack } from '../../src/tcp/recovery/sack-loss.ts';
import { RecordPool } from '../../src/tcp/record-pool.ts';
import { RetransmissionQueue } from '../../src/tcp/retransmission-queue.ts';
import { pipe } from '../../src/tcp/sender.ts';
import { ACK, Segment, SYN } from '../../src/wire/segment.ts';
import { add, seq } from '../../src/wire/seq.ts';
import { Connection } from '../../src/tcp/connection.ts';
import { options } from '../tcp/two-ends.ts';

const MSS = 1000;
const NOBODY = { delivered: () => undefined };

function queueOf(count: number): RetransmissionQueue {
  const queue = new RetransmissionQueue(new RecordPool());
  for (let i = 0; i < count; i++) queue.sent(seq(MSS * i), seq(MSS * (i + 1)), i);
  return queue;
}

/** Parts looked at for each of 1,000 ACKs that SACK one segment more, `sacked` being SACKed before. */
function costOf(sacked: number): number {
  const queue = queueOf(sacked + 2000);
  const first = seq(MSS);
  queue.sack(first, seq(MSS * (sacked + 1)), NOBODY);
  detectBySack(queue, MSS, 0);
  const before = queue.visits;
  for (let i = 1; i <= 1000; i++) {
    queue.sack(first, seq(MSS * (sacked + 1 + i)), NOBODY);
    detectBySack(queue, MSS, 0);
  }
  return (queue.visits - before) / 1000;
}

/** In ESTABLISHED, RACK on, with `segments` of 1,000 octets outstanding. */
function sending(segments: number, recovery: 'rack' | 'sack'): Connection {
  const a = new Connection(
    options({
      sack: true,
      recovery,
      tailLossProbe: true,
      undo: true,
      frto: true,
      initialWindow: 1000,
      sendBuffer: 20_000_000,
      sendBufferMax: 20_000_000,
      windowScaling: true,
    }),
    undefined,
  );
  a.openActive(seq(100));
  flush(a, 0);
  arrives(a, 10, { seq: 300, ack: 101, ctl: SYN | ACK, sackPermitted: true, mss: MSS, wscale: 14 });
  flush(a, 10);
  arrives(a, 10, { seq: 301, ack: 101, ctl: ACK }); // the window, scaled
  a.send(10, new Uint8Array(segments * MSS));
  flush(a, 10);
  return a;
}

function flush(a: Connection, now: number): number {
  let count = 0;
  const out = new Segment();
  out.bytes = new Uint8Array(2000);
  while (a.poll(now, out)) count++;
  return count;
}

interface Forged {
  seq: number;
  ack: number;
  ctl: number;
  sackPermitted?: boolean;
  mss?: number;
  wscale?: number;
  sack?: readonly number[];
}

function arrives(a: Connection, now: number, forged: Forged): void {
  const seg = new Segment();
  seg.seq = seq(forged.seq);
  seg.ack = seq(forged.ack);
  seg.ctl = forged.ctl;
  seg.wnd = 65535;
  seg.sackPermitted = forged.sackPermitted ?? false;
  seg.mss = forged.mss ?? -1;
  seg.wscale = forged.wscale ?? -1;
  const blocks = forged.sack ?? [];
  seg.sackCount = blocks.length / 2;
  seg.sack.set(blocks);
  a.segmentArrives(now, seg);
}

describe('the cost of an ACK', () => {
  test('with 10,000 SACKed segments is at most 3 times that with 10 (S10)', () => {
    expect(costOf(10_000)).toBeLessThanOrEqual(3 * costOf(10));
  });

  test.each(['rack', 'sack'] as const)(
    '10,000 alternating blocks cost no more than the depth of a search each (%s)',
    (recovery) => {
      const a = sending(900, recovery);
      const queue = a.tcb.sender?.queue;
      const before = queue?.visits ?? 0;
      for (let i = 0; i < 10_000; i++) {
        const left = 101 + MSS * (1 + 2 * (i % 440));
        arrives(a, 20, { seq: 301, ack: 101, ctl: ACK, sack: [left, left + MSS] });
      }
      const visits = (queue?.visits ?? 0) - before;
      expect(queue?.sackedCount).toBe(440);
      expect(visits).toBeLessThan(10_000 * 30);
    },
  );
});

describe('SACK blocks that cannot be true', () => {
  test.each([
    ['beyond SND.NXT', [5101, 2_000_000]],
    ['reversed', [5101, 3101]],
    ['empty', [5101, 5101]],
    ['half the sequence space away', [5101 + 2 ** 31, 6101 + 2 ** 31]],
    ['across SND.UNA', [-899, 3101]],
    ['an old D-SACK, absurdly far below', [-2_000_000_000, -1_999_999_000]],
    ['inside of one segment', [1200, 1300]],
  ])('%s: nothing is SACKed, cwnd stays', (_what, sack) => {
    const a = sending(50, 'rack');
    const cwnd = a.tcb.sender?.congestion.cwnd;
    for (let i = 0; i < 100; i++) arrives(a, 20, { seq: 301, ack: 101, ctl: ACK, sack });
    const { sender } = a.tcb;
    expect([sender?.queue.sackedOctets, sender?.queue.lostOctets]).toEqual([0, 0]);
    expect(sender?.congestion.cwnd).toBe(cwnd);
  });

  test('overlapping ones count each octet once', () => {
    const a = sending(50, 'rack');
    const sack = [5101, 9101, 6101, 8101, 7101, 12_101];
    arrives(a, 20, { seq: 301, ack: 101, ctl: ACK, sack });
    expect(a.tcb.sender?.queue.sackedOctets).toBe(7000);
  });
});

test('S14: D-SACKs that were never due undo nothing that was not reduced', () => {
  const a = sending(50, 'rack');
  const cwnd = a.tcb.sender?.congestion.cwnd ?? 0;
  for (let i = 0; i < 1000; i++) {
    arrives(a, 20, { seq: 301, ack: 101, ctl: ACK, sack: [-899, 101] });
    flush(a, 20);
  }
  expect(a.tcb.sender?.congestion.cwnd).toBe(cwnd);
  expect(a.tcb.sender?.rack?.reoWndMult).toBeLessThanOrEqual(2); // once a round
});

test('RFC 2018 §8: a receiver that reneges gets all of it again', () => {
  const a = sending(20, 'rack');
  arrives(a, 20, { seq: 301, ack: 101, ctl: ACK, sack: [2101, 20_101] });
  flush(a, 20);
  expect(a.tcb.sender?.queue.sackedCount).toBe(18);
  // SND.UNA comes to what was SACKed, and the peer has forgotten it
  arrives(a, 30, { seq: 301, ack: 2101, ctl: ACK });
  flush(a, 30);
  const now = a.nextTimeout();
  a.timeout(now);
  let sent = flush(a, now);
  expect(a.tcb.sender?.queue.sackedCount).toBe(0);
  for (let una = 3101; una <= 20_101; una += MSS) {
    arrives(a, now + 5, { seq: 301, ack: una, ctl: ACK });
    sent += flush(a, now + 5);
  }
  expect(sent).toBe(18);
  expect(a.tcb.snd.una).toBe(add(seq(20_101), 0));
  const { sender, snd } = a.tcb;
  expect(sender === undefined ? -1 : pipe(snd, sender)).toBe(0);
});
