/**
 * Who waits for connections: passive OPENs of the RFC (one TCB each) and listeners of the BSD kind.
 * An exact local address goes before a wildcard of its family, that before one of both, an exact
 * foreign socket before none (RFC 9293 §3.9.1.1, MUST-41, MUST-43). Of equals that share a port the
 * keyed hash of the pair of sockets decides (SO_REUSEPORT).
 */
import { isUnspecified, type Family, type IpAddress } from '../wire/address.ts';
import type { FourTuple } from './four-tuple.ts';
import type { Listener } from './listener.ts';
import type { TcpSocket } from './tcp-socket.ts';

/** What is waited for: undefined and 0 stand for any. */
export interface Place {
  readonly port: number;
  readonly local: IpAddress | undefined;
  readonly family: Family | undefined;
  readonly remote: IpAddress | undefined;
  readonly remotePort: number;
  readonly reusePort: boolean;
}

interface Waiting {
  readonly place: Place;
  readonly rank: number;
  /** One of the two. */
  readonly socket: TcpSocket | undefined;
  readonly listener: Listener | undefined;
}

export class Listeners {
  readonly #ports: Map<number, Waiting[]> = new Map();
  readonly #hash: (t: FourTuple) => number;

  /** `hash` is keyed. */
  constructor(hash: (t: FourTuple) => number) {
    this.#hash = hash;
  }

  addListener(listener: Listener): void {
    const { port, local, family, reusePort } = listener;
    const place = placeOf(port, local, family, undefined, 0, reusePort);
    this.#add({ place, rank: rankOf(place), socket: undefined, listener });
  }

  /** A socket in LISTEN. One that comes back there queues behind those that took its place. */
  addSocket(socket: TcpSocket): void {
    const { localPort, localAddress: local, remoteAddress: remote, remotePort } = socket;
    const family = local?.family ?? remote?.family;
    const place = placeOf(localPort, local, family, remote, remotePort, false);
    this.#add({ place, rank: rankOf(place), socket, listener: undefined });
  }

  /** `whom` is a listener or a socket; `port` its own. */
  remove(port: number, whom: Listener | TcpSocket): void {
    const list = this.#ports.get(port);
    if (list === undefined) return;
    const index = list.findIndex((w) => w.socket === whom || w.listener === whom);
    if (index >= 0) list.splice(index, 1);
    if (list.length === 0) this.#ports.delete(port);
  }

  /** Does somebody wait for the same (MUST-41), and will not share it? */
  taken(wanted: Place): boolean {
    const list = this.#ports.get(wanted.port);
    if (list === undefined) return false;
    return list.some(({ place }) => {
      return collide(place, wanted) && !(place.reusePort && wanted.reusePort);
    });
  }

  /** Does anybody wait at this port? */
  has(port: number): boolean {
    return this.#ports.has(port);
  }

  /** Who takes a SYN of this pair of sockets; of equals that do not share the one that came first. */
  find(t: FourTuple): TcpSocket | Listener | undefined {
    const list = this.#ports.get(t.localPort);
    if (list === undefined) return undefined;
    let best: Waiting | undefined;
    let equals = 0;
    for (let i = 0; i < list.length; i++) {
      const waiting = list[i]!;
      if (!fits(waiting.place, t)) continue;
      if (best === undefined || waiting.rank > best.rank) {
        best = waiting;
        equals = 1;
      } else if (waiting.rank === best.rank && waiting.place.reusePort) equals++;
    }
    if (best !== undefined && equals > 1) best = this.#shared(list, t, best.rank, equals);
    return best?.socket ?? best?.listener;
  }

  listeners(): Listener[] {
    return this.#all().flatMap((w) => w.listener ?? []);
  }

  sockets(): TcpSocket[] {
    return this.#all().flatMap((w) => w.socket ?? []);
  }

  /** Each pair of sockets comes to the same one, as long as as many share the port. */
  #shared(list: readonly Waiting[], t: FourTuple, rank: number, count: number): Waiting {
    const equals = list.filter((w) => w.rank === rank && fits(w.place, t));
    return equals[(this.#hash(t) >>> 0) % count]!;
  }

  #all(): Waiting[] {
    return [...this.#ports.values()].flat();
  }

  #add(waiting: Waiting): void {
    const { port } = waiting.place;
    const list = this.#ports.get(port);
    if (list === undefined) this.#ports.set(port, [waiting]);
    else list.push(waiting);
  }
}

/** `::` and `0.0.0.0` are no addresses but all of their family. */
export function placeOf(
  port: number,
  local: IpAddress | undefined,
  family: Family | undefined,
  remote: IpAddress | undefined,
  remotePort: number,
  reusePort: boolean,
): Place {
  const exact = local === undefined || isWildcard(local) ? undefined : local;
  return { port, local: exact, family, remote, remotePort, reusePort };
}

export function isWildcard(a: IpAddress): boolean {
  return isUnspecified(a.family, a.w0, a.w1, a.w2, a.w3);
}

/**
 * The same local and foreign socket. Two wildcards collide when one family is in both; a wildcard and an
 * exact address do not, as BSD has it: the exact one goes first (Linux refuses the second).
 */
function collide(a: Place, b: Place): boolean {
  if (a.remotePort !== b.remotePort || !same(a.remote, b.remote)) return false;
  if (a.local !== undefined || b.local !== undefined) return same(a.local, b.local);
  return a.family === undefined || b.family === undefined || a.family === b.family;
}

function same(a: IpAddress | undefined, b: IpAddress | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.w3 === b.w3 && a.w2 === b.w2 && a.w1 === b.w1 && a.w0 === b.w0 && a.family === b.family;
}

/** The more is said, the more it weighs. */
function rankOf({ local, family, remote, remotePort }: Place): number {
  return (
    (local === undefined ? 0 : 8) +
    (remote === undefined ? 0 : 4) +
    (remotePort === 0 ? 0 : 2) +
    (family === undefined ? 0 : 1)
  );
}

function fits({ local, family, remote, remotePort }: Place, t: FourTuple): boolean {
  if (family !== undefined && family !== t.family) return false;
  if (local !== undefined && !isLocal(local, t)) return false;
  if (remote !== undefined && !isRemote(remote, t)) return false;
  return remotePort === 0 || remotePort === t.remotePort;
}

function isLocal(a: IpAddress, t: FourTuple): boolean {
  return (
    a.w3 === t.local3 &&
    a.w2 === t.local2 &&
    a.w1 === t.local1 &&
    a.w0 === t.local0 &&
    a.family === t.family
  );
}

function isRemote(a: IpAddress, t: FourTuple): boolean {
  return (
    a.w3 === t.remote3 &&
    a.w2 === t.remote2 &&
    a.w1 === t.remote1 &&
    a.w0 === t.remote0 &&
    a.family === t.family
  );
}
