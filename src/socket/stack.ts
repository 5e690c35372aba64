/**
 * A host that runs: its links, an event loop that drives it, and what programs ask of it. One Stack is
 * one machine on the network (RFC 1122 §1.1.1). Without interfaces it has the loopback one only.
 */
import type { Device } from '../link/link.ts';
import { Host, type HostObserver } from '../stack/host.ts';
import type { AddressOrigin } from '../stack/interface-address.ts';
import type { NetworkInterface } from '../stack/interface.ts';
import type { SocketInfo } from '../stack/socket-info.ts';
import type { UdpSocketInfo } from '../stack/udp-socket.ts';
import type { TcpDefaults } from '../tcp/options.ts';
import { Cidr, IpAddress, parseAddress, parseCidr } from '../wire/address.ts';
import { parseMac, type MacAddress } from '../wire/mac.ts';
import { connectOn, type ConnectOptions } from './connect.ts';
import { Driver } from './driver.ts';
import type { SocketAddress } from './endpoint.ts';
import { PlatformLoop, type EventLoop } from './event-loop.ts';
import type { Home, Resident } from './home.ts';
import { listenOn, type Listener, type ListenOptions } from './listen.ts';
import { withKnownNames, type Hosts, type ResolveOptions, type Resolver } from './resolver.ts';
import type { Socket } from './socket.ts';
import { SocketError } from './socket-error.ts';

export interface StackInterface {
  /** Belongs to the stack from now on, which closes it. */
  readonly link: Device;
  /** Default: the link's. */
  readonly name?: string | undefined;
  /** In CIDR notation, `10.0.0.2/24` or `fd00::2/64`. */
  readonly addresses?: readonly string[] | undefined;
  /** Routers that lead everywhere else. Default, where datagrams need none: whoever is there. */
  readonly gateways?: readonly string[] | undefined;
  /** Of an Ethernet link, `02:00:00:00:00:01`. Default: a random one, locally administered. */
  readonly mac?: string | undefined;
  /** Ask for an IPv4 address: RFC 2131. Default false. */
  readonly dhcp?: boolean | undefined;
  /** Take IPv6 addresses of routers' prefixes: RFC 4862. Default: on Ethernet. */
  readonly slaac?: boolean | undefined;
  /** Octets. Default: the link's. */
  readonly mtu?: number | undefined;
  /** Told when the link is closed, with an error when it went away by itself. */
  readonly onClose?: ((error: Error | undefined) => void) | undefined;
}

export interface StackOptions {
  /** Default `estab`. */
  readonly name?: string | undefined;
  readonly interfaces?: readonly StackInterface[] | undefined;
  /** 16 octets of entropy or more. Default: 32 of the platform's. */
  readonly secret?: Uint8Array | undefined;
  /** Defaults of all connections. */
  readonly tcp?: Partial<TcpDefaults> | undefined;
  readonly observer?: HostObserver | undefined;
  /** For names that are no literal address and not `localhost`. */
  readonly resolver?: Resolver | undefined;
  /** Names that need no resolver, as /etc/hosts has them. */
  readonly hosts?: Hosts | undefined;
  /** Default: the platform's. */
  readonly eventLoop?: EventLoop | undefined;
}

export interface CloseOptions {
  /** How long connections may take to end in order; those that are left are reset. Default 0. */
  readonly linger?: number | undefined; // ms
}

export class Stack implements Home {
  readonly host: Host;
  readonly loop: EventLoop;
  readonly #driver: Driver;
  readonly #devices: Map<Device, Attached> = new Map();
  readonly #hosts: Hosts | undefined;
  #resolver: Resolver;
  readonly #residents: Set<Resident> = new Set();
  readonly #watched: Set<() => boolean> = new Set();
  #closing: Promise<void> | undefined = undefined;
  #onEmpty: (() => void) | undefined = undefined;

  /** @throws RangeError when an option is out of its range. */
  constructor(options: StackOptions = {}) {
    const { name = 'estab', interfaces = [], tcp, observer } = options;
    this.loop = options.eventLoop ?? new PlatformLoop();
    this.#hosts = options.hosts;
    this.#resolver = withKnownNames(options.resolver, options.hosts);
    const host = new Host({
      name,
      secret: options.secret ?? crypto.getRandomValues(new Uint8Array(SECRET_SIZE)),
      ...(tcp && { tcp }),
      ...(observer && { observer }),
    });
    this.host = host;
    this.#driver = new Driver(
      {
        timeout: (now) => host.timeout(now),
        nextTimeout: () => host.nextTimeout(),
        flush: (now) => {
          host.flush(now);
          if (this.#watched.size > 0 && this.#look()) host.flush(now);
        },
      },
      this.loop,
    );
    for (const wish of interfaces) this.addInterface(wish);
  }

