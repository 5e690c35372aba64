/**
 * A DHCP client's message as a datagram in a port's scratch buffer: RFC 2131 §4.1 (ports, addresses),
 * RFC 768. From 0.0.0.0 to everybody as long as we have no address.
 */
import { IpAddress } from '../wire/address.ts';
import { DHCP_CLIENT_PORT, DHCP_SERVER_PORT, writeDhcp, type DhcpRequest } from '../wire/dhcp.ts';
import { IPV4_HEADER, writeIpv4 } from '../wire/ipv4.ts';
import { IpHeader, Protocol, pseudoSum } from '../wire/ip.ts';
import { UDP_HEADER, writeUdp } from '../wire/udp.ts';
import type { Counters } from './counters.ts';
import { PAYLOAD_START } from './ethernet-frames.ts';
import type { KeyedRandom } from './keyed-random.ts';
import type { Deliver } from './ndp-out.ts';

const TTL = 64; // RFC 1700's default
const EVERYBODY = new IpAddress(4, 0, 0, 0, 0xffffffff);

export class DhcpOut {
  readonly #view: DataView;
  readonly #counters: Counters;
  readonly #random: KeyedRandom;
  readonly #deliver: Deliver;
  readonly #nextHop: (to: IpAddress) => IpAddress;
  readonly #ip: IpHeader = new IpHeader();

  constructor(
    view: DataView,
    counters: Counters,
    random: KeyedRandom,
    deliver: Deliver,
    nextHop: (to: IpAddress) => IpAddress,
  ) {
    this.#view = view;
    this.#counters = counters;
    this.#random = random;
    this.#deliver = deliver;
    this.#nextHop = nextHop;
  }

  /** To `server` from `request.clientAddress`; without a server to everybody. */
  send(now: number, request: DhcpRequest, server: IpAddress | undefined): void {
    const ip = this.#ip;
    const to = server ?? EVERYBODY;
    ip.version = 4;
    ip.src3 = request.clientAddress;
    ip.dst3 = to.w3;
    ip.protocol = Protocol.UDP;
    ip.ttl = TTL;
    ip.id = this.#random.word() & 0xffff;
    const end = writeDhcp(this.#view, PAYLOAD_START, request);
    const length = end - PAYLOAD_START + UDP_HEADER;
    const pseudo = pseudoSum(ip, Protocol.UDP, length);
    const view = this.#view;
    const at = writeUdp(view, PAYLOAD_START, end, DHCP_CLIENT_PORT, DHCP_SERVER_PORT, pseudo);
    writeIpv4(view, at, ip, length);
    this.#counters['datagrams-out']++;
    this.#deliver(now, server === undefined ? to : this.#nextHop(to), at - IPV4_HEADER, end);
  }
}
