/**
 * One side of a ladder: a host in the world, the one socket the ladder is about, and what left it
 * that no row has shown yet.
 */
import type { TcpDefaults } from '../../tcp/options.ts';
import type { TcpSignal } from '../../tcp/signals.ts';
import type { State } from '../../tcp/state.ts';
import type { Status } from '../../tcp/events/status.ts';
import type { Host, HostObserver } from '../../stack/host.ts';
import type { TcpSocket } from '../../stack/tcp-socket.ts';
import { readIp, IpHeader, Protocol } from '../../wire/ip.ts';
import { parseAddress, type IpAddress } from '../../wire/address.ts';
import { Segment } from '../../wire/segment.ts';
import { seq } from '../../wire/seq.ts';
import { readTcp } from '../../wire/tcp.ts';
import type { Call, Side } from './ast.ts';
import type { Flight } from '../network.ts';
import type { World } from '../world.ts';
import type { Route } from './forge.ts';
import { otherSide } from './segment-match.ts';

/** A segment in flight, taken apart. */
export interface SeenSegment {
  readonly flight: Flight;
  readonly seg: Segment;
  /** The rule by which it was sent, in the core's words. */
  readonly because: string;
  /** Of the side that sent it, once it had left. */
  readonly state: State;
}

const ADDRESSES = {
  4: { A: '192.0.2.1', B: '192.0.2.2' }, //     RFC 5737
  6: { A: '2001:db8::1', B: '2001:db8::2' }, // RFC 3849
} as const;
const PREFIX = { 4: 24, 6: 64 } as const;
const PORTS = { A: 1001, B: 2002 } as const;

export interface PeerSetup {
  readonly side: Side;
  readonly family: 4 | 6;
  readonly mtu: number;
  readonly tcp: Partial<TcpDefaults>;
  /** The next ISS, already shifted. */
  readonly nextIss: () => number;
  /** What the clock of its timestamps is off. */
  readonly timestampOffset: number;
  readonly observer: HostObserver | undefined;
}

export class Peer {
  readonly side: Side;
  readonly setup: PeerSetup;
  /** What left and no row has shown, oldest first. */
  readonly unshown: SeenSegment[] = [];
  /** Signals the user got and no row has asked for. */
  told: TcpSignal[] = [];
  lastSent: SeenSegment | undefined = undefined;
  /** What is known of each of its segments. */
  readonly seen: WeakMap<Flight, SeenSegment> = new WeakMap();
  socket: TcpSocket | undefined = undefined;
  readonly #world: World;
  #becauseSeen = ''; // what the host said of the last datagram: right where there is no TCB
  #host: Host;

  constructor(world: World, setup: PeerSetup) {
    this.#world = world;
    this.setup = setup;
    this.side = setup.side;
    this.#host = this.#boot();
  }

  /** All memory of connections is gone; what is in the network stays. */
  reboot(): void {
    this.socket = undefined;
    this.told = [];
    this.#host = this.#boot();
  }

  get state(): State {
    return this.socket === undefined ? 'CLOSED' : this.socket.state;
  }

  /** The rule that decided about the last segment, in the core's words. */
  get because(): string {
    const rule = this.socket?.tcbHeld?.tcb.because ?? '';
    return rule === '' ? this.#becauseSeen : rule;
  }

  /** STATUS, or undefined where there is no connection. */
  get status(): Status | undefined {
    const status = this.socket?.status();
    return typeof status === 'object' ? status : undefined;
  }

  /** From here to the other side. */
  get route(): Route {
    return routeFrom(this.side, this.setup.family);
  }

  departed(flight: Flight): void {
    const seg = segmentIn(flight.bytes);
    if (seg === undefined) return;
    this.lastSent = { flight, seg, because: this.because, state: this.state };
    this.seen.set(flight, this.lastSent);
    this.unshown.push(this.lastSent);
  }

