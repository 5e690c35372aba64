/**
 * What node:dgram has of its system, over a UDP socket of ours: text addresses in, names of errors
 * out (`EADDRINUSE`), and a receive buffer of bounded size, so that messages are events of their own
 * and what nobody takes in time is dropped, as UDP may.
 */
import { isIP } from 'node:net';
import { isMulticast, printAddress, parseAddress, type IpAddress } from '../../wire/address.ts';
import { mapped } from '../../wire/mapped-address.ts';
import type { HostRefusal, HostRefusalReason } from '../../stack/host-refusal.ts';
import type { NetworkInterface } from '../../stack/interface.ts';
import type { UdpErrorReason, UdpSocket } from '../../stack/udp-socket.ts';
import type { Resident } from '../home.ts';
import type { Stack } from '../stack.ts';

export type SocketType = 'udp4' | 'udp6';

/** The address of a socket, as `address()` has it. */
export interface SocketAddressInfo {
  address: string;
  family: 'IPv4' | 'IPv6';
  port: number;
}

/** Whom a message came from. */
export interface RemoteInfo extends SocketAddressInfo {
  size: number;
}

interface Place {
  readonly address: IpAddress;
  readonly iface: NetworkInterface | undefined;
}

interface Waiting {
  readonly text: Buffer;
  readonly from: RemoteInfo;
}

/** Linux's net.core.rmem_default and wmem_default, octets. */
const DEFAULT_BUFFER = 212_992;
const MOST_BUFFER = 425_984; // octets: twice net.core.rmem_max
const LEAST_RECEIVE_BUFFER = 2304; // octets: Linux's SOCK_MIN_RCVBUF
const LEAST_SEND_BUFFER = 4608; // octets: Linux's SOCK_MIN_SNDBUF
const OVERHEAD = 256; // octets that a waiting message costs beside its text

export class UdpHandle implements Resident {
  receiveBuffer: number = DEFAULT_BUFFER;
  sendBuffer: number = DEFAULT_BUFFER;
  onMessage: ((text: Buffer, from: RemoteInfo) => void) | undefined = undefined;
  /** The name of an error that concerns no call. */
  onError: ((name: string) => void) | undefined = undefined;
  /** The stack is closed: there is nothing left to be a socket of. */
  onGone: (() => void) | undefined = undefined;
  readonly #stack: Stack;
  readonly #type: SocketType;
  readonly #queue: Waiting[] = [];
  readonly #next = (): void => this.#deliver();
  #queued = 0; // octets of #queue
  #udp: UdpSocket | undefined = undefined;
  #pending: string | undefined = undefined;
  #made = false; // the system knows of it: since the first bind(), even if that failed
  #receiving = false;
  #referred = true;
  #held = false;

  constructor(stack: Stack, type: SocketType) {
    this.#stack = stack;
    this.#type = type;
  }

