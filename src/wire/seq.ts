/**
 * Sequence numbers: RFC 9293 §3.4. "All arithmetic dealing with sequence numbers must be performed
 * modulo 2^32." At run time a `Seq` is an int32, so that V8 keeps it unboxed; to the compiler it is
 * a `symbol`, so that `a < b`, `a + 1`, `a - b` and `Math.max(a, b)` do not compile (ADR-0002).
 * Only this file may do arithmetic on sequence numbers.
 */

declare const brand: unique symbol;

/** A 32-bit sequence number. Compare with `lt`, `le`, `gt`, `ge`; print with `toU32`. */
export type Seq = symbol & { readonly [brand]: 'seq' };

const raw = (s: Seq): number => s as unknown as number;

/** The sequence number `n` modulo 2^32; `n` is any safe integer. */
export const seq = (n: number): Seq => (n | 0) as unknown as Seq;

export const ZERO: Seq = seq(0);

/** The value as an unsigned number, 0 to 4294967295, for printing and for JSON. */
export const toU32 = (s: Seq): number => raw(s) >>> 0;

/** The value as it is stored, an int32: for `DataView.setInt32`. */
export const toI32 = (s: Seq): number => raw(s);

/** Signed distance `a - b` in octets: negative when `a` is before `b`. */
export const diff = (a: Seq, b: Seq): number => (raw(a) - raw(b)) | 0;

/** `s` moved by `n` octets, forward or back; |n| below 2^31. */
export const add = (s: Seq, n: number): Seq => ((raw(s) + n) | 0) as unknown as Seq;

export const lt = (a: Seq, b: Seq): boolean => ((raw(a) - raw(b)) | 0) < 0;
export const le = (a: Seq, b: Seq): boolean => ((raw(a) - raw(b)) | 0) <= 0;
export const gt = (a: Seq, b: Seq): boolean => ((raw(a) - raw(b)) | 0) > 0;
export const ge = (a: Seq, b: Seq): boolean => ((raw(a) - raw(b)) | 0) >= 0;

/** The later of two sequence numbers. */
export const later = (a: Seq, b: Seq): Seq => (lt(a, b) ? b : a);

/** `start =< s < start + size`: is `s` inside a window of `size` octets? */
export const inWindow = (s: Seq, start: Seq, size: number): boolean => {
  const offset = diff(s, start);
  return offset >= 0 && offset < size;
};
