/** What people type, checked: each complaint names the input and says what would do. */
import {
  inPrefix,
  IpAddress,
  isLoopback,
  isMulticast,
  isSubnetBroadcast,
  isUnspecified,
  parseAddress,
  parseCidr,
  printAddress,
  printCidr,
  sameAddress,
  Cidr,
} from '../wire/address.ts';
import { visible } from '../lab/ladder/visible.ts';
import { EXIT, Failure } from './failure.ts';

/** 1 to 65535. */
export function portArgument(text: string): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw wrong('PORT', text, 'give a number from 1 to 65535');
}

/** A positive time, in milliseconds. */
export function secondsArgument(text: string): number {
  const seconds = /^[0-9]{1,6}(?:\.[0-9]{1,3})?$/.test(text) ? Number(text) : 0;
  if (seconds > 0) return seconds * 1000;
  throw wrong('--timeout', text, 'give a number of seconds, such as 5 or 0.5');
}

/** The name of a network interface, by Linux's rules (dev_valid_name, IFNAMSIZ). */
export function interfaceArgument(text: string): string {
  const plain = text.replace('%d', '0');
  const sound = /^[!-~]{1,15}$/.test(plain) && !/[/:%]/.test(plain) && !/^\.{1,2}$/.test(plain);
  if (sound) return text;
  throw wrong('--tun', text, 'give 1 to 15 ASCII characters without space, slash or colon');
}

/** An address that a host can have, with its prefix; `option` is what it is given to. */
export function cidrArgument(option: string): (text: string) => Cidr {
  return (text) => {
    const cidr = parseCidr(text);
    if (cidr === undefined) {
      const advice = 'give an address with a prefix length, such as 10.9.0.2/24 or fd00:9::2/64';
      throw wrong(option, text, advice);
    }
    const why = whyNoHost(cidr.address) ?? whyNotIn(cidr);
    if (why !== undefined) throw wrong(option, text, `${why}; take one such as 10.9.0.2/24`);
    return cidr;
  };
}

/** A peer: an address and no name. */
export function hostArgument(text: string): IpAddress {
  const address = parseAddress(text.replace(/^\[(.*)\]$/, '$1'));
  if (address === undefined) throw wrong('HOST', text, adviceFor(text));
  if (isLoopback(address.family, address.w0, address.w1, address.w2, address.w3)) {
    throw wrong('HOST', text, OWN_STACK);
  }
  const why = whyNoHost(address);
  if (why !== undefined) throw wrong('HOST', text, `${why}; give the address of one host`);
  return address;
}

const OWN_STACK =
  'estab has a stack of its own behind the TUN device, and the loopback interface belongs to the ' +
  "kernel's; the kernel's side of the TUN device is 10.9.0.1 unless --address says otherwise";

function adviceFor(text: string): string {
  if (/^localhost\.?$/i.test(text)) return OWN_STACK;
  const example = 'give a literal address, such as 10.9.0.1 or fd00:9::1';
  return text.includes('%') || text.includes('/')
    ? `${example}, without a zone or prefix`
    : `${example}: estab does not look names up, \`getent hosts ${text}\` may`;
}

function whyNoHost({ family, w0, w1, w2, w3 }: IpAddress): string | undefined {
  if (isUnspecified(family, w0, w1, w2, w3)) return 'the unspecified address is no host';
  if (isMulticast(family, w0, w1, w2, w3)) return 'a multicast address is no host';
  if (isLoopback(family, w0, w1, w2, w3)) return 'a loopback address does not leave its host';
  return undefined;
}

/** The first and the last address of an IPv4 prefix are no hosts (RFC 1122 §3.2.1.3, RFC 3021). */
function whyNotIn(cidr: Cidr): string | undefined {
  const { address, prefixLength } = cidr;
  const text = printCidr(cidr);
  if (isSubnetBroadcast(cidr, address.w3)) return `${text} is the broadcast address of its prefix`;
  const zeros = address.family === 4 && prefixLength < 31;
  return zeros && sameAddress(address, plus(cidr, 0))
    ? `${text} names the prefix itself`
    : undefined;
}

/**
 * The kernel's address: as given, or the first of the prefix that is not ours.
 * @throws Failure when it is ours, of another prefix, or when the prefix has no room for two.
 */
export function kernelAddress(ours: Cidr, given: Cidr | undefined): Cidr {
  if (given === undefined) return new Cidr(firstFree(ours), ours.prefixLength);
  const { family, w0, w1, w2, w3 } = given.address;
  if (sameAddress(given.address, ours.address)) {
    const text = printAddress(ours.address);
    throw misuse(`the kernel cannot have ${text}, that is estab's own: change --kernel-address`);
  }
  if (!inPrefix(ours, family, w0, w1, w2, w3)) {
    throw misuse(
      `--kernel-address ${printCidr(given)} is not in the prefix of --address ${printCidr(ours)}: ` +
        'the two would not reach each other',
    );
  }
  return given;
}

function firstFree(ours: Cidr): IpAddress {
  const { address, prefixLength } = ours;
  const room = (address.family === 4 ? 32 : 128) - prefixLength;
  if (room === 0) {
    throw misuse(
      `${printCidr(ours)} has no room for the kernel's address: give --address a shorter prefix, ` +
        'or --no-configure and set the interface up yourself',
    );
  }
  const first = room === 1 ? 0 : 1; // a /31 and a /127 have two hosts and nothing else
  const candidate = plus(ours, first);
  return sameAddress(candidate, address) ? plus(ours, first + 1) : candidate;
}

/** The address `n` after the first of the prefix; `n` is small. */
function plus({ address, prefixLength }: Cidr, n: number): IpAddress {
  const { family, w0, w1, w2, w3 } = address;
  const keep = (word: number, bits: number): number =>
    bits <= 0 ? 0 : bits >= 32 ? word : word & (-1 << (32 - bits));
  if (family === 4) return new IpAddress(4, 0, 0, 0, keep(w3, prefixLength) + n);
  return new IpAddress(
    6,
    keep(w0, prefixLength),
    keep(w1, prefixLength - 32),
    keep(w2, prefixLength - 64),
    keep(w3, prefixLength - 96) + n,
  );
}

const misuse = (message: string): Failure => new Failure(message, EXIT.misused);

/** `PORT is '0': give a number from 1 to 65535` */
const wrong = (what: string, text: string, advice: string): Failure =>
  misuse(`${what} is '${visible(text)}': ${advice}`);
