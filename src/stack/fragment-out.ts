/**
 * A datagram too large for its path leaves in fragments: RFC 791 §3.2, RFC 8200 §4.5. For UDP and
 * ICMP; TCP sends no segment that would need it. All but the last are as large as the path takes.
 */
import { type IpHeader, ipHeaderLength, writeIp } from '../wire/ip.ts';
import { FRAGMENT_HEADER, writeFragmentHeader } from '../wire/ipv6-fragment.ts';
import { NextHeader } from '../wire/ipv6-headers.ts';
import type { Outlet } from './outlet.ts';
import type { SipHash } from './siphash.ts';

/** `outlet.bytes[start..end)` is a datagram, with the headroom that was asked for before it. */
export type FragmentSink = (start: number, end: number) => void;

export class FragmentOut {
  readonly #ids: FragmentIdentification;

  constructor(ids: FragmentIdentification) {
    this.#ids = ids;
  }

  /**
   * Sends `bytes[start..end)`, which are not the outlet's, in datagrams of at most `mtu` octets. `ip`
   * has its `id` in IPv4; its fragment fields are written here. Each fragment gets `headroom` octets
   * in front, for lower headers. Answers how many there were.
   */
  send(
    outlet: Outlet,
    headroom: number,
    ip: IpHeader,
    bytes: Uint8Array,
    start: number,
    end: number,
    mtu: number,
    sink: FragmentSink,
  ): number {
    const { protocol } = ip;
    const length = end - start;
    const extra = ip.version === 6 ? FRAGMENT_HEADER : 0;
    const headers = ipHeaderLength(ip.version) + extra;
    const most = (mtu - headers) & ~7;
    const id = ip.version === 6 ? this.#ids.next() : 0;
    let count = 0;
    for (let offset = 0; offset < length; offset += most, count++) {
      const more = length - offset > most;
      const size = more ? most : length - offset;
      const at = outlet.claim(headroom + headers + size) + headroom + headers;
      const { view } = outlet;
      outlet.bytes.set(bytes.subarray(start + offset, start + offset + size), at);
      let payload = at;
      if (ip.version === 6) {
        payload = writeFragmentHeader(view, at, protocol, offset, more, id);
        ip.protocol = NextHeader.FRAGMENT;
      } else {
        ip.dontFragment = false;
        ip.moreFragments = more;
        ip.fragmentOffset = offset;
      }
      sink(writeIp(view, payload, ip, at + size - payload), at + size);
    }
    ip.protocol = protocol;
    ip.moreFragments = false;
    ip.fragmentOffset = 0;
    return count;
  }
}

const ROUNDS = 4; // of a Feistel network on two halves of 16 bits

/**
 * The Identification of IPv6 fragments: RFC 7739. A counter that nobody can see, encrypted, so that
 * all 2^32 values come before any comes again, and none says what the next one is.
 */
export class FragmentIdentification {
  readonly #sip: SipHash;
  readonly #words: Int32Array = new Int32Array(2);
  #counter = 0;

  constructor(sip: SipHash) {
    this.#sip = sip;
  }

  /** An int32. */
  next(): number {
    const counter = this.#counter;
    this.#counter = (counter + 1) | 0;
    let left = counter >>> 16;
    let right = counter & 0xffff;
    for (let round = 0; round < ROUNDS; round++) {
      this.#words[0] = (round << 16) | right;
      const mixed = left ^ (this.#sip.hash(this.#words, 4) & 0xffff);
      left = right;
      right = mixed;
    }
    return (left << 16) | right;
  }
}
