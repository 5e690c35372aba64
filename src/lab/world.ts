/**
 * A world: hosts, a network between them that can be directed, and a virtual clock. Nothing in it
 * depends on anything but what it was given, so the same world runs the same way again.
 */
import type { Link } from '../link/link.ts';
import { Host, type HostOptions } from '../stack/host.ts';
import { parseCidr, type Cidr } from '../wire/address.ts';
import { VirtualClock } from './clock.ts';
import { LabLink } from './lab-link.ts';
import { Network, type Director, type Flight } from './network.ts';

/** What a host in a world may be given beside its addresses. */
export interface WorldHostOptions extends Omit<
  HostOptions,
  'name' | 'addresses' | 'secret' | 'mtu'
> {
  /** CIDR notation: `192.0.2.1/24`, `2001:db8::1/64`. */
  readonly addresses: readonly string[];
  readonly mtu?: number;
  /** 16 octets or more; made from the name when absent, so that runs repeat. */
  readonly secret?: Uint8Array;
}

/** Something in a world that does things at times of its own. */
export interface Attendant {
  /** When timeout() wants to be called, Infinity when not at all. */
  nextTimeout(): number;
  timeout(now: number): void;
}

interface Place {
  readonly host: Host;
  readonly link: Link;
}

const MTU = 1500; // octets, Ethernet's
const MOST_STEPS = 1_000_000; // events of one run(); a world that never rests is stopped there

export class World {
  readonly clock: VirtualClock = new VirtualClock();
  readonly network: Network;
  /** Sees each flight as it departs and as it arrives or is lost, after the host has seen it. */
  onFlight: ((flight: Flight, what: 'departed' | 'arrived') => void) | undefined = undefined;
  readonly #places = new Map<string, Place>();
  readonly #attendants: Attendant[] = [];

  /** `director` decides about every datagram; without one all arrive at once. */
  constructor(director?: Director) {
    this.network = new Network(director);
  }

  get now(): number {
    return this.clock.now;
  }

  /**
   * Puts a host into the world. One of the same name is replaced: it reboots and forgets all.
   * @throws RangeError when an address is not in CIDR notation.
   */
  addHost(name: string, options: WorldHostOptions): Host {
    const { addresses, mtu = MTU, secret = secretOf(name), ...rest } = options;
    const host = new Host({ ...rest, name, mtu, secret, addresses: addresses.map(cidrOf) });
    const link = new LabLink(name, mtu, (bytes, start, end) => {
      const flight = this.network.send(this.now, name, bytes, start, end);
      this.onFlight?.(flight, 'departed');
    });
    this.#places.set(name, { host, link });
    return host;
  }

  /** From now on its times are the world's. */
  attend(attendant: Attendant): void {
    this.#attendants.push(attendant);
  }

  /** After user calls: everything due leaves the hosts. */
  flush(): void {
    for (const { host, link } of this.#places.values()) host.flush(this.now, link);
  }

  /** When something happens next, Infinity when nothing will. */
  nextEvent(): number {
    let next = this.network.nextArrival();
    for (const { host } of this.#places.values()) next = Math.min(next, host.nextTimeout());
    for (const attendant of this.#attendants) next = Math.min(next, attendant.nextTimeout());
    return next;
  }

  /** Lets the next thing happen, not later than `until`; false when there is none. */
  step(until: number = Infinity): boolean {
    this.flush();
    const next = this.nextEvent();
    if (next > until || next === Infinity) return false;
    this.clock.advanceTo(next);
    for (const attendant of this.#attendants) attendant.timeout(this.now);
    const flight = this.network.takeArrival(this.now);
    if (flight !== undefined) this.#arrive(flight);
    else for (const { host } of this.#places.values()) host.timeout(this.now);
    this.flush();
    return true;
  }

  /**
   * Runs until nothing is left to happen, or until time `until`, which the clock then shows.
   * @throws Error after a million events: a world that never rests is a mistake.
   */
  run(until: number = Infinity): void {
    for (let steps = 0; this.step(until); steps++) {
      if (steps >= MOST_STEPS)
        throw new Error(`no rest after ${MOST_STEPS} events at ${this.now} ms`);
    }
    if (until !== Infinity) this.clock.advanceTo(until);
  }

  /** Runs for `ms` milliseconds. */
  advance(ms: number): void {
    this.run(this.now + ms);
  }

  /** Delivers a flight now, held or travelling. */
  deliver(flight: Flight): void {
    this.network.deliver(flight, -Infinity); // before all others that are due now
    const first = this.network.takeArrival(this.now);
    if (first !== undefined) this.#arrive(first);
    this.flush();
  }

  /** A datagram that nobody sent in this world arrives at host `to`. */
  inject(to: string, bytes: Uint8Array): void {
    this.#hand(to, bytes);
    this.flush();
  }

  #arrive(flight: Flight): void {
    for (const name of this.#places.keys())
      if (name !== flight.from) this.#hand(name, flight.bytes);
    this.onFlight?.(flight, 'arrived');
  }

  #hand(to: string, bytes: Uint8Array): void {
    const place = this.#places.get(to);
    if (place === undefined) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    place.host.packetArrives(this.now, bytes, view, 0, bytes.length);
  }
}

function cidrOf(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr === undefined) {
    throw new RangeError(`'${text}' is no address in CIDR notation, like 192.0.2.1/24`);
  }
  return cidr;
}

function secretOf(name: string): Uint8Array {
  const secret = new Uint8Array(16);
  for (let i = 0; i < name.length; i++) {
    secret[i % 16] = (secret[i % 16]! * 31 + name.charCodeAt(i)) & 0xff;
  }
  return secret;
}
