/**
 * Our own addresses on a link others share: asked for before they are used (RFC 4862 §5.4, RFC 5227
 * §2.1), announced (RFC 5227 §2.3) and defended (§2.4). A second use of one that we have is answered
 * at most once in ten seconds and does not make us give it up: who sends one packet cannot silence us.
 */
import type { Counters } from './counters.ts';
import type { InterfaceAddress } from './interface-address.ts';
import type { KeyedRandom } from './keyed-random.ts';

/** RFC 5227 §1.1, ms. */
const PROBE_WAIT = 1000;
const PROBE_NUM = 3;
const PROBE_MIN = 1000;
const PROBE_MAX = 2000;
const ANNOUNCE_WAIT = 2000;
const ANNOUNCE_NUM = 2;
const ANNOUNCE_INTERVAL = 2000;
const DEFEND_INTERVAL = 10_000;

/** RFC 4862 §5.1. */
const DUP_ADDR_DETECT_TRANSMITS = 1;

export class Claim {
  readonly address: InterfaceAddress;
  phase: 'probing' | 'announcing' | 'owned' | 'lost' = 'owned';
  /** Probes or announcements sent in this phase. */
  sent = 0;
  /** When the next one is due, or the phase ends; ms. */
  at: number = Infinity;
  defendedAt: number = -Infinity; // ms
  /** Six octets that tell our own probe, come back, from another's: RFC 7527 §4.1. */
  readonly nonceHigh: number;
  readonly nonceLow: number;

  constructor(address: InterfaceAddress, nonceHigh: number, nonceLow: number) {
    this.address = address;
    this.nonceHigh = nonceHigh;
    this.nonceLow = nonceLow;
  }
}

export interface ClaimUser {
  /** "Does anybody have this address?" */
  probe(now: number, claim: Claim): void;
  /** "I have." */
  announce(now: number, claim: Claim): void;
  /** Nobody else has it, or somebody has. */
  settled(now: number, claim: Claim, duplicate: boolean): void;
}

export class Claims {
  readonly #random: KeyedRandom;
  readonly #counters: Counters;
  readonly #user: ClaimUser;
  /** ms between IPv6 probe and verdict: RetransTimer, which a router may set. */
  readonly #retransTimer: () => number;
  #list: readonly Claim[] = [];

  constructor(
    random: KeyedRandom,
    counters: Counters,
    retransTimer: () => number,
    user: ClaimUser,
  ) {
    this.#random = random;
    this.#counters = counters;
    this.#retransTimer = retransTimer;
    this.#user = user;
  }

  add(now: number, address: InterfaceAddress): void {
    const claim = new Claim(address, this.#random.word() & 0xffff, this.#random.word());
    const { family } = address.cidr.address;
    if (address.state === 'tentative') {
      claim.phase = 'probing';
      claim.at = now + this.#firstDelay(family);
    } else if (address.usable && family === 4) {
      claim.phase = 'announcing';
      claim.at = now;
    }
    this.#list = [...this.#list, claim];
  }

  remove(address: InterfaceAddress): void {
    this.#list = this.#list.filter((claim) => claim.address !== address);
  }

  find(family: number, w0: number, w1: number, w2: number, w3: number): Claim | undefined {
    const list = this.#list;
    for (let i = 0; i < list.length; i++) {
      const a = list[i]!.address.cidr.address;
      if (a.w3 !== w3 || a.w2 !== w2 || a.w1 !== w1 || a.w0 !== w0) continue;
      if (a.family === family) return list[i]!;
    }
    return undefined;
  }

  /** Somebody else speaks as if the address were theirs. */
  conflict(now: number, claim: Claim): void {
    this.#counters['address-conflicts']++;
    if (claim.phase === 'lost') return;
    if (claim.phase === 'probing') {
      claim.phase = 'lost';
      claim.at = Infinity;
      this.#user.settled(now, claim, true);
      return;
    }
    if (now - claim.defendedAt < DEFEND_INTERVAL) return;
    claim.defendedAt = now;
    this.#user.announce(now, claim);
  }

  nextTimeout(): number {
    let next = Infinity;
    for (const { at } of this.#list) if (at < next) next = at;
    return next;
  }

  timeout(now: number): void {
    for (const claim of this.#list) if (claim.at <= now) this.#due(now, claim);
  }

  /** RFC 4862 §5.4.2 would have the first of IPv6 delayed, too: see ADR-0018. */
  #firstDelay(family: number): number {
    return family === 4 ? this.#random.between(0, PROBE_WAIT) : 0;
  }

  #due(now: number, claim: Claim): void {
    const four = claim.address.cidr.address.family === 4;
    if (claim.phase === 'announcing') this.#announce(now, claim);
    else if (claim.sent < (four ? PROBE_NUM : DUP_ADDR_DETECT_TRANSMITS)) {
      claim.sent++;
      claim.at = now + (four ? this.#afterProbe(claim.sent) : this.#retransTimer());
      this.#user.probe(now, claim);
    } else {
      claim.phase = four ? 'announcing' : 'owned';
      claim.sent = 0;
      claim.at = four ? now : Infinity;
      this.#user.settled(now, claim, false);
      if (four && claim.at <= now) this.#announce(now, claim);
    }
  }

  #afterProbe(sent: number): number {
    return sent < PROBE_NUM ? this.#random.between(PROBE_MIN, PROBE_MAX) : ANNOUNCE_WAIT;
  }

  #announce(now: number, claim: Claim): void {
    claim.sent++;
    claim.at = now + ANNOUNCE_INTERVAL;
    if (claim.sent === ANNOUNCE_NUM) {
      claim.phase = 'owned';
      claim.at = Infinity;
    }
    claim.defendedAt = now;
    this.#user.announce(now, claim);
  }
}
