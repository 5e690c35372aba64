/**
 * How a socket of Node's shape comes to its connection: name, addresses in turn, one attempt after the
 * other. Node gives each but the last a time (`autoSelectFamilyAttemptTimeout`) and does not let them
 * overlap as RFC 8305 §5 does; events and errors are its.
 */
import { isIP } from 'node:net';
import type { TcpSocket } from '../../stack/tcp-socket.ts';
import type { TcpDefaults } from '../../tcp/options.ts';
import type { Home, Resident } from '../home.ts';
import {
  checkBoolean,
  checkFunction,
  checkNumber,
  checkPositive,
  checkString,
  invalidAddress,
  invalidFamily,
  portOf,
  type Callback,
  type Options,
} from './net-arguments.ts';
import { Attempt, type AttemptUser, type Target } from './net-attempt.ts';
import {
  attemptsError,
  invalidArgType,
  peerError,
  unixError,
  type SystemError,
} from './net-errors.ts';
import type { NetHome } from './net-home.ts';
import { tcpWishes } from './net-tcp-options.ts';
import {
  askLookup,
  familyOf,
  lookUp,
  lookupWishes,
  takingTurns,
  type Found,
  type LookupWishes,
} from './net-lookup.ts';

/** The socket that connects. */
export interface Dialler {
  readonly connecting: boolean;
  autoSelectFamilyAttemptedAddresses: string[];
  /** What is to leave with the SYN (RFC 7413). */
  readonly earlyText: Uint8Array | undefined;
  emit(event: string, ...args: unknown[]): boolean;
  /** `early` octets of the early text are taken. */
  connected(stack: Home, tcp: TcpSocket, mapped: boolean, early: number): void;
  unconnected(error: Error): void;
}

const SHORTEST_ATTEMPT = 10; // ms, as Node has it

interface Destination {
  readonly address: string;
  readonly family: 4 | 6;
}

export class Dialling implements AttemptUser, Resident {
  readonly #stack: Home;
  readonly #user: Dialler;
  readonly #host: unknown;
  readonly #path: string | undefined;
  readonly #port: number;
  readonly #local: Pick<Target, 'localAddress' | 'localPort' | 'tcp'>;
  readonly #family: 0 | 4 | 6 | undefined;
  readonly #lookup: Callback | undefined;
  readonly #wishes: LookupWishes;
  readonly #attemptTimeout: number; // ms
  readonly #fastOpen: boolean;
  #names: AbortController | undefined = undefined; // while they are looked up
  #destinations: readonly Destination[] = [];
  #tried = 0;
  #attempt: Attempt | undefined = undefined;
  #timer: NodeJS.Timeout | undefined = undefined;
  readonly #errors: Error[] = [];
  #refd: boolean;
  #held = false;
  #over = false;

