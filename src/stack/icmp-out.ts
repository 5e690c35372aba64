/**
 * ICMP errors that this host sends: RFC 1122 §3.2.2, RFC 4443 §2.4 and §3. Never about an error, what
 * went to many, a later fragment or from nobody in particular; and seldom: per destination and in
 * all (S26), so that nobody is flooded through us.
 */
import type { IpDrop } from '../wire/drop.ts';
import { ICMP_HEADER, type IcmpKind } from '../wire/icmp.ts';
import { Unreachable } from '../wire/icmpv4.ts';
import { Unreachable6 } from '../wire/icmpv6.ts';
import { IpHeader, ipHeaderLength, Protocol, readIp } from '../wire/ip.ts';
import { readQuotedIpv4 } from '../wire/ipv4.ts';
import { FRAGMENT_HEADER } from '../wire/ipv6-fragment.ts';
import { badOption4, badOption6, nextHeaderField, upperLayer6 } from './header-walk.ts';
import type { Counters } from './counters.ts';
import { FourTuple } from './four-tuple.ts';
import type { NetworkInterface } from './interface.ts';
import type { LocalAddresses } from './local-addresses.ts';
import type { Replies } from './replies.ts';
import type { ReplyLimit } from './reply-limit.ts';
import { DEFAULT_TTL } from './tcp-socket.ts';

/** All of the error with its headers: RFC 1812 §4.3.2.3, RFC 4443 §2.4 (c). */
const MOST = { 4: 576, 6: 1280 } as const; // octets

const PAYLOAD_LENGTH = 4; // where in an IPv6 header
const OFFSET = 2; // where in a fragment header
const ROUTING_TYPE = 2; // where in a routing header, RFC 8200 §4.4
const UNRECOGNIZED_NEXT_HEADER = 1; // codes of a parameter problem, RFC 4443 §3.4
const UNRECOGNIZED_OPTION = 2;
const INCOMPLETE_CHAIN = 3; // RFC 7112 §6
const REASSEMBLY_TIME_EXCEEDED = 1; // RFC 792, RFC 4443 §3.3

export class IcmpOut {
  readonly #addresses: LocalAddresses;
  readonly #replies: Replies;
  readonly #counters: Counters;
  readonly #each: ReplyLimit;
  readonly #all: ReplyLimit;
  readonly #everybody: FourTuple = new FourTuple();
  readonly #tuple: FourTuple = new FourTuple();
  readonly #ip: IpHeader = new IpHeader();

  /** `each` limits the errors to one destination, `all` those to all together. */
  constructor(
    addresses: LocalAddresses,
    replies: Replies,
    counters: Counters,
    each: ReplyLimit,
    all: ReplyLimit,
  ) {
    this.#addresses = addresses;
    this.#replies = replies;
    this.#counters = counters;
    this.#each = each;
    this.#all = all;
  }

  /** Nobody has the port of a UDP datagram: RFC 1122 §4.1.3.1, RFC 4443 §3.1. */
  portUnreachable(
    now: number,
    ip: IpHeader,
    bytes: Uint8Array,
    view: DataView,
    iface: NetworkInterface,
  ): void {
    const code = ip.version === 4 ? Unreachable.PORT : Unreachable6.PORT;
    this.#error(now, ip, bytes, view, iface, 'unreachable', code, 0, false);
  }

  /** Nobody here knows what the datagram carries: RFC 1122 §3.2.2.1, RFC 4443 §3.4. */
  protocolUnreachable(
    now: number,
    ip: IpHeader,
    bytes: Uint8Array,
    view: DataView,
    iface: NetworkInterface,
  ): void {
    if (ip.version === 4) {
      this.#error(now, ip, bytes, view, iface, 'unreachable', Unreachable.PROTOCOL, 0, false);
      return;
    }
    if (ip.protocol === Protocol.NONE) return; // there is nothing: RFC 8200 §4.7
    const pointer = nextHeaderField(view, ip.headerStart, ip.payloadStart);
    const code = UNRECOGNIZED_NEXT_HEADER;
    this.#error(now, ip, bytes, view, iface, 'parameter-problem', code, pointer, false);
  }

