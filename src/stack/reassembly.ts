/**
 * Fragments that come in: RFC 791 §3.2, RFC 8200 §4.5, with RFC 5722 for both versions. Fragments are
 * copied into memory that cannot grow; who fills it pushes out his own first (ADR-0016).
 */
import type { IpHeader } from '../wire/ip-header.ts';
import { ipHeaderLength, writeIp } from '../wire/ip.ts';
import { holdsHeaderChain } from '../wire/ipv6-fragment.ts';
import type { Counters } from './counters.ts';
import { FragmentBlocks, MOST_BLOCKS } from './fragment-blocks.ts';
import { Incomplete, type Unfit } from './incomplete.ts';
import type { NetworkInterface } from './interface.ts';

const TIMEOUT = { 4: 30_000, 6: 60_000 } as const; // ms: as deployed, ADR-0016; RFC 8200 §4.5
const MOST_DATAGRAMS = 64;
const MOST_PER_SOURCE = MOST_DATAGRAMS / 4;
const MOST_BLOCKS_PER_SOURCE = MOST_BLOCKS / 4;
const MAX_HEADER = 40; // octets of what is written before the text
const MAX_TEXT = 65_535; // octets

export type FragmentDrop =
  | Unfit
  | 'fragment-duplicate' //  all of it was here before
  | 'fragment-abandoned' //  of a datagram that can never be whole (RFC 8200 §4.5)
  | 'fragment-headers' //    a first fragment without all headers (RFC 7112 §5)
  | 'fragment-room'; //      larger than what a single source may use

/** The first fragment as it came, of a datagram whose others did not come in time. */
export type Expired = (
  now: number,
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  iface: NetworkInterface | undefined,
) => void;

export class Reassembly {
  /** The datagram that `add` found whole, from 0 to `end`; good until the next call. */
  readonly ip: IpHeader;
  end = 0;
  /** All links that its fragments came over vouched for checksums. */
  verified = false;
  #bytes: Uint8Array | undefined = undefined;
  #view: DataView | undefined = undefined;
  readonly #blocks: FragmentBlocks = new FragmentBlocks();
  readonly #incomplete: Incomplete[] = []; // in the order in which they began
  readonly #spare: Incomplete[] = [];
  readonly #counters: Counters;
  readonly #expired: Expired;
  #next = Infinity;

  /** `header` is a room for the header of what is whole. */
  constructor(header: IpHeader, counters: Counters, expired: Expired) {
    this.ip = header;
    this.#counters = counters;
    this.#expired = expired;
  }

