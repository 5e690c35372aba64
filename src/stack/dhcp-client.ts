/**
 * A DHCP client for IPv4: the state machine of RFC 2131 §4.4, Figure 5, less INIT-REBOOT. It asks before
 * UDP exists on the interface, checks the address it is offered with ARP (§2.2, RFC 5227) and declines
 * it when somebody has it. Identifiers and delays are keyed, not guessable (§4.1).
 */
import { sameAddress, type IpAddress } from '../wire/address.ts';
import { DHCP_CLIENT_PORT, DHCP_SERVER_PORT, DhcpType, readDhcp } from '../wire/dhcp.ts';
import { DhcpReply } from '../wire/dhcp-options.ts';
import { IpHeader, Protocol, pseudoSum, readIp } from '../wire/ip.ts';
import type { MacAddress } from '../wire/mac.ts';
import { readUdp, UdpDatagram, verifyUdp } from '../wire/udp.ts';
import type { DropReason } from './counters.ts';
import { isSensible, leaseOf, type DhcpLease } from './dhcp-lease.ts';
import type { DhcpOut } from './dhcp-out.ts';
import type { InterfaceAddress } from './interface-address.ts';
import type { NetworkInterface } from './interface.ts';
import type { KeyedRandom } from './keyed-random.ts';
import type { LinkLayerHome } from './link-layer-home.ts';

/** RFC 2131 Figure 5; CHECKING is its "ARP for the address" made a state, STOPPED is ours. */
export type DhcpState =
  | 'INIT' //       waits a moment before it begins (again)
  | 'SELECTING' //  a DISCOVER is out
  | 'REQUESTING' // an offer was taken
  | 'CHECKING' //   granted; does somebody have it?
  | 'BOUND'
  | 'RENEWING' //   T1: the server is asked
  | 'REBINDING' //  T2: any server is asked
  | 'STOPPED';

/** RFC 2131 §4.1, ms: 4, 8, 16, 32, 64 s, each one second more or less. */
const FIRST_WAIT = 4000;
const LONGEST_WAIT = 64_000;
const SPREAD = 1000;

const REQUESTS = 4; // before another offer is looked for, §3.1 (4)
const AFTER_DECLINE = 10_000; // ms, §3.1 (5)
const LEAST_RENEWAL_WAIT = 60_000; // ms, §4.4.5

export class DhcpClient {
  state: DhcpState = 'INIT';
  /** What we have, from BOUND on. */
  lease: DhcpLease | undefined = undefined;
  /** Told when `lease` is another, or gone. Must call nothing of the host from inside. */
  onLease: ((now: number, lease: DhcpLease | undefined) => void) | undefined = undefined;
  readonly #iface: NetworkInterface;
  readonly #home: LinkLayerHome;
  readonly #mac: MacAddress;
  readonly #random: KeyedRandom;
  readonly #out: DhcpOut;
  readonly #hostName: string;
  readonly #ip: IpHeader = new IpHeader();
  readonly #udp: UdpDatagram = new UdpDatagram();
  readonly #reply: DhcpReply = new DhcpReply();
  #pending: DhcpLease | undefined = undefined; // being checked
  #offered = 0; //      an address,
  #server = 0; //       and who offers it
  #xid = 0;
  #began = 0; //        of this attempt, ms
  #tries = 0;
  #wait = FIRST_WAIT; // ms
  #at = 0; //           when something is due, ms
  #mtu = 0; //          of the interface before the lease said another, 0 when none did

  constructor(
    iface: NetworkInterface,
    home: LinkLayerHome,
    mac: MacAddress,
    random: KeyedRandom,
    out: DhcpOut,
    hostName: string,
  ) {
    this.#iface = iface;
    this.#home = home;
    this.#mac = mac;
    this.#random = random;
    this.#out = out;
    this.#hostName = hostName;
  }

  get nameservers(): readonly IpAddress[] {
    return this.lease?.nameservers ?? [];
  }

  /** Gives the lease back and stops: RFC 2131 §4.4.6. */
  release(now: number): void {
    const { lease } = this;
    if (lease !== undefined) {
      this.#xid = this.#random.word();
      this.#send(now, DhcpType.RELEASE, lease.address.address.w3, 0, lease.server.w3, lease.server);
    }
    this.stop(now);
  }

  /** Stops without a word; the address goes. */
  stop(now: number): void {
    this.state = 'STOPPED';
    this.#at = Infinity;
    this.#loseLease(now);
  }

  nextTimeout(): number {
    return this.#at;
  }

