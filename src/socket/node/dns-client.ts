/**
 * A stub resolver (RFC 1123 §6.1.3) over the UDP and TCP of a stack: A and AAAA side by side, several
 * servers in turn, answers remembered as long as they hold. Ids come from the platform's entropy, each
 * question leaves from a port of its own, and the same question is under way once (RFC 5452 §5).
 */
import { randomInt } from 'node:crypto';
import { domainToASCII } from 'node:url';
import { parseAddress, type Family, type IpAddress } from '../../wire/address.ts';
import { NameError, type Resolver } from '../resolver.ts';
import type { Stack } from '../stack.ts';
import { DnsCache } from './dns-cache.ts';
import { askOverTcp, askOverUdp, ServerError, type Server } from './dns-exchange.ts';
import { isName, question, replyTo, type RecordType, type Reply } from './dns-message.ts';

export interface DnsOptions {
  /** `192.0.2.53`, `192.0.2.53:5353`, `[2001:db8::53]:53`. Default: what DHCP and routers told of. */
  readonly servers?: readonly string[] | undefined;
  /** How long a server may take for an answer, ms. Default 2500. */
  readonly timeout?: number | undefined;
  /** How often all servers are asked. Default 2. */
  readonly attempts?: number | undefined;
  /** Answers remembered at most. Default 1000; 0: none. */
  readonly cacheSize?: number | undefined;
}

const DEFAULT_TIMEOUT = 2500; // ms
const DEFAULT_ATTEMPTS = 2; // resolv.conf's
const DEFAULT_CACHE = 1000; // names and types
const MOST_ALIASES = 8; // that need a question of their own
const DNS_PORT = 53;

/**
 * Asks name servers through `stack`; with a function, through the stack it names when it is called.
 * @throws RangeError when a server is no address.
 */
export function dnsResolver(stack: Stack | (() => Stack), options: DnsOptions = {}): Resolver {
  const where = typeof stack === 'function' ? stack : (): Stack => stack;
  const client = new DnsClient(where, options);
  return (name, { family = 0, signal }) => client.resolve(name, family, signal);
}

/** A question under way, and how many wait for its answer. */
interface Flight {
  readonly answer: Promise<readonly IpAddress[]>;
  readonly controller: AbortController;
  waiting: number;
}

class DnsClient {
  readonly #where: () => Stack;
  readonly #servers: readonly Server[] | undefined;
  readonly #timeout: number;
  readonly #attempts: number;
  readonly #cache: DnsCache;
  readonly #flights: Map<string, Flight> = new Map();

  constructor(where: () => Stack, options: DnsOptions) {
    this.#where = where;
    this.#servers = options.servers?.map(serverOf);
    this.#timeout = options.timeout ?? DEFAULT_TIMEOUT;
    this.#attempts = options.attempts ?? DEFAULT_ATTEMPTS;
    this.#cache = new DnsCache(options.cacheSize ?? DEFAULT_CACHE);
  }

