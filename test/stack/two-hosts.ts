/** Two hosts on a cable in memory, on a virtual clock: what the tests of the stack run on. */
import { pair, type PairLink } from '../../src/link/pair.ts';
import type { DropReason } from '../../src/stack/counters.ts';
import { Host, type HostOptions } from '../../src/stack/host.ts';
import type { HostRefusal } from '../../src/stack/host-refusal.ts';
import type { Listener } from '../../src/stack/listener.ts';
import type { ListenOptions } from '../../src/stack/opening.ts';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import type { TcpSignal } from '../../src/tcp/signals.ts';
import type { State } from '../../src/tcp/state.ts';
import { parseAddress, parseCidr, type Cidr, type IpAddress } from '../../src/wire/address.ts';
import { IpHeader, readIp } from '../../src/wire/ip.ts';
import { Segment } from '../../src/wire/segment.ts';
import { readTcp } from '../../src/wire/tcp.ts';

export const address = (text: string): IpAddress => parseAddress(text)!;
export const cidr = (text: string): Cidr => parseCidr(text)!;
export const secret = (n: number): Uint8Array => new Uint8Array(16).fill(n);

export const A4: IpAddress = address('192.0.2.1');
export const B4: IpAddress = address('192.0.2.2');
export const A6: IpAddress = address('2001:db8::1');
export const B6: IpAddress = address('2001:db8::2');

/** A datagram as a test looks at it: copied, since the link takes its memory back. */
export interface Seen {
  readonly ip: IpHeader;
  readonly seg: Segment;
  readonly text: Uint8Array;
  readonly bytes: Uint8Array;
}

export interface Note {
  readonly now: number;
  readonly direction: 'in' | 'out';
  readonly before: State | undefined;
  readonly after: State | undefined;
  readonly drop: DropReason | undefined;
  readonly because: string;
}

/** A host, its end of the cable, and all it was seen doing. */
export class Side {
  readonly host: Host;
  readonly link: PairLink;
  readonly notes: Note[] = [];
  readonly arrows: string[] = [];

  constructor(link: PairLink, options: Omit<HostOptions, 'observer'>, observed: boolean) {
    this.link = link;
    this.host = new Host(
      observed
        ? {
            ...options,
            observer: {
              packet: ({ now, direction, before, after, drop, because }) => {
                this.notes.push({ now, direction, before, after, drop, because });
              },
              transition: (_now, _socket, from, to) => this.arrows.push(`${from} > ${to}`),
            },
          }
        : options,
    );
  }
}

export interface TwoHostsOptions {
  readonly a?: Partial<HostOptions>;
  readonly b?: Partial<HostOptions>;
  readonly observed?: boolean;
  readonly checksumOffload?: boolean;
  readonly mtu?: number;
}

export class TwoHosts {
  now = 1000;
  readonly a: Side;
  readonly b: Side;

  constructor(options: TwoHostsOptions = {}) {
    const { observed = false, checksumOffload = false, mtu = 1500 } = options;
    const [linkA, linkB] = pair({ mtu, checksumOffload, poison: true });
    const addresses = (n: number): Cidr[] => [cidr(`192.0.2.${n}/24`), cidr(`2001:db8::${n}/64`)];
    this.a = new Side(
      linkA,
      { name: 'A', mtu, secret: secret(1), addresses: addresses(1), ...options.a },
      observed,
    );
    this.b = new Side(
      linkB,
      { name: 'B', mtu, secret: secret(2), addresses: addresses(2), ...options.b },
      observed,
    );
  }

  /** Until nothing is under way, time standing still. */
  settle(): void {
    do {
      this.flush();
    } while (this.deliver(this.a) + this.deliver(this.b) > 0);
  }

  flush(): void {
    this.a.host.flush(this.now, this.a.link);
    this.b.host.flush(this.now, this.b.link);
  }

  /** What waits at this side arrives. */
  deliver(side: Side): number {
    return side.link.drain(10_000, (bytes, view, start, end) => {
      side.host.packetArrives(this.now, bytes, view, start, end, side.link.checksumOffload);
    });
  }

  /** What waits at this side is looked at and lost. */
  take(side: Side): Seen[] {
    const seen: Seen[] = [];
    side.link.drain(10_000, (bytes, _view, start, end) => {
      seen.push(look(bytes.slice(start, end)));
    });
    return seen;
  }

  /** A datagram nobody sent arrives at this side. */
  inject(side: Side, bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    side.host.packetArrives(this.now, bytes, view, 0, bytes.length);
  }

  /** Lets `ms` go by, timeouts and all. */
  run(ms: number): void {
    const until = this.now + ms;
    this.settle();
    for (;;) {
      const next = Math.min(this.a.host.nextTimeout(), this.b.host.nextTimeout());
      if (next > until) break;
      this.now = Math.max(this.now, next);
      this.a.host.timeout(this.now);
      this.b.host.timeout(this.now);
      this.settle();
    }
    this.now = until;
  }

  /** B listens on `port`; the children it was given. */
  listen(
    port: number,
    backlog = 16,
    more: Partial<ListenOptions> = {},
  ): { listener: Listener; children: TcpSocket[] } {
    const children: TcpSocket[] = [];
    const onConnection = (socket: TcpSocket): unknown => children.push(socket);
    const listener = accepted(
      this.b.host.listen(this.now, { port, backlog, onConnection, ...more }),
    );
    return { listener, children };
  }

  /** A opens to B, both come to ESTABLISHED. */
  connect(port: number, remote: IpAddress = B4): { client: TcpSocket; server: TcpSocket } {
    const { listener, children } = this.listen(port);
    const client = accepted(this.a.host.open(this.now, { remote, remotePort: port }));
    this.settle();
    listener.close(this.now);
    return { client, server: children[0]! };
  }
}

/** The datagram as fields. */
export function look(bytes: Uint8Array): Seen {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ip = new IpHeader();
  const seg = new Segment();
  const drop = readIp(ip, view, 0, bytes.length);
  if (drop !== undefined) throw new Error(drop);
  if (ip.protocol === 6) readTcp(seg, bytes, view, ip.payloadStart, ip.payloadEnd);
  return { ip, seg, text: bytes.slice(seg.textStart, seg.textEnd), bytes };
}

/** Not a refusal. */
export function accepted<T extends object>(answer: T | HostRefusal): T {
  if ('error' in answer) throw new Error(`${answer.error}: ${answer.message}`);
  return answer;
}

/** The name of a refusal. */
export function refusal(answer: object): string | undefined {
  return 'error' in answer ? String(answer.error) : undefined;
}

/** All signals a socket gives from now on. */
export function signalsOf(socket: TcpSocket): TcpSignal[] {
  const signals: TcpSignal[] = [];
  socket.onSignal = (signal) => signals.push(signal);
  return signals;
}

/** Everything unread, taken. */
export function readAll(now: number, socket: TcpSocket): Uint8Array {
  const bytes = new Uint8Array(socket.unread);
  socket.receive(now, bytes);
  return bytes;
}

export const text = (s: string): Uint8Array => new TextEncoder().encode(s);
export const untext = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
