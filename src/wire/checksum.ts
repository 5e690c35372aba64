/**
 * The Internet checksum: RFC 1071. Partial sums are kept in little-endian order (RFC 1071 §2(B):
 * the sum does not depend on byte order, the result is only swapped), and `finish` swaps at the end.
 */

/**
 * One's-complement partial sum of the octets [start, end), an odd last octet padded with zero.
 *
 * A partial sum is an integer of 0 to 0xFFFF in this file's order; it is good for `initial` of the
 * next piece. Every piece but the last has an even number of octets, wherever in the view it lies;
 * none has more than 131072 (the largest datagram is half of that).
 */
export function sum(view: DataView, start: number, end: number, initial: number): number {
  let low = initial | 0; // both wrap as unsigned numbers of 32 bits, hence the limit above
  let high = 0;
  let i = start;
  for (const last = end - 16; i <= last; i += 16) {
    const a = view.getInt32(i, true);
    const b = view.getInt32(i + 4, true);
    const c = view.getInt32(i + 8, true);
    const d = view.getInt32(i + 12, true);
    low = (low + (a & 0xffff) + (b & 0xffff) + (c & 0xffff) + (d & 0xffff)) | 0;
    high = (high + (a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16)) | 0;
  }
  for (const last = end - 2; i <= last; i += 2) low = (low + view.getUint16(i, true)) | 0;
  if (i < end) low = (low + view.getUint8(i)) | 0;
  return fold(fold(low) + fold(high));
}

/** The 16-bit checksum of a partial sum, complemented, as `setUint16(at, checksum)` stores it. */
export function finish(partial: number): number {
  return swap(~fold(partial) & 0xffff);
}

/**
 * A partial sum out of the sum of big-endian 16-bit words (below 2^32), so that a pseudo-header can
 * be summed from numbers that are at hand.
 */
export function fromWords(bigEndian: number): number {
  return swap(fold(bigEndian));
}

/** The carries of an unsigned number of 32 bits added back in. Only zero gives zero. */
function fold(n: number): number {
  const once = (n & 0xffff) + (n >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

function swap(n: number): number {
  return ((n & 0xff) << 8) | (n >>> 8);
}
