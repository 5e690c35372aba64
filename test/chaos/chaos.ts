/** 10 MiB through a network that loses, doubles, damages and reorders: the octets must be equal. */
import type { HostObserver } from '../../src/stack/host.ts';
import type { HostRefusal } from '../../src/stack/host-refusal.ts';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import type { TcpDefaults } from '../../src/tcp/options.ts';
import { printPacket } from '../../src/wire/print.ts';
import { Dumbbell } from '../grids/dumbbell.ts';
import { chaosPlan, OCTETS, type ChaosPlan } from './plan.ts';
import { Text } from './text.ts';

const PORT = 80;
const CHUNK = 65_536; // octets of one RECEIVE
const MOST_ARRIVALS = 1_000_000; // packets: more is a storm
const MOST_TIME = 30 * 86_400_000; // ms
const LINES_SHOWN = 60; // of the ladder, the last ones

const BAD: ReadonlySet<string> = new Set(['reset', 'refused', 'timeout', 'aborted']);

/** Nobody gives up, so everything arrives in the end. */
const PATIENT: Partial<TcpDefaults> = {
  profile: 'linux',
  userTimeout: Infinity,
  synTimeout: Infinity,
};

export class Chaos {
  readonly plan: ChaosPlan;
  readonly world: Dumbbell;
  /** What is wrong, if anything is. */
  failure: string | undefined = undefined;
  /** The last segments, if they are watched. */
  readonly lines: string[] = [];
  readonly #sent = new Text();
  readonly #taken = new Text();
  readonly #sink = new Uint8Array(CHUNK);
  readonly #sender: TcpSocket;
  #receiver: TcpSocket | undefined = undefined;
  #closing = false;
  #ended = false;

  constructor(seed: number, watched: boolean = false) {
    const plan = chaosPlan(seed);
    this.plan = plan;
    const { there, back, family, mtu, controller, mtuProbing } = plan;
    const tcp = { ...PATIENT, congestionControl: controller, mtuProbing };
    const observers = watched ? { left: this.#watches('A'), right: this.#watches('B') } : undefined;
    const world = new Dumbbell({ there, back, seed, family, mtu, tcp, checksums: true, observers });
    this.world = world;
    const onConnection = (socket: TcpSocket): void => this.#takesFrom(socket);
    granted(world.right.listen(0, { port: PORT, onConnection }));
    this.#sender = granted(world.left.open(0, { remote: world.rightAddress, remotePort: PORT }));
    this.#sender.onSignal = (signal, now) => {
      if (signal === 'writable') this.#send(now);
      if (BAD.has(signal)) this.#fail(`the sender is told ${signal}`);
    };
  }

  run(): this {
    const over = (): boolean =>
      this.failure !== undefined || this.#isOver() || this.world.arrivals > MOST_ARRIVALS;
    const going = this.world.run(MOST_TIME, over);
    if (this.failure !== undefined || this.#isOver()) return this;
    this.failure = `${going ? 'a storm' : 'nothing happens any more'} after ${this.#taken.position} octets`;
    return this;
  }

  #isOver(): boolean {
    const { state } = this.#sender;
    const closed = state === 'TIME-WAIT' || state === 'CLOSED';
    return this.#ended && closed && this.#receiver?.state === 'CLOSED';
  }

  #send(now: number): void {
    const text = this.#sent;
    while (text.position < OCTETS) {
      const chunk = text.next(OCTETS - text.position);
      const taken = this.#sender.send(now, chunk);
      if (typeof taken === 'string') return this.#fail(`SEND says ${taken}`);
      text.past(taken);
      if (taken < chunk.length) return;
    }
    if (!this.#closing) this.#sender.close(now);
    this.#closing = true;
  }

  #takesFrom(socket: TcpSocket): void {
    this.#receiver = socket;
    socket.onSignal = (signal, now) => {
      if (BAD.has(signal)) this.#fail(`the receiver is told ${signal}`);
      if (signal === 'readable' || signal === 'end') this.#take(socket, now);
      if (signal === 'end') this.#end(socket, now);
    };
  }

  #take(socket: TcpSocket, now: number): void {
    while (this.failure === undefined && socket.unread > 0) {
      const taken = socket.receive(now, this.#sink);
      if (typeof taken === 'string') return this.#fail(`RECEIVE says ${taken}`);
      const at = this.#taken.compare(this.#sink.subarray(0, taken));
      if (at !== undefined) this.#fail(`octet ${at} is another one`);
    }
    if (this.#taken.position > OCTETS)
      this.#fail(`${this.#taken.position} octets, that is too many`);
  }

  #end(socket: TcpSocket, now: number): void {
    if (this.#taken.position !== OCTETS) this.#fail(`it ends after ${this.#taken.position} octets`);
    this.#ended = true;
    socket.close(now);
  }

  #fail(why: string): void {
    this.failure ??= why;
  }

  #watches(name: string): HostObserver {
    return {
      packet: ({ now, direction, bytes, start, end, before, after, drop, because }) => {
        const states = before === after ? before : `${before} > ${after}`;
        const arrow = direction === 'out' ? '-->' : '<--';
        const why = drop ?? (direction === 'in' ? because : '');
        const at = now.toFixed(1).padStart(10);
        this.lines.push(
          `${at} ${name} ${states} ${arrow} ${printPacket(bytes, start, end)} ${why}`,
        );
        if (this.lines.length > LINES_SHOWN) this.lines.shift();
      },
    };
  }
}

/** Undefined when all is well; otherwise the seed, the last segments, and how to see it again. */
export function chaosFailure(seed: number): string | undefined {
  if (new Chaos(seed).run().failure === undefined) return undefined;
  const { failure, plan, lines } = new Chaos(seed, true).run();
  return [
    `seed ${seed}: ${failure}`,
    JSON.stringify(plan),
    ...lines,
    `again: npm run chaos -- --from ${seed} --seeds 1`,
  ].join('\n');
}

function granted<T extends object>(answer: T | HostRefusal): T {
  if ('error' in answer) throw new Error(answer.message);
  return answer;
}
