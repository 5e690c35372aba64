/** What a host is made of, who watches it, and what works inside it. */
import type { Cidr } from '../wire/address.ts';
import type { Seq } from '../wire/seq.ts';
import type { TcpDefaults } from '../tcp/options.ts';
import type { State } from '../tcp/state.ts';
import type { TraceEvent } from '../tcp/trace.ts';
import type { LinkLayerMaker } from './link-layer-home.ts';
import type { PacketEvent } from './packet-event.ts';
import type { TcpSocket } from './tcp-socket.ts';

export interface HostOptions {
  readonly name: string;
  /**
   * With these the host has one interface that carries IP datagrams, `ip0`, to which flush() and
   * packetArrives() belong when they name none, and all others are behind it. Absent: only `lo`.
   */
  readonly addresses?: readonly Cidr[];
  /** 16 octets of entropy or more: keys of RFC 6528, RFC 6056 and the tables come from it. */
  readonly secret: Uint8Array;
  /** Octets of the largest datagram of that interface, 68 to 65535. Default 1500. */
  readonly mtu?: number;
  /** Defaults of all connections. */
  readonly tcp?: Partial<TcpDefaults>;
  /** Replaces RFC 6528, for ladders. */
  readonly nextIss?: (now: number) => Seq;
  /** Replaces what the clocks of timestamps are off (RFC 7323 §5.4), an int32; for ladders. */
  readonly timestampOffset?: number;
  /** Replaces RFC 6056, for ladders. */
  readonly nextPort?: () => number;
  /** Makes what sits between IP and the link of each Ethernet interface. Default: `ethernetPort`. */
  readonly linkLayer?: LinkLayerMaker;
  /** Segments of all connections that recentSegments() of sockets can tell of. Default 256. */
  readonly history?: number;
  readonly observer?: HostObserver;
}

/** Must call nothing of the host from inside. */
export interface HostObserver {
  /** Each datagram in and out; the event is reused, valid during the call. */
  packet?(event: PacketEvent): void;
  transition?(now: number, socket: TcpSocket, from: State, to: State): void;
  /** All that changes in each connection, in order. When it is there it costs some microseconds a segment. */
  trace?(now: number, socket: TcpSocket, event: TraceEvent): void;
}

/** A part of the host with deadlines and things to send of its own. */
export interface HostPart {
  timeout(now: number): void;
  /** ms, Infinity for never. */
  nextTimeout(): number;
  flush(now: number): void;
}
