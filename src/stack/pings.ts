/**
 * Echo requests of our own: RFC 792, RFC 1122 §3.2.2.6, RFC 4443 §4.1. A ping is a small socket: it has
 * an identifier, sends requests, and hears of replies and errors that name it.
 */
import { isMulticast, printAddress, sameAddress, type IpAddress } from '../wire/address.ts';
import type { IcmpMessage, Quoted } from '../wire/icmp.ts';
import type { IpHeader } from '../wire/ip-header.ts';
import { refuse, type HostRefusal } from './host-refusal.ts';
import type { NetworkInterface } from './interface.ts';
import type { IpOut } from './ip-out.ts';
import type { LocalAddresses } from './local-addresses.ts';
import type { Replies } from './replies.ts';
import { DEFAULT_TTL } from './tcp-socket.ts';

export interface PingReply {
  readonly sequence: number;
  readonly from: IpAddress;
  /** Time to Live or Hop Limit with which it came. */
  readonly ttl: number;
  /** The data, a copy. */
  readonly data: Uint8Array;
}

export interface PingError {
  readonly sequence: number;
  /** In words: 'time to live exceeded', 'host unreachable'. */
  readonly reason: string;
  /** Who says so. */
  readonly from: IpAddress;
}

export interface PingOptions {
  readonly remote: IpAddress;
  /** Default: chosen for the remote address. */
  readonly local?: IpAddress | undefined;
  readonly iface?: NetworkInterface | undefined;
  /** 1 to 255, default 64. */
  readonly ttl?: number | undefined;
  /** From inside packetArrives(). */
  readonly onReply?: ((now: number, reply: PingReply) => void) | undefined;
  readonly onError?: ((now: number, error: PingError) => void) | undefined;
}

const MOST_PINGS = 1024;
const NOTHING = new Uint8Array(0);

export class Ping {
  readonly identifier: number;
  readonly local: IpAddress;
  readonly remote: IpAddress;
  readonly iface: NetworkInterface | undefined;
  /** Of requests from now on. */
  ttl: number;
  onReply: PingOptions['onReply'];
  onError: PingOptions['onError'];
  readonly #replies: Replies;
  readonly #onClose: (ping: Ping) => void;
  #sequence = 0;

  constructor(
    identifier: number,
    local: IpAddress,
    options: PingOptions,
    replies: Replies,
    onClose: (ping: Ping) => void,
  ) {
    this.identifier = identifier;
    this.local = local;
    this.remote = options.remote;
    this.iface = options.iface;
    this.ttl = options.ttl ?? DEFAULT_TTL;
    this.onReply = options.onReply;
    this.onError = options.onError;
    this.#replies = replies;
    this.#onClose = onClose;
  }

  /**
   * One request with `data`, copied, leaves with the next flush. Answers its sequence number, -1 when
   * too many wait already.
   */
  send(data: Uint8Array = NOTHING): number {
    const reply = this.#replies.add();
    if (reply === undefined) return -1;
    const sequence = this.#sequence;
    this.#sequence = (sequence + 1) & 0xffff;
    reply.tuple.ofAddresses(this.local, 0, this.remote, 0);
    reply.iface = this.iface;
    reply.kind = 'echo-request';
    reply.data = data.slice();
    reply.identifier = this.identifier;
    reply.sequence = sequence;
    reply.tos = 0;
    reply.hops = this.ttl;
    reply.because = 'somebody asks for an echo';
    return sequence;
  }

  close(): void {
    this.#onClose(this);
  }
}

export class Pings {
  readonly #addresses: LocalAddresses;
  readonly #ipOut: IpOut;
  readonly #replies: Replies;
  readonly #open: Map<number, Ping> = new Map();
  #next: number;

  /** Identifiers begin at `first`. */
  constructor(addresses: LocalAddresses, ipOut: IpOut, replies: Replies, first: number) {
    this.#addresses = addresses;
    this.#ipOut = ipOut;
    this.#replies = replies;
    this.#next = first & 0xffff;
  }

  /** @throws RangeError when the TTL is out of its range. */
  open(now: number, options: PingOptions): Ping | HostRefusal {
    const { remote, iface, ttl = DEFAULT_TTL } = options;
    if (!Number.isInteger(ttl) || ttl < 1 || ttl > 255) {
      throw new RangeError(`ttl is ${ttl}, it must be an integer from 1 to 255`);
    }
    if (this.#open.size === MOST_PINGS) {
      return refuse('ports-exhausted', `${MOST_PINGS} pings are open: close some`);
    }
    const local = options.local ?? this.#ipOut.sourceFor(now, remote, iface);
    if (local === undefined || local.family !== remote.family) {
      return refuse('no-route', `no route to ${printAddress(remote)}: give the host one`);
    }
    const owned = this.#addresses.owned(local);
    if (owned === undefined) {
      return refuse('address-not-ours', `${printAddress(local)} is no address of this host`);
    }
    while (this.#open.has(this.#next)) this.#next = (this.#next + 1) & 0xffff;
    const identifier = this.#next;
    this.#next = (identifier + 1) & 0xffff;
    const ping = new Ping(identifier, owned, options, this.#replies, ({ identifier: id }) =>
      this.#open.delete(id),
    );
    this.#open.set(identifier, ping);
    return ping;
  }

  /** An echo reply has come; says whether somebody wanted it. */
  replied(
    now: number,
    ip: IpHeader,
    message: IcmpMessage,
    from: IpAddress,
    bytes: Uint8Array,
  ): boolean {
    const ping = this.#open.get(message.identifier);
    if (ping === undefined || !expects(ping, from)) return false;
    const { sequence, bodyStart, bodyEnd } = message;
    ping.onReply?.(now, { sequence, from, ttl: ip.ttl, data: bytes.slice(bodyStart, bodyEnd) });
    return true;
  }

  /** An error quotes an echo request; says whether it is one of ours. */
  failed(now: number, quoted: Quoted, from: IpAddress, reason: string): boolean {
    const ping = this.#open.get(quoted.sourcePort);
    if (ping === undefined || ping.remote.family !== quoted.ip.version) return false;
    const { dst0, dst1, dst2, dst3 } = quoted.ip;
    const { w0, w1, w2, w3 } = ping.remote;
    if (w3 !== dst3 || w2 !== dst2 || w1 !== dst1 || w0 !== dst0) return false;
    ping.onError?.(now, { sequence: quoted.destinationPort, reason, from });
    return true;
  }
}

/** What was sent to many may be answered by anybody. */
function expects(ping: Ping, from: IpAddress): boolean {
  const { family, w0, w1, w2, w3 } = ping.remote;
  return sameAddress(ping.remote, from) || isMulticast(family, w0, w1, w2, w3);
}
