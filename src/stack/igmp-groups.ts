/**
 * The IPv4 groups that sockets have joined on an Ethernet, told to routers and switches: RFC 2236 §3.
 * A new one is reported twice, a query is answered after a random delay, the last to leave says so.
 */
import { IpAddress, sameAddress } from '../wire/address.ts';
import { IpHeader } from '../wire/ip-header.ts';
import { IGMP, IGMP_MESSAGE, IgmpQuery, IgmpType, readIgmpQuery, writeIgmp } from '../wire/igmp.ts';
import { PAYLOAD_START } from './ethernet-frames.ts';
import type { NetworkInterface } from './interface.ts';
import type { KeyedRandom } from './keyed-random.ts';
import type { Deliver } from './ndp-out.ts';

const UNSOLICITED_REPORT_INTERVAL = 10_000; // ms, RFC 2236 §8.10
const MOST_REPORTS = 32; // at once

const ALL_SYSTEMS = 0xe0000001 | 0; // 224.0.0.1 is never reported: RFC 2236 §6
const ALL_ROUTERS = new IpAddress(4, 0, 0, 0, 0xe0000002);

interface Group {
  readonly address: IpAddress;
  /** When the next report of it is due, ms. */
  at: number;
  /** Reports of the joining still to come. */
  reports: number;
}

export class IgmpGroups {
  readonly #iface: NetworkInterface;
  readonly #view: DataView;
  readonly #random: KeyedRandom;
  readonly #deliver: Deliver;
  readonly #ip: IpHeader = new IpHeader();
  readonly #query: IgmpQuery = new IgmpQuery();
  #groups: readonly Group[] = [];

  constructor(iface: NetworkInterface, view: DataView, random: KeyedRandom, deliver: Deliver) {
    this.#iface = iface;
    this.#view = view;
    this.#random = random;
    this.#deliver = deliver;
  }

  join(now: number, address: IpAddress): void {
    if (address.w3 === ALL_SYSTEMS) return;
    this.#groups = [...this.#groups, { address, at: now, reports: 2 }];
  }

  leave(now: number, address: IpAddress): void {
    const rest = this.#groups.filter((group) => !sameAddress(group.address, address));
    if (rest.length === this.#groups.length) return;
    this.#groups = rest;
    this.#send(now, IgmpType.LEAVE, address, ALL_ROUTERS);
  }

  /** What may be a query, in the payload of `ip`; false: it is none. */
  queried(now: number, ip: IpHeader, view: DataView): boolean {
    const query = this.#query;
    if (!readIgmpQuery(query, ip, view)) return false;
    for (const group of this.#groups) {
      if (query.group !== 0 && query.group !== group.address.w3) continue;
      const at = now + this.#random.between(0, query.maxResponseDelay);
      if (at < group.at) group.at = at;
    }
    return true;
  }

  nextTimeout(): number {
    let next = Infinity;
    for (const { at } of this.#groups) next = Math.min(next, at);
    return next;
  }

  timeout(now: number): void {
    let sent = 0;
    for (const group of this.#groups) {
      if (group.at > now || sent++ >= MOST_REPORTS) continue;
      this.#send(now, IgmpType.REPORT, group.address, group.address);
      if (group.reports > 0) group.reports--;
      const again = group.reports > 0;
      group.at = again ? now + this.#random.between(0, UNSOLICITED_REPORT_INTERVAL) : Infinity;
    }
  }

  #send(now: number, type: number, group: IpAddress, to: IpAddress): void {
    const own = this.#iface.addresses.find((a) => a.usable && a.cidr.address.family === 4);
    const ip = this.#ip;
    ip.version = 4;
    ip.src3 = own?.cidr.address.w3 ?? 0;
    ip.dst3 = to.w3;
    ip.protocol = IGMP;
    ip.ttl = 1;
    ip.id = this.#random.word() & 0xffff;
    const start = writeIgmp(this.#view, PAYLOAD_START, ip, type, group.w3);
    this.#deliver(now, to, start, PAYLOAD_START + IGMP_MESSAGE);
  }
}
