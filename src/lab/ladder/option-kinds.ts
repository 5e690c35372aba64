/**
 * The options of a segment as they stand in its header, fillers too: `mss,nop,ws`. Which octets a
 * stack sends there is how fingerprinting tells stacks apart.
 */
import { ipHeaderLength } from '../../wire/ip.ts';
import type { Segment } from '../../wire/segment.ts';
import { TCP_HEADER } from '../../wire/tcp.ts';

const NAMES: ReadonlyMap<number, string> = new Map([
  [0, 'eol'],
  [1, 'nop'],
  [2, 'mss'],
  [3, 'ws'],
  [4, 'sackok'],
  [5, 'sack'],
  [8, 'ts'],
]);

export const OPTION_NAMES: readonly string[] = [...NAMES.values()];

/** One of the names, or the number of a kind that has none. */
export const isOptionKind = (text: string): boolean =>
  OPTION_NAMES.includes(text) || /^[0-9]{1,3}$/.test(text);

/** `seg` was read from a whole datagram without extension headers, which it still points into. */
export function optionKindsOf(seg: Segment): readonly string[] {
  const { bytes, textStart } = seg;
  const first = bytes[0] ?? 0;
  const ip = first >> 4 === 6 ? ipHeaderLength(6) : (first & 0xf) << 2;
  const kinds: string[] = [];
  for (let at = ip + TCP_HEADER; at < textStart;) {
    const kind = bytes[at]!;
    kinds.push(NAMES.get(kind) ?? String(kind));
    at += kind < 2 ? 1 : Math.max(bytes[at + 1] ?? 0, 1);
  }
  return kinds;
}
