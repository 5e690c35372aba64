/**
 * The solicited-node groups this interface listens to, told to switches and routers that want to know:
 * RFC 3810 §6.1 (a change is reported twice), §6.2 (a query is answered after a random delay).
 */
import { sameAddress, type IpAddress } from '../wire/address.ts';
import type { IpHeader } from '../wire/ip-header.ts';
import { MldQuery, MldRecord, readMldQuery } from '../wire/mld.ts';
import type { DropReason } from './counters.ts';
import type { KeyedRandom } from './keyed-random.ts';
import type { NdpOut } from './ndp-out.ts';

/** RFC 3810 §9.1 and §9.11. */
const ROBUSTNESS = 2;
const UNSOLICITED_REPORT_INTERVAL = 1000; // ms

const MOST_IN_REPORT = 32; // groups; a report fits the smallest MTU by far

interface Group {
  readonly address: IpAddress;
  members: number; // addresses of ours that want it
  reports: number; // of the change, still to come
}

export class MldGroups {
  readonly #out: NdpOut;
  readonly #random: KeyedRandom;
  readonly #query: MldQuery = new MldQuery();
  #groups: readonly Group[] = [];
  #changedAt = Infinity; // when the next report of a change is due, ms
  #answerAt = Infinity; //  when a query is answered, ms

  constructor(out: NdpOut, random: KeyedRandom) {
    this.#out = out;
    this.#random = random;
  }

  join(now: number, address: IpAddress): void {
    const group = this.#find(address);
    if (group !== undefined) {
      group.members++;
      return;
    }
    this.#groups = [...this.#groups, { address, members: 1, reports: ROBUSTNESS }];
    this.#changedAt = now;
  }

  leave(now: number, address: IpAddress): void {
    const group = this.#find(address);
    if (group === undefined || --group.members > 0) return;
    this.#groups = this.#groups.filter((other) => other !== group);
    this.#out.report(now, MldRecord.TO_INCLUDE, [address]);
  }

  /** A query in the payload of `ip`. */
  queried(now: number, ip: IpHeader, view: DataView): DropReason | undefined {
    const query = this.#query;
    const drop = readMldQuery(query, ip, view);
    if (drop !== undefined) return drop;
    if (this.#groups.length === 0) return 'nd-unsolicited';
    const at = now + this.#random.between(0, query.maxResponseDelay);
    if (at < this.#answerAt) this.#answerAt = at;
    return undefined;
  }

  nextTimeout(): number {
    return Math.min(this.#changedAt, this.#answerAt);
  }

  timeout(now: number): void {
    if (this.#changedAt <= now) this.#reportChanges(now);
    if (this.#answerAt <= now) {
      this.#answerAt = Infinity;
      this.#report(now, MldRecord.IS_EXCLUDE, this.#groups);
    }
  }

  #reportChanges(now: number): void {
    const changed = this.#groups.filter((group) => group.reports > 0);
    for (const group of changed) group.reports--;
    this.#report(now, MldRecord.TO_EXCLUDE, changed);
    const more = changed.some((group) => group.reports > 0);
    this.#changedAt = more ? now + this.#random.between(0, UNSOLICITED_REPORT_INTERVAL) : Infinity;
  }

  #report(now: number, type: number, groups: readonly Group[]): void {
    if (groups.length === 0) return;
    const addresses = groups.slice(0, MOST_IN_REPORT).map((group) => group.address);
    this.#out.report(now, type, addresses);
  }

  #find(address: IpAddress): Group | undefined {
    return this.#groups.find((group) => sameAddress(group.address, address));
  }
}
