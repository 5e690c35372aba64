/**
 * OPEN as far as it is the host's: RFC 9293 §3.9.1.1. Which addresses, which ports, whether they are
 * free, and which ISS; what cannot be is refused with a reason before anything is changed.
 */
import { IpAddress, isUnspecified, printAddress, type Family } from '../wire/address.ts';
import type { Seq } from '../wire/seq.ts';
import type { Connection } from '../tcp/connection.ts';
import { checkRanges } from '../tcp/option-ranges.ts';
import type { TcpDefaults } from '../tcp/options.ts';
import type { Refusal } from '../tcp/refusal.ts';
import { issBeyond, mayOpenAgain } from '../tcp/reopen.ts';
import type { Counters } from './counters.ts';
import { FourTuple } from './four-tuple.ts';
import { refuse, type HostRefusal } from './host-refusal.ts';
import type { NetworkInterface } from './interface.ts';
import type { IpOut } from './ip-out.ts';
import type { FirstNumbers } from './isn.ts';
import { Listener, type ListenerHome } from './listener.ts';
import { isWildcard, placeOf, type Place } from './listeners.ts';
import type { LocalAddresses } from './local-addresses.ts';
import type { EphemeralPorts } from './ports.ts';
import { NOBODY } from './socket-table.ts';
import type { Sockets } from './sockets.ts';
import type { SynCookiePolicy } from './syn-cookies.ts';
import type { TcpSettings } from './tcp-settings.ts';
import type { TcpSocket } from './tcp-socket.ts';

export interface OpenOptions {
  readonly remote: IpAddress;
  readonly remotePort: number;
  /** Default: chosen for the remote address (MUST-44). */
  readonly local?: IpAddress | undefined;
  /** Default: an ephemeral port (RFC 6056). */
  readonly localPort?: number | undefined;
  /** Whose address is taken: needed for link-local peers when there are several. */
  readonly iface?: NetworkInterface | undefined;
  /** Goes before the host's. */
  readonly tcp?: Partial<TcpDefaults> | undefined;
  /**
   * Text to begin with. As much of it as fits leaves with the SYN if a cookie of the server is known,
   * the rest after the handshake (RFC 7413): it may come twice, if the SYN is duplicated (§6).
   */
  readonly fastOpen?: Uint8Array | undefined;
}

export interface PassiveOptions {
  readonly localPort: number;
  /** Default: all of ours (MUST-43). */
  readonly local?: IpAddress | undefined;
  /** Default: anybody. */
  readonly remote?: IpAddress | undefined;
  /** Default: any. */
  readonly remotePort?: number | undefined;
  readonly tcp?: Partial<TcpDefaults> | undefined;
}

export interface ListenOptions {
  /** 0: an ephemeral one, see `port` of the listener. */
  readonly port: number;
  /** Default: all of ours (MUST-43), as `::` is; `0.0.0.0`: all of IPv4. */
  readonly local?: IpAddress | undefined;
  /** All of ours, but not those of IPv4. */
  readonly ipv6Only?: boolean | undefined;
  /** Half-open connections at most, and as many established ones that await accept(). Default 511. */
  readonly backlog?: number | undefined;
  /** Default 'overflow': SYNs over the backlog are answered with cookies; 'never': they are dropped. */
  readonly synCookies?: SynCookiePolicy | undefined;
  /**
   * With tcp.fastOpen `server` or `both`: how many connections may be handed over in SYN-RECEIVED
   * with the text of their SYN (RFC 7413 §5.1). Default: the backlog.
   */
  readonly fastOpen?: number | undefined;
  /** Shares the place with others that say so too; each pair of sockets comes to one of them. */
  readonly reusePort?: boolean | undefined;
  readonly tcp?: Partial<TcpDefaults> | undefined;
  /** Called from inside flush(). Without it connections await accept() of the listener. */
  readonly onConnection?: ((socket: TcpSocket) => void) | undefined;
}

const DEFAULT_BACKLOG = 511; // as node:net
const MAX_PORT = 65_535;
const ANY = new IpAddress(6, 0, 0, 0, 0);

