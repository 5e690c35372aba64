/**
 * Gives the kernel's side of a TUN device its address and routes, without the `ip` command:
 * netdevice(7), ipv6(7), route(8)'s ioctls.
 */
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { parseCidr, type Cidr } from '../../wire/address.ts';
import { InterfaceRequest, writeName } from './interface-request.ts';
import { DeviceError, loadLibc } from './libc.ts';
import { mtuChanged } from './tuntap.ts';

export interface TunConfiguration {
  /** The interface's name, as openTun() gave it. */
  readonly name: string;
  /**
   * The kernel's own address on it and the prefix that lies behind it: `10.9.0.1/24`,
   * `fd00:9::1/64`. One IPv4 address; call again for an IPv6 address beside it.
   */
  readonly peerAddress: string;
  /** Octets, 68 to 65535; not below 1280 with IPv6. Default: as it is. */
  readonly mtu?: number | undefined;
  /** Further prefixes that the kernel shall send through this interface: `10.10.0.0/16`. */
  readonly routes?: readonly string[] | undefined;
}

/**
 * Sets address, MTU and routes, and brings the interface up; when it resolves, the kernel uses them.
 * @throws DeviceError that names the interface, what could not be done, and what to do about it.
 */
export async function configureTun(configuration: TunConfiguration): Promise<void> {
  const { name, peerAddress, mtu, routes = [] } = configuration;
  const address = cidr(peerAddress);
  const destinations = routes.map(cidr);
  const request = new InterfaceRequest(await loadLibc(), name);
  try {
    if (mtu !== undefined) {
      request.setMtu(mtu);
      mtuChanged(name, mtu);
    }
    if (address.address.family === 4) setIpv4(request, address, peerAddress);
    request.setUp();
    if (address.address.family === 6) addIpv6(request, address, peerAddress);
    destinations.forEach((to, i) => addRoute(request, to, routes[i] ?? ''));
    if (address.address.family === 6) await untilUsable(name, address);
  } finally {
    request.close();
  }
}

function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (parsed !== undefined) return parsed;
  const message = `'${text}' is not an address with a prefix length, such as 10.9.0.1/24`;
  throw new DeviceError('EINVAL', message);
}

/** struct ifreq with a struct sockaddr_in: the address, then its mask. */
function setIpv4(request: InterfaceRequest, cidr: Cidr, text: string): void {
  const ifreq = new Uint8Array(40);
  writeName(ifreq, request.name);
  writeSockaddr(ifreq, 16, cidr.address.w3);
  request.inet(SIOCSIFADDR, ifreq, `give it the address ${text}`);
  writeSockaddr(ifreq, 16, mask(cidr.prefixLength));
  request.inet(SIOCSIFNETMASK, ifreq, `give it the prefix of ${text}`);
}

/** struct in6_ifreq: address, prefix length, interface index. */
function addIpv6(request: InterfaceRequest, cidr: Cidr, text: string): void {
  const ifreq = new Uint8Array(24);
  const view = new DataView(ifreq.buffer);
  writeIpv6(view, cidr);
  view.setInt32(16, cidr.prefixLength, true);
  view.setInt32(20, request.index(), true);
  request.inet6(SIOCSIFADDR, ifreq, `give it the address ${text}`);
}

/**
 * An IPv6 address is tentative, and nobody can bind to it, until the kernel has looked for a
 * duplicate (RFC 4862 §5.4). On TUN there is nobody to ask, but the kernel takes a moment all the same.
 */
async function untilUsable(name: string, cidr: Cidr): Promise<void> {
  for (let looks = 0; looks < MOST_LOOKS && tentative(name, cidr); looks += 1) await setTimeout(1);
}

const MOST_LOOKS = 1000; // 1 ms apart; then it is somebody's own device, and has no carrier yet

/** proc(5), if_inet6: address, index, prefix length, scope, flags, name, the numbers in hex. */
function tentative(name: string, { address }: Cidr): boolean {
  const { w0, w1, w2, w3 } = address;
  const wanted = [w0, w1, w2, w3].map((w) => (w >>> 0).toString(16).padStart(8, '0')).join('');
  const lines = readFileSync('/proc/net/if_inet6', 'latin1').split('\n');
  return lines.some((line) => {
    const [printed, , , , flags = '0', owner] = line.trim().split(/\s+/);
    return (
      printed === wanted && owner === name && (Number.parseInt(flags, 16) & IFA_F_TENTATIVE) !== 0
    );
  });
}

function addRoute(request: InterfaceRequest, to: Cidr, text: string): void {
  const doWhat = `route ${text} through it`;
  if (to.address.family === 4) request.inet(SIOCADDRT, rtentry(request, to), doWhat);
  else request.inet6(SIOCADDRT, in6Rtmsg(request, to), doWhat);
}

/** struct rtentry: destination at 8, mask at 40, flags at 56, pointer to the device's name at 88. */
function rtentry(request: InterfaceRequest, to: Cidr): Uint8Array {
  const entry = new Uint8Array(120 + 16); // and behind it the name
  const view = new DataView(entry.buffer);
  const bits = mask(to.prefixLength);
  writeSockaddr(entry, 8, to.address.w3 & bits);
  writeSockaddr(entry, 24, 0);
  writeSockaddr(entry, 40, bits);
  view.setUint16(56, RTF_UP, true);
  writeName(entry.subarray(120), request.name);
  view.setBigUint64(88, request.libc.address(entry) + 120n, true);
  return entry;
}

/** struct in6_rtmsg: destination at 0, its length at 52, metric at 56, flags at 72, index at 76. */
function in6Rtmsg(request: InterfaceRequest, to: Cidr): Uint8Array {
  const message = new Uint8Array(80);
  const view = new DataView(message.buffer);
  writeIpv6(view, to);
  view.setUint16(52, to.prefixLength, true);
  view.setUint32(56, 1, true);
  view.setUint32(72, RTF_UP, true);
  view.setInt32(76, request.index(), true);
  return message;
}

/** struct sockaddr_in. */
function writeSockaddr(bytes: Uint8Array, at: number, address: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint16(at, AF_INET, true);
  view.setInt32(at + 4, address);
}

function writeIpv6(view: DataView, { address }: Cidr): void {
  view.setInt32(0, address.w0);
  view.setInt32(4, address.w1);
  view.setInt32(8, address.w2);
  view.setInt32(12, address.w3);
}

/** The mask of an IPv4 prefix, int32. */
const mask = (length: number): number => (length === 0 ? 0 : -1 << (32 - length));

const AF_INET = 2;
const IFA_F_TENTATIVE = 0x40; // linux/if_addr.h
const RTF_UP = 1;
const SIOCADDRT = 0x890b;
const SIOCSIFADDR = 0x8916;
const SIOCSIFNETMASK = 0x891c;
