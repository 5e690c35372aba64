/** One direction of netem on its own: numbered packets go in, what came out when is written down. */
import { Impairment } from '../../src/link/netem/impairment.ts';
import { Parcel } from '../../src/link/netem/parcel.ts';
import type { NetemSettings } from '../../src/link/netem/settings.ts';

export class Numbered extends Parcel {
  readonly id: number;
  constructor(id: number, bytes: Uint8Array) {
    super(bytes, new DataView(bytes.buffer), 0, bytes.length);
    this.id = id;
  }
}

export interface Arrival {
  readonly id: number;
  readonly at: number; // ms
  readonly bytes: Uint8Array;
}

export class Impaired {
  readonly arrivals: Arrival[] = [];
  readonly discarded: number[] = [];
  readonly direction: Impairment<Numbered>;
  #id = 0;

  constructor(settings: NetemSettings, seed: number = 7, direction: number = 0) {
    this.direction = new Impairment<Numbered>(
      {
        copy: ({ id, bytes }) => new Numbered(id, bytes.slice()),
        deliver: ({ id, dueAt, bytes }) => this.arrivals.push({ id, at: dueAt, bytes }),
        discard: ({ id }) => this.discarded.push(id),
      },
      { medium: 'ip', seed, direction, settings },
    );
  }

  packet(octets: number): Numbered {
    return new Numbered(this.#id++, new Uint8Array(octets));
  }

  send(now: number, bytes: Uint8Array = new Uint8Array(100)): void {
    this.direction.accept(now, new Numbered(this.#id++, bytes));
    this.direction.timeout(now);
  }

  /** `count` packets, one each `gap` ms, and then all the time they need. */
  sendMany(count: number, gap: number, octets: number = 100): this {
    for (let i = 0; i < count; i += 1) {
      this.direction.timeout(i * gap);
      this.send(i * gap, new Uint8Array(octets));
    }
    return this.finish();
  }

  finish(): this {
    for (let next = this.direction.nextTimeout(); next < Infinity;) {
      this.direction.timeout(next);
      next = this.direction.nextTimeout();
    }
    return this;
  }

  /** The numbers of the packets that arrived, in the order in which they did. */
  get ids(): number[] {
    return this.arrivals.map(({ id }) => id);
  }

  /** How long each travelled that arrived, when one was sent each `gap` ms. */
  delays(gap: number): number[] {
    return this.arrivals.map(({ id, at }) => at - id * gap);
  }
}