export class Opening {
  readonly #addresses: LocalAddresses;
  readonly #ipOut: IpOut;
  readonly #sockets: Sockets;
  readonly #settings: TcpSettings;
  readonly #counters: Counters;
  readonly #ports: EphemeralPorts;
  readonly #nextPort: (() => number) | undefined;
  readonly #first: FirstNumbers;
  readonly #tuple: FourTuple = new FourTuple();
  /** The time now, if the connection to be opened has timestamps; before everything else. */
  #reuseBefore = -Infinity;
  /** What #inUse found last: a socket, NOBODY, or a record. */
  #inTheWay = NOBODY;
  /** Not where somebody listens either, as Linux has it: such a port is no client's. */
  readonly #taken = (t: FourTuple): boolean =>
    this.#sockets.listeners.has(t.localPort) || this.#inUse(t);
  readonly #listenedAt = (t: FourTuple): boolean => this.#sockets.listeners.has(t.localPort);
  readonly #listenerHome: ListenerHome = {
    close: (now, listener) => this.#close(now, listener),
    taken: (socket) => this.#sockets.dirty.add(socket),
  };

  constructor(
    addresses: LocalAddresses,
    ipOut: IpOut,
    sockets: Sockets,
    settings: TcpSettings,
    counters: Counters,
    ports: EphemeralPorts,
    nextPort: (() => number) | undefined,
    first: FirstNumbers,
  ) {
    this.#addresses = addresses;
    this.#ipOut = ipOut;
    this.#sockets = sockets;
    this.#settings = settings;
    this.#counters = counters;
    this.#ports = ports;
    this.#nextPort = nextPort;
    this.#first = first;
  }

  open(now: number, options: OpenOptions): TcpSocket | HostRefusal {
    const { remote, remotePort, localPort, tcp } = options;
    if (tcp !== undefined) checkRanges(tcp);
    const wrong =
      this.#wrongPeer(remote) ??
      wrongPort('remotePort', remotePort) ??
      wrongPort('localPort', localPort);
    if (wrong !== undefined) return wrong;
    const local = this.#source(now, remote, options.local, options.iface);
    if (!('family' in local)) return local;
    const { family, w0, w1, w2, w3 } = local;
    const path = this.#ipOut.shared(
      now,
      family,
      remote.w0,
      remote.w1,
      remote.w2,
      remote.w3,
      w0,
      w1,
      w2,
      w3,
    );
    if (path.iface === undefined) return noRoute(remote);
    const tuple = this.#tuple;
    tuple.ofAddresses(local, localPort ?? 0, remote, remotePort);
    const wishes = this.#settings.options(family, tcp, path.iface.mtu);
    this.#reuseBefore = wishes.timestamps ? now : -Infinity;
    const refusal = localPort === undefined ? this.#choosePort(remote) : this.#free(remote);
    if (refusal !== undefined) return refusal;

    const iss = this.#issOf(now, tuple);
    const socket = this.#sockets.create(wishes);
    socket.path = path;
    socket.bindLocal(local, tuple.localPort);
    socket.bindRemote(remote, remotePort);
    const connection = this.#sockets.begin(now, socket);
    connection.openActive(iss, this.#first.timestampOffset(tuple));
    this.#openFast(now, socket, connection, options.fastOpen);
    this.#sockets.insert(socket);
    this.#sockets.done(socket, connection.state);
    this.#counters.opened++;
    return socket;
  }

  /** Text that SEND is given before the next flush leaves with the SYN, too. */
  #openFast(
    now: number,
    { options, remoteAddress }: TcpSocket,
    connection: Connection,
    text: Uint8Array | undefined,
  ): void {
    const wanted =
      text !== undefined || options.fastOpen === 'client' || options.fastOpen === 'both';
    if (!wanted || remoteAddress === undefined) return;
    connection.fastOpen(this.#sockets.fastOpens.offer(now, remoteAddress));
    if (text !== undefined) connection.send(now, text);
  }

  openPassive(now: number, options: PassiveOptions): TcpSocket | HostRefusal {
    const { localPort, local, remote, remotePort = 0, tcp } = options;
    if (tcp !== undefined) checkRanges(tcp);
    const wrong =
      wrongPort('localPort', localPort) ??
      wrongPort('remotePort', options.remotePort) ??
      (remote && this.#wrongPeer(remote)) ??
      this.#wrongLocal(local, remote) ??
      this.#listened(placeOf(localPort, local, local?.family, remote, remotePort, false));
    if (wrong !== undefined) return wrong;
    const owned = local && this.#addresses.owned(local);
    const { mtu, addresses } = this.#ipOut.first;
    const family = (owned ?? remote)?.family ?? addresses[0]?.cidr.address.family ?? 4;
    const socket = this.#sockets.create(this.#settings.options(family, tcp, mtu));
    this.#sockets.wants(socket, { local: owned, remote, remotePort, tcp });
    socket.bindLocal(owned, localPort);
    socket.bindRemote(remote, remotePort);
    const connection = this.#sockets.begin(now, socket);
    connection.openPassive();
    this.#sockets.listeners.addSocket(socket);
    this.#sockets.done(socket, connection.state);
    return socket;
  }

  listen(_now: number, options: ListenOptions): Listener | HostRefusal {
    const { port: asked, local, tcp, onConnection, ipv6Only = false } = options;
    const { backlog = DEFAULT_BACKLOG, synCookies = 'overflow', reusePort = false } = options;
    if (tcp !== undefined) checkRanges(tcp); // not when the first SYN comes
    const { fastOpen = backlog } = options;
    checkCount('backlog', backlog);
    checkCount('fastOpen', fastOpen);
    const exact = local === undefined || isWildcard(local) ? undefined : local;
    const family = exact?.family ?? familyOf(local, ipv6Only);
    const port = asked === 0 ? this.#portToListen(local) : asked;
    const wrong =
      (asked === 0 ? undefined : wrongPort('port', asked)) ??
      this.#wrongLocal(exact, undefined) ??
      (port === undefined ? noPort() : undefined) ??
      this.#listened(placeOf(port ?? 0, exact, family, undefined, 0, reusePort));
    if (wrong !== undefined) return wrong;
    const listener = new Listener(
      {
        port: port ?? 0,
        local,
        family,
        backlog,
        synCookies,
        reusePort,
        fastOpen,
        tcp,
        onConnection,
      },
      this.#listenerHome,
    );
    this.#sockets.listeners.addListener(listener);
    return listener;
  }

  /** An ephemeral port where nobody listens, at whatever address. */
  #portToListen(local: IpAddress | undefined): number | undefined {
    const tuple = this.#tuple;
    const none = local ?? ANY;
    tuple.ofAddresses(none, 0, none, 0);
    return this.#ports.choose(tuple, this.#listenedAt) ? tuple.localPort : undefined;
  }

  /** A passive OPEN turns active (§3.10.1): binds it to a local address and answers with the ISS. */
  activate(now: number, socket: TcpSocket): Seq | Refusal {
    const { remoteAddress: remote, remotePort, localPort } = socket;
    if (remote === undefined || remotePort === 0) return 'error: foreign socket unspecified';
    const local = socket.localAddress ?? this.#ipOut.sourceFor(now, remote);
    if (local === undefined) return 'error: foreign socket unspecified';
    const tuple = this.#tuple;
    tuple.ofAddresses(local, localPort, remote, remotePort);
    this.#reuseBefore = socket.options.timestamps ? now : -Infinity;
    if (this.#inUse(tuple)) return 'error: connection already exists';
    socket.bindLocal(local, localPort);
    return this.#issOf(now, tuple);
  }

  #close(now: number, listener: Listener): void {
    this.#sockets.listeners.remove(listener.port, listener);
    for (const socket of this.#sockets.table.all()) {
      if (listener.owns(socket)) socket.abort(now);
    }
  }

  #inUse(tuple: FourTuple): boolean {
    const { table } = this.#sockets;
    const found = table.find(tuple);
    this.#inTheWay = found;
    if (found === NOBODY) return bothEndsSame(tuple);
    if (found > NOBODY) return true;
    const slot = table.record(found);
    const { records } = table;
    return !mayOpenAgain(records.timestamps(slot), records.since(slot), this.#reuseBefore);
  }

  /** RFC 6191 §2, from our side: the record that #inUse found in the way is old enough. */
  #issOf(now: number, tuple: FourTuple): Seq {
    const next = this.#first.next(now, tuple);
    if (this.#inTheWay >= NOBODY) return next;
    const { table } = this.#sockets;
    const slot = table.record(this.#inTheWay);
    const iss = issBeyond(next, table.records.sndNxt(slot));
    this.#sockets.endRecord(now, slot);
    this.#counters['time-wait-reopened']++;
    return iss;
  }

  #choosePort(remote: IpAddress): HostRefusal | undefined {
    const tuple = this.#tuple;
    if (this.#nextPort !== undefined) {
      tuple.localPort = this.#nextPort();
      return this.#free(remote);
    }
    if (this.#ports.choose(tuple, this.#taken)) return undefined;
    const peer = `${printAddress(remote)} port ${tuple.remotePort}`;
    return refuse(
      'ports-exhausted',
      `every ephemeral port is in use with ${peer}: wait for 2 MSL or use another local address`,
    );
  }

  #free(remote: IpAddress): HostRefusal | undefined {
    const tuple = this.#tuple;
    if (!this.#inUse(tuple)) return undefined;
    if (bothEndsSame(tuple)) {
      return refuse(
        'self-connection',
        `local port ${tuple.localPort} would be connected with itself: use another local port`,
      );
    }
    const peer = `${printAddress(remote)} port ${tuple.remotePort}`;
    return refuse(
      'connection-exists',
      `local port ${tuple.localPort} has a connection with ${peer}, perhaps in TIME-WAIT: use another port`,
    );
  }

  #source(
    now: number,
    remote: IpAddress,
    local: IpAddress | undefined,
    iface: NetworkInterface | undefined,
  ): IpAddress | HostRefusal {
    if (local !== undefined) {
      return this.#wrongLocal(local, remote) ?? this.#addresses.owned(local) ?? local;
    }
    return this.#ipOut.sourceFor(now, remote, iface) ?? noRoute(remote);
  }

  /** MUST-46. */
  #wrongPeer(remote: IpAddress): HostRefusal | undefined {
    const { family, w0, w1, w2, w3 } = remote;
    if (isUnspecified(family, w0, w1, w2, w3)) {
      return refuse('invalid-address', `${printAddress(remote)} names no host: give its address`);
    }
    if (this.#addresses.reachesMany(family, w0, w1, w2, w3)) {
      return refuse(
        'invalid-address',
        `${printAddress(remote)} names many hosts, TCP connects two: give the address of one`,
      );
    }
    return undefined;
  }

  #wrongLocal(
    local: IpAddress | undefined,
    remote: IpAddress | undefined,
  ): HostRefusal | undefined {
    if (local === undefined) return undefined;
    if (this.#addresses.owned(local) === undefined) {
      return refuse(
        'address-not-ours',
        `${printAddress(local)} is no address of this host: use one of its own`,
      );
    }
    if (remote === undefined || remote.family === local.family) return undefined;
    return refuse(
      'no-route',
      `${printAddress(local)} and ${printAddress(remote)} are of two families: use one`,
    );
  }

  #listened(place: Place): HostRefusal | undefined {
    if (!this.#sockets.listeners.taken(place)) return undefined;
    const address = place.local === undefined ? 'any address' : printAddress(place.local);
    return refuse(
      'address-in-use',
      `somebody listens on port ${place.port} of ${address}: close that or use another port`,
    );
  }
}

