/**
 * What a client of TCP Fast Open remembers of servers: cookie and MSS (RFC 7413 §4.1.3), and for how
 * long not to try again, since something on the way drops such SYNs or the server resets them (§7.5).
 */
import { FastOpen } from '../tcp/fast-open.ts';
import { synRepeated, type Tcb } from '../tcp/tcb.ts';
import { printAddress, type IpAddress } from '../wire/address.ts';

const MOST_SERVERS = 256; // who was used longest ago makes room
const MINUTE = 60_000; // ms
const MOST_FAILURES = 10; // 17 hours

interface Server {
  readonly cookie: Uint8Array | undefined;
  readonly experimental: boolean;
  /** Octets of text in a segment without options. */
  readonly mss: number;
  /** In a row. */
  readonly failures: number;
  /** No option until then, ms. */
  readonly closedUntil: number;
}

const NO_COOKIE = new Uint8Array(0);

export class FastOpenCache {
  readonly #servers: Map<string, Server> = new Map();

  get size(): number {
    return this.#servers.size;
  }

  /** How to open a connection to `server`; undefined: as if there were no Fast Open. */
  offer(now: number, server: IpAddress): FastOpen | undefined {
    const known = this.#servers.get(printAddress(server));
    if (known === undefined) return new FastOpen(NO_COOKIE, false, false, 0);
    if (now < known.closedUntil) return undefined;
    return new FastOpen(known.cookie ?? NO_COOKIE, known.experimental, false, known.mss);
  }

  /** The connection opened with `how` left SYN-SENT. */
  learn(now: number, server: IpAddress, tcb: Tcb, how: FastOpen): void {
    if (how.cookie === undefined) return;
    const name = printAddress(server);
    const known = this.#servers.get(name);
    const broken = tcb.state === 'CLOSED' && how.sent > 0;
    if (broken || synRepeated(tcb)) {
      const failures = Math.min((known?.failures ?? 0) + 1, MOST_FAILURES);
      const closedUntil = now + MINUTE * 2 ** failures;
      this.#keep(name, { ...(known ?? UNKNOWN), failures, closedUntil });
    } else if (how.granted !== undefined) {
      const { granted: cookie, grantedExperimental: experimental } = how;
      this.#keep(name, { cookie, experimental, mss: tcb.snd.mss, failures: 0, closedUntil: 0 });
    } else if (how.sent > 0 && how.acked === 0) {
      this.#servers.delete(name); // it takes no text with that cookie, and gave no other
    } else if (known !== undefined) this.#keep(name, { ...known, failures: 0 });
  }

  #keep(name: string, server: Server): void {
    this.#servers.delete(name);
    if (this.#servers.size === MOST_SERVERS) this.#forgetOldest();
    this.#servers.set(name, server);
  }

  #forgetOldest(): void {
    for (const name of this.#servers.keys()) {
      this.#servers.delete(name);
      return;
    }
  }
}

const UNKNOWN: Server = {
  cookie: undefined,
  experimental: false,
  mss: 0,
  failures: 0,
  closedUntil: 0,
};
