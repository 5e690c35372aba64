/** The small parts with algorithms of their own, against the numbers of their RFCs. */
import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { BlockPool } from '../../src/tcp/block-pool.ts';
import { initialWindow } from '../../src/tcp/initial-window.ts';
import { ReceiveBuffer } from '../../src/tcp/receive-buffer.ts';
import { NewReno } from '../../src/tcp/recovery/new-reno.ts';
import { RecordPool, type SentRecord } from '../../src/tcp/record-pool.ts';
import { RetransmissionQueue } from '../../src/tcp/retransmission-queue.ts';
import { detectBySack } from '../../src/tcp/recovery/sack-loss.ts';
import { RetransmissionTimeout } from '../../src/tcp/rto.ts';
import { SendBuffer } from '../../src/tcp/send-buffer.ts';
import { Signal, signal, takeSignal, type TcpSignal } from '../../src/tcp/signals.ts';
import { enter, FROM_CLOSED, resume, STATES, TRANSITIONS } from '../../src/tcp/state.ts';
import { diff, lt, seq, toU32 } from '../../src/wire/seq.ts';
import { ackOf, reno as renoOf } from './samples.ts';

describe('RFC 6298: the retransmission timeout (MUST-18)', () => {
  const bounds = { initialRto: 1000, minRto: 1000, maxRto: 60_000 };

  test('§2.1 begins with 1 s; §2.2 takes the first measurement', () => {
    const rto = new RetransmissionTimeout(bounds.initialRto);
    expect(rto.rto).toBe(1000);
    rto.measure(800, bounds);
    expect([rto.srtt, rto.rttvar, rto.rto]).toEqual([800, 400, 2400]);
  });

  test('§2.3 smooths with alpha 1/8 and beta 1/4', () => {
    const rto = new RetransmissionTimeout(bounds.initialRto);
    rto.measure(800, bounds);
    rto.measure(1600, bounds);
    expect(rto.rttvar).toBe(0.75 * 400 + 0.25 * 800);
    expect(rto.srtt).toBe(0.875 * 800 + 0.125 * 1600);
    expect(rto.rto).toBe(900 + 4 * 500);
  });

  test('§2.4 is never below the minimum; §5.5 doubles up to the maximum (MUST-19)', () => {
    const rto = new RetransmissionTimeout(bounds.initialRto);
    rto.measure(1, bounds);
    expect(rto.rto).toBe(1000);
    const seen: number[] = [];
    for (let i = 0; i < 8; i++) {
      rto.backOff(bounds);
      seen.push(rto.rto);
    }
    expect(seen).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    rto.measure(100, bounds);
    expect(rto.rto).toBe(1000);
  });

  test('§5.7 a repeated SYN makes it 3 s', () => {
    const rto = new RetransmissionTimeout(bounds.initialRto);
    rto.backOff(bounds);
    rto.synRetransmitted(bounds);
    expect(rto.rto).toBe(3000);
  });
});

describe('RFC 5681: slow start and congestion avoidance (MUST-19)', () => {
  test('§3.1 the initial window', () => {
    expect(
      [2191, 2190, 1096, 1095, 536].map((smss) => initialWindow({ initialWindow: 0 }, smss)),
    ).toEqual([2 * 2191, 3 * 2190, 3 * 1096, 4 * 1095, 4 * 536]);
  });

  test('slow start adds what is acknowledged, at most one SMSS an ACK', () => {
    const reno = renoOf(1000);
    reno.acknowledged(ackOf(5000));
    reno.acknowledged(ackOf(400));
    expect(reno.cwnd).toBe(4000 + 1000 + 400);
  });

  test('S14: a hundred ACKs for one segment are worth one segment', () => {
    const reno = renoOf(1000);
    for (let i = 0; i < 100; i++) reno.acknowledged(ackOf(10));
    expect(reno.cwnd).toBe(5000);
  });

  test('congestion avoidance adds one SMSS a window', () => {
    const reno = renoOf(1000);
    reno.timedOut(20_000, true, 0);
    expect([reno.cwnd, reno.ssthresh]).toEqual([1000, 10_000]);
    for (let acked = 0; acked < 9000; acked += 1000) reno.acknowledged(ackOf(1000));
    expect(reno.cwnd).toBe(10_000);
    for (let acked = 0; acked < 10_000; acked += 1000) reno.acknowledged(ackOf(1000));
    expect(reno.cwnd).toBe(11_000);
  });

  test('a lost SYN makes the initial window one segment', () => {
    const reno = renoOf(1000);
    reno.established(1000, 1000, 0);
    expect(reno.cwnd).toBe(1000);
  });
});

