/**
 * Ephemeral ports: RFC 6056 §3.3.4, algorithm 4, double-hash port selection. Towards one peer ports
 * follow each other, so they come round late; where they begin is secret, and how fast they advance
 * towards one peer says nothing about another (CVE-2022-1012: the table is not small).
 */
import { packTuple, type FourTuple } from './four-tuple.ts';
import type { SipHash } from './siphash.ts';

/** From 32768 on: RFC 6056 §3.2 wants the range large; IANA's dynamic ports are its upper half. */
export const FIRST_EPHEMERAL = 32_768;
export const EPHEMERAL_PORTS = 32_768;

const COUNTERS = 4096; // TABLE_LENGTH of RFC 6056 §3.3.4: 8 KiB

export class EphemeralPorts {
  readonly #key: SipHash;
  readonly #words: Int32Array = new Int32Array(9);
  #counters: Uint16Array | undefined = undefined; // made when the first port is wanted

  constructor(key: SipHash) {
    this.#key = key;
  }

  /** Sets `tuple.localPort` to a port that is not `taken` with the rest of it; false: none is left. */
  choose(tuple: FourTuple, taken: (tuple: FourTuple) => boolean): boolean {
    this.#counters ??= new Uint16Array(COUNTERS);
    const counters = this.#counters;
    const octets = packTuple(this.#words, tuple, false);
    const offset = this.#key.hash(this.#words, octets);
    const index = this.#key.high & (COUNTERS - 1);
    for (let tries = 0; tries < EPHEMERAL_PORTS; tries++) {
      const count = counters[index]!;
      counters[index] = count + 1;
      tuple.localPort = FIRST_EPHEMERAL + ((offset + count) & (EPHEMERAL_PORTS - 1));
      if (!taken(tuple)) return true;
    }
    return false;
  }
}