  timeout(now: number): void {
    if (now < this.#at) return;
    switch (this.state) {
      case 'INIT':
        this.#begin(now);
        return;
      case 'SELECTING':
        this.#discover(now);
        return;
      case 'REQUESTING':
        if (this.#tries < REQUESTS) this.#request(now);
        else this.#begin(now);
        return;
      case 'BOUND':
      case 'RENEWING':
      case 'REBINDING':
        this.#renew(now);
        return;
      case 'CHECKING':
      case 'STOPPED':
        this.#at = Infinity;
    }
  }

  /** Is the IPv4 datagram in [start, end) for a DHCP client? Nothing else about it is checked here. */
  wants(view: DataView, start: number, end: number): boolean {
    if (this.state === 'STOPPED' || end - start < 28) return false;
    if (view.getUint8(start + 9) !== Protocol.UDP) return false;
    const udp = start + ((view.getUint8(start) & 0xf) << 2);
    return udp + 4 <= end && view.getUint16(udp + 2) === DHCP_CLIENT_PORT;
  }

  /** A datagram that it wants. */
  arrives(now: number, view: DataView, start: number, end: number): DropReason | undefined {
    const ip = this.#ip;
    const udp = this.#udp;
    const drop = readIp(ip, view, start, end) ?? readUdp(udp, view, ip.payloadStart, ip.payloadEnd);
    if (drop !== undefined) return drop;
    if (ip.moreFragments || ip.fragmentOffset !== 0) return 'dhcp-unexpected';
    const pseudo = pseudoSum(ip, Protocol.UDP, udp.dataEnd - ip.payloadStart);
    if (!verifyUdp(4, view, ip.payloadStart, udp.dataEnd, pseudo)) return 'udp-checksum';
    if (udp.sourcePort !== DHCP_SERVER_PORT) return 'dhcp-unexpected';
    const reply = this.#reply;
    return readDhcp(reply, view, udp.dataStart, udp.dataEnd) ?? this.#replied(now, reply);
  }

  /** The address that was being checked is ours, or somebody else's. */
  settled(now: number, address: InterfaceAddress, duplicate: boolean): void {
    const lease = this.#pending;
    if (lease === undefined || this.state !== 'CHECKING') return;
    if (!sameAddress(lease.address.address, address.cidr.address)) return;
    this.#pending = undefined;
    if (!duplicate) {
      this.#bound(now, lease);
      return;
    }
    this.#send(now, DhcpType.DECLINE, 0, address.cidr.address.w3, lease.server.w3, undefined);
    this.#home.removeAddress(now, this.#iface, address.cidr.address);
    this.#restart(now, AFTER_DECLINE);
  }

  #replied(now: number, reply: DhcpReply): DropReason | undefined {
    const { xid, chaddrHigh, chaddrLow, type } = reply;
    const forUs = xid === this.#xid && chaddrHigh === this.#mac.high && chaddrLow === this.#mac.low;
    if (!forUs) return 'dhcp-unexpected';
    switch (this.state) {
      case 'SELECTING':
        if (type !== DhcpType.OFFER || !isSensible(reply)) return 'dhcp-unexpected';
        this.state = 'REQUESTING';
        this.#offered = reply.address;
        this.#server = reply.serverId;
        this.#tries = 0;
        this.#wait = FIRST_WAIT;
        this.#request(now);
        return undefined;
      case 'REQUESTING':
        return this.#granted(now, reply);
      case 'RENEWING':
      case 'REBINDING':
        return this.#extended(now, reply);
      default:
        return 'dhcp-unexpected';
    }
  }

  #granted(now: number, reply: DhcpReply): DropReason | undefined {
    if (reply.serverId !== this.#server) return 'dhcp-unexpected';
    if (reply.type === DhcpType.NAK) {
      this.#restart(now, this.#longer());
      return undefined;
    }
    if (reply.type !== DhcpType.ACK || reply.address !== this.#offered) return 'dhcp-unexpected';
    const lease = leaseOf(now, reply, this.#random);
    if (lease === undefined) return 'dhcp-unexpected';
    this.state = 'CHECKING';
    this.#at = Infinity;
    this.#pending = lease;
    const added = this.#home.addAddress(now, this.#iface, lease.address, {
      origin: 'dhcp',
      state: 'tentative',
      validUntil: lease.expiresAt,
    });
    if (!('error' in added)) return undefined;
    this.#pending = undefined; // ours already, by hand or on another interface
    this.#restart(now, AFTER_DECLINE);
    return 'dhcp-unexpected';
  }

  #extended(now: number, reply: DhcpReply): DropReason | undefined {
    const { lease } = this;
    if (lease === undefined || !isUsable(reply, lease, this.state)) return 'dhcp-unexpected';
    if (reply.type === DhcpType.NAK) {
      this.#loseLease(now);
      this.#restart(now, 0);
      return undefined;
    }
    const longer = leaseOf(now, reply, this.#random);
    if (longer === undefined) return 'dhcp-unexpected';
    const entry = this.#entry(lease);
    if (entry !== undefined) this.#home.extendAddress(entry, Infinity, longer.expiresAt);
    this.#removeRoutes(lease);
    this.#bound(now, longer);
    return undefined;
  }

  #bound(now: number, lease: DhcpLease): void {
    this.state = 'BOUND';
    this.lease = lease;
    this.#at = lease.renewAt;
    this.#wait = FIRST_WAIT;
    for (const { to, via } of lease.routes) {
      this.#home.addRoute({ to, via, iface: this.#iface, origin: 'dhcp' });
    }
    const { mtu, outlet } = this.#iface;
    if (lease.mtu >= LEAST_MTU && lease.mtu <= outlet.mtu && lease.mtu !== mtu) {
      this.#mtu = mtu;
      this.#home.setMtu(this.#iface, lease.mtu);
    }
    this.onLease?.(now, lease);
  }

