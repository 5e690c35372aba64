/**
 * One neighbour: whose IP address has which Ethernet address, how sure that is (RFC 4861 §7.3.2), and
 * the packets that wait until it is known (§7.2.2).
 */
import type { Family } from '../wire/address.ts';
import type { Timed } from './deadlines.ts';

/** RFC 4861 §7.3.2, for IPv4 as well. */
export type NeighbourState =
  | 'INCOMPLETE' // asked for, not answered yet
  | 'REACHABLE' //  known to have answered within the last half minute or so
  | 'STALE' //      not known any more, and nobody has needed it
  | 'DELAY' //      a packet was sent; upper layers have a moment to say that it arrived
  | 'PROBE'; //     asked again, by unicast

/** A packet that waits, with room for the Ethernet header in front. */
export type WaitingPacket = Uint8Array;

/** One line of `ip neigh`. */
export interface NeighbourInfo {
  readonly address: string;
  readonly interface: string;
  /** `undefined` while nobody has said. */
  readonly mac: string | undefined;
  readonly state: NeighbourState;
  readonly router: boolean;
  /** When a packet was sent to it last, and when it was last known to be reachable; ms. */
  readonly usedAt: number;
  readonly confirmedAt: number;
}

export class Neighbour implements Timed {
  readonly family: Family;
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  state: NeighbourState = 'INCOMPLETE';
  /** Its Ethernet address as in wire/mac.ts; 0 while INCOMPLETE. */
  high = 0;
  low = 0;
  /** It sends router advertisements: RFC 4861's IsRouter flag. */
  isRouter = false;
  /** Solicitations sent in this state. */
  solicitations = 0;
  /** When the state ends of itself, ms. */
  deadline: number = Infinity;
  /** When a packet was sent to it, or it was heard of first, ms. */
  usedAt = 0;
  /** When it was last known to be reachable, ms; -Infinity for never. */
  confirmedAt: number = -Infinity;
  /** Oldest first. */
  waiting: WaitingPacket[] | undefined = undefined;

  // The cache's own.
  heapIndex = -1;
  place = -1;
  chained: Neighbour | undefined = undefined;

  constructor(family: Family, w0: number, w1: number, w2: number, w3: number) {
    this.family = family;
    this.w0 = w0;
    this.w1 = w1;
    this.w2 = w2;
    this.w3 = w3;
  }

  is(family: number, w0: number, w1: number, w2: number, w3: number): boolean {
    return (
      this.w3 === w3 && this.w2 === w2 && this.w1 === w1 && this.w0 === w0 && this.family === family
    );
  }

  nextTimeout(): number {
    return this.deadline;
  }
}
