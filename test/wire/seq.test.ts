import { fc } from '../properties.ts';
import { describe, expect, test } from 'vitest';
import {
  add,
  diff,
  ge,
  gt,
  inWindow,
  later,
  le,
  lt,
  seq,
  toI32,
  toU32,
  ZERO,
} from '../../src/wire/seq.ts';

const EDGES = [0, 0x7fffffff, 0x80000000, 0xffffffff] as const;
const MODULUS = 2 ** 32;
const anySeq = fc.integer({ min: 0, max: MODULUS - 1 });
const anyDistance = fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 });

describe.each(EDGES)('sequence numbers around %i', (edge) => {
  test('print as they were given', () => {
    expect(toU32(seq(edge))).toBe(edge);
    expect(toI32(seq(edge))).toBe(edge | 0);
  });

  test('the next one is later and one away', () => {
    const here = seq(edge);
    const next = add(here, 1);
    expect(toU32(next)).toBe((edge + 1) % MODULUS);
    expect(diff(next, here)).toBe(1);
    expect(diff(here, next)).toBe(-1);
    expect([lt(here, next), le(here, next), gt(here, next), ge(here, next)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(later(here, next)).toBe(next);
    expect(later(next, here)).toBe(next);
  });

  test('it is neither before nor after itself', () => {
    const here = seq(edge);
    expect([lt(here, here), le(here, here), gt(here, here), ge(here, here)]).toEqual([
      false,
      true,
      false,
      true,
    ]);
    expect(diff(here, here)).toBe(0);
  });

  test('a window begins with its start and ends before start + size', () => {
    const start = seq(edge);
    expect(inWindow(start, start, 10)).toBe(true);
    expect(inWindow(add(start, 9), start, 10)).toBe(true);
    expect(inWindow(add(start, 10), start, 10)).toBe(false);
    expect(inWindow(add(start, -1), start, 10)).toBe(false);
    expect(inWindow(start, start, 0)).toBe(false);
    expect(inWindow(add(start, 2 ** 30 - 1), start, 2 ** 30)).toBe(true);
  });
});

describe('sequence arithmetic', () => {
  test('seq takes any safe integer modulo 2^32', () => {
    expect(toU32(seq(MODULUS))).toBe(0);
    expect(toU32(seq(-1))).toBe(MODULUS - 1);
    expect(seq(0)).toBe(ZERO);
  });

  test('add and diff undo each other', () => {
    fc.assert(
      fc.property(anySeq, anyDistance, (s, n) => {
        expect(diff(add(seq(s), n), seq(s))).toBe(n);
        expect(toU32(add(seq(s), n))).toBe((((s + n) % MODULUS) + MODULUS) % MODULUS);
      }),
    );
  });

  test('lt is the sign of the distance, and shifts of both change nothing', () => {
    fc.assert(
      fc.property(anySeq, anyDistance, anyDistance, (s, n, shift) => {
        const a = seq(s);
        const b = add(a, n);
        expect(lt(a, b)).toBe(n > 0);
        expect(gt(a, b)).toBe(n < 0);
        expect(lt(add(a, shift), add(b, shift))).toBe(n > 0);
      }),
    );
  });
});
