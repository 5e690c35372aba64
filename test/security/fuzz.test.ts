/**
 * A peer that sends anything at any time, and a user who calls anything at any time: nothing throws,
 * nothing hangs, no invariant breaks, and after an ABORT nothing is left. `FUZZ=n` plays one again.
 */
import { expect, test } from 'vitest';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import { ACK, FIN, PSH, RST, SYN, URG } from '../../src/wire/segment.ts';
import type { IcmpKind } from '../../src/wire/icmp.ts';
import { toU32 } from '../../src/wire/seq.ts';
import { icmp } from '../stack/datagram.ts';
import { Invariants } from '../worlds/invariants.ts';
import { Random } from '../worlds/random.ts';
import { STATES } from '../../src/tcp/state.ts';
import { tcp } from './forge.ts';
import { PEER_PORT, printed, reach, TARGET_PORT, type Reached } from './target.ts';

const BLOCKS = 10;
const SEEDS_OF_BLOCK = 50;
const ACTIONS = 150;
const HOUR = 3_600_000; // ms
const MOST_OF_ONE = 200; // segments that one action may set free

const ORDINARY = [ACK, ACK, ACK, ACK | PSH, ACK | PSH, ACK | URG];
const RARE = [ACK | FIN, SYN, SYN | ACK, RST, RST | ACK, FIN, 0, 0xff]; // mostly the end of it

const KINDS: readonly IcmpKind[] = [
  'unreachable',
  'packet-too-big',
  'time-exceeded',
  'parameter-problem',
];

class Fuzz {
  readonly lines: string[] = [];
  readonly #random: Random;
  readonly #reached: Reached;
  readonly #invariants: Invariants;

  constructor(seed: number) {
    const random = new Random(seed);
    this.#random = random;
    const options = {
      fastPath: random.chance(0.5),
      receiveBuffer: random.pick([65_535, 2000, random.int(1, 100)]),
      sendBuffer: random.pick([131_072, 3000, 10]),
      keepAlive: random.chance(0.3),
      keepAliveIdle: random.int(1, 20_000) / 7,
      keepAliveInterval: random.int(1, 5000) / 3,
      delayedAck: random.pick([0, 40, 499]),
      userTimeout: random.pick([300_000, 1000, Infinity]),
    };
    this.#reached = reach(random.pick(STATES), random.pick([4, 6]), { tcp: options });
    this.#invariants = new Invariants(`seed ${seed}`, this.#reached.socket);
  }

  run(): number {
    const { target, socket } = this.#reached;
    for (let i = 0; i < ACTIONS; i++) {
      const chance = this.#random.int(0, 9);
      if (chance < 5) this.#segment();
      else if (chance < 6) this.#icmp();
      else if (chance < 8) this.#call(socket);
      else this.#time();
      this.#invariants.check();
    }
    socket.abort(target.now);
    this.#note('ABORT', target.sends());
    target.waits(HOUR);
    while (Number(socket.receive(target.now, new Uint8Array(70_000))) > 0); // CLOSED before ABORT
    this.#invariants.check();
    expect([socket.state, target.host.sockets()]).toEqual(['CLOSED', []]);
    expect([this.#invariants.held, target.host.nextTimeout()]).toEqual([0, Infinity]);
    return this.lines.length;
  }

  #note(what: string, sent: readonly string[]): void {
    this.lines.push(`${this.#reached.target.now} ${this.#reached.socket.state} ${what}`);
    for (const line of sent) this.lines.push(`    ${line}`);
    if (sent.length > MOST_OF_ONE) throw new Error(`${sent.length} segments for one ${what}`);
  }

  #segment(): void {
    const random = this.#random;
    const { target, socket } = this.#reached;
    const { snd, rcv } = socket.connection.tcb;
    const near = random.pick([0, 0, 0, 1, -1, random.int(-3000, 70_000), random.next()]);
    const una = random.pick([0, 0, -1, 1, random.int(-70_000, 3000), random.next()]);
    const fields = {
      seq: toU32(rcv.nxt) + near,
      ack: random.pick([toU32(snd.nxt), toU32(snd.una), toU32(snd.nxt)]) + una,
      ctl: random.pick(random.chance(0.06) ? RARE : ORDINARY),
      wnd: random.pick([65_535, 4000, 0, 0, 1, random.int(0, 65_535)]),
      up: random.int(0, 65_535),
      text: random.pick([0, 0, 0, 1, random.int(0, 1460)]),
      mss: random.pick([-1, -1, 0, 1, 1460, 65_535]),
    };
    if (random.chance(0.3)) {
      target.takes(tcp(target.ends, fields)); // more come before anything is sent (MUST-58)
      this.#note(JSON.stringify(fields), []);
    } else this.#note(JSON.stringify(fields), target.gets(fields));
  }

