/**
 * Which connection a segment belongs to, in constant time: open addressing with linear probing over
 * two Int32Arrays, at most half full. The hash is keyed, so that nobody can choose addresses and
 * ports that collide. bench/micro.ts compares it with Maps.
 */
import type { FourTuple } from './four-tuple.ts';
import type { Keys } from './keys.ts';

const FIRST_CAPACITY = 64; // a power of two

/** A table of positive and negative numbers; 0 stands for none. */
export class Demux {
  /** Occupied places. */
  count = 0;
  mask: number = FIRST_CAPACITY - 1;
  hashes: Int32Array = new Int32Array(FIRST_CAPACITY);
  codes: Int32Array = new Int32Array(FIRST_CAPACITY);
  readonly #k0: number;
  readonly #k1: number;
  readonly #k2: number;

  constructor(keys: Keys) {
    this.#k0 = keys.word();
    this.#k1 = keys.word();
    this.#k2 = keys.word();
  }

  /** Bob Jenkins' lookup3 (2006) over the tuple, each lane with a secret of its own. */
  hash(t: FourTuple): number {
    let a = this.#k0;
    let b = this.#k1;
    let c = this.#k2;
    if (t.family === 6) {
      a = (a + t.local0) | 0;
      b = (b + t.local1) | 0;
      c = (c + t.local2) | 0;
      a = ((a - c) ^ rot(c, 4)) | 0;
      c = (c + b) | 0;
      b = ((b - a) ^ rot(a, 6)) | 0;
      a = (a + c) | 0;
      c = ((c - b) ^ rot(b, 8)) | 0;
      b = (b + a) | 0;
      a = ((a - c) ^ rot(c, 16)) | 0;
      c = (c + b) | 0;
      b = ((b - a) ^ rot(a, 19)) | 0;
      a = (a + c) | 0;
      c = ((c - b) ^ rot(b, 4)) | 0;
      b = (b + a) | 0;
      a = (a + t.remote0) | 0;
      b = (b + t.remote1) | 0;
      c = (c + t.remote2) | 0;
      a = ((a - c) ^ rot(c, 4)) | 0;
      c = (c + b) | 0;
      b = ((b - a) ^ rot(a, 6)) | 0;
      a = (a + c) | 0;
      c = ((c - b) ^ rot(b, 8)) | 0;
      b = (b + a) | 0;
      a = ((a - c) ^ rot(c, 16)) | 0;
      c = (c + b) | 0;
      b = ((b - a) ^ rot(a, 19)) | 0;
      a = (a + c) | 0;
      c = ((c - b) ^ rot(b, 4)) | 0;
      b = (b + a) | 0;
    }
    a = (a + t.local3) | 0;
    b = (b + t.remote3) | 0;
    c = (c + ((t.localPort << 16) | t.remotePort)) | 0;
    c = ((c ^ b) - rot(b, 14)) | 0;
    a = ((a ^ c) - rot(c, 11)) | 0;
    b = ((b ^ a) - rot(a, 25)) | 0;
    c = ((c ^ b) - rot(b, 16)) | 0;
    a = ((a ^ c) - rot(c, 4)) | 0;
    b = ((b ^ a) - rot(a, 14)) | 0;
    return ((c ^ b) - rot(b, 24)) | 0;
  }

  insert(hash: number, code: number): void {
    if ((this.count + 1) * 2 > this.mask + 1) this.#grow();
    this.count++;
    this.#place(hash, code);
  }

  /** `code` was inserted with `hash`. */
  remove(hash: number, code: number): void {
    const { mask, hashes, codes } = this;
    let hole = this.#find(hash, code);
    this.count--;
    // Those behind the hole that it keeps from their place move up: no tombstones.
    for (let at = (hole + 1) & mask; codes[at] !== 0; at = (at + 1) & mask) {
      const home = hashes[at]! & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      hashes[hole] = hashes[at]!;
      codes[hole] = codes[at]!;
      hole = at;
    }
    codes[hole] = 0;
  }

  /** What was `from` is `to` now, under the same hash. */
  replace(hash: number, from: number, to: number): void {
    this.codes[this.#find(hash, from)] = to;
  }

  #find(hash: number, code: number): number {
    const { mask, codes } = this;
    let at = hash & mask;
    while (codes[at] !== code) {
      if (codes[at] === 0) throw new Error(`demux: ${code} is not there`); // our bug
      at = (at + 1) & mask;
    }
    return at;
  }

  #place(hash: number, code: number): void {
    const { mask, codes } = this;
    let at = hash & mask;
    while (codes[at] !== 0) at = (at + 1) & mask;
    this.hashes[at] = hash;
    codes[at] = code;
  }

  #grow(): void {
    const { hashes, codes } = this;
    const capacity = codes.length * 2;
    this.hashes = new Int32Array(capacity);
    this.codes = new Int32Array(capacity);
    this.mask = capacity - 1;
    for (let i = 0; i < codes.length; i++) {
      if (codes[i] !== 0) this.#place(hashes[i]!, codes[i]!);
    }
  }
}

function rot(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}
