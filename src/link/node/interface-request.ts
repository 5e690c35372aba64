/**
 * struct ifreq and its calls: netdevice(7), and ipv6(7)'s struct in6_ifreq. What `ip link` and
 * `ip address` do, without a child process. All structures are those of 64-bit little-endian Linux.
 */
import { DeviceError, type Libc } from './libc.ts';

/** Asks and tells the kernel about one network interface. close() it after use. */
export class InterfaceRequest {
  readonly libc: Libc;
  readonly name: string;
  readonly #ifreq = new Uint8Array(40); // struct ifreq: 16 octets of name, 24 of union
  readonly #view = new DataView(this.#ifreq.buffer);
  readonly #inet: number; // a socket to send the requests through
  readonly #inet6: number; // -1 where the kernel has no IPv6

  /** @throws DeviceError */
  constructor(libc: Libc, name: string) {
    this.libc = libc;
    this.name = name;
    writeName(this.#ifreq, name);
    this.#inet = libc.socket(AF_INET, SOCK_DGRAM, 0);
    this.#inet6 = libc.socket(AF_INET6, SOCK_DGRAM, 0);
    if (this.#inet < 0) throw this.failure('ask about it');
  }

  close(): void {
    this.libc.close(this.#inet);
    if (this.#inet6 >= 0) this.libc.close(this.#inet6);
  }

  index(): number {
    this.inet(SIOCGIFINDEX, this.#ifreq, 'ask for its index');
    return this.#view.getInt32(UNION, true);
  }

  mtu(): number {
    this.inet(SIOCGIFMTU, this.#ifreq, 'ask for its MTU');
    return this.#view.getInt32(UNION, true);
  }

  setMtu(mtu: number): void {
    this.#view.setInt32(UNION, mtu, true);
    this.inet(SIOCSIFMTU, this.#ifreq, `set its MTU to ${mtu}`);
  }

  /** Of an Ethernet device: `02:00:00:00:00:01`. */
  hardwareAddress(): string {
    this.inet(SIOCGIFHWADDR, this.#ifreq, 'ask for its hardware address');
    const octets = this.#ifreq.subarray(UNION + 2, UNION + 8); // in a struct sockaddr
    return [...octets].map((octet) => octet.toString(16).padStart(2, '0')).join(':');
  }

  setUp(): void {
    this.inet(SIOCGIFFLAGS, this.#ifreq, 'ask for its flags');
    this.#view.setInt16(UNION, this.#view.getInt16(UNION, true) | IFF_UP | IFF_RUNNING, true);
    this.inet(SIOCSIFFLAGS, this.#ifreq, 'bring it up');
  }

  /** An ioctl through the IPv4 socket. @throws DeviceError saying that it cannot `doWhat`. */
  inet(request: number, argument: Uint8Array, doWhat: string): void {
    if (this.libc.ioctl(this.#inet, request, argument) < 0) throw this.failure(doWhat);
  }

  /** The same through the IPv6 socket. */
  inet6(request: number, argument: Uint8Array, doWhat: string): void {
    if (this.#inet6 < 0) {
      throw new DeviceError('EAFNOSUPPORT', `cannot ${doWhat}: this kernel has no IPv6`);
    }
    if (this.libc.ioctl(this.#inet6, request, argument) < 0) throw this.failure(doWhat);
  }

  failure(doWhat: string): DeviceError {
    const code = this.libc.errno();
    return new DeviceError(code, `interface '${this.name}': cannot ${doWhat}: ${explain(code)}`);
  }
}

/** Writes an interface name, at most 15 ASCII characters, into the start of a request. */
export function writeName(request: Uint8Array, name: string): void {
  for (let i = 0; i < 15; i += 1) request[i] = i < name.length ? name.charCodeAt(i) : 0;
}

/** What a code means here and what to do. */
export function explain(code: string): string {
  if (code === 'EPERM' || code === 'EACCES') {
    return `${code}, not permitted: run as root, or inside \`unshare -Urn\``;
  }
  if (code === 'ENODEV' || code === 'ENXIO') return `${code}, there is no such interface`;
  if (code === 'EEXIST') return `${code}, it is there already`;
  return code;
}

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM = 2 | 0x80000; // SOCK_CLOEXEC
const UNION = 16; // offset in struct ifreq
const IFF_UP = 0x1;
const IFF_RUNNING = 0x40;
const SIOCGIFFLAGS = 0x8913;
const SIOCSIFFLAGS = 0x8914;
const SIOCGIFMTU = 0x8921;
const SIOCSIFMTU = 0x8922;
const SIOCGIFHWADDR = 0x8927;
const SIOCGIFINDEX = 0x8933;