  /** @throws TypeError or RangeError when an option is not what it must be. */
  constructor(
    home: NetHome,
    user: Dialler,
    options: Options,
    refd: boolean,
    tcp: Partial<TcpDefaults> | undefined,
  ) {
    const { localAddress, localPort, lookup } = options;
    this.#user = user;
    this.#host = options['host'] || 'localhost';
    this.#path = pathOf(options['path']);
    if (localAddress !== undefined && localAddress !== '') checkLocal(localAddress);
    if (localPort !== undefined) checkNumber(localPort, 'options.localPort');
    this.#port = destinationPort(options['port']);
    const { autoSelectFamily, autoSelectFamilyAttemptTimeout } = home.defaults;
    const select = options['autoSelectFamily'] ?? autoSelectFamily;
    checkBoolean(select, 'options.autoSelectFamily');
    this.#attemptTimeout = attemptTimeout(
      options['autoSelectFamilyAttemptTimeout'],
      autoSelectFamilyAttemptTimeout,
    );
    if (lookup !== undefined && lookup !== null) checkFunction(lookup, 'options.lookup');
    this.#lookup = lookup ?? undefined;
    this.#family = familyOf(options['family']);
    const one = this.#family === 4 || this.#family === 6;
    const all = select && !one && !localAddress;
    this.#wishes = lookupWishes(this.#family, options['hints'], all);
    this.#fastOpen = options['fastOpen'] === true;
    this.#local = {
      localAddress: localAddress || undefined,
      localPort: localPort ?? 0,
      tcp: tcpWishes(options, tcp, 'client'),
    };
    this.#stack = home.stack();
    this.#refd = refd;
  }

  /** @throws TypeError when there is something that only a lookup minds. */
  begin(): void {
    this.#ask();
    this.#stack.join(this);
    this.ref(this.#refd);
  }

  #ask(): void {
    const path = this.#path;
    if (path !== undefined) {
      this.#fail(unixError('connect', path));
      return;
    }
    const host = this.#host;
    const family = typeof host === 'string' ? isIP(host) : 0;
    if (typeof host === 'string' && (family === 4 || family === 6)) {
      process.nextTick(() => this.#try({ address: host, family }));
    } else if (this.#lookup !== undefined) {
      askLookup(this.#lookup, host, this.#wishes, (error, found) => this.#found(error, found));
    } else {
      this.#names = new AbortController();
      const { signal } = this.#names;
      lookUp(this.#stack, host, this.#wishes, signal, (error, found) => this.#found(error, found));
    }
  }

  ref(refd: boolean): void {
    this.#refd = refd;
    const wanted = refd && !this.#over;
    if (wanted === this.#held) return;
    this.#held = wanted;
    if (wanted) this.#stack.hold();
    else this.#stack.release();
  }

  /** The socket is destroyed. */
  cancel(): void {
    if (this.#over) return;
    this.#end();
    this.#names?.abort();
    this.#attempt?.cancel();
  }

  stackCloses(gently: boolean): void {
    if (gently || this.#over) return;
    const { address = String(this.#host) } = this.#attempt?.target ?? {};
    this.#user.unconnected(peerError('ENETDOWN', 'connect', address, this.#port));
  }

  #end(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.ref(this.#refd);
    this.#stack.leave(this);
  }

  #fail(error: Error): void {
    process.nextTick(() => {
      if (!this.#over) this.#user.unconnected(error);
    });
  }

  // Names

  #found(error: Error | undefined, found: readonly Found[]): void {
    const host = this.#host;
    if (error !== undefined) {
      if (this.#over && this.#wishes.all) return;
      this.#user.emit('lookup', error, undefined, undefined, host);
      if (!this.#over) this.#fail(error);
      return;
    }
    const valid: Destination[] = [];
    for (const { address, family } of found) {
      if (this.#over && this.#wishes.all) return;
      this.#user.emit('lookup', null, address, family, host);
      if (this.#over) return;
      if (typeof address === 'string' && isIP(address) !== 0 && (family === 4 || family === 6)) {
        valid.push({ address, family });
      }
    }
    this.#destinations = takingTurns(valid);
    const [first] = this.#destinations;
    if (first === undefined) this.#fail(this.#invalid(found[0]));
    else if (this.#destinations.length === 1) this.#try(first);
    else {
      this.#user.autoSelectFamilyAttemptedAddresses = [];
      this.#tryNext();
    }
  }

  #invalid(first: Found | undefined): Error {
    const address = first?.address;
    if (typeof address !== 'string' || isIP(address) === 0) return invalidAddress(address);
    return invalidFamily(first?.family, this.#host, this.#port);
  }

  // One address

  #try(destination: Destination): void {
    if (this.#over) return;
    const attempt = this.#begin(destination);
    const unbound = attempt.bindError();
    if (unbound !== undefined) {
      this.#user.unconnected(unbound);
      return;
    }
    this.#announce(attempt);
    const error = this.#over ? undefined : attempt.begin();
    if (error !== undefined) this.#user.unconnected(error);
  }

  #begin({ address, family }: Destination): Attempt {
    const early = this.#fastOpen ? this.#user.earlyText : undefined;
    const target = { address, family, port: this.#port, early, ...this.#local };
    const attempt = new Attempt(this.#stack, target, this);
    this.#attempt = attempt;
    return attempt;
  }

  #announce({ target }: Attempt): void {
    this.#user.emit('connectionAttempt', target.address, target.port, target.family);
  }

  succeeded(attempt: Attempt, tcp: TcpSocket): void {
    this.#end();
    this.#user.connected(this.#stack, tcp, attempt.mapped, attempt.early);
  }

  failed({ target }: Attempt, error: SystemError): void {
    clearTimeout(this.#timer);
    const { address, port, family } = target;
    this.#user.emit('connectionAttemptFailed', address, port, family, error);
    if (this.#over) return;
    if (this.#destinations.length < 2) {
      this.#user.unconnected(error);
      return;
    }
    this.#errors.push(error);
    this.#tryNext();
  }

  // Several addresses

  #tryNext(): void {
    const destination = this.#destinations[this.#tried];
    if (destination === undefined) {
      this.#user.unconnected(attemptsError(this.#errors));
      return;
    }
    this.#tried += 1;
    const attempt = this.#begin(destination);
    const { address } = destination;
    this.#user.autoSelectFamilyAttemptedAddresses.push(`${address}:${this.#port}`);
    const unbound = attempt.bindError();
    if (unbound !== undefined) {
      this.#errors.push(unbound);
      this.#tryNext();
      return;
    }
    this.#announce(attempt);
    if (this.#over) return;
    const error = attempt.begin();
    if (error !== undefined) this.failed(attempt, error);
    else if (this.#tried < this.#destinations.length) this.#giveTime(attempt);
  }

  #giveTime(attempt: Attempt): void {
    this.#timer = setTimeout(() => {
      const { address, port, family } = attempt.target;
      this.#user.emit('connectionAttemptTimeout', address, port, family);
      this.#errors.push(attempt.error('ETIMEDOUT'));
      attempt.cancel();
      if (!this.#over) this.#tryNext();
    }, this.#attemptTimeout);
  }
}

function pathOf(path: unknown): string | undefined {
  if (path === undefined || path === null || path === '') return undefined;
  checkString(path, 'options.path');
  return path;
}

function checkLocal(address: unknown): asserts address is string {
  if (typeof address !== 'string' || isIP(address) === 0) throw invalidAddress(address);
}

function destinationPort(port: unknown): number {
  if (port === undefined) return 0;
  if (typeof port === 'number' || typeof port === 'string') return portOf(port, 'Port');
  throw invalidArgType('options.port', 'one of type number or string', port);
}

function attemptTimeout(wish: unknown, usual: number): number {
  if (wish === undefined) return usual;
  checkPositive(wish, 'options.autoSelectFamilyAttemptTimeout');
  return Math.max(wish, SHORTEST_ATTEMPT);
}
