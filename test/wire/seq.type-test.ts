/**
 * What the compiler must refuse about sequence numbers (ADR-0002). `tsc --noEmit` is the test: an
 * `@ts-expect-error` over a line that compiles is itself an error.
 */
import { add, diff, lt, seq, toU32, type Seq } from '../../src/wire/seq.ts';

const a: Seq = seq(1);
const b: Seq = seq(2);

// @ts-expect-error TS2365: the order of sequence numbers is modulo 2^32, use lt
export const less: boolean = a < b;
// @ts-expect-error TS2365: use le
export const lessOrEqual: boolean = a <= b;
// @ts-expect-error TS2365: use gt
export const greater: boolean = a > b;
// @ts-expect-error TS2365: use ge
export const greaterOrEqual: boolean = a >= b;
// @ts-expect-error TS2365: use add
export const sum: unknown = a + 1;
// @ts-expect-error TS2362: use diff
export const difference: number = a - b;
// @ts-expect-error TS2345: use later
export const latest: number = Math.max(a, b);
// @ts-expect-error TS2339: use toU32
export const text: string = a.toFixed();
// @ts-expect-error TS2731: a symbol in a template, use toU32
export const template: string = `${a}`;
// @ts-expect-error TS2322: a number is not a sequence number, use seq
export const fromNumber: Seq = 1;
// @ts-expect-error TS2322: a sequence number is not a number, use toU32
export const toNumber: number = a;
// @ts-expect-error TS2322: no other symbol is a sequence number
export const fromSymbol: Seq = Symbol('seq');
// @ts-expect-error TS2345: a distance is a number, not a sequence number
export const addSeq: Seq = add(a, b);

// What stays possible.
export const same: boolean = a === b;
export const before: boolean = lt(a, b);
export const distance: number = diff(a, b);
export const printed: string = `${toU32(a)}`;
