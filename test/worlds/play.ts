/** Plays a plan with two real hosts in a world and says what went wrong, if anything did. */
import '../oracle/beside.ts';
import { deliverAfter, LOSE, type Direction, type Flight } from '../../src/lab/network.ts';
import { World } from '../../src/lab/world.ts';
import type { Host } from '../../src/stack/host.ts';
import type { PacketEvent } from '../../src/stack/packet-event.ts';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import { parseAddress, type IpAddress } from '../../src/wire/address.ts';
import { printPacket, printSegment } from '../../src/wire/print.ts';
import { RST } from '../../src/wire/segment.ts';
import { seq } from '../../src/wire/seq.ts';
import { accepted, look } from '../stack/two-hosts.ts';
import { Invariants } from './invariants.ts';
import type { Plan } from './plan.ts';
import { Random } from './random.ts';
import { User } from './user.ts';
import { Wire } from './wire.ts';

const PORT = { A: 5000, B: 80 } as const;
const MOST_EVENTS = 100_000;
const MOST_LINES = 200_000; // segments that left or arrived
const LINES_SHOWN = 140; // of the ladder, the last ones

export type Name = 'A' | 'B';

export class Play {
  readonly plan: Plan;
  readonly world: World;
  readonly hosts: Readonly<Record<Name, Host>>;
  readonly users: Readonly<Record<Name, User>>;
  /** What happened, a line for each segment that left or arrived. */
  readonly lines: string[] = [];
  /** A hash of all octets that left, with their times. */
  wireHash = 0;
  events = 0;
  readonly #random: Random;
  readonly #wire: Wire;
  readonly #invariants: Invariants[] = [];
  #resetArrived: Name | undefined = undefined;
  #closeListener: (() => void) | undefined = undefined;

  constructor(plan: Plan, fastPath = true) {
    this.plan = plan;
    this.#random = new Random(plan.seed ^ 0x5eed);
    this.#wire = new Wire(plan);
    this.world = new World((flight) => this.#direct(flight));
    this.hosts = { A: this.#host('A', fastPath), B: this.#host('B', fastPath) };
    this.users = {
      A: new User('A', plan.A, new Random(plan.seed ^ 0xa)),
      B: new User('B', plan.B, new Random(plan.seed ^ 0xb)),
    };
  }

  /** @throws Error with the ladder of what happened. */
  run(): this {
    try {
      this.#open();
      while (this.#event()) for (const invariants of this.#invariants) invariants.check();
      this.#checkEnd();
    } catch (error) {
      throw new Error(this.story(String(error)), { cause: error });
    }
    return this;
  }

  story(why: string): string {
    const { seed, ...rest } = this.plan;
    const ends = (['A', 'B'] as const).map((name) => {
      const { given, taken, signals, socket, sawEnd } = this.users[name];
      const tcb = socket?.connection.tcb;
      const held = [tcb?.sendBuffer.length, tcb?.receiveBuffer.unread, tcb?.snd.wnd, tcb?.rcv.wnd];
      return `${name}: ${tcb?.state} gave ${given} took ${taken} end ${sawEnd} unsent, unread, SND.WND, RCV.WND ${held.join()}; ${signals.join()}`;
    });
    return [
      `${why}`,
      `SEED=${seed} npx vitest run test/worlds`,
      JSON.stringify(rest),
      ...this.lines.slice(-LINES_SHOWN),
      ...ends,
    ].join('\n');
  }

  #host(name: Name, fastPath: boolean): Host {
    const number = name === 'A' ? 1 : 2;
    const { tcp, iss } = this.plan[name];
    return this.world.addHost(name, {
      addresses: [`192.0.2.${number}/24`, `2001:db8::${number}/64`],
      mtu: this.plan.mtu,
      tcp: { ...tcp, fastPath },
      nextIss: () => seq(iss),
      observer: { packet: (event) => this.#saw(name, event) },
    });
  }

  #address(name: Name): IpAddress {
    const number = name === 'A' ? 1 : 2;
    return parseAddress(this.plan.family === 4 ? `192.0.2.${number}` : `2001:db8::${number}`)!;
  }

  #open(): void {
    const { opening } = this.plan;
    const { B } = this.hosts;
    if (opening === 'listener') {
      const onConnection = (socket: TcpSocket): void => {
        if (this.users.B.socket === undefined) this.#takes('B', socket);
        else socket.abort(this.world.now); // an old duplicate of the SYN
      };
      const listener = accepted(B.listen(0, { port: PORT.B, onConnection }));
      this.#closeListener = () => listener.close(this.world.now);
    } else if (opening === 'passive') {
      this.#takes('B', accepted(B.openPassive(0, { localPort: PORT.B })));
    } else {
      this.#takes('B', this.#active('B', 'A'));
    }
    this.#takes('A', this.#active('A', 'B'));
  }

  #active(from: Name, to: Name): TcpSocket {
    return accepted(
      this.hosts[from].open(0, {
        remote: this.#address(to),
        remotePort: PORT[to],
        local: this.#address(from),
        localPort: PORT[from],
      }),
    );
  }

