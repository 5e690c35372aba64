/**
 * 100,000 open connections that say nothing: what each costs, and what it costs the ten that talk. A
 * process of its own, with --expose-gc: `npm run bench` starts it.
 */
import type { TcpSocket } from 'estab/stack';
import { usedOctets } from './memory-used.ts';
import { TwoHosts } from './two-hosts.ts';

const IDLE = 100_000;
const TALKING = 10;
const PORTS = 16; // servers, so that ephemeral ports do not run out
const ROUNDS = 7;
const TRIPS = 20_000; // per round and connection that talks

/** `count` established connections between two hosts; those that talk are the first. */
class Crowd {
  readonly world = new TwoHosts(true);
  readonly clients: TcpSocket[] = [];
  readonly servers: TcpSocket[] = [];

  constructor(count: number) {
    const { world } = this;
    for (let port = 1; port <= PORTS; port++) world.listen(port, (socket) => this.#keep(socket));
    let established = 0;
    for (let i = 0; i < count; i++) {
      const socket = world.connect(1 + (i % PORTS));
      socket.onSignal = (signal) => {
        if (signal === 'established') established++;
      };
      if (i < TALKING) this.clients.push(socket);
      if (i % 64 === 63) world.run(() => false);
    }
    world.run(() => false);
    if (established !== count) throw new Error(`only ${established} were established`);
  }

  /** Nanoseconds per segment, each with 64 octets, there and back on every connection that talks. */
  talk(): number {
    const { world } = this;
    const message = new Uint8Array(64).fill(7);
    const into = new Uint8Array(64);
    let left = TRIPS * TALKING;
    for (const server of this.servers) {
      server.onSignal = (signal, now) => {
        if (signal !== 'readable') return;
        server.receive(now, into);
        server.send(now, into);
      };
    }
    for (const client of this.clients) {
      client.noDelay(true);
      client.onSignal = (signal, now) => {
        if (signal !== 'readable') return;
        client.receive(now, into);
        left -= 1;
        if (left > 0) client.send(now, message);
      };
    }
    const begin = performance.now();
    for (const client of this.clients) client.send(world.now, message);
    world.run(() => left <= 0);
    const took = performance.now() - begin;
    world.advance(50); // delayed acknowledgments
    return (took / (2 * TRIPS * TALKING)) * 1e6;
  }

  #keep(socket: TcpSocket): void {
    if (this.servers.length < TALKING) this.servers.push(socket);
  }
}

const median = (values: number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

const few = new Crowd(TALKING);
few.talk(); // code that is compiled once
const before = usedOctets();
const many = new Crowd(IDLE);
const perEnd = (usedOctets() - before) / (2 * IDLE);
many.talk();
const ratios: number[] = [];
const alone: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const a = few.talk();
  alone.push(a);
  ratios.push(many.talk() / a);
}
console.log(JSON.stringify({ perEnd, alone: median(alone), ratio: median(ratios) }));