/** S29: a simultaneous open with oneself is of no use to anybody. */
function bothEndsSame(t: FourTuple): boolean {
  return (
    t.localPort === t.remotePort &&
    t.local3 === t.remote3 &&
    t.local2 === t.remote2 &&
    t.local1 === t.remote1 &&
    t.local0 === t.remote0
  );
}

function noRoute(remote: IpAddress): HostRefusal {
  return refuse(
    'no-route',
    `no route to ${printAddress(remote)} with an IPv${remote.family} address to send from: give the host both`,
  );
}

/** `::` takes IPv4 too, unless it is told not to (RFC 3493 §5.3); undefined: both families. */
function familyOf(wildcard: IpAddress | undefined, ipv6Only: boolean): Family | undefined {
  if (wildcard?.family === 4) return 4;
  return ipv6Only ? 6 : undefined;
}

function checkCount(name: string, count: number): void {
  if (Number.isInteger(count) && count >= 0) return;
  throw new RangeError(`${name} is ${count}, it must be an integer of 0 or more`);
}

function noPort(): HostRefusal {
  return refuse('ports-exhausted', 'somebody listens on every ephemeral port: give one');
}

function wrongPort(what: string, port: number | undefined): HostRefusal | undefined {
  if (port === undefined || (Number.isInteger(port) && port >= 1 && port <= MAX_PORT)) {
    return undefined;
  }
  return refuse('invalid-port', `${what} is ${port}: use an integer from 1 to ${MAX_PORT}`);
}
