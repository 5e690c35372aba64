/** One active OPEN for a socket of Node's shape, and what Node calls it when it fails. */
import type { HostRefusal } from '../../stack/host-refusal.ts';
import type { TcpSocket } from '../../stack/tcp-socket.ts';
import type { TcpDefaults } from '../../tcp/options.ts';
import type { TcpSignal } from '../../tcp/signals.ts';
import {
  IpAddress,
  isLoopback,
  isUnspecified,
  parseAddress,
  sameAddress,
} from '../../wire/address.ts';
import { isMapped, unmapped } from '../../wire/mapped-address.ts';
import type { Home } from '../home.ts';
import { isRefusal } from '../socket-error.ts';
import { failureOf } from './channel.ts';
import { peerError, type SystemCode, type SystemError } from './net-errors.ts';

export interface Target {
  readonly address: string;
  readonly family: 4 | 6;
  readonly port: number;
  readonly localAddress: string | undefined;
  /** 0: any. */
  readonly localPort: number;
  readonly tcp: Partial<TcpDefaults> | undefined;
  /** Text for the SYN: RFC 7413. */
  readonly early: Uint8Array | undefined;
}

export interface AttemptUser {
  succeeded(attempt: Attempt, tcp: TcpSocket): void;
  failed(attempt: Attempt, error: SystemError): void;
}

export class Attempt {
  readonly target: Target;
  /** Is an IPv4 address given in the form of an IPv6 one? */
  readonly mapped: boolean;
  /** Octets of the early text that were taken. */
  early = 0;
  readonly #stack: Home;
  readonly #user: AttemptUser;
  readonly #remote: IpAddress | undefined;
  #tcp: TcpSocket | undefined = undefined;
  #over = false;

  constructor(stack: Home, target: Target, user: AttemptUser) {
    this.#stack = stack;
    this.target = target;
    this.#user = user;
    this.#remote = addressOf(target.address);
    this.mapped = this.#remote !== undefined && isMapped(this.#remote);
  }

  /** Why the local end cannot be had, before anything is attempted. */
  bindError(): SystemError | undefined {
    const { localAddress, localPort, family } = this.target;
    if (localAddress === undefined) return undefined;
    const local = addressOf(localAddress);
    const bindError = (code: SystemCode): SystemError =>
      peerError(code, 'bind', localAddress, localPort);
    if (local === undefined) return bindError('EINVAL');
    if (local.family !== family) return bindError('EINVAL');
    if (isUnspecified(local.family, local.w0, local.w1, local.w2, local.w3)) return undefined;
    if (!owns(this.#stack, unmapped(local))) return bindError('EADDRNOTAVAIL');
    const taken = localPort > 0 && listensAt(this.#stack, unmapped(local), localPort, true);
    return taken ? bindError('EADDRINUSE') : undefined;
  }

  /** Begins. What cannot be attempted at all is answered at once. */
  begin(): SystemError | undefined {
    const { address, port } = this.target;
    const remote = this.#remote;
    if (remote === undefined) return peerError('EINVAL', 'connect', address, port);
    if (this.#stack.closed) return peerError('ENETDOWN', 'connect', address, port);
    if (port === 0) {
      setImmediate(() => this.#fail('ECONNREFUSED'));
      return undefined;
    }
    const opened = this.#stack.act((now) => this.#open(now, remote));
    if (isRefusal(opened)) return this.#refusal(opened);
    this.#tcp = opened;
    this.#sendEarly(opened);
    opened.onSignal = (signal) => this.#heard(signal, opened);
    return undefined;
  }

  /** Nobody wants it any more. */
  cancel(): void {
    this.#over = true;
    const tcp = this.#tcp;
    if (tcp === undefined) return;
    tcp.onSignal = undefined;
    this.#stack.act((now) => tcp.abort(now));
  }

  /** As if it had failed like that. */
  error(code: SystemCode): SystemError {
    const { address, port, localAddress, localPort } = this.target;
    const local =
      localAddress === undefined ? undefined : { address: localAddress, port: localPort };
    if (local === undefined || localPort === 0) return peerError(code, 'connect', address, port);
    return Object.assign(peerError(code, 'connect', address, port, local), {
      localAddress,
      localPort,
    });
  }

  #open(now: number, remote: IpAddress): TcpSocket | HostRefusal {
    const { port, localAddress, localPort, tcp } = this.target;
    const local = localAddress === undefined ? undefined : addressOf(localAddress);
    return this.#stack.host.open(now, {
      remote: reachable(unmapped(remote)),
      remotePort: port,
      local: local === undefined || isAny(local) ? undefined : unmapped(local),
      localPort: localPort === 0 ? undefined : localPort,
      tcp,
    });
  }

  /** In the same turn: it leaves with the SYN. */
  #sendEarly(tcp: TcpSocket): void {
    const { early } = this.target;
    if (early === undefined) return;
    const taken = this.#stack.act((now) => tcp.send(now, early));
    if (typeof taken === 'number') this.early = taken;
  }

  #refusal({ error }: HostRefusal): SystemError {
    const { address, port, family, localAddress, localPort } = this.target;
    const any = family === 4 ? '0.0.0.0' : '::';
    const local = { address: localAddress ?? any, port: localPort };
    switch (error) {
      case 'address-not-ours':
        return peerError('EADDRNOTAVAIL', 'bind', localAddress ?? any, localPort);
      case 'address-in-use':
        return peerError('EADDRINUSE', 'bind', localAddress ?? any, localPort);
      case 'connection-exists':
      case 'ports-exhausted':
        return peerError('EADDRNOTAVAIL', 'connect', address, port, local);
      case 'no-route':
      case 'invalid-address':
        return peerError('ENETUNREACH', 'connect', address, port, local);
      default:
        return peerError('EINVAL', 'connect', address, port, local);
    }
  }

