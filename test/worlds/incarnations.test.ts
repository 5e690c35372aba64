/**
 * One pair of sockets again and again, and old duplicates on the way all the time: no octet of one
 * connection is ever delivered in another (RFC 9293 §3.4.1 to §3.4.3, RFC 6528, MAY-2).
 */
import '../oracle/beside.ts';
import { expect, test } from 'vitest';
import { deliverAfter, LOSE, type Direction, type Flight } from '../../src/lab/network.ts';
import { World } from '../../src/lab/world.ts';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import { printPacket } from '../../src/wire/print.ts';
import { accepted, address } from '../stack/two-hosts.ts';
import { Random } from './random.ts';

const SEEDS = 60;
const ROUNDS = 12; // connections one after another
const PORT = 80;
const CLIENT_PORT = 4000;
const OLDEST = 25_000; // ms, below an MSL of 30 s

/** Every octet of connection `n` of end `name` says so. */
const mark = (name: string, n: number): number => (2 * n + (name === 'A' ? 1 : 0)) & 0xff;

class Incarnations {
  readonly world: World;
  readonly lines: string[] = [];
  readonly #random: Random;
  octets = 0; // compared
  reopened = 0; // out of TIME-WAIT

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.world = new World((flight) => this.#direct(flight));
    this.world.onFlight = ({ from, bytes }, what) => {
      const at = this.world.now.toFixed(0);
      this.lines.push(`${at} ${from} ${what} ${printPacket(bytes, 0, bytes.length)}`);
    };
  }

  run(): void {
    const { world } = this;
    const random = this.#random;
    const tcp = { userTimeout: 60_000, synTimeout: 60_000, keepAlive: true, keepAliveIdle: 5000 };
    const A = world.addHost('A', { addresses: ['192.0.2.1/24'], tcp });
    const B = world.addHost('B', { addresses: ['192.0.2.2/24'], tcp });
    let round = 0;
    const onConnection = (socket: TcpSocket): void => this.#uses('B', round, socket);
    accepted(B.listen(0, { port: PORT, onConnection }));
    for (; round < ROUNDS; round++) {
      const remote = address('192.0.2.2');
      const options = { remote, remotePort: PORT, localPort: CLIENT_PORT };
      const client = A.open(world.now, options);
      if ('error' in client) {
        expect(client.error).toBe('connection-exists'); // TIME-WAIT
        world.advance(61_000);
        continue;
      }
      this.#uses('A', round, client);
      world.advance(random.int(100, 8000));
      if (random.chance(0.3)) client.abort(world.now);
      for (let i = 0; i < 100 && client.state !== 'CLOSED' && client.state !== 'TIME-WAIT'; i++) {
        client.close(world.now);
        world.advance(5000);
      }
      expect(['CLOSED', 'TIME-WAIT']).toContain(client.state);
      // B must be done with it, too: in TIME-WAIT it may open again, in no other state.
      const busy = (): boolean =>
        B.sockets().some(({ state }) => state !== 'LISTEN' && state !== 'TIME-WAIT');
      for (let i = 0; i < 100 && busy(); i++) world.advance(5000);
      expect(busy()).toBe(false);
    }
    this.reopened = B.counters['time-wait-reopened'];
  }

  /** Sends its marks, takes the other's, closes when both are done. */
  #uses(name: 'A' | 'B', round: number, socket: TcpSocket): void {
    const sends = this.#random.int(0, 4000);
    const text = new Uint8Array(sends).fill(mark(name, round));
    const into = new Uint8Array(8192);
    socket.onSignal = (signal, now) => {
      if (signal === 'established' || signal === 'writable') socket.send(now, text);
      if (signal === 'readable') {
        const taken = Number(socket.receive(now, into));
        this.#compare(name, round, into.subarray(0, taken));
        if (this.#random.chance(0.5)) socket.close(now);
      }
      if (signal === 'end') socket.close(now);
    };
    if (socket.state === 'ESTABLISHED') socket.send(this.world.now, text);
    if (sends === 0 || this.#random.chance(0.3)) socket.close(this.world.now);
  }

  #compare(name: 'A' | 'B', round: number, bytes: Uint8Array): void {
    const want = mark(name === 'A' ? 'B' : 'A', round);
    this.octets += bytes.length;
    for (const octet of bytes) {
      if (octet !== want)
        throw new Error(`${name} got ${octet} in connection ${round}, not ${want}`);
    }
  }

  #direct(flight: Flight): Direction {
    const random = this.#random;
    if (random.chance(0.2)) {
      const copy = this.world.network.duplicate(flight);
      this.world.network.deliver(copy, this.world.now + random.int(0, OLDEST));
    }
    return random.chance(0.05) ? LOSE : deliverAfter(random.pick([1, 1, 1, 20, 300]));
  }
}

test('text of one connection is never delivered in another', () => {
  let octets = 0;
  let reopened = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const play = new Incarnations(seed);
    try {
      play.run();
      octets += play.octets;
      reopened += play.reopened;
    } catch (error) {
      throw new Error([`${error}`, `seed ${seed}`, ...play.lines.slice(-80)].join('\n'), {
        cause: error,
      });
    }
  }
  expect(octets).toBeGreaterThan(100_000);
  expect(reopened).toBeGreaterThan(10);
});
