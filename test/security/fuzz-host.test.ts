/**
 * Many sockets of one host, listeners, passive OPENs and TIME-WAIT records among them, and peers that
 * send anything: tables stay bounded, nothing throws, and in the end nothing is left. `FUZZ=n` plays
 * one again.
 */
import '../oracle/beside.ts';
import { expect, test } from 'vitest';
import type { Listener } from '../../src/stack/listener.ts';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import type { State } from '../../src/tcp/state.ts';
import { ACK, FIN, PSH, RST, SYN } from '../../src/wire/segment.ts';
import { seq, toU32 } from '../../src/wire/seq.ts';
import { Invariants } from '../worlds/invariants.ts';
import { Random } from '../worlds/random.ts';
import { ends, tcp } from './forge.ts';
import { Target } from './target.ts';

const BLOCKS = 4;
const SEEDS_OF_BLOCK = 15;
const ACTIONS = 600;
const BACKLOG = 4;
const PORTS = [80, 81, 82]; // ours
const PEERS = [4000, 4001, 4002, 4003];
const HOUR = 3_600_000; // ms

const NEAR = [0, 0, 0, 0, 0, 1, -1];

const TALK = [ACK, ACK, ACK, ACK | PSH, ACK | PSH, ACK | FIN, RST, SYN];
const GOODBYE = [ACK, ACK, ACK, ACK | FIN, ACK | FIN, RST];
const FITTING: Readonly<Record<State, readonly number[]>> = {
  CLOSED: [SYN],
  LISTEN: [SYN],
  'SYN-SENT': [SYN | ACK, SYN | ACK, SYN | ACK, SYN, ACK, RST | ACK],
  'SYN-RECEIVED': [ACK, ACK, ACK, ACK | FIN, SYN, RST],
  ESTABLISHED: TALK,
  'FIN-WAIT-1': GOODBYE,
  'FIN-WAIT-2': GOODBYE,
  'CLOSE-WAIT': [ACK, ACK, ACK, RST],
  CLOSING: GOODBYE,
  'LAST-ACK': GOODBYE,
  'TIME-WAIT': [ACK, ACK | FIN, SYN, SYN, RST],
};

class FuzzHost {
  readonly #random: Random;
  readonly #target: Target;
  readonly #known: TcpSocket[] = [];
  readonly #invariants: Invariants[] = [];
  #listener: Listener | undefined = undefined;

