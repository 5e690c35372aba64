/**
 * An address of an interface and how far it may be used: RFC 4862 §2 and §5.5.4 (tentative,
 * preferred, deprecated), RFC 5227 for IPv4.
 */
import type { Cidr } from '../wire/address.ts';

export type AddressState =
  | 'tentative' //   nobody has checked yet whether another host has it: neither used nor answered
  | 'preferred'
  | 'deprecated' //  answered, but nothing new begins with it unless it is asked for
  | 'duplicate'; //  another host has it: neither used nor answered

export type AddressOrigin = 'manual' | 'link-local' | 'slaac' | 'dhcp';

export class InterfaceAddress {
  /** The address with the length of its prefix. */
  readonly cidr: Cidr;
  readonly origin: AddressOrigin;
  /** To be written by the host alone: `host.addressBecomes`. */
  state: AddressState;
  /** From then on deprecated; ms, Infinity for never. */
  preferredUntil: number;
  /** From then on gone; ms, Infinity for never. */
  validUntil: number;

  constructor(
    cidr: Cidr,
    origin: AddressOrigin,
    state: AddressState,
    preferredUntil: number,
    validUntil: number,
  ) {
    this.cidr = cidr;
    this.origin = origin;
    this.state = state;
    this.preferredUntil = preferredUntil;
    this.validUntil = validUntil;
  }

  /** May it be sent from, and is it answered? */
  get usable(): boolean {
    return this.state === 'preferred' || this.state === 'deprecated';
  }
}