  #takes(name: Name, socket: TcpSocket): void {
    this.users[name].takes(socket, this.world.now);
    this.#invariants.push(new Invariants(name, socket));
  }

  /** The next thing happens; false when there is none. */
  #event(): boolean {
    const { world, users } = this;
    if (++this.events > MOST_EVENTS) throw new Error('it does not come to rest');
    this.#resetArrived = undefined;
    const next = Math.min(users.A.next(), users.B.next());
    if (world.step(next)) return true;
    if (next === Infinity) return this.#closesWhatListens();
    world.clock.advanceTo(next);
    users.A.acts(world.now);
    users.B.acts(world.now);
    world.flush();
    return true;
  }

  /** At rest: nobody else comes. */
  #closesWhatListens(): boolean {
    const { socket } = this.users.B;
    if (socket?.state === 'LISTEN') return socket.close(this.world.now) === 'ok';
    const close = this.#closeListener;
    if (close === undefined) return false;
    this.#closeListener = undefined;
    close();
    return true;
  }

  // The network

  #direct(flight: Flight): Direction {
    const { loss, duplication, corruption, delay, jitter } = this.plan.weather;
    const random = this.#random;
    if (random.chance(corruption)) {
      const bit = random.int(0, 8 * flight.bytes.length - 1);
      flight.bytes[bit >> 3]! ^= 0x80 >> (bit & 7);
      this.#fate(`bit ${bit} wrong`);
    }
    if (random.chance(duplication)) {
      const after = delay + random.int(0, jitter);
      this.world.network.deliver(this.world.network.duplicate(flight), this.world.now + after);
      this.#fate(`again after ${after}`);
    }
    if (random.chance(loss)) {
      this.#fate('lost');
      return LOSE;
    }
    const after = delay + random.int(0, jitter);
    this.#fate(`after ${after}`);
    return deliverAfter(after);
  }

  #fate(what: string): void {
    this.lines[this.lines.length - 1] += `  (${what})`;
  }

  // What is seen

  #saw(name: Name, event: PacketEvent): void {
    if (this.lines.length > MOST_LINES) throw new Error('it does not come to rest');
    const { direction, bytes, start, end, before, after, drop, because } = event;
    const packet = bytes.slice(start, end);
    if (direction === 'out') this.#left(name, packet);
    else if (drop === undefined && (look(packet).seg.ctl & RST) !== 0) this.#resetArrived = name;
    const states = before === after ? before : `${before} > ${after}`;
    const arrow = direction === 'out' ? '->' : '<-';
    const what = drop === undefined ? printed(packet) : printPacket(packet, 0, packet.length);
    const why = drop ?? because;
    const at = this.world.now.toFixed(1).padStart(10);
    this.lines.push(`${at} ${name} ${states} ${arrow} ${what} ${direction === 'in' ? why : ''}`);
  }

  #left(name: Name, packet: Uint8Array): void {
    let hash = this.wireHash ^ Math.round(this.world.now * 1000);
    for (let i = 0; i < packet.length; i++) hash = (Math.imul(hash, 31) + packet[i]!) | 0;
    this.wireHash = hash;
    const { seg } = look(packet);
    this.#wire.sent(name, seg);
    if (this.#resetArrived === name && (seg.ctl & RST) !== 0) {
      throw new Error(`${name} answers a reset with a reset`);
    }
  }

  // The end

  #checkEnd(): void {
    const { A, B } = this.users;
    for (const name of ['A', 'B'] as const) {
      const user = this.users[name];
      must(user.over || user.socket === undefined, `${name} comes to CLOSED`);
      must(this.hosts[name].sockets().length === 0, `nothing is left at ${name}`);
      must(this.hosts[name].nextTimeout() === Infinity, `nothing is to come at ${name}`);
    }
    for (const { held } of this.#invariants) must(held === 0, `${held} octets of memory are held`);
    const gentle = A.conduct.goodbye === 'close' && B.conduct.goodbye === 'close';
    if (gentle) {
      this.#checkGentle(A, B);
      this.#checkGentle(B, A);
    }
  }

  #checkGentle(user: User, peer: User): void {
    must(user.given === user.conduct.sends, `${user.name} gave all`);
    must(user.taken === peer.conduct.sends, `${user.name} got all`);
    must(user.sawEnd, `${user.name} saw the end`);
    must(user.socket?.ending === undefined, `${user.name} ended early: ${user.socket?.ending}`);
  }
}

function printed(packet: Uint8Array): string {
  const { ip, seg } = look(packet);
  return ip.protocol === 6
    ? printSegment(seg, { wnd: true, options: true, up: true })
    : printPacket(packet, 0, packet.length);
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`broken: ${what}`);
}