describe('RFC 6582: NewReno', () => {
  test('three duplicates retransmit, a partial ACK retransmits again, a full one ends', () => {
    const reno = renoOf(1000);
    const recovery = new NewReno();
    recovery.begin(seq(0));
    const dup = () =>
      recovery.duplicateAck(seq(1001), seq(11_001), 1000, { congestion: reno, cwndWhy: '' }, 0);
    expect([dup(), dup(), dup()]).toEqual(['none', 'none', 'retransmit']);
    expect([reno.ssthresh, reno.cwnd]).toEqual([5000, 8000]);
    expect(dup()).toBe('none');
    expect(reno.cwnd).toBe(9000);
    expect(
      recovery.newAck(ackOf(3000, seq(4001), seq(11_001)), 1000, { congestion: reno, cwndWhy: '' }),
    ).toBe('retransmit');
    expect(reno.cwnd).toBe(7000);
    expect(
      recovery.newAck(ackOf(7000, seq(11_001), seq(11_001)), 1000, {
        congestion: reno,
        cwndWhy: '',
      }),
    ).toBe('none');
    expect(recovery.inRecovery).toBe(false);
    expect(reno.cwnd).toBe(2000);
  });

  test('S14: duplicates beyond what is in flight inflate nothing', () => {
    const reno = renoOf(1000);
    const recovery = new NewReno();
    recovery.begin(seq(0));
    for (let i = 0; i < 1000; i++)
      recovery.duplicateAck(seq(1001), seq(6001), 1000, { congestion: reno, cwndWhy: '' }, 0);
    expect(reno.cwnd).toBe(2500 + 3000 + 2000);
  });
});

describe('buffers', () => {
  test('SHLD-31: text in any order, any overlap, comes out once and as first written (S28)', () => {
    const piece = fc.record({
      at: fc.integer({ min: 0, max: 299 }),
      length: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const buffer = new ReceiveBuffer(new BlockPool());
        const model: (number | undefined)[] = [];
        const out: number[] = [];
        let next = 0;
        for (const [i, { at, length }] of pieces.entries()) {
          const from = Math.max(at, next);
          const end = Math.min(at + length, 300);
          if (end <= from) continue;
          const bytes = new Uint8Array(end - from).fill(i);
          if (from === next) next += buffer.append(bytes, 0, bytes.length);
          else buffer.hold(from - next, bytes, 0, bytes.length, 64);
          for (let o = from; o < end; o++) model[o] ??= i;
          const into = new Uint8Array(7);
          const taken = buffer.take(into, 0, i % 8);
          out.push(...into.subarray(0, taken));
        }
        const rest = new Uint8Array(400);
        out.push(...rest.subarray(0, buffer.take(rest, 0, 400)));
        expect(out).toEqual(model.slice(0, next));
      }),
    );
  });

  test('S12: ranges beyond gaps are bounded', () => {
    const buffer = new ReceiveBuffer(new BlockPool());
    const one = new Uint8Array(1);
    let kept = 0;
    for (let i = 0; i < 100_000; i++) if (buffer.hold(1 + 2 * (i % 30_000), one, 0, 1, 64)) kept++;
    expect(buffer.reassembly?.count).toBe(64);
    expect(kept).toBeGreaterThan(63);
    expect(buffer.held).toBeLessThanOrEqual(65_536);
  });

  test('a send buffer keeps what is not acknowledged, and gives its memory back when empty', () => {
    const buffer = new SendBuffer(new BlockPool());
    const text = Uint8Array.from({ length: 10_000 }, (_, i) => i & 0xff);
    expect(buffer.append(text, 0, 10_000, 8000)).toBe(8000);
    buffer.acknowledged(3000);
    expect(buffer.append(text, 8000, 10_000, 8000)).toBe(2000);
    const copy = new Uint8Array(7000);
    buffer.copy(0, 7000, copy, 0);
    expect(copy).toEqual(text.subarray(3000));
    expect(buffer.held).toBeGreaterThan(0);
    buffer.acknowledged(7000);
    expect([buffer.length, buffer.held]).toEqual([0, 0]);
  });
});

