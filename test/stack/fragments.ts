/** Datagrams in pieces, and a reassembler to give them to. */
import { Counters } from '../../src/stack/counters.ts';
import { Reassembly, type FragmentDrop } from '../../src/stack/reassembly.ts';
import type { IpAddress } from '../../src/wire/address.ts';
import { IpHeader, readIp, writeIp } from '../../src/wire/ip.ts';
import { writeFragmentHeader } from '../../src/wire/ipv6-fragment.ts';

const HEADROOM = 60; // octets

export interface Piece {
  readonly from: IpAddress;
  readonly to: IpAddress;
  readonly id: number;
  readonly protocol: number;
  readonly offset: number;
  readonly more: boolean;
  readonly text: Uint8Array;
  readonly tos?: number;
}

/** One fragment as a whole IP datagram. */
export function fragment(p: Piece): Uint8Array {
  const bytes = new Uint8Array(HEADROOM + p.text.length);
  const view = new DataView(bytes.buffer);
  bytes.set(p.text, HEADROOM);
  const ip = new IpHeader();
  ip.version = p.from.family;
  ip.ttl = 64;
  ip.tos = p.tos ?? 0;
  ip.id = p.id;
  ip.src0 = p.from.w0;
  ip.src1 = p.from.w1;
  ip.src2 = p.from.w2;
  ip.src3 = p.from.w3;
  ip.dst0 = p.to.w0;
  ip.dst1 = p.to.w1;
  ip.dst2 = p.to.w2;
  ip.dst3 = p.to.w3;
  ip.protocol = p.protocol;
  ip.fragmentOffset = p.offset;
  ip.moreFragments = p.more;
  let payload = HEADROOM;
  if (ip.version === 6) {
    payload = writeFragmentHeader(view, HEADROOM, p.protocol, p.offset, p.more, p.id);
    ip.protocol = 44;
  }
  return bytes.slice(writeIp(view, payload, ip, bytes.length - payload));
}

/** Cuts `text` at `cuts`, octets in ascending order, multiples of 8. */
export function pieces(
  of: Omit<Piece, 'offset' | 'more' | 'text'>,
  text: Uint8Array,
  cuts: readonly number[],
): Uint8Array[] {
  const ends = [...cuts, text.length];
  let offset = 0;
  return ends.map((end) => {
    const bytes = fragment({
      ...of,
      offset,
      more: end < text.length,
      text: text.slice(offset, end),
    });
    offset = end;
    return bytes;
  });
}

export type Step = 'kept' | 'whole' | FragmentDrop | 'unread';

/** A reassembler, and what it said at last. */
export class Bench {
  readonly counters: Counters = new Counters();
  readonly expired: Uint8Array[] = [];
  readonly reassembly: Reassembly = new Reassembly(
    new IpHeader(),
    this.counters,
    (_now, b, _view, s, e) => {
      this.expired.push(b.slice(s, e));
    },
  );
  readonly #ip: IpHeader = new IpHeader();

  give(bytes: Uint8Array, now = 0, verified = false): Step {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (readIp(this.#ip, view, 0, bytes.length) !== undefined) return 'unread';
    const step = this.reassembly.add(now, this.#ip, bytes, view, verified, undefined);
    return step === true ? 'whole' : step === false ? 'kept' : step;
  }

  /** The datagram that is whole, read again. */
  whole(): { ip: IpHeader; text: Uint8Array } {
    const { bytes, view, end } = this.reassembly;
    const ip = new IpHeader();
    const drop = readIp(ip, view, 0, end);
    if (drop !== undefined) throw new Error(drop);
    return { ip, text: bytes.slice(ip.payloadStart, ip.payloadEnd) };
  }
}
