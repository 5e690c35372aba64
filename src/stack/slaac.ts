/**
 * Addresses that a host makes itself: RFC 4862 §5.3 (link-local) and §5.5 (of advertised prefixes), with
 * interface identifiers that are stable in one network and say nothing in another (RFC 7217 §5).
 */
import { Cidr, IpAddress } from '../wire/address.ts';
import { isLinkLocal } from '../wire/ndp.ts';
import type { PrefixInformation } from '../wire/ndp-options.ts';
import type { InterfaceAddress } from './interface-address.ts';
import type { NetworkInterface } from './interface.ts';
import type { LinkLayerHome } from './link-layer-home.ts';
import type { SipHash } from './siphash.ts';

const LINK_LOCAL = 0xfe800000 | 0; // fe80::/64, RFC 4291 §2.5.6
const PREFIX_LENGTH = 64; // bits; what is left is the identifier of RFC 4291 §2.5.1
const INFINITE = 0xffffffff; // s, RFC 4861 §4.6.2
const TWO_HOURS = 7_200_000; // ms, RFC 4862 §5.5.3 (e)
const IDGEN_RETRIES = 3; // RFC 7217 §7
const MOST_ADDRESSES = 16; // of an interface, Linux's max_addresses
const MOST_NAME = 16; // letters of an interface's name that count

export class Slaac {
  readonly #iface: NetworkInterface;
  readonly #home: LinkLayerHome;
  readonly #key: SipHash;
  readonly #words: Int32Array = new Int32Array(4 + MOST_NAME);

  constructor(iface: NetworkInterface, home: LinkLayerHome, key: SipHash) {
    this.#iface = iface;
    this.#home = home;
    this.#key = key;
    for (let i = 0; i < Math.min(iface.name.length, MOST_NAME); i++) {
      this.#words[4 + i] = iface.name.charCodeAt(i);
    }
  }

  /** Makes a link-local address, unless there is one. */
  linkLocal(now: number): void {
    const { addresses } = this.#iface;
    if (addresses.some(({ cidr }) => cidr.address.family === 6 && isLinkLocal(cidr.address.w0))) {
      return;
    }
    this.#add(now, LINK_LOCAL, 0, 0, 'link-local', Infinity, Infinity);
  }

  /** A prefix that a router lets us make an address of: RFC 4862 §5.5.3. */
  prefix(now: number, info: PrefixInformation): void {
    const { prefix, length, validLifetime, preferredLifetime } = info;
    if (length !== PREFIX_LENGTH || preferredLifetime > validLifetime) return;
    const preferredUntil = untilOf(now, preferredLifetime);
    const validUntil = untilOf(now, validLifetime);
    const own = this.#iface.addresses.filter(({ origin }) => origin === 'slaac');
    const known = own.filter(({ cidr: { address } }) => {
      return address.w0 === prefix.w0 && address.w1 === prefix.w1;
    });
    for (const address of known) this.#extend(now, address, preferredUntil, validUntil);
    if (known.length > 0 || validLifetime === 0 || own.length >= MOST_ADDRESSES) return;
    this.#add(now, prefix.w0, prefix.w1, 0, 'slaac', preferredUntil, validUntil);
  }

  /** Somebody has it already: another of the same prefix is tried, three times at most. */
  duplicate(now: number, address: InterfaceAddress): void {
    const { origin, preferredUntil, validUntil } = address;
    if (origin !== 'slaac' && origin !== 'link-local') return;
    const { w0, w1, w2, w3 } = address.cidr.address;
    for (let counter = 0; counter < IDGEN_RETRIES; counter++) {
      this.#identifier(w0, w1, counter);
      if (w2 !== this.#key.high || w3 !== this.#low) continue;
      this.#home.removeAddress(now, this.#iface, address.cidr.address);
      this.#add(now, w0, w1, counter + 1, origin, preferredUntil, validUntil);
      return;
    }
  }

  /** Gives up what routers' prefixes have made. */
  stop(now: number): void {
    for (const { origin, cidr } of this.#iface.addresses) {
      if (origin === 'slaac') this.#home.removeAddress(now, this.#iface, cidr.address);
    }
  }

  #add(
    now: number,
    w0: number,
    w1: number,
    counter: number,
    origin: 'slaac' | 'link-local',
    preferredUntil: number,
    validUntil: number,
  ): void {
    this.#identifier(w0, w1, counter);
    const address = new IpAddress(6, w0, w1, this.#key.high, this.#low);
    this.#home.addAddress(now, this.#iface, new Cidr(address, PREFIX_LENGTH), {
      origin,
      state: 'tentative',
      preferredUntil,
      validUntil,
    });
  }

  #low = 0; // of the identifier that was made last; its other half is the hash's

  /** RFC 7217 §5; of the reserved identifiers (RFC 5453) none comes out, but once in 2^57. */
  #identifier(w0: number, w1: number, counter: number): void {
    const words = this.#words;
    words[0] = w0;
    words[1] = w1;
    words[2] = counter;
    words[3] = this.#iface.name.length;
    this.#low = this.#key.hash(words, words.length * 4);
  }

  /** RFC 4862 §5.5.3 (e): nobody shortens a life to less than two hours. */
  #extend(
    now: number,
    address: InterfaceAddress,
    preferredUntil: number,
    validUntil: number,
  ): void {
    let until = validUntil;
    const longer = validUntil > now + TWO_HOURS || validUntil > address.validUntil;
    if (!longer) until = Math.min(address.validUntil, now + TWO_HOURS);
    this.#home.extendAddress(address, Math.min(preferredUntil, until), until);
    if (address.state === 'deprecated' && preferredUntil > now) {
      this.#home.addressBecomes(now, this.#iface, address, 'preferred');
    }
  }
}

function untilOf(now: number, lifetime: number): number {
  return lifetime === INFINITE ? Infinity : now + lifetime * 1000;
}