  get name(): string {
    return this.host.name;
  }

  /** Milliseconds on a clock that is never set back; stands still in a turn of the host. */
  get now(): number {
    return this.#driver.now;
  }

  /** After close(). */
  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** `lo` first, which is always there. */
  get interfaces(): readonly NetworkInterface[] {
    return this.host.interfaces;
  }

  // What programs do

  /**
   * Connects to `example.com:80` or `{ hostname, port }`: a Socket at once, the connection in its time.
   * @throws SocketError when an argument is not what it must be.
   */
  connect(address: string | SocketAddress, options?: ConnectOptions): Socket {
    return connectOn(this, address, options);
  }

  /** @throws SocketError when the port is taken, or an argument is not what it must be. */
  listen(options?: ListenOptions): Listener {
    return listenOn(this, options);
  }

  /** Listeners, connections and TIME-WAIT records, as `ss -t` lists them. */
  sockets(): readonly SocketInfo[] {
    return this.host.sockets();
  }

  /** As `ss -u` lists them. */
  udpSockets(): readonly UdpSocketInfo[] {
    return this.host.udpSockets();
  }

  /**
   * The addresses of a literal address, of `localhost`, of a name that the resolver knows, the best
   * first (RFC 6724 §6). Rejects with a NameError, or with the signal's reason.
   */
  async resolve(name: string, options: ResolveOptions = {}): Promise<readonly IpAddress[]> {
    const addresses = await this.#resolver(name, options);
    return this.host.sortDestinations(this.now, addresses);
  }

  /** Who is asked for names from now on: `dnsResolver(stack)` of estab/dns, for instance. */
  useResolver(resolver: Resolver): void {
    this.#resolver = withKnownNames(resolver, this.#hosts);
  }

