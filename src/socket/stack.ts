/**
 * A host that runs: its links, an event loop that drives it, and what programs ask of it. One Stack is
 * one machine on the network (RFC 1122 §1.1.1). Without interfaces it has the loopback one only.
 */
import type { Device } from '../link/link.ts';
import { Host, type HostObserver } from '../stack/host.ts';
import type { SocketInfo } from '../stack/socket-info.ts';
import type { TcpDefaults } from '../tcp/options.ts';
import { parseCidr, type Cidr, type IpAddress } from '../wire/address.ts';
import { Driver } from './driver.ts';
import { PlatformLoop, type EventLoop } from './event-loop.ts';
import { withKnownNames, type ResolveOptions, type Resolver } from './resolver.ts';

export interface StackInterface {
  /** Belongs to the stack from now on, which closes it. */
  readonly link: Device;
  /** Default: the link's. */
  readonly name?: string | undefined;
  /** In CIDR notation, `10.0.0.2/24` or `fd00::2/64`. */
  readonly addresses?: readonly string[] | undefined;
  /** Routers that lead everywhere else. */
  readonly gateways?: readonly string[] | undefined;
  /** Of an Ethernet link, `02:00:00:00:00:01`. Default: a random one, locally administered. */
  readonly mac?: string | undefined;
  /** Ask for an IPv4 address: RFC 2131. Default false. */
  readonly dhcp?: boolean | undefined;
  /** Take IPv6 addresses that routers advertise: RFC 4862. Default: on Ethernet. */
  readonly slaac?: boolean | undefined;
  /** Octets. Default: the link's. */
  readonly mtu?: number | undefined;
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
  /** Default: the platform's. */
  readonly eventLoop?: EventLoop | undefined;
}

export class Stack {
  readonly host: Host;
  readonly #loop: EventLoop;
  readonly #driver: Driver;
  readonly #links: Device[] = [];
  readonly #resolver: Resolver;

  /** @throws RangeError when an option is out of its range or no address. */
  constructor(options: StackOptions = {}) {
    const { name = 'estab', interfaces = [], observer, eventLoop = new PlatformLoop() } = options;
    const [first] = interfaces;
    const addresses = (first?.addresses ?? ['127.0.0.1/8', '::1/128']).map(cidrOf);
    this.#loop = eventLoop;
    this.#resolver = withKnownNames(options.resolver);
    this.host = new Host({
      name,
      addresses,
      secret: options.secret ?? crypto.getRandomValues(new Uint8Array(SECRET_SIZE)),
      ...(first && { mtu: first.mtu ?? first.link.mtu }),
      ...(options.tcp && { tcp: options.tcp }),
      ...(observer && { observer }),
    });
    const { host } = this;
    this.#driver = new Driver(
      {
        timeout: (now) => host.timeout(now),
        nextTimeout: () => host.nextTimeout(),
        flush: (now) => {
          if (first !== undefined) host.flush(now, first.link);
        },
      },
      eventLoop,
    );
    for (const wish of interfaces) this.addInterface(wish);
  }

  /** Milliseconds on a clock that is never set back; stands still in a turn of the host. */
  get now(): number {
    return this.#driver.now;
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

  addInterface({ link }: StackInterface): void {
    this.#links.push(link);
    const { host } = this;
    const driver = this.#driver;
    driver.attach(link, (bytes, view, start, end) =>
      host.packetArrives(driver.now, bytes, view, start, end, link.checksumOffload),
    );
  }

  /** Listeners, connections and TIME-WAIT records, as `ss` lists them. */
  sockets(): readonly SocketInfo[] {
    return this.host.sockets();
  }

  /**
   * The addresses of a literal address, of `localhost`, of a name that the resolver knows. Rejects
   * with a NameError, or with the signal's reason.
   */
  resolve(name: string, options: ResolveOptions = {}): Promise<readonly IpAddress[]> {
    return this.#resolver(name, options);
  }

  /** A reason for the process to go on, until release(). A connection in use is one, for instance. */
  hold(): void {
    this.#loop.hold();
  }

  release(): void {
    this.#loop.release();
  }

  async close(): Promise<void> {
    this.#driver.flush();
    this.#driver.stop();
    await Promise.all(this.#links.splice(0).map((link) => link.close()));
  }
}

const SECRET_SIZE = 32; // octets; a host asks for 16 at least

function cidrOf(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr !== undefined) return cidr;
  const advice = 'give an address with a prefix length, such as 10.0.0.2/24 or fd00::2/64';
  throw new RangeError(`address '${text}': ${advice}`);
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
