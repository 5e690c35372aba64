/**
 * Who waits for connections: passive OPENs of the RFC (one TCB each) and listeners of the BSD kind (a
 * child per connection). An exact local address goes before a wildcard, an exact foreign socket
 * before none (RFC 9293 §3.9.1.1, MUST-41, MUST-43).
 */
import type { IpAddress } from '../wire/address.ts';
import type { TcpDefaults } from '../tcp/options.ts';
import type { FourTuple } from './four-tuple.ts';
import type { Parent, TcpSocket, Wanted } from './tcp-socket.ts';

interface Waiting extends Omit<Wanted, 'tcp'> {
  /** One of the two. */
  readonly socket: TcpSocket | undefined;
  readonly listener: Listener | undefined;
}

/** BSD's listen(): each connection gets a socket of its own. */
export class Listener implements Parent {
  readonly port: number;
  readonly local: IpAddress | undefined;
  /** Connections in SYN-RECEIVED at most. */
  readonly backlog: number;
  readonly tcp: Partial<TcpDefaults> | undefined;
  closed = false;
  /** Connections in SYN-RECEIVED. */
  pending = 0;
  readonly #onConnection: (socket: TcpSocket) => void;
  readonly #onClose: (now: number) => void;

  constructor(
    port: number,
    local: IpAddress | undefined,
    backlog: number,
    tcp: Partial<TcpDefaults> | undefined,
    onConnection: (socket: TcpSocket) => void,
    onClose: (now: number) => void,
  ) {
    this.port = port;
    this.local = local;
    this.backlog = backlog;
    this.tcp = tcp;
    this.#onConnection = onConnection;
    this.#onClose = onClose;
  }

  accept(socket: TcpSocket): void {
    this.#onConnection(socket);
  }

  /** Listens no more; connections not handed over yet are aborted. */
  close(now: number): void {
    if (this.closed) return;
    this.closed = true;
    this.#onClose(now);
  }
}

export class Listeners {
  readonly #ports: Map<number, Waiting[]> = new Map();

  addListener(listener: Listener): void {
    const { port, local } = listener;
    this.#add(port, { local, remote: undefined, remotePort: 0, socket: undefined, listener });
  }

  /** A socket in LISTEN. One that comes back there queues behind those that took its place. */
  addSocket(socket: TcpSocket): void {
    this.#add(socket.localPort, {
      local: socket.localAddress,
      remote: socket.remoteAddress,
      remotePort: socket.remotePort,
      socket,
      listener: undefined,
    });
  }

  /** `whom` is a listener or a socket; `port` its own. */
  remove(port: number, whom: Listener | TcpSocket): void {
    const list = this.#ports.get(port);
    if (list === undefined) return;
    const index = list.findIndex((w) => w.socket === whom || w.listener === whom);
    if (index >= 0) list.splice(index, 1);
    if (list.length === 0) this.#ports.delete(port);
  }

  /** Does somebody wait for exactly the same (MUST-41)? */
  taken(
    port: number,
    local: IpAddress | undefined,
    remote: IpAddress | undefined,
    remotePort: number,
  ): boolean {
    const list = this.#ports.get(port);
    if (list === undefined) return false;
    return list.some(
      (w) => w.remotePort === remotePort && same(w.local, local) && same(w.remote, remote),
    );
  }

  /** Does anybody wait at this port? */
  has(port: number): boolean {
    return this.#ports.has(port);
  }

  /** Who takes a SYN of this pair of sockets; of equals the one that came first. */
  find(t: FourTuple): TcpSocket | Listener | undefined {
    const list = this.#ports.get(t.localPort);
    if (list === undefined) return undefined;
    let best: Waiting | undefined;
    let bestRank = -1;
    for (let i = 0; i < list.length; i++) {
      const waiting = list[i]!;
      const rank = rankOf(waiting, t);
      if (rank <= bestRank) continue;
      best = waiting;
      bestRank = rank;
    }
    return best?.socket ?? best?.listener;
  }

  listeners(): Listener[] {
    return this.#all().flatMap((w) => w.listener ?? []);
  }

  sockets(): TcpSocket[] {
    return this.#all().flatMap((w) => w.socket ?? []);
  }

  #all(): Waiting[] {
    return [...this.#ports.values()].flat();
  }

  #add(port: number, waiting: Waiting): void {
    const list = this.#ports.get(port);
    if (list === undefined) this.#ports.set(port, [waiting]);
    else list.push(waiting);
  }
}

function same(a: IpAddress | undefined, b: IpAddress | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.w3 === b.w3 && a.w2 === b.w2 && a.w1 === b.w1 && a.w0 === b.w0 && a.family === b.family;
}

/** -1 when it is waited for something else. */
function rankOf(w: Waiting, t: FourTuple): number {
  const { local, remote, remotePort } = w;
  if (local !== undefined && !isLocal(local, t)) return -1;
  if (remote !== undefined && !isRemote(remote, t)) return -1;
  if (remotePort !== 0 && remotePort !== t.remotePort) return -1;
  return (
    (local === undefined ? 0 : 4) + (remote === undefined ? 0 : 2) + (remotePort === 0 ? 0 : 1)
  );
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
