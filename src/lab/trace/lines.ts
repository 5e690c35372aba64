/**
 * What tracers tell of, as lines of JSON: docs/tracing.md is their description. The first line says
 * what the file is, a line of each connection who talks, then comes a line for each event.
 */
import type { HostObserver } from '../../stack/host.ts';
import type { TcpSocket } from '../../stack/tcp-socket.ts';
import type { TraceEvent } from '../../tcp/trace.ts';
import { printAddress, type IpAddress } from '../../wire/address.ts';

/** Of the schema. It counts up when a reader of the version before would be misled. */
export const TRACE_VERSION = 1;

export const TRACE_UNITS = { time: 'ms', window: 'octets', length: 'octets', pacing: 'octets/ms' };

/** The first line. */
export interface TraceHeader {
  /** The version of the schema. */
  readonly 'estab-trace': number;
  readonly units: Readonly<Record<string, string>>;
  /** What was traced, in words; '' when nobody said. */
  readonly title: string;
}

/** Who talks to whom. Comes before the first event of the connection, and again when more is known. */
export interface TracedConnection {
  /** From 1, in the order of their first events. */
  readonly connection: number;
  readonly host: string;
  /** `192.0.2.1:49152`, `[2001:db8::1]:80`; null while nobody said. */
  readonly local: string | null;
  readonly remote: string | null;
}

/** Makes lines of what hosts tell, and hands on each as it is made, with its end. */
export class TraceLines {
  readonly #write: (line: string) => void;
  readonly #numbers = new WeakMap<TcpSocket, number>();
  readonly #remotes = new WeakMap<TcpSocket, string | null>();
  #count = 0;

  constructor(write: (line: string) => void, title = '') {
    this.#write = write;
    const header: TraceHeader = { 'estab-trace': TRACE_VERSION, units: TRACE_UNITS, title };
    this.#line(header);
  }

  /** Goes into the options of the host called `host`. */
  observer(host: string): Required<Pick<HostObserver, 'trace'>> {
    return { trace: (now, socket, event) => this.#event(host, now, socket, event) };
  }

  #event(host: string, now: number, socket: TcpSocket, event: TraceEvent): void {
    const connection = this.#numberOf(host, socket);
    this.#line({ time: rounded(now), connection, ...event });
  }

  #numberOf(host: string, socket: TcpSocket): number {
    const remote = endpoint(socket.remoteAddress, socket.remotePort);
    const known = this.#numbers.get(socket);
    if (known !== undefined && this.#remotes.get(socket) === remote) return known;
    const connection = known ?? ++this.#count;
    this.#numbers.set(socket, connection);
    this.#remotes.set(socket, remote);
    const local = endpoint(socket.localAddress, socket.localPort);
    const line: TracedConnection = { connection, host, local, remote };
    this.#line(line);
    return connection;
  }

  #line(object: object): void {
    this.#write(`${JSON.stringify(object)}\n`);
  }
}

/** Nanoseconds are enough, and shorter. */
const rounded = (ms: number): number => Math.round(ms * 1e6) / 1e6;

function endpoint(address: IpAddress | undefined, port: number): string | null {
  if (address === undefined) return null;
  const text = printAddress(address);
  return address.family === 4 ? `${text}:${port}` : `[${text}]:${port}`;
}
