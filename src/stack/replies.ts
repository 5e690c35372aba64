/**
 * Answers that belong to no connection with a TCB, kept until the next flush: resets (RFC 9293
 * §3.10.7.1), acknowledgments of TIME-WAIT records, ICMP of every kind (RFC 1122 §3.2.2, RFC 4443).
 * Their number is bounded, and so is their rate where anybody may ask for one.
 */
import type { IcmpKind } from '../wire/icmp.ts';
import { Segment } from '../wire/segment.ts';
import { FourTuple } from './four-tuple.ts';
import type { NetworkInterface } from './interface.ts';
import type { TcpSocket } from './tcp-socket.ts';

const MOST_WAITING = 256;

export class Reply {
  readonly tuple: FourTuple = new FourTuple();
  /** No text, unless `data` is there, and then the segment means nothing. */
  readonly segment: Segment = new Segment();
  /** The interface it goes over; undefined: as addresses and routes say. */
  iface: NetworkInterface | undefined = undefined;
  /** Of an ICMP message: an echo's data, or the datagram that an error quotes. */
  data: Uint8Array | undefined = undefined;
  kind: IcmpKind = 'echo-reply';
  code = 0;
  pointer = 0;
  identifier = 0;
  sequence = 0;
  tos = 0;
  hops = 0;
  socket: TcpSocket | undefined = undefined;
  because = '';
}

export class Replies {
  readonly #waiting: Reply[] = []; // those from `#count` on are to be used again
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get full(): boolean {
    return this.#count === MOST_WAITING;
  }

  /** A reply to be filled in, with an empty segment; undefined when too many wait. */
  add(): Reply | undefined {
    if (this.full) return undefined;
    let reply = this.#waiting[this.#count];
    if (reply === undefined) {
      reply = new Reply();
      this.#waiting.push(reply);
    }
    this.#count++;
    reply.segment.clear();
    reply.data = undefined;
    reply.iface = undefined;
    reply.code = 0;
    reply.pointer = 0;
    reply.socket = undefined;
    return reply;
  }

  /** The last one added is not wanted. */
  withdraw(): void {
    this.#count--;
  }

  at(index: number): Reply {
    return this.#waiting[index]!;
  }

  /** All are sent. */
  clear(): void {
    for (let i = 0; i < this.#count; i++) {
      const reply = this.#waiting[i]!;
      reply.data = undefined;
      reply.socket = undefined;
    }
    this.#count = 0;
  }
}