  constructor(seed: number) {
    const random = new Random(seed);
    this.#random = random;
    this.#target = new Target(4, {
      nextIss: () => seq(random.next()),
      tcp: {
        fastPath: random.chance(0.5),
        receiveBuffer: random.pick([65_535, 100]),
        userTimeout: 100_000,
        synTimeout: 20_000,
        finWait2Timeout: 20_000,
      },
    });
  }

  run(): number {
    for (let i = 0; i < ACTIONS; i++) {
      this.#act();
      for (const invariants of this.#invariants) invariants.check();
      this.#checkTables();
    }
    this.#end();
    return this.#target.host.counters['segments-in'];
  }

  #act(): void {
    const random = this.#random;
    const target = this.#target;
    switch (random.int(0, 9)) {
      case 0:
        this.#opens();
        break;
      case 1:
        this.#call();
        break;
      case 2:
        target.waits(random.pick([0, 10, 1000, 5000, 30_000, 61_000]));
        break;
      default:
        this.#segment();
    }
  }

  #keeps(socket: TcpSocket): void {
    if (this.#known.length > 40) return;
    this.#known.push(socket);
    this.#invariants.push(new Invariants(`socket ${this.#known.length}`, socket));
  }

  #opens(): void {
    const random = this.#random;
    const { host, now } = this.#target;
    const localPort = random.pick(PORTS);
    const remotePort = random.pick(PEERS);
    const family = random.pick([4, 6] as const);
    const { source: remote } = ends(family, remotePort, localPort);
    switch (random.int(0, 2)) {
      case 0: {
        if (this.#listener !== undefined && !this.#listener.closed) {
          if (random.chance(0.3)) this.#listener.close(now);
          break;
        }
        const onConnection = (socket: TcpSocket): void => this.#keeps(socket);
        const listener = host.listen(now, { port: localPort, backlog: BACKLOG, onConnection });
        if (!('error' in listener)) this.#listener = listener;
        break;
      }
      case 1: {
        const socket = host.openPassive(
          now,
          random.chance(0.5) ? { localPort } : { localPort, remote, remotePort },
        );
        if (!('error' in socket)) this.#keeps(socket);
        break;
      }
      default: {
        const socket = host.open(now, { remote, remotePort, localPort });
        if (!('error' in socket)) this.#keeps(socket);
      }
    }
    this.#target.flush();
  }

  #call(): void {
    const random = this.#random;
    const target = this.#target;
    const { now } = target;
    const socket = this.#known.length === 0 ? undefined : random.pick(this.#known);
    if (socket === undefined) return;
    const bytes = new Uint8Array(random.int(1, 3000));
    const calls: readonly (() => unknown)[] = [
      () => socket.send(now, bytes),
      () => socket.receive(now, bytes),
      () => socket.receive(now, bytes),
      () => socket.close(now),
      () => socket.close(now),
      () => socket.release(now),
      () => socket.abort(now),
      () => socket.open(now),
      () => socket.status(),
      () => (socket.onSignal = () => undefined),
    ];
    random.pick(calls)();
    target.flush();
  }

  /** Mostly one that fits some connection, more or less. */
  #segment(): void {
    const random = this.#random;
    const target = this.#target;
    const busy = target.host.sockets().filter(({ state }) => state !== 'LISTEN');
    const info = busy.length > 0 && random.chance(0.8) ? random.pick(busy) : undefined;
    const between = ends(
      info?.remote?.family ?? random.pick([4, 4, 6]),
      info?.remotePort ?? random.pick(PEERS),
      info?.localPort ?? random.pick(PORTS),
    );
    const tcb = info?.socket?.tcbHeld?.tcb;
    const fields = {
      seq: tcb === undefined ? random.next() : toU32(tcb.rcv.nxt) + random.pick(NEAR),
      ack: tcb === undefined ? random.next() : toU32(tcb.snd.nxt) - random.pick(NEAR),
      ctl: random.pick(info === undefined ? [SYN, SYN, SYN, ACK] : FITTING[info.state]),
      wnd: random.pick([65_535, 65_535, 0, 1000]),
      text: random.pick([0, 0, 10, 1000]),
    };
    target.takes(tcp(between, fields));
    if (random.chance(0.8)) target.flush();
  }

  /** No pair of sockets twice, no more half open than the backlog, as many as can be told apart. */
  #checkTables(): void {
    const sockets = this.#target.host.sockets();
    const names = sockets.flatMap(({ state, local, localPort, remote, remotePort }) =>
      state === 'LISTEN' ? [] : [`${local?.family} ${localPort} ${remote?.family} ${remotePort}`],
    );
    const pending = this.#listener?.pending ?? 0;
    const once = new Set(names).size === names.length;
    if (!once || names.length > 2 * PORTS.length * PEERS.length) throw new Error(names.join('; '));
    if (pending < 0 || pending > BACKLOG) throw new Error(`${pending} half open`);
  }

  #end(): void {
    const target = this.#target;
    const { host } = target;
    this.#listener?.close(target.now);
    target.flush();
    for (const { socket } of host.sockets()) socket?.abort(target.now);
    target.flush();
    target.waits(HOUR);
    expect(host.sockets()).toEqual([]);
    expect(host.nextTimeout()).toBe(Infinity);
    expect(this.#listener?.pending ?? 0).toBe(0);
    for (const socket of this.#known) {
      expect(socket.state).toBe('CLOSED');
      while (Number(socket.receive(target.now, new Uint8Array(70_000))) > 0);
    }
    for (const invariants of this.#invariants) {
      invariants.check();
      expect(invariants.held).toBe(0);
    }
  }
}

const only = process.env['FUZZ'];
const first = Number(only ?? 1);
const seeds = only === undefined ? SEEDS_OF_BLOCK : 1;

test.each(Array.from({ length: only === undefined ? BLOCKS : 1 }, (_, i) => first + i * seeds))(
  'any segment for any socket: seeds from %i',
  (from) => {
    for (let seed = from; seed < from + seeds; seed++) {
      const fuzz = new FuzzHost(seed);
      try {
        expect(fuzz.run()).toBeGreaterThan(100);
      } catch (error) {
        throw new Error(`FUZZ=${seed}: ${String(error)}`, { cause: error });
      }
    }
  },
);
