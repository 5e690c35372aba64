/**
 * Which multicast groups this host's sockets have joined on which interface, with how many sockets
 * each: RFC 1112 §7.1, RFC 3810 §4. The first to join and the last to leave are told on the link.
 */
import type { IpAddress } from '../wire/address.ts';
import type { NetworkInterface } from './interface.ts';

/** RFC 1112 §7.2 has no bound; a host's interface filters have one, and so has memory. */
export const MOST_GROUPS = 1024; // over all interfaces

interface Group {
  readonly group: IpAddress;
  readonly iface: NetworkInterface;
  members: number;
}

export class UdpGroups {
  readonly #list: Group[] = [];

  get full(): boolean {
    return this.#list.length >= MOST_GROUPS;
  }

  has(iface: NetworkInterface, group: IpAddress): boolean {
    return this.#find(iface, group) !== undefined;
  }

  /** Says whether it is the first of its kind. */
  join(iface: NetworkInterface, group: IpAddress): boolean {
    const found = this.#find(iface, group);
    if (found !== undefined) {
      found.members++;
      return false;
    }
    this.#list.push({ group, iface, members: 1 });
    return true;
  }

  /** Says whether it was the last of its kind. */
  leave(iface: NetworkInterface, group: IpAddress): boolean {
    const found = this.#find(iface, group);
    if (found === undefined || --found.members > 0) return false;
    this.#list.splice(this.#list.indexOf(found), 1);
    return true;
  }

  /** Those of an interface. */
  of(iface: NetworkInterface): readonly IpAddress[] {
    return this.#list.flatMap((g) => (g.iface === iface ? g.group : []));
  }

  #find(iface: NetworkInterface, a: IpAddress): Group | undefined {
    const list = this.#list;
    for (let i = 0; i < list.length; i++) {
      const found = list[i]!;
      const { group: b } = found;
      if (found.iface !== iface || b.w3 !== a.w3 || b.family !== a.family) continue;
      if (b.w2 === a.w2 && b.w1 === a.w1 && b.w0 === a.w0) return found;
    }
    return undefined;
  }
}
