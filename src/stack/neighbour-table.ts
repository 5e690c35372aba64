/**
 * All neighbours of an interface, both families: a keyed hash table of bounded size. Whoever makes up
 * addresses to fill it (RFC 6583) costs those that are not reachable first, the oldest before others.
 */
import type { Family } from '../wire/address.ts';
import type { KeyedRandom } from './keyed-random.ts';
import { Neighbour } from './neighbour.ts';

/** Linux's gc_thresh3. */
export const MOST_NEIGHBOURS = 1024;

/** Of those, how many may be asked for at a time: a scan leaves the rest alone. */
export const MOST_INCOMPLETE = 256;

const BUCKETS = 1024; // a power of two

export class NeighbourTable {
  /** In no order. */
  readonly list: Neighbour[] = [];
  readonly #buckets: (Neighbour | undefined)[] = new Array<undefined>(BUCKETS).fill(undefined);
  readonly #k0: number;
  readonly #k1: number;

  constructor(random: KeyedRandom) {
    this.#k0 = random.word();
    this.#k1 = random.word() | 1;
  }

  find(family: number, w0: number, w1: number, w2: number, w3: number): Neighbour | undefined {
    let n = this.#buckets[this.#hash(w0, w1, w2, w3)];
    while (n !== undefined && !n.is(family, w0, w1, w2, w3)) n = n.chained;
    return n;
  }

  /** One that is not in it yet; make room first. */
  add(family: Family, w0: number, w1: number, w2: number, w3: number): Neighbour {
    const n = new Neighbour(family, w0, w1, w2, w3);
    const bucket = this.#hash(w0, w1, w2, w3);
    n.chained = this.#buckets[bucket];
    this.#buckets[bucket] = n;
    n.place = this.list.length;
    this.list.push(n);
    return n;
  }

  remove(n: Neighbour): void {
    const last = this.list.pop();
    if (last !== undefined && last !== n) {
      this.list[n.place] = last;
      last.place = n.place;
    }
    const bucket = this.#hash(n.w0, n.w1, n.w2, n.w3);
    let before = this.#buckets[bucket];
    if (before === n) this.#buckets[bucket] = n.chained;
    while (before !== undefined && before.chained !== n) before = before.chained;
    if (before !== undefined) before.chained = n.chained;
    n.chained = undefined;
    n.place = -1;
  }

  /** Who has to go so that one more fits; undefined when there is room. */
  victim(incomplete: boolean): Neighbour | undefined {
    if (this.list.length >= MOST_NEIGHBOURS) return this.#leastWanted(false);
    if (!incomplete) return undefined;
    let count = 0;
    for (const n of this.list) if (n.state === 'INCOMPLETE') count++;
    return count < MOST_INCOMPLETE ? undefined : this.#leastWanted(true);
  }

  #leastWanted(incompleteOnly: boolean): Neighbour | undefined {
    let found: Neighbour | undefined;
    let foundRank = Infinity;
    for (const n of this.list) {
      if (incompleteOnly && n.state !== 'INCOMPLETE') continue;
      const rank = n.isRouter ? 2 : n.state === 'REACHABLE' ? 1 : 0;
      const better = rank < foundRank || (rank === foundRank && n.usedAt < found!.usedAt);
      if (!better) continue;
      found = n;
      foundRank = rank;
    }
    return found;
  }

  #hash(w0: number, w1: number, w2: number, w3: number): number {
    let h = Math.imul(w3 ^ this.#k0, this.#k1);
    h = Math.imul(h ^ (h >>> 15) ^ w2, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13) ^ w1, 0xc2b2ae35);
    h = Math.imul(h ^ (h >>> 16) ^ w0, this.#k1);
    return (h ^ (h >>> 15)) & (BUCKETS - 1);
  }
}
