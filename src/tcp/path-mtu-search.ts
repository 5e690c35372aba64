/**
 * The search of packetization layer path MTU discovery: RFC 4821 §7 under its names. What the path
 * takes lies from search_low to search_high; probes in between narrow that down. All sizes are octets
 * of text in a segment, so search_low is the MSS in use.
 */
import { lt, ZERO, type Seq } from '../wire/seq.ts';

const PRECISE_ENOUGH = 8; // octets between search_low and search_high; Linux's tcp_probe_threshold
const AGAIN_AFTER = 600_000; // ms until a path is asked whether it takes more now: RFC 4821 §7.6.2

export class PathMtuSearch {
  /** The largest size known to arrive. */
  searchLow: number;
  /** No probe is larger. */
  searchHigh: number;
  /** Size of the probe under way, 0 for none. */
  probeSize = 0;
  /** SEG.SEQ of the probe under way. */
  probeSeq: Seq = ZERO;
  #limit: number; // search_high of a new search
  #tried = false; // search_high itself
  #again = Infinity; // when search_high is looked for anew, ms
  #pauseUntil: Seq | undefined = undefined; // no probe before this is acknowledged

  /** Sizes from `searchLow`, which is taken to arrive, to `limit` are looked for. */
  constructor(searchLow: number, limit: number) {
    this.searchLow = searchLow;
    this.searchHigh = limit;
    this.#limit = limit;
  }

  /** The size to probe next, 0 when nothing is to be found out now (§7.3). */
  nextProbe(now: number, una: Seq): number {
    if (this.probeSize > 0) return 0;
    if (this.#pauseUntil !== undefined) {
      if (lt(una, this.#pauseUntil)) return 0;
      this.#pauseUntil = undefined;
    }
    if (now >= this.#again) this.#begin();
    const { searchLow, searchHigh } = this;
    if (searchHigh - searchLow < PRECISE_ENOUGH) {
      if (this.#again === Infinity) this.#again = now + AGAIN_AFTER;
      if (searchHigh === searchLow || this.#tried) return 0;
    }
    // Most paths take all that the link does (§7.3), so that is tried before the middle.
    return this.#tried ? (searchLow + searchHigh + 1) >> 1 : searchHigh;
  }

  probeSent(size: number, seq: Seq): void {
    this.probeSize = size;
    this.probeSeq = seq;
    this.#tried = true;
  }

  /** §7.6.1: the probe was acknowledged. */
  probeSucceeded(): void {
    this.searchLow = this.probeSize;
    this.probeSize = 0;
  }

  /** §7.6.2: the probe was lost, and nothing else. The next one waits until `nxt` is acknowledged. */
  probeFailed(nxt: Seq): void {
    this.searchHigh = Math.max(this.searchLow, this.probeSize - 1);
    this.probeSize = 0;
    this.#pauseUntil = nxt;
  }

  /** §7.6.4: the probe was lost, and others with it: that says nothing about its size. */
  probeInconclusive(nxt: Seq): void {
    if (this.probeSize === this.searchHigh) this.#tried = false;
    this.probeSize = 0;
    this.#pauseUntil = nxt;
  }

  /** §7.6.3: "too big" says what the path takes; a probe that is larger is lost. */
  tooBig(size: number): void {
    this.searchHigh = size;
    if (this.searchLow > size) this.searchLow = size;
    if (this.probeSize > size) this.probeSize = 0;
    this.#tried = false;
  }

  /** §7.7: segments of search_low do not arrive. What the path takes is `size` now, for all we know. */
  fullStop(size: number, nxt: Seq): void {
    this.searchLow = size;
    this.probeInconclusive(nxt);
    this.#begin();
  }

  /** The link or the peer takes so much now. */
  limitIs(size: number): void {
    this.#limit = size;
    if (size > this.searchHigh) this.#begin();
    else this.tooBig(size);
  }

  #begin(): void {
    this.searchHigh = this.#limit;
    this.#tried = false;
    this.#again = Infinity;
  }
}

/** An error "too big" that waits for a timeout: RFC 5927 §7.2. */
export interface DoubtfulError {
  readonly seq: Seq;
  readonly mss: number;
}

/** What of path MTU discovery only some connections need. */
export class PathMtu {
  search: PathMtuSearch | undefined = undefined;
  doubtful: DoubtfulError | undefined = undefined;
  /** Octets beyond cwnd that may leave, so that a lost probe is noticed and sent again (RFC 3042). */
  spare = 0;
  /** An error was believed that the host has not heard of. */
  news = false;
  /** With the first of the timeouts in a row a segment was lost that every path takes. */
  smallerLost = false;
  /** Octets of text in what is sent again at most, 0: as ever. Whether those get through is to be seen. */
  trial = 0;
  /** They did, and nothing larger since. */
  smallerArrived = false;
}
