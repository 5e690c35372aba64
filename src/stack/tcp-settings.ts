/**
 * The options of a host's connections: what the user wants, and what only the host knows (RFC 9293
 * §3.7.1: MMS_R, MMS_S and the default send MSS of the family). Connections with equal wishes share
 * one object.
 */
import { BlockPool } from '../tcp/block-pool.ts';
import { controllerFor } from '../tcp/congestion/controllers.ts';
import { checkRanges } from '../tcp/option-ranges.ts';
import { TcpOptions, type TcpDefaults } from '../tcp/options.ts';
import { RecordPool } from '../tcp/record-pool.ts';
import { PROFILES, TCP_DEFAULTS } from '../tcp/profiles.ts';
import type { Family } from '../wire/address.ts';
import { ipHeaderLength } from '../wire/ip.ts';
import { TCP_HEADER } from '../wire/tcp.ts';
import { LEAST_PATH_MTU } from './path-mtus.ts';

const DEFAULT_SEND_MSS = { 4: 536, 6: 1220 } as const; // octets, MUST-15

/** Octets beside the headers that a link must take: 40 of options and a little text (RFC 9293 §3.1). */
const ROOM_FOR_OPTIONS = 48;

/** Smaller ones carry nothing but the MSS option: a SYN would not fit, or no text beside it. */
const WITHOUT_OPTIONS: Partial<TcpDefaults> = {
  windowScaling: false,
  timestamps: false,
  sack: false,
  ecn: 'off',
  fastOpen: 'off',
  userTimeoutOption: false,
};

/** Under MTU << 3 | family. */
type PerPath = Map<number, TcpOptions>;

export class TcpSettings {
  readonly #defaults: TcpDefaults;
  readonly #pool: BlockPool = new BlockPool();
  readonly #records: RecordPool = new RecordPool();
  readonly #shared: PerPath = new Map();
  readonly #special: WeakMap<object, PerPath> = new WeakMap();

  /** @throws RangeError when a number of `tcp` is out of its range. */
  constructor(tcp: Partial<TcpDefaults> | undefined) {
    if (tcp !== undefined) checkRanges(tcp);
    this.#defaults = { ...profileOf(tcp, TCP_DEFAULTS), ...sizesOf(tcp), ...tcp };
  }

  /**
   * The options of a connection over `family` and an interface whose datagrams have `mtu` octets at
   * most; `wishes` go before the host's.
   */
  options(family: Family, wishes: Partial<TcpDefaults> | undefined, mtu: number): TcpOptions {
    const cache = wishes === undefined ? this.#shared : this.#cacheOf(wishes);
    const key = (mtu << 3) | family;
    let options = cache.get(key);
    if (options === undefined) {
      options = this.#make(family, wishes, mtu);
      cache.set(key, options);
    }
    return options;
  }

  #cacheOf(wishes: Partial<TcpDefaults>): PerPath {
    let cache = this.#special.get(wishes);
    if (cache === undefined) {
      cache = new Map();
      this.#special.set(wishes, cache);
    }
    return cache;
  }

  #make(family: Family, wishes: Partial<TcpDefaults> | undefined, mtu: number): TcpOptions {
    const mss = mtu - ipHeaderLength(family) - TCP_HEADER;
    const all = { ...profileOf(wishes, this.#defaults), ...sizesOf(wishes), ...wishes };
    if (mss < ROOM_FOR_OPTIONS) Object.assign(all, WITHOUT_OPTIONS);
    return new TcpOptions({
      ...all,
      minSendMss: Math.min(all.minSendMss, mss), // no floor lifts a segment above the MTU
      receiveBuffer: Math.min(all.receiveBuffer, all.receiveBufferMax),
      sendBuffer: Math.min(all.sendBuffer, all.sendBufferMax),
      receiveMss: mss,
      defaultSendMss: DEFAULT_SEND_MSS[family],
      pathMss: mss,
      leastPathMss: LEAST_PATH_MTU[family] - ipHeaderLength(family) - TCP_HEADER,
      congestion: (connection) => controllerFor(all.congestionControl, all, connection),
      pool: this.#pool,
      records: this.#records,
    });
  }
}

/** Who names the size of a buffer gets just that, as with SO_RCVBUF: it does not grow by itself. */
function sizesOf(wishes: Partial<TcpDefaults> | undefined): Partial<TcpDefaults> {
  const sizes: { receiveBufferMax?: number; sendBufferMax?: number } = {};
  const { receiveBuffer, sendBuffer } = wishes ?? {};
  if (receiveBuffer !== undefined) sizes.receiveBufferMax = receiveBuffer;
  if (sendBuffer !== undefined) sizes.sendBufferMax = sendBuffer;
  return sizes;
}

/** Who names a profile begins with all of it. */
function profileOf(wishes: Partial<TcpDefaults> | undefined, otherwise: TcpDefaults): TcpDefaults {
  return wishes?.profile === undefined ? otherwise : PROFILES[wishes.profile];
}
