/**
 * Bulk transfers between two hosts of a world over an impaired path: connections that send so many
 * octets and close, side by side. Host A opens, B listens; text goes from A to B, or back.
 */
import type { NetemSettings } from '../link/netem/settings.ts';
import type { HostObserver } from '../stack/host.ts';
import type { TcpSocket } from '../stack/tcp-socket.ts';
import type { TcpDefaults } from '../tcp/options.ts';
import type { TcpSignal } from '../tcp/signals.ts';
import { IpAddress } from '../wire/address.ts';
import { WorldNetem } from './netem.ts';
import { World } from './world.ts';

export interface TransferOptions {
  /** Octets of text that each connection carries, 1 or more. */
  readonly octets: number;
  /** What happens to what A sends, and to what B sends. */
  readonly toB: NetemSettings;
  readonly toA: NetemSettings;
  /** An integer: all chance comes from it. Default 1. */
  readonly seed?: number;
  /** How the TCP of each connection is set: one entry for each, at least one. Default: one, as a host does. */
  readonly flows?: readonly Partial<TcpDefaults>[];
  /** Of both hosts, under what `flows` say. */
  readonly tcp?: Partial<TcpDefaults>;
  /** B sends. */
  readonly reverse?: boolean;
  readonly observe?: (host: 'A' | 'B') => HostObserver | undefined;
}

/** One connection of a transfer. */
export interface TransferFlow {
  /** At A. */
  readonly client: TcpSocket;
  /** At B, once it is established there. */
  readonly server: TcpSocket | undefined;
  /** Octets of text that were taken by the receiving user. */
  readonly received: number;
  /** ms: the first and the last octet was taken by the receiving user; -1: not yet. */
  readonly firstAt: number;
  readonly doneAt: number;
  /** Every octet that was received is the one that was sent. */
  readonly intact: boolean;
  /** How it ended, if not by both FINs. */
  readonly failure: TcpSignal | undefined;
}

const PORT = 80;
const PATTERN = 65_521; // octets; a prime, so that nothing that goes by powers of two hides in it
const CHUNK = 16_384; // octets of one SEND or RECEIVE

export class Transfer {
  readonly world: World = new World();
  readonly netem: WorldNetem;
  readonly flows: readonly TransferFlow[];
  readonly #pattern: Uint8Array = new Uint8Array(PATTERN + CHUNK).map((_, i) => (i % PATTERN) * 7);
  readonly #into: Uint8Array = new Uint8Array(CHUNK);

  /** @throws RangeError when an option is out of its range, or the host refuses to open. */
  constructor(options: TransferOptions) {
    const { octets, toA, toB, seed = 1, tcp = {}, flows = [{}], reverse = false } = options;
    if (!Number.isSafeInteger(octets) || octets < 1) {
      throw new RangeError(`octets is ${octets}, it must be an integer of 1 or more`);
    }
    this.netem = new WorldNetem(this.world, {
      settings: (from) => (from === 'A' ? toB : toA),
      seed,
    });
    const [a, b] = (['A', 'B'] as const).map((name, i) => {
      const observer = options.observe?.(name);
      const addresses = [`192.0.2.${i + 1}/24`];
      return this.world.addHost(name, { addresses, tcp, ...(observer && { observer }) });
    });
    if (a === undefined || b === undefined) throw new RangeError('no hosts');
    const waiting = new Map<number, Flow>(); // by the port of the client
    const onConnection = (socket: TcpSocket): void => {
      waiting.get(socket.remotePort)?.accepted(socket, this.world.now);
    };
    flows.forEach((wishes, i) => {
      const listener = b.listen(this.world.now, { port: PORT + i, tcp: wishes, onConnection });
      if ('error' in listener) throw new RangeError(listener.message);
    });
    this.flows = flows.map((wishes, i) => {
      const remote = new IpAddress(4, 0, 0, 0, SERVER);
      const opened = a.open(this.world.now, { remote, remotePort: PORT + i, tcp: wishes });
      if ('error' in opened) throw new RangeError(opened.message);
      const flow = new Flow(
        opened,
        reverse ? 'server' : 'client',
        octets,
        this.#pattern,
        this.#into,
      );
      waiting.set(opened.localPort, flow);
      return flow;
    });
  }

  /** All octets of all connections were taken, or can not be any more. */
  get done(): boolean {
    return this.flows.every(({ doneAt, failure }) => doneAt >= 0 || failure !== undefined);
  }

  /** Runs until `done`, or until `until` ms, or until nothing is left to happen. Answers `done`. */
  run(until: number = Infinity): boolean {
    while (!this.done && this.world.step(until));
    return this.done;
  }
}

const SERVER = 0xc0000202 | 0; // 192.0.2.2

class Flow implements TransferFlow {
  readonly client: TcpSocket;
  server: TcpSocket | undefined = undefined;
  received = 0;
  firstAt = -1;
  doneAt = -1;
  intact = true;
  failure: TcpSignal | undefined = undefined;
  readonly #sender: 'client' | 'server';
  readonly #octets: number;
  readonly #pattern: Uint8Array;
  readonly #into: Uint8Array;
  #sent = 0;

  constructor(
    client: TcpSocket,
    sender: 'client' | 'server',
    octets: number,
    pattern: Uint8Array,
    into: Uint8Array,
  ) {
    this.client = client;
    this.#sender = sender;
    this.#octets = octets;
    this.#pattern = pattern;
    this.#into = into;
    this.#attend(client, sender === 'client');
  }

  accepted(socket: TcpSocket, now: number): void {
    this.server = socket;
    this.#attend(socket, this.#sender === 'server');
    if (this.#sender === 'server') this.#send(socket, now); // it has been told already
  }

  #attend(socket: TcpSocket, sends: boolean): void {
    socket.onSignal = (signal, now) => {
      if (signal === 'reset' || signal === 'refused' || signal === 'timeout')
        this.failure ??= signal;
      else if (sends && (signal === 'established' || signal === 'writable'))
        this.#send(socket, now);
      else if (signal === 'readable' || signal === 'end') this.#receive(socket, now);
      if (signal === 'end') socket.close(now);
    };
  }

  #send(socket: TcpSocket, now: number): void {
    while (this.#sent < this.#octets) {
      const at = this.#sent % PATTERN;
      const length = Math.min(CHUNK, this.#octets - this.#sent);
      const taken = socket.send(now, this.#pattern, at, at + length);
      if (typeof taken !== 'number' || taken === 0) return;
      this.#sent += taken;
    }
    socket.close(now);
  }

  #receive(socket: TcpSocket, now: number): void {
    for (;;) {
      const taken = socket.receive(now, this.#into);
      if (typeof taken !== 'number' || taken === 0) return;
      if (this.firstAt < 0) this.firstAt = now;
      const at = this.received % PATTERN;
      for (let i = 0; i < taken; i++) {
        if (this.#into[i] !== this.#pattern[at + i]) this.intact = false;
      }
      this.received += taken;
      if (this.received >= this.#octets) this.doneAt = now;
    }
  }
}
