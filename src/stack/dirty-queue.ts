/** The sockets that something happened to since they were last served, each once, in order. */
import type { TcpSocket } from './tcp-socket.ts';

const FIRST_CAPACITY = 16; // a power of two

export class DirtyQueue {
  #ring: (TcpSocket | undefined)[] = new Array<TcpSocket | undefined>(FIRST_CAPACITY);
  #head = 0;
  #count = 0;

  get first(): TcpSocket | undefined {
    return this.#count === 0 ? undefined : this.#ring[this.#head];
  }

  add(socket: TcpSocket): void {
    if (socket.dirty !== 0) return;
    socket.dirty = 1;
    if (this.#count === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#count) & (this.#ring.length - 1)] = socket;
    this.#count++;
  }

  /** The first is served. */
  shift(): void {
    const socket = this.#ring[this.#head];
    if (this.#count === 0 || socket === undefined) return;
    socket.dirty = 0;
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#count--;
  }

  #grow(): void {
    const ring = this.#ring;
    const larger = new Array<TcpSocket | undefined>(ring.length * 2);
    for (let i = 0; i < this.#count; i++) larger[i] = ring[(this.#head + i) & (ring.length - 1)];
    this.#ring = larger;
    this.#head = 0;
  }
}
