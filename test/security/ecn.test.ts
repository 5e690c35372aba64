/** ECN in a hostile network: marks, echoes and counters that somebody made up (RFC 3168 §18, RFC 9768 §5.3). */
import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import type { EcnMode } from '../../src/tcp/options.ts';
import { cwndOf } from '../../src/tcp/sender.ts';
import { CE, ECT0 } from '../../src/wire/ecn.ts';
import { ACK, AE, aceBits, CWR, ECE, Segment, SYN } from '../../src/wire/segment.ts';
import { add, seq, type Seq } from '../../src/wire/seq.ts';
import { Connection } from '../../src/tcp/connection.ts';
import { ssthreshOf } from '../../src/tcp/sender.ts';
import { options } from '../tcp/two-ends.ts';

const MSS = 1460; // octets
const FLAGS = { classic: [ECE | CWR, ECE], accurate: [ECE | CWR | AE, CWR] } as const;

/** An open connection whose peer is the test; `say` answers what it sends. */
class Victim {
  now = 0;
  readonly connection: Connection;
  readonly sent: { ctl: number; ecn: number; octets: number }[] = [];
  readonly #out: Segment = new Segment();
  readonly #in: Segment = new Segment();

  constructor(mode: Extract<EcnMode, 'classic' | 'accurate'>) {
    this.connection = new Connection(options({ ecn: mode }), undefined);
    this.connection.openPassive();
    const [asks] = FLAGS[mode];
    this.say(SYN | asks, seq(300), seq(0));
    this.say(ACK | (mode === 'accurate' ? aceBits(2) : 0), seq(301), add(this.iss, 1));
    this.sent.length = 0;
  }

  get iss(): Seq {
    return this.connection.tcb.snd.iss;
  }

  get cwnd(): number {
    return cwndOf(this.connection.tcb);
  }

  say(ctl: number, at: Seq, ack: Seq, text = 0, ecn = 0): void {
    const seg = this.#in;
    seg.clear();
    seg.seq = at;
    seg.ack = ack;
    seg.ctl = ctl;
    seg.wnd = 65_535;
    seg.mss = ctl & SYN ? MSS : -1;
    seg.bytes = new Uint8Array(text);
    seg.textEnd = text;
    seg.ecn = ecn;
    this.connection.segmentArrives(this.now, seg, seq(100));
    this.poll();
  }

  poll(): void {
    const out = this.#out;
    for (;;) {
      out.bytes = new Uint8Array(2000);
      out.textStart = out.textEnd = 0;
      if (!this.connection.poll(this.now, out)) return;
      this.sent.push({ ctl: out.ctl, ecn: out.ecn, octets: out.textEnd });
    }
  }

  /** Text outstanding as far as cwnd allows. */
  sending(): this {
    this.connection.send(this.now, new Uint8Array(100_000));
    this.poll();
    return this;
  }
}

describe('S14: feedback that lies', () => {
  test('a storm of ECE reduces cwnd once for the window, and not below two segments', () => {
    const victim = new Victim('classic').sending();
    const { snd } = victim.connection.tcb;
    victim.say(ACK | ECE, seq(301), add(snd.una, 1));
    const { tcb } = victim.connection;
    const ssthresh = ssthreshOf(tcb);
    for (let i = 0; i < 1000; i++) victim.say(ACK | ECE, seq(301), add(snd.una, 1));
    expect(ssthreshOf(tcb)).toBe(ssthresh);
    expect(victim.cwnd).toBeGreaterThanOrEqual(ssthresh); // PRR comes down to it, not below
    expect(ssthresh).toBeGreaterThanOrEqual(2 * MSS);
  });

  test('ACE counters that jump: cwnd stays above two segments and grows no faster than without', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(7), fc.nat(3)), { maxLength: 40 }), (said) => {
        const victim = new Victim('accurate').sending();
        for (const [ace, segments] of said) {
          const { snd, rcv } = victim.connection.tcb;
          const inFlight = Number(snd.nxt) - Number(snd.una);
          const ack = add(snd.una, Math.min(segments * MSS, inFlight));
          const before = victim.cwnd;
          victim.say(ACK | aceBits(ace), rcv.nxt, ack);
          expect(victim.cwnd).toBeGreaterThanOrEqual(Math.min(before, 2 * MSS));
          expect(victim.cwnd).toBeLessThanOrEqual(before + Math.max(segments, 3) * MSS); // RFC 5681 §3.2
        }
      }),
    );
  });

  test('AccECN options with any counters do no more than ACE does', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xff_ffff), { minLength: 3, maxLength: 60 }), (said) => {
        const victim = new Victim('accurate').sending();
        const { tcb } = victim.connection;
        const seg = new Segment();
        for (let i = 0; i + 2 < said.length; i += 3) {
          seg.clear();
          seg.seq = tcb.rcv.nxt;
          seg.ack = tcb.snd.nxt;
          seg.ctl = ACK | aceBits(5);
          seg.wnd = 65_535;
          seg.accEcn = i & 1;
          seg.accEcnCount = 3;
          seg.counters.set(said.slice(i, i + 3));
          victim.connection.segmentArrives(0, seg);
          victim.poll();
          expect(victim.cwnd).toBeGreaterThanOrEqual(2 * MSS);
          expect(tcb.ecn?.accurate?.s.ceb).toBeLessThan(2 ** 23 * said.length);
        }
      }),
    );
  });
});

describe('marks and flags that somebody made up', () => {
  test('CWR that nobody meant ends the echo until the next mark, and costs nothing', () => {
    const victim = new Victim('classic');
    const una = add(victim.iss, 1);
    victim.say(ACK, seq(301), una, 10, CE);
    for (let i = 0; i < 100; i++) victim.say(ACK | CWR, seq(311), una);
    victim.say(ACK, seq(311), una, 10, CE);
    const echoed = victim.sent.filter(({ ctl }) => (ctl & ECE) !== 0);
    expect(echoed.length).toBe(2);
    expect(victim.sent.length).toBe(2);
  });

  test('a thousand marked pure ACKs get no more than one answer in three', () => {
    const victim = new Victim('accurate');
    const una = add(victim.iss, 1);
    for (let i = 0; i < 999; i++) victim.say(ACK | aceBits(5), seq(301), una, 0, CE);
    expect(victim.sent.length).toBeLessThanOrEqual(333);
  });

  test('marks outside of the window are not counted', () => {
    const victim = new Victim('accurate');
    const una = add(victim.iss, 1);
    for (let i = 0; i < 100; i++) victim.say(ACK, seq(301 + 70_000), una, 10, CE);
    for (let i = 0; i < 100; i++) victim.say(ACK, seq(200), una, 10, CE);
    expect(victim.connection.tcb.ecn).toMatchObject({ receivedCe: 0 });
  });

  test('all that is sent comes marked, round after round: no ECT any more, no reaction', () => {
    const victim = new Victim('accurate').sending();
    const { tcb } = victim.connection;
    let cep = 5;
    for (let i = 0; i < 40; i++) {
      const inFlight = Number(tcb.snd.nxt) - Number(tcb.snd.una);
      const octets = Math.min(MSS, inFlight);
      if (octets === 0) break;
      cep++;
      victim.say(ACK | aceBits(cep), tcb.rcv.nxt, add(tcb.snd.una, octets));
    }
    expect(tcb.ecn).toMatchObject({ ect: false, accurate: { responds: false } });
    const text = victim.sent.filter(({ octets }) => octets > 0);
    expect(text[0]?.ecn).toBe(ECT0);
    expect(text.at(-1)?.ecn).toBe(0);
  });
});
