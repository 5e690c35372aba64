/**
 * What a script is played on: one host under a virtual clock, behind a device whose other end is the script.
 * What leaves the host waits here until the script asks for it.
 */
import type { Host } from '../../stack/host.ts';
import type { TcpSocket } from '../../stack/tcp-socket.ts';
import type { State } from '../../tcp/state.ts';
import { parseAddress, type IpAddress } from '../../wire/address.ts';
import { seq } from '../../wire/seq.ts';
import { LOSE } from '../network.ts';
import { World } from '../world.ts';
import { departed, type Departed, type Ends } from './datagram.ts';
import { Figure } from './figure.ts';
import { Numbers, type Clocks } from './numbers.ts';
import type { Settings } from './settings.ts';

/** Two ends, and what the script calls their numbers. One at a time is under test. */
export interface Conversation {
  readonly active: boolean; // opened by connect()
  readonly localPort: number;
  readonly remotePort: number;
  readonly numbers: Numbers;
  tcp: TcpSocket | undefined;
  /** The first sequence number of the peer, as the script has it; undefined: no SYN yet. */
  remoteIsn: number | undefined;
  /** The script has closed its socket. */
  closed: boolean;
  /** The last segment that left, for ICMP errors to quote. */
  last: Departed | undefined;
}

export interface StageOptions {
  readonly family: 4 | 6;
  readonly settings: Settings;
  readonly clocks: Clocks;
  readonly local: string | undefined; //  addresses, if not the usual ones
  readonly remote: string | undefined;
  /** The sequence numbers of both sides begin here; for reruns. */
  readonly issAt: number | undefined;
}

/** Thrown when the clock cannot go on. Nothing a script can do should lead here. */
export class Restless extends Error {
  override readonly name: string = 'Restless';
}

const LOCAL = { 4: '192.168.0.1', 6: 'fd3d:a0b:17d6::1' } as const;
const REMOTE = { 4: '192.0.2.1', 6: 'fd3d:fa7b:d17d::1' } as const;
const PREFIX = { 4: 16, 6: 48 } as const;
export const SERVICE_PORT = 8080; //  where listeners listen, and where connect() goes
const FIRST_PORT = 33_000; //         of peers; each conversation has another
const START = 1000; //                ms: when scripts begin
const MOST_STEPS = 500_000; //        events of a world in one script
const MOST_TIME = 7 * 24 * 60 * 60 * 1000; // ms

export class Stage {
  readonly world: World = new World(() => LOSE);
  readonly host: Host;
  readonly family: 4 | 6;
  readonly settings: Settings;
  readonly local: IpAddress;
  readonly remote: IpAddress;
  readonly figure: Figure = new Figure();
  conversation: Conversation | undefined = undefined;
  /** A cookie of the peer is known: text may leave with a SYN (RFC 7413). */
  cookieKnown = false;
  /** Called after everything that happened: a call that waits may go on. */
  onStep: () => void = () => undefined;
  readonly #clocks: Clocks;
  readonly #issAt: number;
  readonly #sent: Departed[] = [];
  #nextPort = FIRST_PORT;
  #steps = 0;
  #mtu: number;

  constructor({ family, settings, clocks, local, remote, issAt }: StageOptions) {
    this.family = family;
    this.settings = settings;
    this.#clocks = clocks;
    this.#issAt = issAt ?? 0;
    this.#mtu = settings.mtu;
    this.local = addressOf(local ?? LOCAL[family]);
    this.remote = addressOf(remote ?? REMOTE[family]);
    this.world.clock.advanceTo(START);
    this.host = this.world.addHost('A', {
      addresses: [`${local ?? LOCAL[family]}/${PREFIX[family]}`],
      mtu: settings.mtu,
      tcp: settings.wishes,
      ...(issAt === undefined ? {} : { nextIss: () => seq(issAt) }),
      timestampOffset: this.#issAt | 0,
      observer: {
        transition: (_, socket) => this.#belongs(socket),
      },
    });
    this.world.onFlight = (flight, what) => {
      if (what === 'departed') this.#departed(flight.bytes);
    };
  }

  /** ms since the script began. */
  get now(): number {
    return this.world.now - START;
  }

  get state(): State | '' {
    return this.conversation?.tcp?.state ?? '';
  }

  /** Time passes, to `until` ms since the script began. */
  advance(until: number): void {
    while (this.step(until)) this.#steps++;
    if (until > MOST_TIME) throw new Restless(`${until} ms is longer than a script may last`);
    this.world.clock.advanceTo(until + START);
  }

  /** The next thing happens, not later than `until`; false when there is none. */
  step(until: number): boolean {
    this.#resize();
    if (this.#steps > MOST_STEPS) throw new Restless(`no rest after ${MOST_STEPS} events`);
    const happened = this.world.step(until + START);
    if (happened) {
      this.#steps++;
      this.onStep();
    }
    return happened;
  }

  /** After a call, or an arrival: everything due leaves. */
  flush(): void {
    this.#resize();
    this.world.flush();
    this.onStep();
    this.world.flush();
  }

  arrives(bytes: Uint8Array): void {
    this.world.inject('A', bytes);
    this.flush();
  }

  #resize(): void {
    if (this.#mtu === this.settings.mtu) return;
    this.#mtu = this.settings.mtu;
    const iface = this.host.interfaces.find(({ name }) => name === 'ip0');
    if (iface !== undefined) this.host.setMtu(iface, this.#mtu);
  }

  /** A peer's new connection to a listener, or ours to a peer. */
  begin(active: boolean, localPort: number, tcp: TcpSocket | undefined): Conversation {
    this.conversation = {
      active,
      localPort,
      remotePort: active ? SERVICE_PORT : this.#nextPort++,
      numbers: new Numbers(this.#issAt, this.#clocks),
      tcp,
      remoteIsn: undefined,
      closed: false,
      last: undefined,
    };
    return this.conversation;
  }

  /** From the peer to us. */
  endsOf({ localPort, remotePort }: Conversation): Ends {
    return {
      source: this.remote,
      sourcePort: remotePort,
      destination: this.local,
      destinationPort: localPort,
    };
  }

  /** The next segment of the conversation that left and that nobody has asked for. */
  take(): Departed | undefined {
    for (let first = this.#sent.shift(); first !== undefined; first = this.#sent.shift()) {
      if (this.#ofConversation(first)) return first;
    }
    return undefined;
  }

  /** What `take` would give. */
  peek(): Departed | undefined {
    while (this.#sent.length > 0 && !this.#ofConversation(this.#sent[0]!)) this.#sent.shift();
    return this.#sent[0];
  }

  #ofConversation({ sourcePort, destinationPort }: Departed): boolean {
    const it = this.conversation;
    return it !== undefined && it.localPort === sourcePort && it.remotePort === destinationPort;
  }

  #departed(bytes: Uint8Array): void {
    if (this.settings.dropsAll) return;
    const seen = departed(bytes, this.now);
    if (seen === undefined) return;
    this.#sent.push(seen);
    if (this.#ofConversation(seen)) this.conversation!.last = seen;
  }

  #belongs(socket: TcpSocket): void {
    const it = this.conversation;
    if (it === undefined || it.active || it.remotePort !== socket.remotePort) return;
    if (it.localPort === socket.localPort) it.tcp = socket;
  }
}

function addressOf(text: string): IpAddress {
  const address = parseAddress(text);
  if (address === undefined) throw new RangeError(`'${text}' is no address`);
  return address;
}
