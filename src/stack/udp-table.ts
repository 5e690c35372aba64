/**
 * Which socket a datagram is for: one that is connected with its sender goes before one on its
 * destination, that before a wildcard, one of its own family before one of both; of equals, which
 * only address reuse allows, the one bound last. What goes to many goes to all that hear it.
 */
import { isUnspecified, sameAddress, type IpAddress } from '../wire/address.ts';
import type { FourTuple } from './four-tuple.ts';
import type { NetworkInterface } from './interface.ts';
import type { UdpSocket } from './udp-socket.ts';

export class UdpTable {
  readonly #ports: Map<number, UdpSocket[]> = new Map();

  add(socket: UdpSocket): void {
    const list = this.#ports.get(socket.localPort);
    if (list === undefined) this.#ports.set(socket.localPort, [socket]);
    else this.#ports.set(socket.localPort, [...list, socket]); // somebody may be walking the old one
  }

  remove(socket: UdpSocket): void {
    const list = this.#ports.get(socket.localPort);
    const rest = list?.filter((other) => other !== socket) ?? [];
    if (rest.length === 0) this.#ports.delete(socket.localPort);
    else this.#ports.set(socket.localPort, rest);
  }

  all(): UdpSocket[] {
    return [...this.#ports.values()].flat();
  }

  /** Does anybody have this port? */
  has(port: number): boolean {
    return this.#ports.has(port);
  }

  /** Would a socket like `wanted` be in somebody's way? */
  conflict(wanted: Place): boolean {
    const list = this.#ports.get(wanted.localPort);
    return list !== undefined && list.some((s) => inTheWay(s, wanted));
  }

  /** Who gets a datagram that is for one. */
  find(t: FourTuple, iface: NetworkInterface | undefined): UdpSocket | undefined {
    const list = this.#ports.get(t.localPort);
    if (list === undefined) return undefined;
    let best: UdpSocket | undefined;
    let bestRank = 0;
    for (let i = 0; i < list.length; i++) {
      const socket = list[i]!;
      const rank = rankOf(socket, t, iface);
      if (rank === 0 || rank < bestRank) continue;
      best = socket;
      bestRank = rank;
    }
    return best;
  }

  /** Who gets a datagram that is for many: those of its port, to be asked with `hears`. */
  ofPort(port: number): readonly UdpSocket[] {
    return this.#ports.get(port) ?? NONE;
  }
}

/** Where a socket is, or is to be. */
export type Place = Pick<
  UdpSocket,
  'family' | 'ipv6Only' | 'localPort' | 'localAddress' | 'iface' | 'reuseAddress'
>;

const NONE: readonly UdpSocket[] = [];

/** Does `socket` get this datagram, which is for many and whose group it has joined if it is one? */
export function hears(
  socket: UdpSocket,
  t: FourTuple,
  iface: NetworkInterface | undefined,
): boolean {
  return rankOf(socket, t, iface) > 0;
}

/** 0: not for this socket. */
function rankOf(s: UdpSocket, t: FourTuple, iface: NetworkInterface | undefined): number {
  let rank = 1;
  if (s.family === t.family) rank = 2;
  else if (s.family === 4 || s.ipv6Only) return 0;
  if (s.iface !== undefined) {
    if (s.iface !== iface) return 0;
    rank += 2;
  }
  if (!isAny(s.localAddress)) {
    const a = s.localAddress;
    if (a.w3 !== t.local3 || a.w2 !== t.local2 || a.w1 !== t.local1 || a.w0 !== t.local0) return 0;
    if (a.family !== t.family) return 0;
    rank += 4;
  }
  const peer = s.remoteAddress;
  if (peer !== undefined) {
    if (s.remotePort !== t.remotePort || peer.family !== t.family) return 0;
    if (peer.w3 !== t.remote3 || peer.w2 !== t.remote2) return 0;
    if (peer.w1 !== t.remote1 || peer.w0 !== t.remote0) return 0;
    rank += 8;
  }
  return rank;
}

function inTheWay(a: Place, b: Place): boolean {
  if (a.localPort !== b.localPort || (a.reuseAddress && b.reuseAddress)) return false;
  if (a.iface !== undefined && b.iface !== undefined && a.iface !== b.iface) return false;
  const anyA = isAny(a.localAddress);
  const anyB = isAny(b.localAddress);
  if (!anyA && !anyB) return sameAddress(a.localAddress, b.localAddress);
  return (anyA ? covers(a, b) : true) && (anyB ? covers(b, a) : true);
}

/** Does the wildcard `any` hear the family that `other` is of? */
function covers(any: Place, other: Place): boolean {
  const family = isAny(other.localAddress) ? other.family : other.localAddress.family;
  if (any.family === family) return true;
  if (any.family === 6) return !any.ipv6Only;
  return isAny(other.localAddress) && other.family === 6 && !other.ipv6Only;
}

function isAny(a: IpAddress): boolean {
  return isUnspecified(a.family, a.w0, a.w1, a.w2, a.w3);
}
