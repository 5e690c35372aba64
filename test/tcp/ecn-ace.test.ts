/** The ACE field has three bits: what is made of it, against the truth. */
import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { newlyMarked } from '../../src/tcp/ecn/ace.ts';

const SMSS = 1000;

describe('RFC 9768 §3.2.2.5.2, Appendix A.2: the field may have wrapped', () => {
  test('up to seven segments at once it is exact', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.nat(7), fc.nat(7), (cep, packets, marks) => {
        expect(newlyMarked((cep + marks) & 7, cep, packets, -1, SMSS)).toBe(marks);
      }),
    );
  });

  test('without an option never fewer than were marked, never more than were acknowledged', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 8, max: 300 }), fc.nat(300), (cep, packets, n) => {
        const marks = Math.min(n, packets);
        const said = newlyMarked((cep + marks) & 7, cep, packets, -1, SMSS);
        expect(said).toBeGreaterThanOrEqual(marks);
        expect(said).toBeLessThanOrEqual(packets);
      }),
    );
  });

  test('with an option and full-sized segments it is exact, unless half or more were marked: then never fewer', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 8, max: 300 }), fc.nat(300), (cep, packets, n) => {
        const marks = Math.min(n, packets);
        const said = newlyMarked((cep + marks) & 7, cep, packets, marks * SMSS, SMSS);
        const slack = 2 * marks >= packets - 7 ? packets - marks : 0;
        expect(said - marks).toBeGreaterThanOrEqual(0);
        expect(said - marks).toBeLessThanOrEqual(slack);
      }),
    );
  });
});
