/**
 * What servers said, for as long as they said it holds: RFC 1034 §5.3.1, RFC 2308 §5. Bounded; the one
 * that was learnt longest ago makes room.
 */
import type { IpAddress } from '../../wire/address.ts';

interface Entry {
  readonly addresses: readonly IpAddress[]; // none: the name has none
  readonly until: number; // ms
}

export class DnsCache {
  readonly #most: number;
  readonly #entries: Map<string, Entry> = new Map();

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** `now` in ms; undefined: not known. */
  find(key: string, now: number): readonly IpAddress[] | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (now < entry.until) return entry.addresses;
    this.#entries.delete(key);
    return undefined;
  }

  /** `ttl` in seconds; 0: to be used once and not kept. */
  learn(key: string, addresses: readonly IpAddress[], ttl: number, now: number): void {
    if (ttl <= 0 || this.#most <= 0) return;
    this.#entries.delete(key);
    if (this.#entries.size >= this.#most) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    this.#entries.set(key, { addresses, until: now + ttl * 1000 });
  }

  clear(): void {
    this.#entries.clear();
  }
}