  /** Another transaction from the start. */
  #begin(now: number): void {
    this.state = 'SELECTING';
    this.#xid = this.#random.word();
    this.#began = now;
    this.#wait = FIRST_WAIT;
    this.#discover(now);
  }

  #restart(now: number, after: number): void {
    this.state = 'INIT';
    this.#at = now + after;
  }

  #discover(now: number): void {
    this.#send(now, DhcpType.DISCOVER, 0, 0, 0, undefined);
    this.#at = now + this.#longer();
  }

  #request(now: number): void {
    this.#tries++;
    this.#send(now, DhcpType.REQUEST, 0, this.#offered, this.#server, undefined);
    this.#at = now + this.#longer();
  }

  /** §4.4.5: by unicast from T1 on, to everybody from T2 on, until the lease ends. */
  #renew(now: number): void {
    const { lease } = this;
    if (lease === undefined || now >= lease.expiresAt) {
      this.#loseLease(now);
      this.#begin(now);
      return;
    }
    if (this.state === 'BOUND') {
      this.#xid = this.#random.word();
      this.#began = now;
    }
    const late = now >= lease.rebindAt;
    this.state = late ? 'REBINDING' : 'RENEWING';
    this.#send(
      now,
      DhcpType.REQUEST,
      lease.address.address.w3,
      0,
      0,
      late ? undefined : lease.server,
    );
    const until = late ? lease.expiresAt : lease.rebindAt;
    this.#at = Math.min(until, now + Math.max((until - now) / 2, LEAST_RENEWAL_WAIT));
  }

  /** The wait before the next try, which will be about twice as long. */
  #longer(): number {
    const wait = this.#wait + this.#random.between(-SPREAD, SPREAD);
    this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT);
    return wait;
  }

  #send(
    now: number,
    type: number,
    clientAddress: number,
    requested: number,
    serverId: number,
    to: IpAddress | undefined,
  ): void {
    const request = {
      type,
      xid: this.#xid,
      secs: Math.floor((now - this.#began) / 1000),
      broadcast: false, // we take what comes for us before we have an address
      clientAddress,
      macHigh: this.#mac.high,
      macLow: this.#mac.low,
      requested,
      serverId,
      hostName: this.#hostName,
      maxSize: Math.min(this.#iface.mtu, MOST_SIZE),
    };
    this.#out.send(now, request, to);
  }

  #loseLease(now: number): void {
    const { lease } = this;
    const address = (lease ?? this.#pending)?.address.address;
    this.lease = this.#pending = undefined;
    if (lease !== undefined) this.#removeRoutes(lease);
    if (this.#mtu !== 0) this.#home.setMtu(this.#iface, this.#mtu);
    this.#mtu = 0;
    if (address !== undefined) this.#home.removeAddress(now, this.#iface, address);
    if (lease !== undefined) this.onLease?.(now, undefined);
  }

  #removeRoutes(lease: DhcpLease): void {
    for (const { to, via } of lease.routes) {
      this.#home.removeRoute({ to, via, iface: this.#iface });
    }
  }

  #entry(lease: DhcpLease): InterfaceAddress | undefined {
    const { address } = lease.address;
    return this.#iface.addresses.find(({ cidr }) => sameAddress(cidr.address, address));
  }
}

const LEAST_MTU = 576; // octets, what every host must take (RFC 791 §3.1)
const MOST_SIZE = 1500; // octets of a reply, IP header included

/** In REBINDING any server may answer, in RENEWING the one that granted it. */
function isUsable(reply: DhcpReply, lease: DhcpLease, state: DhcpState): boolean {
  if (state === 'RENEWING' && reply.serverId !== lease.server.w3) return false;
  if (reply.type === DhcpType.NAK) return reply.serverId !== 0;
  return (
    reply.type === DhcpType.ACK && isSensible(reply) && reply.address === lease.address.address.w3
  );
}