  /** An error about something that the target may have sent. */
  #icmp(): void {
    const random = this.#random;
    const { target, socket } = this.#reached;
    const { source: from, destination: to } = target.ends;
    const { snd } = socket.connection.tcb;
    const back = {
      source: to,
      destination: from,
      sourcePort: TARGET_PORT,
      destinationPort: PEER_PORT,
    };
    const at = toU32(random.pick([snd.una, snd.nxt])) + random.pick([0, 0, -1, 1, random.next()]);
    const body = tcp(back, { seq: at, ctl: ACK }).slice(0, random.int(0, 60));
    const kind = random.pick(KINDS);
    const code = random.int(0, 13);
    const sent = target.arrives(icmp({ from, to, kind, code, mtu: random.int(0, 1500), body }));
    this.#note(`${kind} ${code}`, sent.map(printed));
  }

  #call(socket: TcpSocket): void {
    const random = this.#random;
    const { target } = this.#reached;
    const { now } = target;
    const bytes = new Uint8Array(random.pick([1, 100, 5000]));
    const calls: readonly (readonly [string, () => unknown])[] = [
      ['SEND', () => socket.send(now, bytes)],
      ['SEND', () => socket.send(now, bytes, 0, bytes.length, { push: false })],
      ['SEND', () => socket.send(now, bytes, 0, bytes.length, { urgent: true })],
      ['RECEIVE', () => socket.receive(now, bytes)],
      ['RECEIVE', () => socket.receive(now, bytes)],
      ['STATUS', () => socket.status()],
      ['CLOSE', () => (random.chance(0.1) ? socket.close(now) : 'not yet')],
      ['release', () => (random.chance(0.05) ? socket.release(now) : 'not yet')],
      ['OPEN', () => socket.open(now)],
      ['noDelay', () => socket.noDelay(random.chance(0.5))],
      ['keepAlive', () => socket.keepAlive(now, random.chance(0.5))],
      ['userTimeout', () => socket.userTimeout(now, random.pick([1000, 60_000, Infinity]))],
    ];
    const [name, call] = random.pick(calls);
    const answer = call();
    this.#note(`${name}: ${JSON.stringify(answer)}`, target.sends());
  }

  #time(): void {
    const ms = this.#random.pick([0, 1, 39, 500, 1000, 7000, 61_000]) + this.#random.int(0, 9) / 7;
    const { target } = this.#reached;
    this.#note(`after ${ms} ms`, target.waits(ms).map(printed));
  }
}

function play(seed: number): number {
  const fuzz = new Fuzz(seed);
  try {
    return fuzz.run();
  } catch (error) {
    const story = [String(error), `FUZZ=${seed}`, ...fuzz.lines.slice(-60)].join('\n');
    throw new Error(story, { cause: error });
  }
}

const only = process.env['FUZZ'];
const first = Number(only ?? 1);
const blocks = only === undefined ? BLOCKS : 1;
const seeds = only === undefined ? SEEDS_OF_BLOCK : 1;

test.each(Array.from({ length: blocks }, (_, i) => first + i * seeds))(
  'any segment, any call, any time: seeds from %i',
  (from) => {
    for (let seed = from; seed < from + seeds; seed++) expect(play(seed)).toBeGreaterThan(ACTIONS);
  },
);