  /** Where the whole datagram lies. */
  get bytes(): Uint8Array {
    return (this.#bytes ??= new Uint8Array(MAX_HEADER + MAX_TEXT));
  }

  get view(): DataView {
    return (this.#view ??= new DataView(this.bytes.buffer));
  }

  /** Datagrams that wait for fragments, those given up included. */
  get waiting(): number {
    return this.#incomplete.length;
  }

  /** Octets of memory that fragments take, never more than 1 MiB. */
  get octets(): number {
    return this.#blocks.octets;
  }

  /**
   * A fragment for this host that came over `iface`, of which `ip` is the header as read from `bytes`. True: its datagram is
   * whole now, to be read again from `bytes`, `view` and `end` of this object. False: it was kept.
   */
  add(
    now: number,
    ip: IpHeader,
    bytes: Uint8Array,
    view: DataView,
    verified: boolean,
    iface: NetworkInterface | undefined,
  ): boolean | FragmentDrop {
    this.#counters['fragments-in']++;
    if (ip.version === 6 && ip.fragmentOffset === 0) {
      const { protocol, payloadStart, payloadEnd } = ip;
      if (!holdsHeaderChain(view, protocol, payloadStart, payloadEnd)) return 'fragment-headers';
    }
    let index = this.#find(ip);
    const known = index < 0 ? undefined : this.#incomplete[index];
    if (known?.abandoned === true) return 'fragment-abandoned';
    const datagram = known ?? this.#begin(now, ip);
    datagram.iface = iface;
    const refusal = datagram.refuses(ip, bytes, this.#blocks);
    if (refusal === 'duplicate') return 'fragment-duplicate';
    if (refusal !== undefined) return this.#abandon(datagram, refusal);
    if (!this.#makeRoom(datagram, ip)) return this.#abandon(datagram, 'fragment-room');
    datagram.keep(ip, bytes, verified, this.#blocks);
    if (!datagram.whole) return false;
    this.#assemble(datagram);
    index = this.#incomplete.indexOf(datagram);
    this.#remove(index);
    this.#counters.reassembled++;
    return true;
  }

  /** When to call timeout(), ms; Infinity for never. */
  nextTimeout(): number {
    return this.#next;
  }

  /** What is not whole by its deadline is given up. */
  timeout(now: number): void {
    if (now < this.#next) return;
    for (let i = 0; i < this.#incomplete.length;) {
      const datagram = this.#incomplete[i]!;
      if (datagram.deadline > now) {
        i++;
        continue;
      }
      if (!datagram.abandoned) {
        this.#counters['reassembly-timeouts']++;
        this.#tellExpired(now, datagram);
      }
      this.#remove(i);
    }
  }

  #find(ip: IpHeader): number {
    for (let i = 0; i < this.#incomplete.length; i++) {
      if (this.#incomplete[i]!.names(ip)) return i;
    }
    return -1;
  }

  #begin(now: number, ip: IpHeader): Incomplete {
    const mine = this.#oldestOfGreedy(ip);
    if (mine >= 0) this.#evict(mine);
    else if (this.#incomplete.length === MOST_DATAGRAMS) this.#evict(0);
    const datagram = this.#spare.pop() ?? new Incomplete();
    const deadline = now + TIMEOUT[ip.version];
    datagram.begin(ip, deadline);
    this.#incomplete.push(datagram);
    if (deadline < this.#next) this.#next = deadline;
    return datagram;
  }

  /** The oldest datagram of a source that has as many as one may have, else -1. */
  #oldestOfGreedy(ip: IpHeader): number {
    let oldest = -1;
    let count = 0;
    for (let i = this.#incomplete.length - 1; i >= 0; i--) {
      if (!this.#incomplete[i]!.isFrom(ip)) continue;
      oldest = i;
      count++;
    }
    return count < MOST_PER_SOURCE ? -1 : oldest;
  }

  /** Frees blocks for a fragment of `datagram`: those of its own source first, then the oldest. */
  #makeRoom(datagram: Incomplete, ip: IpHeader): boolean {
    const needs = datagram.needs(ip);
    if (needs === 0) return true;
    let own = 0;
    for (const other of this.#incomplete) if (other.isFrom(ip)) own += other.blockCount;
    for (let i = 0; own + needs > MOST_BLOCKS_PER_SOURCE && i < this.#incomplete.length;) {
      const other = this.#incomplete[i]!;
      if (other === datagram || other.blockCount === 0 || !other.isFrom(ip)) {
        i++;
        continue;
      }
      own -= other.blockCount;
      this.#evict(i);
    }
    for (let i = 0; this.#blocks.free < needs && i < this.#incomplete.length;) {
      const other = this.#incomplete[i]!;
      if (other === datagram || other.blockCount === 0) i++;
      else this.#evict(i);
    }
    return this.#blocks.free >= needs;
  }

  #evict(index: number): void {
    if (!this.#incomplete[index]!.abandoned) this.#counters['reassembly-evicted']++;
    this.#remove(index);
  }

  /** Its octets go at once; that it was here is known until its time is over. */
  #abandon<T extends FragmentDrop>(datagram: Incomplete, why: T): T {
    datagram.abandoned = true;
    datagram.release(this.#blocks);
    return why;
  }

  #remove(index: number): void {
    const list = this.#incomplete;
    const gone = list[index]!;
    gone.release(this.#blocks);
    gone.iface = undefined;
    for (let i = index + 1; i < list.length; i++) list[i - 1] = list[i]!;
    list.pop();
    this.#spare.push(gone);
    this.#next = Infinity;
    for (const { deadline } of list) if (deadline < this.#next) this.#next = deadline;
  }

  /** The datagram without options and extension headers of the fragments; nobody reads those again. */
  #assemble(datagram: Incomplete): void {
    const { ip, bytes } = this;
    const start = ipHeaderLength(datagram.version);
    ip.version = datagram.version;
    ip.src0 = datagram.src0;
    ip.src1 = datagram.src1;
    ip.src2 = datagram.src2;
    ip.src3 = datagram.src3;
    ip.dst0 = datagram.dst0;
    ip.dst1 = datagram.dst1;
    ip.dst2 = datagram.dst2;
    ip.dst3 = datagram.dst3;
    ip.protocol = datagram.nextHeader;
    ip.ttl = datagram.ttl;
    ip.tos = datagram.tos;
    ip.id = datagram.id;
    ip.dontFragment = false;
    ip.moreFragments = false;
    ip.fragmentOffset = 0;
    ip.flowLabel = datagram.flowLabel;
    datagram.read(bytes, start, datagram.length, this.#blocks);
    writeIp(this.view, start, ip, datagram.length);
    this.end = start + datagram.length;
    this.verified = datagram.verified;
  }

  /** RFC 792, RFC 4443 §3.3: an error only if the first fragment is here, to quote it. */
  #tellExpired(now: number, datagram: Incomplete): void {
    const { headers, head, firstLength } = datagram;
    if (headers === 0 || headers > head.length) return;
    const { bytes } = this;
    const text = Math.min(firstLength, bytes.length - headers);
    bytes.set(head.subarray(0, headers));
    datagram.read(bytes, headers, text, this.#blocks);
    this.#expired(now, bytes, this.view, 0, headers + text, datagram.iface);
  }
}