  /**
   * Calls of the host go through here: they are carried out at the present time, and what they make
   * due is sent when this turn of the event loop is over. Answers what `call` answers.
   */
  act<T>(call: (now: number) => T): T {
    try {
      return call(this.#driver.now);
    } finally {
      this.#driver.kick();
    }
  }

  /** Sends what is due now, and not when the turn is over. */
  flush(): void {
    this.#driver.flush();
  }

  // Interfaces

  /** @throws RangeError when an option is out of its range, an address is no address or taken. */
  addInterface(wish: StackInterface): NetworkInterface {
    const { link } = wish;
    if (typeof link?.transmit !== 'function') throw noLink(link);
    const { name = link.name } = wish;
    const addresses = (wish.addresses ?? []).map(cidrOf);
    const routers = wish.gateways?.map(gatewayOf);
    const mac = wish.mac === undefined ? undefined : macOf(wish.mac);
    const { host } = this;
    const driver = this.#driver;
    if (this.closed) throw new RangeError(`stack ${this.name} is closed: it takes no interface`);
    const iface = this.act((now) =>
      host.addInterface(now, { name, outlet: link, addresses, mac, mtu: wish.mtu }),
    );
    if ('error' in iface) throw new RangeError(iface.message);
    this.act((now) => {
      if (wish.dhcp === true) host.dhcp(now, iface);
      host.slaac(now, iface, wish.slaac ?? true);
    });
    for (const via of routers ?? []) host.addRoute({ to: EVERYWHERE[via.family], via, iface });
    if (routers === undefined && link.medium === 'ip') {
      for (const to of Object.values(EVERYWHERE)) host.addRoute({ to, iface, metric: LAST_METRIC });
    }
    this.#devices.set(link, { iface, wish });
    link.onClose = (error) => {
      this.#lost(link);
      wish.onClose?.(error);
    };
    driver.attach(link, (bytes, view, start, end) =>
      host.packetArrives(driver.now, bytes, view, start, end, link.checksumOffload, iface),
    );
    return iface;
  }

  /**
   * Resolves when every address has been checked (RFC 4862 §5.4, RFC 5227, a second or two), and those
   * that DHCP or, with `slaac: true`, a router is to give are there. At once when there is no Ethernet.
   * Rejects with the signal's reason, and when the stack is closed.
   */
  configured(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    const { signal } = options;
    return new Promise((resolve, reject) => {
      const isOver = (): boolean => {
        if (signal?.aborted === true) reject(signal.reason);
        else if (this.closed) reject(new SocketError('ENETDOWN', 'the stack was closed'));
        else if ([...this.#devices.values()].every(isConfigured)) resolve();
        else return false;
        this.release();
        return true;
      };
      this.hold();
      if (isOver()) return;
      this.watch(isOver);
      signal?.addEventListener('abort', () => this.#look(), { once: true });
    });
  }

  /** Closes its link, too; connections over it end with an error of code ENETDOWN. */
  async removeInterface(iface: NetworkInterface): Promise<void> {
    for (const [link, attached] of this.#devices) {
      if (attached.iface !== iface) continue;
      this.#lost(link);
      await link.close();
    }
  }

  // Its life

  /** A reason for the process to go on, until release(). A connection in use is one, for instance. */
  hold(): void {
    this.loop.hold();
  }

  release(): void {
    this.loop.release();
  }

  /**
   * Closes listeners and resets connections, or gives them time to end; then closes the links. Each
   * Socket that is still open fails with an error of code ENETDOWN. May be called more than once.
   */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options.linger ?? 0);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // Not for users: sockets call these.

  watch(isOver: () => boolean): void {
    this.#watched.add(isOver);
  }

  join(resident: Resident): void {
    this.#residents.add(resident);
  }

  leave(resident: Resident): void {
    this.#residents.delete(resident);
    if (this.#residents.size === 0) this.#onEmpty?.();
  }

  /** Is something over? Then there may be something to send. */
  #look(): boolean {
    const before = this.#watched.size;
    for (const isOver of this.#watched) if (isOver()) this.#watched.delete(isOver);
    return this.#watched.size < before;
  }

  /** Its link is closed, or about to be. */
  #lost(link: Device): void {
    const attached = this.#devices.get(link);
    if (attached === undefined) return;
    this.#devices.delete(link);
    this.#driver.detach(link);
    this.act((now) => this.host.removeInterface(now, attached.iface));
  }

  async #close(linger: number): Promise<void> {
    await Promise.resolve(); // from now on `closed` is true
    for (const resident of [...this.#residents]) resident.stackCloses(linger > 0);
    if (linger > 0 && this.#residents.size > 0) await this.#emptyOr(linger);
    for (const resident of [...this.#residents]) resident.stackCloses(false);
    this.act((now) => {
      for (const { socket } of this.host.sockets()) socket?.abort(now);
    });
    this.#driver.flush();
    const links = [...this.#devices.keys()];
    for (const link of links) this.#lost(link);
    this.#driver.flush(); // tells those who are over
    this.#look();
    this.#driver.stop();
    await Promise.all(links.map((link) => link.close()));
  }

  /** Until nobody is left, or `linger` ms are over. */
  #emptyOr(linger: number): Promise<void> {
    return new Promise((resolve) => {
      this.loop.hold();
      const timer = this.loop.later(() => this.#onEmpty?.(), linger);
      this.#onEmpty = () => {
        this.#onEmpty = undefined;
        this.loop.cancel(timer);
        this.loop.release();
        resolve();
      };
    });
  }
}

/** A link of the stack's, and what was wished for it. */
interface Attached {
  readonly iface: NetworkInterface;
  readonly wish: StackInterface;
}

function isConfigured({ iface, wish }: Attached): boolean {
  const { addresses } = iface;
  const given = (origin: AddressOrigin): boolean =>
    addresses.some((address) => address.origin === origin && address.usable);
  if (addresses.some(({ state }) => state === 'tentative')) return false;
  if (iface.medium === 'ip') return true;
  return (wish.dhcp !== true || given('dhcp')) && (wish.slaac !== true || given('slaac'));
}

const EVERYWHERE = {
  4: new Cidr(new IpAddress(4, 0, 0, 0, 0), 0),
  6: new Cidr(new IpAddress(6, 0, 0, 0, 0), 0),
} as const;
const LAST_METRIC = 0x7fffffff; // gives way to all others

const SECRET_SIZE = 32; // octets; a host asks for 16 at least

function noLink(link: unknown): RangeError {
  const advice = link instanceof Promise ? 'await it' : 'give a device, such as one end of pair()';
  return new RangeError(`link is ${Object.prototype.toString.call(link)}: ${advice}`);
}

function cidrOf(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr !== undefined) return cidr;
  const advice = 'give an address with a prefix length, such as 10.0.0.2/24 or fd00::2/64';
  throw new RangeError(`address is '${text}': ${advice}`);
}

function gatewayOf(text: string): IpAddress {
  const address = parseAddress(text);
  if (address !== undefined) return address;
  throw new RangeError(`gateway is '${text}': give an address, such as 10.0.0.1`);
}

function macOf(text: string): MacAddress {
  const mac = parseMac(text);
  if (mac !== undefined) return mac;
  throw new RangeError(`mac is '${text}': give six octets, such as 02:00:00:00:00:01`);
}

const shared: { stack: Stack | undefined } = { stack: undefined };

/** What connect() and listen(), `estab/net` and `estab/dgram` use: loopback only until useStack(). */
export function defaultStack(): Stack {
  shared.stack ??= new Stack();
  return shared.stack;
}

/** Makes `stack` the default one. What was opened before stays where it is. */
export function useStack(stack: Stack): void {
  shared.stack = stack;
}