  bind(address: string, port: number, reuse: boolean, ipv6Only: boolean): string | undefined {
    const at = this.#parse(address);
    if (at === undefined || this.#udp !== undefined) return 'EINVAL';
    if (this.#stack.closed) return 'ENETDOWN';
    const opened = this.#stack.act((now) =>
      this.#stack.host.openUdp(now, {
        local: at.address,
        localPort: port,
        iface: at.iface,
        reuseAddress: reuse,
        ipv6Only: this.#type === 'udp6' && ipv6Only,
      }),
    );
    this.#made = true;
    if ('error' in opened) return errnoName(opened);
    this.#adopt(opened);
    return undefined;
  }

  /** From now on messages come, and the process goes on for them. */
  receive(): void {
    this.#receiving = true;
    this.#hold();
  }

  connect(address: string, port: number): string | undefined {
    const to = this.#parse(address);
    const socket = this.#bound();
    if (to === undefined || socket === undefined) return 'EINVAL';
    const remote = hostOf(to.address);
    const refusal = this.#stack.act((now) => socket.connect(now, remote, port, to.iface));
    return refusal && errnoName(refusal);
  }

  disconnect(): string | undefined {
    const refusal = this.#udp === undefined ? undefined : this.#udp.disconnect();
    this.#pending = undefined;
    return refusal && errnoName(refusal);
  }

  /** The number of octets sent, or the name of an error. `address` undefined: to the peer. */
  send(list: readonly Uint8Array[], address: string | undefined, port: number): number | string {
    const socket = this.#bound();
    if (socket === undefined) return 'EADDRINUSE';
    const error = this.#pending;
    this.#pending = undefined;
    if (error !== undefined) return error;
    const text = list.length === 1 && list[0] !== undefined ? list[0] : Buffer.concat(list);
    if (address === undefined) {
      return outcome(this.#stack.act((now) => socket.send(now, text)));
    }
    const to = this.#parse(address);
    if (to === undefined) return 'EINVAL';
    const remote = hostOf(to.address);
    return outcome(
      this.#stack.act((now) => socket.send(now, text, 0, text.length, remote, port, to.iface)),
    );
  }

  localAddress(): SocketAddressInfo | undefined {
    const socket = this.#udp;
    if (socket !== undefined) return this.#info(socket.localAddress, socket.localPort);
    if (!this.#made) return undefined;
    return this.#type === 'udp4'
      ? { address: '0.0.0.0', family: 'IPv4', port: 0 }
      : { address: '::', family: 'IPv6', port: 0 };
  }

  remoteAddress(): SocketAddressInfo | undefined {
    const socket = this.#udp;
    if (socket?.remoteAddress === undefined) return undefined;
    return this.#info(socket.remoteAddress, socket.remotePort);
  }

  /** Undefined while nothing is bound: there is nobody to be told. */
  get socket(): UdpSocket | undefined {
    return this.#udp;
  }

  join(group: string, iface: string | undefined): string | undefined {
    return this.#member('join', group, iface);
  }

  leave(group: string, iface: string | undefined): string | undefined {
    return this.#member('leave', group, iface);
  }

  multicastInterface(text: string): string | undefined {
    const at = this.#parse(text);
    if (at === undefined) return 'EINVAL';
    if (this.#udp === undefined) return 'EBADF';
    const on = this.#interface(text, at.iface);
    if (typeof on === 'string') return on === 'ENODEV' ? 'EADDRNOTAVAIL' : on;
    this.#udp.multicastInterface = on;
    this.#udp.pathTo = undefined;
    return undefined;
  }

  setReceiveBuffer(size: number): void {
    this.receiveBuffer = Math.min(Math.max(2 * size, LEAST_RECEIVE_BUFFER), MOST_BUFFER);
  }

  setSendBuffer(size: number): void {
    this.sendBuffer = Math.min(Math.max(2 * size, LEAST_SEND_BUFFER), MOST_BUFFER);
  }

  ref(): void {
    this.#referred = true;
    this.#hold();
  }

  unref(): void {
    this.#referred = false;
    this.#hold();
  }

  close(): void {
    const socket = this.#udp;
    this.#udp = undefined;
    this.#receiving = false;
    this.#queue.length = 0;
    this.#queued = 0;
    this.#pending = undefined;
    this.onMessage = undefined;
    this.onError = undefined;
    this.onGone = undefined;
    this.#hold();
    if (socket === undefined) return;
    this.#stack.leave(this);
    this.#stack.act((now) => socket.close(now));
  }

  stackCloses(): void {
    const gone = this.onGone;
    if (gone === undefined) this.close();
    else gone();
  }

  #hold(): void {
    const wanted = this.#receiving && this.#referred;
    if (wanted === this.#held) return;
    this.#held = wanted;
    if (wanted) this.#stack.hold();
    else this.#stack.release();
  }

  /** The socket; on any address and port when bind() did not say which. */
  #bound(): UdpSocket | undefined {
    if (this.#udp === undefined)
      this.bind(this.#type === 'udp4' ? '0.0.0.0' : '::', 0, false, false);
    return this.#udp;
  }

  /** Binds to any port when it is not bound. */
  #member(what: 'join' | 'leave', group: string, iface: string | undefined): string | undefined {
    const at = this.#group(group);
    if (typeof at === 'string') return at;
    const socket = this.#bound();
    if (socket === undefined) return 'EADDRINUSE';
    const on = this.#interface(iface, at.iface);
    if (typeof on === 'string') return on;
    const refusal = this.#stack.act((now) => socket[what](now, at.address, on));
    return refusal && errnoName(refusal);
  }

  #adopt(socket: UdpSocket): void {
    this.#udp = socket;
    this.#stack.join(this);
    socket.onMessage = (_now, bytes, start, end, from, fromPort, { iface }) => {
      const size = end - start;
      if (this.#queued + size + OVERHEAD > this.receiveBuffer) return; // as if it had been lost
      this.#queued += size + OVERHEAD;
      const info = this.#info(from, fromPort, iface);
      this.#queue.push({
        text: Buffer.from(bytes.subarray(start, end)),
        from: { address: info.address, family: info.family, port: info.port, size },
      });
      setImmediate(this.#next);
    };
    socket.onError = ({ reason, hard }) => {
      if (!hard) return; // Linux tells only who asked for it: IP_RECVERR
      this.#pending = ERRORS[reason];
      setImmediate(() => {
        const name = this.#pending;
        this.#pending = undefined;
        if (name !== undefined) this.onError?.(name);
      });
    };
  }

  /** One message is one event: what it makes due happens before the next one. */
  #deliver(): void {
    const waiting = this.#queue.shift();
    if (waiting === undefined) return;
    this.#queued -= waiting.from.size + OVERHEAD;
    this.onMessage?.(waiting.text, waiting.from);
  }

  #info(address: IpAddress, port: number, iface?: NetworkInterface): SocketAddressInfo {
    if (this.#type === 'udp4') return { address: printAddress(address), family: 'IPv4', port };
    const text = printAddress(mapped(address));
    const local = address.family === 6 && address.w0 >>> 22 === LINK_LOCAL && iface !== undefined;
    return { address: local ? `${text}%${iface.name}` : text, family: 'IPv6', port };
  }

  /** An address of this socket's family, `fe80::1%eth0` included; undefined: not one. */
  #parse(text: string): Place | undefined {
    const [plain = '', zone] = text.split('%', 2);
    const address = parseAddress(zone === undefined ? text : plain);
    if (address?.family !== (this.#type === 'udp4' ? 4 : 6)) return undefined;
    if (zone === undefined) return { address, iface: undefined };
    const iface = this.#stack.host.interfaces.find(
      (one) => one.name === zone || String(one.index) === zone,
    );
    return iface && address.family === 6 ? { address, iface } : undefined;
  }

  /** The group, or the name of an error. */
  #group(text: string): Place | string {
    const at = this.#parse(text);
    if (at === undefined) return isIP(text) === 0 ? 'EINVAL' : 'ENOPROTOOPT'; // the other family
    const { family, w0, w1, w2, w3 } = at.address;
    return isMulticast(family, w0, w1, w2, w3) ? at : 'EINVAL';
  }

  /** The interface that has this address, or that a zone named; undefined: whichever. */
  #interface(
    text: string | undefined,
    zone: NetworkInterface | undefined,
  ): NetworkInterface | undefined | string {
    if (text === undefined || text === '') return zone;
    const at = this.#parse(text);
    if (at === undefined) return 'EINVAL';
    if (at.iface !== undefined || zone !== undefined) return at.iface ?? zone;
    const { w0, w1, w2, w3 } = at.address;
    if ((w0 | w1 | w2 | w3) === 0) return undefined;
    const found = this.#stack.host.interfaces.find((one) =>
      one.addresses.some(({ cidr }) => printAddress(cidr.address) === printAddress(at.address)),
    );
    return found ?? 'ENODEV';
  }
}