  #heard(signal: TcpSignal, tcp: TcpSocket): void {
    if (signal === 'established') {
      tcp.onSignal = undefined;
      setImmediate(this.#established);
      return;
    }
    const code = signal === 'soft-error' ? unreachable(tcp) : openingFailure(signal);
    if (code === undefined) return;
    tcp.onSignal = undefined;
    setImmediate(() => this.#fail(code));
  }

  // In a turn of the event loop of its own, as a Channel.
  readonly #established = (): void => {
    const tcp = this.#tcp;
    if (this.#over || tcp === undefined) return;
    this.#over = true;
    this.#user.succeeded(this, tcp);
  };

  #fail(code: SystemCode): void {
    if (this.#over) return;
    this.cancel();
    this.#user.failed(this, this.error(code));
  }
}

/** RFC 9293 §3.10.7.3 calls it a reset when nobody listens. */
function openingFailure(signal: TcpSignal): SystemCode | undefined {
  return signal === 'reset' ? 'ECONNREFUSED' : failureOf(signal);
}

/**
 * Who tries to connect gives up when a router says that there is no way, as RFC 5461 §4.1 has it and
 * everybody does; an established connection would wait.
 */
function unreachable(tcp: TcpSocket): SystemCode | undefined {
  const reason = tcp.connection.tcb.softError ?? '';
  if (reason.includes('network unreachable') || reason.includes('no route')) return 'ENETUNREACH';
  return reason.includes('unreachable') ? 'EHOSTUNREACH' : undefined;
}

/** All of 127.0.0.0/8 is: RFC 1122 §3.2.1.3. */
export function owns({ host }: Home, address: IpAddress): boolean {
  const { family, w0, w1, w2, w3 } = address;
  if (isLoopback(family, w0, w1, w2, w3)) return true;
  return host.interfaces.some(({ addresses }) =>
    addresses.some(({ cidr }) => sameAddress(cidr.address, address)),
  );
}

/**
 * Does somebody listen at that port of that address, or of any, or, if it is a wildcard, of one that it
 * stands for? Kernels refuse the port then, a host of estab takes the one that fits best.
 */
export function listensAt(
  { host }: Home,
  address: IpAddress,
  port: number,
  ipv6Only: boolean,
): boolean {
  return host.sockets().some(({ state, local, localPort }) => {
    if (state !== 'LISTEN' || localPort !== port) return false;
    if (local === undefined || sameAddress(local, address)) return true;
    if (isAny(address))
      return local.family === address.family || (address.family === 6 && !ipv6Only);
    return isAny(local) && local.family === address.family;
  });
}

/** Without its zone: the routes know the interface. */
export function addressOf(text: string): IpAddress | undefined {
  const zone = text.indexOf('%');
  return parseAddress(zone < 0 ? text : text.slice(0, zone));
}

export function isAny({ family, w0, w1, w2, w3 }: IpAddress): boolean {
  return isUnspecified(family, w0, w1, w2, w3);
}

/** Who connects to the unspecified address means this host, as BSD has it. */
function reachable(address: IpAddress): IpAddress {
  if (!isAny(address)) return address;
  return address.family === 4 ? LOCALHOST_4 : LOCALHOST_6;
}

const LOCALHOST_4 = new IpAddress(4, 0, 0, 0, 0x7f000001);
const LOCALHOST_6 = new IpAddress(6, 0, 0, 0, 1);
