/**
 * One host under attack. The other end is the test itself, which makes up every datagram; what the
 * host answers is returned, and counted in octets.
 */
import type { Outlet } from '../../src/stack/outlet.ts';
import { Host, type HostOptions } from '../../src/stack/host.ts';
import type { TcpSocket } from '../../src/stack/tcp-socket.ts';
import type { State } from '../../src/tcp/state.ts';
import { Timer } from '../../src/tcp/timers.ts';
import { printSegment } from '../../src/wire/print.ts';
import { ACK, FIN, SYN } from '../../src/wire/segment.ts';
import { seq } from '../../src/wire/seq.ts';
import { accepted, cidr, look, secret, type Seen } from '../stack/two-hosts.ts';
import { ends, tcp, type Ends, type Fields } from './forge.ts';

export const FAMILIES = [4, 6] as const;
export type Family = (typeof FAMILIES)[number];

export const TARGET_ISS = 100;
export const PEER_ISS = 300;
export const TARGET_PORT = 80;
export const PEER_PORT = 4000;

/** Keeps what is transmitted. */
class Catcher implements Outlet {
  readonly medium = 'ip';
  readonly mtu: number;
  readonly checksumOffload = false;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly caught: Uint8Array[] = [];

  constructor(mtu: number) {
    this.mtu = mtu;
    this.bytes = new Uint8Array(mtu + 64);
    this.view = new DataView(this.bytes.buffer);
  }

  claim(): number {
    return 0;
  }

  transmit(start: number, end: number): void {
    this.caught.push(this.bytes.slice(start, end));
  }
}

export class Target {
  now = 1000;
  readonly family: Family;
  readonly host: Host;
  readonly ends: Ends;
  octetsIn = 0;
  octetsOut = 0;
  readonly #outlet: Catcher;

  constructor(family: Family, options: Partial<HostOptions> = {}) {
    const { mtu = family === 4 ? 1500 : 1520 } = options; // an MSS of 1460 over both
    this.family = family;
    this.ends = ends(family, PEER_PORT, TARGET_PORT);
    this.#outlet = new Catcher(mtu);
    this.host = new Host({
      name: 'target',
      addresses: [cidr('192.0.2.1/24'), cidr('2001:db8::1/64')],
      secret: secret(7),
      nextIss: () => seq(TARGET_ISS),
      ...options,
      mtu,
    });
  }

  /** A datagram arrives; what the host sends at once. */
  arrives(bytes: Uint8Array): Seen[] {
    this.takes(bytes);
    return this.flush();
  }

  /** A datagram arrives, and nothing is sent yet. */
  takes(bytes: Uint8Array): void {
    this.octetsIn += bytes.length;
    const copy = bytes.slice();
    const view = new DataView(copy.buffer);
    this.host.packetArrives(this.now, copy, view, 0, copy.length);
    copy.fill(0xdb); // nothing of it may be kept
  }

  /** A segment from the peer arrives; what the host answers, in the notation of the RFC. */
  gets(fields: Fields): string[] {
    return this.arrives(tcp(this.ends, fields)).map(printed);
  }

  /** After user calls. */
  flush(): Seen[] {
    this.host.flush(this.now, this.#outlet);
    const caught = this.#outlet.caught.splice(0);
    for (const { length } of caught) this.octetsOut += length;
    return caught.map(look);
  }

  sends(): string[] {
    return this.flush().map(printed);
  }

  /** Time goes by; what the host sends meanwhile. */
  waits(ms: number): Seen[] {
    const until = this.now + ms;
    const sent = this.flush();
    for (let next = this.host.nextTimeout(); next <= until; next = this.host.nextTimeout()) {
      this.now = Math.max(this.now, next);
      this.host.timeout(this.now);
      sent.push(...this.flush());
    }
    this.now = until;
    return sent;
  }

  /** All that can change when a segment is taken: the TCB in words, deadlines, tables. */
  snapshot(socket: TcpSocket): string {
    const tcb = { ...socket.connection.tcb, options: 0, onTransition: 0, arrows: 0 };
    const { held, unread } = socket.connection.tcb.receiveBuffer;
    const tables = this.host.sockets().map(({ state, localPort, remotePort }) => {
      return `${state} ${localPort} ${remotePort}`;
    });
    const { timers } = socket.connection.tcb;
    const deadlines = Object.values(Timer).map((timer) => timers.at(timer));
    return JSON.stringify([tcb, held, unread, deadlines, this.host.nextTimeout(), tables]);
  }
}

export const printed = ({ seg }: Seen): string => printSegment(seg, { wnd: false, options: false });

export interface Reached {
  readonly target: Target;
  readonly socket: TcpSocket;
  /** What the peer would send next. */
  readonly seq: number;
  readonly ack: number;
}

/** The initial sequence numbers of both. */
export interface First {
  readonly target: number;
  readonly peer: number;
}

const FIRST: First = { target: TARGET_ISS, peer: PEER_ISS };

/** A socket of the target in `state`, after an exchange that the peer has played by the rules. */
export function reach(
  state: State,
  family: Family,
  options: Partial<HostOptions> = {},
  first: First = FIRST,
): Reached {
  const A = first.target + 1; // the target's first octet
  const P = first.peer + 1; //   the peer's
  const target = new Target(family, { nextIss: () => seq(first.target), ...options });
  const { host, now } = target;
  const passive = (): TcpSocket => accepted(host.openPassive(now, { localPort: TARGET_PORT }));
  const active = (): TcpSocket =>
    accepted(
      host.open(now, {
        remote: target.ends.source,
        remotePort: PEER_PORT,
        localPort: TARGET_PORT,
      }),
    );
  const established = (): TcpSocket => {
    const socket = active();
    target.flush();
    target.gets({ seq: first.peer, ack: A, ctl: SYN | ACK, mss: 1460 });
    return socket;
  };
  const reached = (socket: TcpSocket, seqNext: number, ackNext: number): Reached => {
    target.flush();
    if (socket.state !== state) throw new Error(`reached ${socket.state}, not ${state}`);
    return { target, socket, seq: seqNext, ack: ackNext };
  };
  switch (state) {
    case 'CLOSED': {
      const socket = active();
      socket.abort(now);
      return reached(socket, P, A);
    }
    case 'LISTEN':
      return reached(passive(), first.peer, 0);
    case 'SYN-SENT':
      return reached(active(), first.peer, A);
    case 'SYN-RECEIVED': {
      const socket = passive();
      target.gets({ seq: first.peer, ctl: SYN, mss: 1460 });
      return reached(socket, P, A);
    }
    case 'ESTABLISHED':
      return reached(established(), P, A);
    case 'FIN-WAIT-1':
    case 'FIN-WAIT-2':
    case 'CLOSING':
    case 'TIME-WAIT': {
      const socket = established();
      socket.close(now);
      target.flush();
      if (state === 'FIN-WAIT-2') target.gets({ seq: P, ack: A + 1, ctl: ACK });
      if (state === 'CLOSING') target.gets({ seq: P, ack: A, ctl: FIN | ACK });
      if (state === 'TIME-WAIT') target.gets({ seq: P, ack: A + 1, ctl: FIN | ACK });
      const finTaken = state === 'CLOSING' || state === 'TIME-WAIT';
      return reached(socket, finTaken ? P + 1 : P, A + 1);
    }
    case 'CLOSE-WAIT':
    case 'LAST-ACK': {
      const socket = established();
      target.gets({ seq: P, ack: A, ctl: FIN | ACK });
      if (state === 'LAST-ACK') socket.close(now);
      return reached(socket, P + 1, state === 'LAST-ACK' ? A + 1 : A);
    }
  }
}