  async resolve(
    name: string,
    family: 0 | Family,
    signal: AbortSignal | undefined,
  ): Promise<readonly IpAddress[]> {
    const ascii = domainToASCII(name).toLowerCase().replace(/\.$/, '');
    if (!isName(ascii)) throw new NameError('ENOTFOUND', name);
    const types: RecordType[] = family === 0 ? ['AAAA', 'A'] : [family === 4 ? 'A' : 'AAAA'];
    const results = await Promise.allSettled(types.map((type) => this.#find(ascii, type, signal)));
    const found = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    if (found.length > 0) {
      const { host, now } = this.#where();
      return host.sortDestinations(now, found);
    }
    signal?.throwIfAborted();
    const failed = results.find((result) => result.status === 'rejected');
    if (failed === undefined) throw new NameError('ENOTFOUND', name);
    throw new NameError('EAI_AGAIN', name, { cause: failed.reason });
  }

  /** Remembered, under way already, or asked for; none when there is none. */
  #find(
    name: string,
    type: RecordType,
    signal: AbortSignal | undefined,
  ): Promise<readonly IpAddress[]> {
    const key = `${type} ${name}`;
    const known = this.#cache.find(key, this.#where().now);
    if (known !== undefined) return Promise.resolve(known);
    const flight = this.#flights.get(key) ?? this.#takeOff(key, name, type);
    return flightFor(flight, signal);
  }

  #takeOff(key: string, name: string, type: RecordType): Flight {
    const controller = new AbortController();
    const answer = this.#ask(key, name, type, controller.signal);
    const flight: Flight = { answer, controller, waiting: 0 };
    this.#flights.set(key, flight);
    const land = (): void => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    };
    answer.then(land, land);
    controller.signal.addEventListener('abort', land);
    return flight;
  }

  async #ask(
    key: string,
    name: string,
    type: RecordType,
    signal: AbortSignal,
  ): Promise<readonly IpAddress[]> {
    let asked = name;
    for (let i = 0; i < MOST_ALIASES; i++) {
      const reply = await this.#askServers(asked, type, signal);
      if (reply.kind === 'addresses') {
        this.#cache.learn(key, reply.addresses, i === 0 ? reply.ttl : 0, this.#where().now);
        return reply.addresses;
      }
      if (reply.kind === 'none') {
        this.#cache.learn(key, [], i === 0 ? (reply.ttl ?? 0) : 0, this.#where().now);
        return [];
      }
      asked = reply.name;
    }
    return []; // aliases without end
  }

  /** The first server that knows; each in turn, as often as is allowed. */
  async #askServers(
    name: string,
    type: RecordType,
    signal: AbortSignal,
  ): Promise<Extract<Reply, { kind: 'addresses' | 'none' | 'alias' }>> {
    const servers = this.#servers ?? this.#known();
    let why: unknown = new Error('there is no name server: give dnsResolver one');
    for (let attempt = 0; attempt < this.#attempts; attempt++) {
      for (const server of servers) {
        try {
          const reply = await this.#askServer(server, name, type, signal);
          if (reply.kind === 'failed') {
            why = new ServerError(server, `RCODE ${reply.code}`);
            continue;
          }
          if (reply.kind !== 'truncated') return reply;
          why = new ServerError(server, 'truncated over TCP');
        } catch (error) {
          signal.throwIfAborted();
          why = error;
        }
      }
    }
    throw why;
  }

  async #askServer(
    server: Server,
    name: string,
    type: RecordType,
    signal: AbortSignal,
  ): Promise<Reply> {
    const stack = this.#where();
    const asked = question(randomInt(0x10000), name, type);
    const read = (octets: Buffer): Reply | undefined => replyTo(asked, name, type, octets);
    const reply = await askOverUdp(stack, server, asked, read, this.#timeout, signal);
    if (reply.kind !== 'truncated') return reply;
    return askOverTcp(stack, server, asked, read, this.#timeout, signal);
  }

  #known(): readonly Server[] {
    return this.#where()
      .host.nameservers()
      .map((address) => ({ address, port: DNS_PORT }));
  }
}

/** Waits with the others; who is called off leaves, and the last one to leave calls off the question. */
function flightFor(flight: Flight, signal: AbortSignal | undefined): Promise<readonly IpAddress[]> {
  flight.waiting++;
  if (signal === undefined) return flight.answer;
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason);
      if (--flight.waiting === 0) flight.controller.abort(signal.reason);
    };
    const settled = (): void => signal.removeEventListener('abort', abort);
    signal.addEventListener('abort', abort, { once: true });
    flight.answer.then(resolve, reject).finally(settled).catch(reject);
    if (signal.aborted) abort();
  });
}

/** @throws RangeError */
function serverOf(text: string): Server {
  const whole = parseAddress(text);
  if (whole !== undefined) return { address: whole, port: DNS_PORT };
  const [, six, four, digits] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = parseAddress(six ?? four ?? '');
  const port = Number(digits ?? DNS_PORT);
  const fits = address?.family === (six === undefined ? 4 : 6);
  if (address !== undefined && fits && port >= 1 && port <= 0xffff) return { address, port };
  throw new RangeError(`name server '${text}': give an address such as 192.0.2.53 or [::1]:5353`);
}