  /** A header in [start, end) was refused with `drop`: some of these the sender is told of. */
  headerRefused(
    now: number,
    drop: IpDrop,
    ip: IpHeader,
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    iface: NetworkInterface,
  ): void {
    const kind = 'parameter-problem';
    switch (drop) {
      case 'ipv4-option-length': // RFC 1122 §3.2.2.5
        if (readQuotedIpv4(ip, view, start, end) !== undefined) return;
        ip.payloadEnd = start + view.getUint16(start + 2);
        this.#error(now, ip, bytes, view, iface, kind, 0, badOption4(view, ip), false);
        return;
      case 'ipv6-option': {
        const option = badOption6(view, ip);
        if (option < 0 || view.getUint8(start + option) >> 6 === 1) return; // discard, say nothing
        const evenToMany = view.getUint8(start + option) >> 6 === 2; // RFC 8200 §4.2
        this.#error(now, ip, bytes, view, iface, kind, UNRECOGNIZED_OPTION, option, evenToMany);
        return;
      }
      case 'ipv6-routing': // RFC 8200 §4.4
        this.#error(
          now,
          ip,
          bytes,
          view,
          iface,
          kind,
          0,
          ip.payloadStart - start + ROUTING_TYPE,
          false,
        );
        return;
      case 'ipv6-extension-order': {
        const pointer = nextHeaderField(view, start, ip.payloadStart); // RFC 8200 §4
        this.#error(now, ip, bytes, view, iface, kind, UNRECOGNIZED_NEXT_HEADER, pointer, false);
        return;
      }
      case 'ip-fragment': // RFC 8200 §4.5
        if (ip.version === 6) this.#error(now, ip, bytes, view, iface, kind, 0, wrongIn(ip), false);
        return;
      default:
        return;
    }
  }

  /** A first fragment of IPv6 does not hold all headers: RFC 7112 §5, RFC 8200 §4.5. */
  headersIncomplete(
    now: number,
    ip: IpHeader,
    bytes: Uint8Array,
    view: DataView,
    iface: NetworkInterface,
  ): void {
    this.#error(now, ip, bytes, view, iface, 'parameter-problem', INCOMPLETE_CHAIN, 0, false);
  }

  /** The first fragment `bytes[start..end)` of a datagram whose others did not come in time. */
  reassemblyTimedOut(
    now: number,
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    iface: NetworkInterface | undefined,
  ): void {
    const ip = this.#ip;
    if (iface === undefined || readIp(ip, view, start, end) !== undefined) return;
    const code = REASSEMBLY_TIME_EXCEEDED;
    this.#error(now, ip, bytes, view, iface, 'time-exceeded', code, 0, false);
  }

  #error(
    now: number,
    ip: IpHeader,
    bytes: Uint8Array,
    view: DataView,
    iface: NetworkInterface,
    kind: IcmpKind,
    code: number,
    pointer: number,
    evenToMany: boolean,
  ): void {
    if (!this.#answerable(ip, view, iface, evenToMany)) return;
    const t = this.#tuple;
    t.ofArrival(ip, 0, 0);
    if (!this.#each.allows(now, t) || !this.#all.allows(now, this.#everybody)) {
      this.#counters['icmp-errors-limited']++;
      return;
    }
    const reply = this.#replies.add();
    if (reply === undefined) {
      this.#counters['out-replies-full']++;
      return;
    }
    const room = MOST[ip.version] - ipHeaderLength(ip.version) - ICMP_HEADER;
    const { headerStart, payloadEnd } = ip;
    reply.tuple.copy(t);
    reply.iface = iface;
    reply.kind = kind;
    reply.code = code;
    reply.pointer = pointer;
    reply.data = bytes.slice(headerStart, Math.min(payloadEnd, headerStart + room));
    reply.tos = 0;
    reply.hops = DEFAULT_TTL;
    reply.because = 'RFC 1122 §3.2.2, RFC 4443 §2.4: the sender is told';
  }

  /** RFC 1122 §3.2.2, RFC 4443 §2.4 (e). */
  #answerable(ip: IpHeader, view: DataView, iface: NetworkInterface, evenToMany: boolean): boolean {
    if (ip.fragmentOffset !== 0) return false;
    const destination = this.#addresses.destination(iface, ip);
    if (destination === 'other' || (destination === 'many' && !evenToMany)) return false;
    if (this.#addresses.wrongSource(iface, ip) !== undefined) return false;
    return !quotesADatagram(ip, view);
  }
}

/** Which field of a fragment that cannot be is wrong: its length, or where it ends. */
function wrongIn(ip: IpHeader): number {
  const short = ip.moreFragments && ((ip.payloadEnd - ip.payloadStart) & 7) !== 0;
  return short ? PAYLOAD_LENGTH : ip.payloadStart - FRAGMENT_HEADER + OFFSET - ip.headerStart;
}

/** An ICMP error or a redirect, or what may be one: too short to say. */
function quotesADatagram(ip: IpHeader, view: DataView): boolean {
  const { version, payloadStart, payloadEnd } = ip;
  if (version === 4) {
    if (ip.protocol !== Protocol.ICMP) return false;
    if (payloadStart >= payloadEnd) return true;
    const type = view.getUint8(payloadStart);
    return type === 3 || type === 4 || type === 5 || type === 11 || type === 12;
  }
  const at = upperLayer6(view, ip, Protocol.ICMPV6);
  if (at < 0) return false;
  if (at >= payloadEnd) return true;
  const type = view.getUint8(at);
  return type < 128 || type === 137; // RFC 4443 §2.1; a redirect: §2.4 (e.2)
}
