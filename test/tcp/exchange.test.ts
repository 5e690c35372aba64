import { describe, expect, test } from 'vitest';
import { fc } from '../properties.ts';
import { TwoEnds } from './two-ends.ts';

describe('two connections', () => {
  test('shake hands, say goodbye: Figures 6 and 12', () => {
    const ends = new TwoEnds().connect();
    expect(ends.a.state).toBe('ESTABLISHED');
    expect(ends.b.state).toBe('ESTABLISHED');
    expect(ends.a.close()).toBe('ok');
    ends.settle();
    expect(ends.a.state).toBe('FIN-WAIT-2');
    expect(ends.b.state).toBe('CLOSE-WAIT');
    expect(ends.b.close()).toBe('ok');
    ends.settle();
    expect(ends.a.state).toBe('TIME-WAIT');
    expect(ends.b.state).toBe('CLOSED');
    ends.advance(60_000);
    expect(ends.a.state).toBe('CLOSED');
    expect(ends.log).toEqual([
      'a <SEQ=100><CTL=SYN>',
      'b <SEQ=300><ACK=101><CTL=SYN,ACK>',
      'a <SEQ=101><ACK=301><CTL=ACK>',
      'a <SEQ=101><ACK=301><CTL=FIN,ACK>',
      'b <SEQ=301><ACK=102><CTL=ACK>',
      'b <SEQ=301><ACK=102><CTL=FIN,ACK>',
      'a <SEQ=102><ACK=302><CTL=ACK>',
    ]);
    expect(ends.signals.a).toEqual(['established', 'writable', 'end', 'closed']);
  });

  test('carry text both ways over a network that loses, duplicates and wraps', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.integer({ min: 1, max: 40_000 }),
        fc.integer({ min: 1, max: 40_000 }),
        fc.integer({ min: 1, max: 2 ** 31 }),
        (iss, lengthA, lengthB, seed) => {
          const patient = { userTimeout: Infinity, synTimeout: Infinity };
          const ends = new TwoEnds({ issB: iss ^ 0x55555555, a: patient, b: patient });
          const random = generator(seed);
          ends.verdict = () => {
            const n = random() % 100;
            return n < 10 ? 'lose' : n < 15 ? 'duplicate' : 'deliver';
          };
          ends.connect(iss);
          const sent = { a: pattern(lengthA, 1), b: pattern(lengthB, 2) };
          const got = { a: new Uint8Array(lengthB), b: new Uint8Array(lengthA) };
          const at = { a: 0, b: 0, sentA: 0, sentB: 0 };
          for (let i = 0; i < 1000; i++) {
            const a = ends.a.send(ends.now, sent.a, at.sentA);
            if (typeof a === 'number') at.sentA += a;
            const b = ends.b.send(ends.now, sent.b, at.sentB);
            if (typeof b === 'number') at.sentB += b;
            ends.advance(i < 200 ? 100 : 5000);
            const ra = ends.a.receive(got.a, at.a);
            if (typeof ra === 'number') at.a += ra;
            const rb = ends.b.receive(got.b, at.b);
            if (typeof rb === 'number') at.b += rb;
            if (at.a === lengthB && at.b === lengthA) break;
          }
          expect(
            at.a,
            ends.log.slice(-40).join('\n') +
              JSON.stringify([ends.now, ends.a.status(), ends.b.status(), ends.signals]),
          ).toBe(lengthB);
          expect(at.b).toBe(lengthA);
          expect(got.a).toEqual(sent.b);
          expect(got.b).toEqual(sent.a);
          ends.a.close();
          ends.b.close();
          ends.advance(600_000);
          expect([ends.a.state, ends.b.state]).toEqual(['CLOSED', 'CLOSED']);
        },
      ),
      { numRuns: 25 },
    );
  });
});

function pattern(length: number, salt: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) * salt) & 0xff);
}

/** xorshift32: the same losses for the same seed. */
function generator(seed: number): () => number {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}