describe('the retransmission queue', () => {
  const queueOf = (): RetransmissionQueue => new RetransmissionQueue(new RecordPool());
  const seen: SentRecord[] = [];
  const observer = { delivered: (record: SentRecord) => void seen.push(record) };

  test('tells of what is acknowledged once, in the order of its sequence', () => {
    const queue = queueOf();
    for (let i = 0; i < 40; i++) queue.sent(seq(10 * i), seq(10 * i + 10), i);
    expect(queue.sack(seq(100), seq(200), observer)).toBe(100);
    expect(queue.sack(seq(95), seq(205), observer)).toBe(0);
    expect([queue.sackedOctets, queue.sackedCount]).toEqual([100, 10]);
    expect(queue.acknowledged(seq(250), observer)).toBe(150);
    expect([queue.sackedOctets, queue.count, queue.empty]).toEqual([0, 15, false]);
    expect(queue.acknowledged(seq(400), observer)).toBe(150);
    expect(queue.empty).toBe(true);
  });

  test('a part sent again in pieces leaves the rest lost', () => {
    const queue = queueOf();
    queue.sent(seq(0), seq(30), 0);
    queue.sent(seq(30), seq(40), 0);
    queue.markAllLost(0);
    expect(queue.lostOctets).toBe(40);
    const first = queue.firstLost();
    if (first !== undefined) queue.retransmitted(first, 10, 1);
    expect(queue.lostOctets).toBe(30);
    const second = queue.firstLost();
    expect(second === undefined ? -1 : toU32(second.start)).toBe(10);
    queue.acknowledged(seq(15), observer);
    expect([queue.lostOctets, queue.lostCount, queue.retransCount]).toEqual([25, 2, 0]);
  });

  test('its counters are those of a plain model, whatever happens (RFC 2018 §5, RFC 6675 §4)', () => {
    const step = fc.record({
      what: fc.constantFrom(
        'send',
        'sack',
        'ack',
        'lose',
        'resend',
        'rto',
        'renege',
        'undo',
        'judge',
      ),
      at: fc.nat(60),
      length: fc.integer({ min: 1, max: 12 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const queue = queueOf();
        let una = 0;
        let nxt = 0;
        let now = 0;
        const edge = (at: number) => Math.min(una + 10 * at, nxt);
        for (const { what, at, length } of steps) {
          now++;
          if (what === 'send') {
            queue.sent(seq(nxt), seq(nxt + 10), now);
            nxt += 10;
          } else if (what === 'sack') {
            queue.sack(seq(edge(at + 1)), seq(edge(at + 1 + length)), observer);
          } else if (what === 'ack') {
            una = Math.min(nxt, una + 5 * (at % 7));
            queue.acknowledged(seq(una), observer);
          } else if (what === 'lose') {
            const oldest = queue.oldestSent;
            if (oldest !== undefined) queue.markLost(oldest, now);
          } else if (what === 'resend') {
            const lost = queue.firstLost();
            if (lost !== undefined) {
              queue.retransmitted(lost, Math.min(length, diff(lost.end, lost.start)), now);
            }
          } else if (what === 'rto') queue.markAllLost(0);
          else if (what === 'renege') queue.dropSackMarks();
          else if (what === 'judge') detectBySack(queue, 10, now);
          else queue.unmarkLost();
          check(queue, una, nxt);
        }
      }),
    );
  });

  function check(queue: RetransmissionQueue, una: number, nxt: number): void {
    let next = una;
    let [sacked, lost, lostCount, again, above, runs, before] = [0, 0, 0, 0, 0, 0, false];
    for (let i = 0; i < queue.count; i++) {
      const record = queue.at(i);
      const length = diff(record.end, record.start);
      expect(toU32(record.start)).toBe(next);
      next += length;
      if (record.run > 0) sacked += length;
      if (record.lost) [lost, lostCount] = [lost + length, lostCount + 1];
      if (record.run === 0 && !record.lost && record.retransmissions > 0) again++;
      const counts = record.run > 0 && !lt(record.start, queue.edge);
      if (counts) [above, runs] = [above + length, runs + (before ? 0 : 1)];
      before = counts;
    }
    expect(next).toBe(nxt);
    expect([queue.sackedOctets, queue.lostOctets, queue.lostCount, queue.retransCount]).toEqual([
      sacked,
      lost,
      lostCount,
      again,
    ]);
    expect([queue.aboveOctets, queue.aboveRuns]).toEqual([above, runs]);
  }
});

describe('Figure 5', () => {
  test('lets no arrow be taken that is not drawn', () => {
    for (const from of STATES) {
      for (const to of STATES) {
        const machine = { state: from, arrows: FROM_CLOSED, onTransition: undefined };
        resume(machine, from);
        const drawn = TRANSITIONS[from].some((arrow) => arrow.to === to);
        if (drawn) enter(machine, to);
        else expect(() => enter(machine, to)).toThrow(`no transition ${from} to ${to}`);
        expect(machine.state).toBe(drawn ? to : from);
      }
    }
  });
});

describe('signals', () => {
  test('come out once each, in the order of their list', () => {
    const tcb = { happened: 0 };
    const { closed, readable, established, softError, end } = Signal;
    for (const one of [closed, readable, established, readable, softError, end]) signal(tcb, one);
    const taken: (TcpSignal | undefined)[] = [];
    for (let i = 0; i < 6; i++) taken.push(takeSignal(tcb));
    expect(taken).toEqual(['established', 'readable', 'end', 'soft-error', 'closed', undefined]);
  });
});
