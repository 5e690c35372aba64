/**
 * Ephemeral ports of UDP: RFC 6056 §3.3.1, simple randomization. A port chosen before anybody is
 * spoken to must not be told from the one before it (RFC 5452 §4.5 wants that of resolvers), so
 * each is drawn anew from a keyed hash of a counter.
 */
import { EPHEMERAL_PORTS, FIRST_EPHEMERAL } from './ports.ts';
import type { SipHash } from './siphash.ts';

export class UdpPorts {
  readonly #key: SipHash;
  readonly #words: Int32Array = new Int32Array(2);

  constructor(key: SipHash) {
    this.#key = key;
  }

  /** A port of 32768 to 65535 that is not `taken`, the first from a random one on; 0: none is left. */
  choose(taken: (port: number) => boolean): number {
    const words = this.#words;
    words[0]!++;
    if (words[0] === 0) words[1]!++;
    const start = this.#key.hash(words, 8);
    for (let i = 0; i < EPHEMERAL_PORTS; i++) {
      const port = FIRST_EPHEMERAL + ((start + i) & (EPHEMERAL_PORTS - 1));
      if (!taken(port)) return port;
    }
    return 0;
  }
}
