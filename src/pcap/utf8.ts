/**
 * UTF-8 (RFC 3629) for comments and names in capture files: the core has no platform, so no
 * TextEncoder. Never throws: what cannot be encoded or decoded becomes U+FFFD, as in WHATWG Encoding.
 */

const REPLACEMENT = 0xfffd;

/** `text` in UTF-8, cut at a character so that it has at most `limit` octets. */
export function encodeUtf8(text: string, limit: number): Uint8Array {
  const octets = new Uint8Array(Math.min(limit, text.length * 3));
  let at = 0;
  for (let i = 0; i < text.length; i += 1) {
    let code = text.codePointAt(i) ?? REPLACEMENT;
    if (code > 0xffff) i += 1;
    else if (code >= 0xd800 && code <= 0xdfff) code = REPLACEMENT; // half of a surrogate pair
    const size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (at + size > octets.length) break;
    writeCode(octets, at, code, size);
    at += size;
  }
  return octets.subarray(0, at);
}

function writeCode(octets: Uint8Array, at: number, code: number, size: number): void {
  if (size === 1) {
    octets[at] = code;
    return;
  }
  octets[at] = (LEAD[size] ?? 0) | (code >> (6 * (size - 1)));
  for (let k = 1; k < size; k += 1) {
    octets[at + k] = 0x80 | ((code >> (6 * (size - 1 - k))) & 0x3f);
  }
}

const LEAD = [0, 0, 0xc0, 0xe0, 0xf0]; // marker of the first octet, by length
const LEAST = [0, 0, 0x80, 0x800, 0x10000]; // smallest code of that length: no overlong forms

/** The text of `bytes[start..end)`. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  let at = start;
  while (at < end) {
    const first = bytes[at] ?? 0;
    const size = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    const code = size === 1 ? first : decodeCode(bytes, at, end, size, first);
    text += String.fromCodePoint(code < 0 ? REPLACEMENT : code);
    at += code < 0 ? 1 : size;
  }
  return text;
}

/** The code of `size` octets at `at`, or -1 when they are not one. */
function decodeCode(
  bytes: Uint8Array,
  at: number,
  end: number,
  size: number,
  first: number,
): number {
  if (size === 0 || first > 0xf4 || at + size > end) return -1;
  let code = first & (0xff >> (size + 1));
  for (let k = 1; k < size; k += 1) {
    const next = bytes[at + k] ?? 0;
    if ((next & 0xc0) !== 0x80) return -1;
    code = (code << 6) | (next & 0x3f);
  }
  const surrogate = code >= 0xd800 && code <= 0xdfff;
  return code < (LEAST[size] ?? 0) || surrogate || code > 0x10ffff ? -1 : code;
}