const LINK_LOCAL = 0x3fa; // fe80::/10

const LOOPBACK = { 4: parseAddress('127.0.0.1'), 6: parseAddress('::1') } as const;

/** As the system has it, nobody in particular is this host. */
function hostOf(a: IpAddress): IpAddress {
  return (a.w0 | a.w1 | a.w2 | a.w3) === 0 ? (LOOPBACK[a.family] ?? a) : a;
}

function outcome(answer: number | HostRefusal): number | string {
  return typeof answer === 'number' ? answer : errnoName(answer);
}

function errnoName({ error }: HostRefusal): string {
  return REFUSALS[error] ?? 'EINVAL';
}

const REFUSALS: Readonly<Partial<Record<HostRefusalReason, string>>> = {
  'address-in-use': 'EADDRINUSE',
  'address-not-ours': 'EADDRNOTAVAIL',
  'already-a-member': 'EADDRINUSE',
  'already-connected': 'EISCONN',
  'message-too-long': 'EMSGSIZE',
  'no-route': 'ENETUNREACH',
  'no-such-interface': 'ENODEV',
  'not-a-member': 'EADDRNOTAVAIL',
  'not-connected': 'EDESTADDRREQ',
  'not-permitted': 'EACCES',
  'ports-exhausted': 'EADDRINUSE',
  'socket-closed': 'EBADF',
  'too-many-groups': 'ENOBUFS',
};

/** As Linux names them: net/ipv4/icmp.c, net/ipv6/icmp.c. */
const ERRORS: Readonly<Record<UdpErrorReason, string>> = {
  'port-unreachable': 'ECONNREFUSED',
  'protocol-unreachable': 'ENOPROTOOPT',
  'host-unreachable': 'EHOSTUNREACH',
  'network-unreachable': 'ENETUNREACH',
  prohibited: 'EHOSTUNREACH',
  'message-too-long': 'EMSGSIZE',
  'time-exceeded': 'EHOSTUNREACH',
  'parameter-problem': 'EPROTO',
  'interface-closed': 'ENETDOWN',
};
