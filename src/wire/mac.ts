/**
 * Ethernet addresses (IEEE 802, EUI-48): text in and out, and those that multicast addresses map to
 * (RFC 1112 §6.4, RFC 2464 §7). An address is two integers: the first two octets, and the last four.
 */

export class MacAddress {
  /** Octets 1 and 2, 0 to 65535. */
  readonly high: number;
  /** Octets 3 to 6, an int32. */
  readonly low: number;

  constructor(high: number, low: number) {
    this.high = high & 0xffff;
    this.low = low | 0;
  }
}

export const BROADCAST_HIGH = 0xffff;
export const BROADCAST_LOW = -1;

const OCTETS = /^[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}$/;

/** Six octets, two digits each, separated by `:` or `-`; `undefined` for all else. */
export function parseMac(text: string): MacAddress | undefined {
  if (!OCTETS.test(text)) return undefined;
  const digits = text.replaceAll(/[:-]/g, '');
  return new MacAddress(
    Number.parseInt(digits.slice(0, 4), 16),
    Number.parseInt(digits.slice(4), 16),
  );
}

/** `02:00:5e:10:00:01`. */
export function printMac(mac: MacAddress): string {
  return printMacWords(mac.high, mac.low);
}

export function printMacWords(high: number, low: number): string {
  const digits = hexadecimal(high & 0xffff, 4) + hexadecimal(low >>> 0, 8);
  return digits.replaceAll(/(..)(?!$)/g, '$1:');
}

export function sameMac(a: MacAddress, b: MacAddress): boolean {
  return a.low === b.low && a.high === b.high;
}

/** Does it name many stations? Broadcast does, too. */
export function isGroupMac(high: number): boolean {
  return (high & 0x0100) !== 0;
}

/** Can it be the address of one station: neither a group nor all zeros? */
export function isStationMac(high: number, low: number): boolean {
  return !isGroupMac(high) && (high | low) !== 0;
}

/** The first two octets of a multicast address: `01:00` for IPv4, `33:33` for IPv6. */
export function multicastHigh(family: number): number {
  return family === 4 ? 0x0100 : 0x3333;
}

/** The other four, out of the last word of the IP address. */
export function multicastLow(family: number, w3: number): number {
  return family === 4 ? 0x5e000000 | (w3 & 0x7fffff) : w3;
}

function hexadecimal(n: number, digits: number): string {
  return n.toString(16).padStart(digits, '0');
}
