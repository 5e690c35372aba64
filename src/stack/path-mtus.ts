/**
 * What paths take, as "too big" errors told: RFC 1191 §3, §6.3 and §7, RFC 8201 §4 and §5.3. One
 * number for each destination, lowered by errors that somebody here believed, and forgotten after
 * ten minutes, so that a path that became wider is noticed.
 */
import type { Counters } from './counters.ts';
import type { SipHash } from './siphash.ts';

/** No error lowers a path below: Linux's net.ipv4.route.min_pmtu; IPv6's least link, RFC 8200 §5. */
export const LEAST_PATH_MTU = { 4: 552, 6: 1280 } as const; // octets

const LIFETIME = 600_000; // ms: RFC 1191 §6.3 and RFC 8201 §4 recommend ten minutes
const MOST_PATHS = 1024; // the one that was lowered longest ago makes room

/** RFC 1191 §7.1, table 7-1: sizes worth trying when a router does not say. */
const PLATEAUS = [32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296] as const;

class Known {
  readonly family: number;
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  mtu: number;
  until: number;

  constructor(
    family: number,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    mtu: number,
    until: number,
  ) {
    this.family = family;
    this.w0 = w0;
    this.w1 = w1;
    this.w2 = w2;
    this.w3 = w3;
    this.mtu = mtu;
    this.until = until;
  }
}

export class PathMtus {
  readonly #sip: SipHash;
  readonly #counters: Counters;
  readonly #changed: () => void;
  /** By a keyed hash, the one lowered longest ago first. A collision forgets one of the two. */
  readonly #known: Map<number, Known> = new Map();
  readonly #words: Int32Array = new Int32Array(4);
  #next = Infinity;

  /** `changed` is called when an answer may have become another. */
  constructor(sip: SipHash, counters: Counters, changed: () => void) {
    this.#sip = sip;
    this.#counters = counters;
    this.#changed = changed;
  }

  /** Destinations whose path takes less than the link. */
  get size(): number {
    return this.#known.size;
  }

  /** Octets of the largest datagram to that destination over a link that takes `linkMtu`. */
  mtu(family: number, w0: number, w1: number, w2: number, w3: number, linkMtu: number): number {
    if (this.#known.size === 0) return linkMtu;
    const known = this.#known.get(this.#hash(w0, w1, w2, w3));
    return known !== undefined && names(known, family, w0, w1, w2, w3) && known.mtu < linkMtu
      ? known.mtu
      : linkMtu;
  }

  /** The path there takes `mtu` octets; never more than is known. Says whether that is news. */
  lowered(
    now: number,
    family: number,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    mtu: number,
  ): boolean {
    const hash = this.#hash(w0, w1, w2, w3);
    const known = this.#known.get(hash);
    if (known !== undefined && names(known, family, w0, w1, w2, w3) && known.mtu <= mtu) {
      return false;
    }
    this.#known.delete(hash);
    if (this.#known.size === MOST_PATHS) this.#forgetOldest();
    this.#known.set(hash, new Known(family, w0, w1, w2, w3, mtu, now + LIFETIME));
    if (now + LIFETIME < this.#next) this.#next = now + LIFETIME;
    this.#counters['path-mtu-lowered']++;
    this.#changed();
    return true;
  }

  /** When to call timeout(), ms; Infinity for never. */
  nextTimeout(): number {
    return this.#next;
  }

  timeout(now: number): void {
    if (now < this.#next) return;
    for (const [hash, { until }] of this.#known) {
      if (until > now) break; // the others were lowered later
      this.#known.delete(hash);
    }
    this.#next = Infinity;
    for (const { until } of this.#known.values()) {
      this.#next = until;
      break;
    }
    this.#changed();
  }

  #forgetOldest(): void {
    for (const hash of this.#known.keys()) {
      this.#known.delete(hash);
      return;
    }
  }

  #hash(w0: number, w1: number, w2: number, w3: number): number {
    const words = this.#words;
    words[0] = w0;
    words[1] = w1;
    words[2] = w2;
    words[3] = w3;
    return this.#sip.hash(words, 16);
  }
}

/**
 * What a "too big" error claims a path takes, within bounds. `mtu` is what it says, 0 when it does
 * not; `length` the size of the datagram that it quotes. Undefined: no such error can be right, for
 * the datagram would have got through (RFC 5927 §7.2), or IPv6 takes so much anywhere (RFC 8021).
 */
export function claimedMtu(version: 4 | 6, mtu: number, length: number): number | undefined {
  const said = version === 4 && mtu === 0 ? plateauBelow(length) : mtu;
  const claimed = Math.max(said, LEAST_PATH_MTU[version]);
  return claimed < length ? claimed : undefined;
}

/** RFC 1191 §5: a router that does not say; the next smaller of the sizes that are in use. */
function plateauBelow(length: number): number {
  for (const size of PLATEAUS) if (size < length) return size;
  return 0;
}

function names(
  known: Known,
  family: number,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
): boolean {
  return (
    known.w3 === w3 &&
    known.w2 === w2 &&
    known.w1 === w1 &&
    known.w0 === w0 &&
    known.family === family
  );
}
