/**
 * A datagram that has come: its header, its fragments (RFC 791 §3.2, RFC 8200 §4.5), and then to
 * whoever its protocol is for. What is refused or for nobody is answered, if at all, by icmp-out.ts.
 */
import { IGMP } from '../wire/igmp.ts';
import { IpHeader, Protocol, readIp } from '../wire/ip.ts';
import type { DropReason } from './counters.ts';
import type { IcmpIn } from './icmp-in.ts';
import type { IcmpOut } from './icmp-out.ts';
import type { NetworkInterface } from './interface.ts';
import type { LocalAddresses } from './local-addresses.ts';
import type { Reassembly } from './reassembly.ts';
import type { TcpIn } from './tcp-in.ts';
import type { UdpIn } from './udp-in.ts';

export class IpIn {
  readonly #addresses: LocalAddresses;
  readonly #reassembly: Reassembly;
  readonly #tcp: TcpIn;
  readonly #udp: UdpIn;
  readonly #icmp: IcmpIn;
  readonly #icmpOut: IcmpOut;
  readonly #ip: IpHeader = new IpHeader();

  constructor(
    addresses: LocalAddresses,
    reassembly: Reassembly,
    tcp: TcpIn,
    udp: UdpIn,
    icmp: IcmpIn,
    icmpOut: IcmpOut,
  ) {
    this.#addresses = addresses;
    this.#reassembly = reassembly;
    this.#tcp = tcp;
    this.#udp = udp;
    this.#icmp = icmp;
    this.#icmpOut = icmpOut;
  }

  /** `bytes[start..end)` has come over `iface`; says why it was dropped. */
  arrives(
    now: number,
    iface: NetworkInterface,
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    verified: boolean,
  ): DropReason | undefined {
    const ip = this.#ip;
    const drop = readIp(ip, view, start, end);
    if (drop !== undefined) {
      this.#icmpOut.headerRefused(now, drop, ip, bytes, view, start, end, iface);
      return drop;
    }
    if (ip.moreFragments || ip.fragmentOffset !== 0) {
      return this.#fragment(now, iface, bytes, view, verified);
    }
    return this.#deliver(now, iface, bytes, view, verified);
  }

  /** One of several; the whole is read as if it had come like this. */
  #fragment(
    now: number,
    iface: NetworkInterface,
    bytes: Uint8Array,
    view: DataView,
    verified: boolean,
  ): DropReason | undefined {
    const ip = this.#ip;
    const whole = this.#reassembly;
    if (this.#addresses.destination(iface, ip) === 'other') return 'ip-destination';
    const added = whole.add(now, ip, bytes, view, verified, iface);
    if (added === 'fragment-headers') {
      this.#icmpOut.headersIncomplete(now, ip, bytes, view, iface);
    }
    if (added !== true) return added === false ? undefined : added;
    const drop = readIp(ip, whole.view, 0, whole.end);
    if (drop !== undefined) {
      this.#icmpOut.headerRefused(now, drop, ip, whole.bytes, whole.view, 0, whole.end, iface);
      return drop;
    }
    if (ip.moreFragments || ip.fragmentOffset !== 0) return 'ip-fragmented';
    return this.#deliver(now, iface, whole.bytes, whole.view, whole.verified);
  }

  #deliver(
    now: number,
    iface: NetworkInterface,
    bytes: Uint8Array,
    view: DataView,
    verified: boolean,
  ): DropReason | undefined {
    const ip = this.#ip;
    switch (ip.protocol) {
      case Protocol.TCP:
        return this.#tcp.arrives(now, ip, bytes, view, verified, iface);
      case Protocol.UDP: {
        const drop = this.#udp.arrives(now, ip, bytes, view, verified, iface);
        if (drop === 'udp-no-port') this.#icmpOut.portUnreachable(now, ip, bytes, view, iface);
        return drop;
      }
      case Protocol.ICMP:
        if (ip.version === 4) return this.#icmp.arrives(now, ip, bytes, view, iface);
        break;
      case Protocol.ICMPV6:
        if (ip.version === 6) return this.#icmp.arrives(now, ip, bytes, view, iface);
        break;
      case IGMP:
        if (ip.version === 6 || iface.linkLayer === undefined) break;
        return iface.linkLayer.groupManagement(now, ip, view);
      default:
        break;
    }
    this.#icmpOut.protocolUnreachable(now, ip, bytes, view, iface);
    return 'ip-protocol';
  }
}
