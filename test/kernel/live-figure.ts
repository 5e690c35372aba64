/**
 * What passed between estab and the kernel, written as RFC 9293 writes its figures: state of A
 * (estab), segment, state of B (the kernel), one line for each departure and arrival. The kernel
 * chooses its own ISS; its first is shown as 300, the next as 400, as the figures have it.
 */
import type { HostObserver } from '../../src/stack/host.ts';
import type { PacketEvent } from '../../src/stack/packet-event.ts';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import type { State } from '../../src/tcp/state.ts';
import type { Family } from '../../src/wire/address.ts';
import { IpHeader, Protocol, readIp } from '../../src/wire/ip.ts';
import { printControl } from '../../src/wire/print.ts';
import { ACK, RST, Segment, SYN, textLength } from '../../src/wire/segment.ts';
import { add, diff, toU32, ZERO, type Seq } from '../../src/wire/seq.ts';
import { destinationPort, readTcp, sourcePort } from '../../src/wire/tcp.ts';
import { kernelState } from './kernel-state.ts';

export type Direction = 'in' | 'out'; // seen from estab

/** A segment on its way, parsed and copied. */
export interface Passing {
  readonly direction: Direction;
  readonly family: Family;
  readonly ourPort: number;
  readonly kernelPort: number;
  readonly seq: Seq;
  readonly ack: Seq;
  readonly ctl: number;
  readonly wnd: number;
  /** Octets of text. */
  readonly text: number;
}

const NEAR = 2 ** 20; // octets: farther from every ISS of the kernel, a number is shown as it is

export class LiveFigure implements HostObserver {
  /** `SYN-SENT --> <SEQ=100><CTL=SYN> --> SYN-RECEIVED` */
  readonly lines: string[] = [];
  /** Each segment that left or arrived, in order; what is held or lost as well. */
  readonly segments: Passing[] = [];
  /** The arrows of Figure 5 that estab took: `CLOSED > SYN-SENT`. */
  readonly arrows: string[] = [];
  readonly #drawn: boolean;
  readonly #kernelIss: Seq[] = [];
  readonly #ip: IpHeader = new IpHeader();
  readonly #seg: Segment = new Segment();
  #ourState: State = 'CLOSED'; // of the connection that the last packet belonged to

  /** `drawn` false: only `segments`, for many. */
  constructor(drawn: boolean) {
    this.#drawn = drawn;
  }

  packet({ after }: PacketEvent): void {
    this.#ourState = after ?? 'CLOSED';
  }

  transition(_now: number, _socket: TcpSocket, from: State, to: State): void {
    this.arrows.push(`${from} > ${to}`);
  }

  /** Undefined when it is no TCP segment. */
  look(
    direction: Direction,
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
  ): Passing | undefined {
    const ip = this.#ip;
    if (readIp(ip, view, start, end) !== undefined || ip.protocol !== Protocol.TCP)
      return undefined;
    const seg = this.#seg;
    const { payloadStart: at, payloadEnd } = ip;
    if (readTcp(seg, bytes, view, at, payloadEnd) !== undefined) return undefined;
    const ports = [sourcePort(view, at), destinationPort(view, at)] as const;
    const [ourPort, kernelPort] = direction === 'out' ? ports : [ports[1], ports[0]];
    const { seq, ack, ctl, wnd } = seg;
    const passing: Passing = {
      ...{ direction, family: ip.version, ourPort, kernelPort },
      ...{ seq, ack, ctl, wnd, text: textLength(seg) },
    };
    if (direction === 'in' && ctl & SYN) this.#learn(seq);
    this.segments.push(passing);
    return passing;
  }

  /** The state of the kernel's end now. */
  stateOfB({ family, kernelPort, ourPort }: Passing): State {
    return this.#drawn ? kernelState(family, kernelPort, ourPort) : 'CLOSED';
  }

  /** The last of what passed, for the message of a failure. */
  tail(count: number): string[] {
    if (this.#drawn) return this.lines.slice(-count);
    return this.segments
      .slice(-count)
      .map((segment) => `${segment.direction === 'out' ? '-->' : '<--'} ${this.#print(segment)}`);
  }

  departed(segment: Passing): void {
    this.#write(this.#ourState, '-->', segment, `--> ${this.stateOfB(segment)}`);
  }

  departedAndHeld(segment: Passing): void {
    this.#write(this.#ourState, '-->', segment, '...');
  }

  departedAndLost(segment: Passing): void {
    this.#write(this.#ourState, '--X', segment, '');
  }

  /** What was held, or an old duplicate, comes to the kernel. */
  reachedKernel(segment: Passing): void {
    this.#write('', '...', segment, `--> ${this.stateOfB(segment)}`);
  }

  /** `state`: the kernel's when the segment was taken from it. */
  arrived(segment: Passing, state: State): void {
    this.#write(this.#ourState, '<--', segment, `<-- ${state}`);
  }

  heldOnArrival(segment: Passing, state: State): void {
    this.#write('', '...', segment, `<-- ${state}`);
  }

  lostOnArrival(segment: Passing, state: State): void {
    this.#write('', 'X--', segment, `<-- ${state}`);
  }

  /** What was held on its way to us comes. */
  arrivedLate(segment: Passing): void {
    this.#write(this.#ourState, '<--', segment, '...');
  }

  #write(left: string, arrow: string, segment: Passing, right: string): void {
    if (this.#drawn) this.lines.push(`${left} ${arrow} ${this.#print(segment)} ${right}`.trim());
  }

  #print({ direction, seq, ack, ctl, text }: Passing): string {
    const [shownSeq, shownAck] =
      direction === 'out' ? [seq, this.#asInFigures(ack)] : [this.#kernelSeq(seq, ctl), ack];
    const acked = ctl & ACK ? `<ACK=${toU32(shownAck)}>` : '';
    const data = text > 0 ? `<DATA=${text}>` : '';

    return `<SEQ=${toU32(shownSeq)}>${acked}<CTL=${printControl(ctl)}>${data}`;
  }

  #learn(iss: Seq): void {
    if (!this.#kernelIss.includes(iss)) this.#kernelIss.push(iss);
  }

  /** <SEQ=0> of a reset that answers a segment without ACK is no number of the kernel's. */
  #kernelSeq(seq: Seq, ctl: number): Seq {
    return ctl & RST && seq === ZERO ? seq : this.#asInFigures(seq);
  }

  #asInFigures(seq: Seq): Seq {
    let best = seq;
    let distance = NEAR;
    this.#kernelIss.forEach((iss, n) => {
      const offset = diff(seq, iss);
      if (Math.abs(offset) >= distance) return;
      distance = Math.abs(offset);
      best = add(ZERO, 300 + 100 * n + offset);
    });
    return best;
  }
}