  /** Carries out a user call; answers octets, `ok` or the RFC's sentence. */
  call(call: Call): number | string {
    const now = this.#world.now;
    switch (call.name) {
      case 'open':
        return this.#open(now, undefined);
      case 'fast open':
        return this.#open(now, new Uint8Array(call.octets));
      case 'listen':
        return this.#listen(now);
      case 'reboot':
        this.reboot();
        return 'ok';
      default:
    }
    const { socket } = this;
    if (socket === undefined) return 'error: connection does not exist';
    switch (call.name) {
      case 'close':
        return socket.close(now);
      case 'abort':
        return socket.abort(now);
      case 'release':
        return socket.release(now);
      case 'status': {
        const status = socket.status();
        return typeof status === 'string' ? status : 'ok';
      }
      case 'nodelay':
        socket.noDelay(call.on);
        return 'ok';
      case 'keepalive':
        socket.keepAlive(now, call.on);
        if (call.times !== undefined) socket.keepAliveTimes(now, call.times);
        return 'ok';
      case 'cork':
        socket.cork(call.on);
        return 'ok';
      case 'quickack':
        socket.quickAck(call.on);
        return 'ok';
      case 'maxseg':
        socket.maxSeg(call.octets);
        return 'ok';
      case 'user timeout':
        socket.userTimeout(now, call.ms);
        return 'ok';
      case 'send':
        return socket.send(now, new Uint8Array(call.octets), 0, call.octets, {
          push: call.push,
          urgent: call.urgent,
        });
      case 'receive': {
        const max = call.octets ?? MOST_OCTETS;
        return socket.receive(now, new Uint8Array(max), 0, max);
      }
    }
  }

  #open(now: number, fastOpen: Uint8Array | undefined): string {
    const { socket } = this;
    // Beside a connection in TIME-WAIT a new one may begin (RFC 6191 §2).
    if (socket !== undefined && !['CLOSED', 'TIME-WAIT'].includes(socket.state)) {
      return socket.open(now);
    }
    const { source, sourcePort, destination, destinationPort } = this.route;
    return this.#adopt(
      this.#host.open(now, {
        local: source,
        localPort: sourcePort,
        remote: destination,
        remotePort: destinationPort,
        fastOpen,
      }),
    );
  }

  #listen(now: number): string {
    // Beside a connection in TIME-WAIT a new one may be waited for (MAY-2).
    if (this.socket !== undefined && !['CLOSED', 'TIME-WAIT'].includes(this.socket.state)) {
      return 'error: connection already exists';
    }
    const { source, sourcePort, destination, destinationPort } = this.route;
    return this.#adopt(
      this.#host.openPassive(now, {
        local: source,
        localPort: sourcePort,
        remote: destination,
        remotePort: destinationPort,
      }),
    );
  }

  #adopt(opened: ReturnType<Host['open']>): string {
    if ('error' in opened) {
      const exists = opened.error === 'connection-exists';
      return `error: ${exists ? 'connection already exists' : opened.message}`;
    }
    this.socket = opened;
    opened.onSignal = (signal) => this.told.push(signal);
    return 'ok';
  }

  #boot(): Host {
    const { side, family, mtu, tcp, nextIss, timestampOffset, observer } = this.setup;
    return this.#world.addHost(side, {
      addresses: [`${ADDRESSES[family][side]}/${PREFIX[family]}`],
      mtu,
      tcp,
      nextIss: () => seq(nextIss()),
      timestampOffset,
      nextPort: () => PORTS[side],
      observer: {
        ...(observer?.transition === undefined
          ? {}
          : { transition: observer.transition.bind(observer) }),
        ...(observer?.trace === undefined ? {} : { trace: observer.trace.bind(observer) }),
        packet: (event) => {
          if (event.because !== '') this.#becauseSeen = event.because;
          observer?.packet?.(event);
        },
      },
    });
  }
}

const MOST_OCTETS = 1 << 20; // more than any receive buffer of a ladder

export function routeFrom(side: Side, family: 4 | 6): Route {
  const other = otherSide(side);
  return {
    source: addressOf(ADDRESSES[family][side]),
    sourcePort: PORTS[side],
    destination: addressOf(ADDRESSES[family][other]),
    destinationPort: PORTS[other],
  };
}

function addressOf(text: string): IpAddress {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  return address;
}

/** The TCP segment of a datagram; undefined for one that has none. */
export function segmentIn(bytes: Uint8Array): Segment | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = new IpHeader();
  if (readIp(header, view, 0, bytes.length) !== undefined) return undefined;
  if (header.protocol !== Protocol.TCP) return undefined;
  const seg = new Segment();
  const drop = readTcp(seg, bytes, view, header.payloadStart, header.payloadEnd);
  return drop === undefined ? seg : undefined;
}
