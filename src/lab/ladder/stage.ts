/**
 * Where a ladder is played: a world of two hosts, or of one and a script, and a network in which
 * nothing moves unless a row says so.
 */
import type { HostObserver } from '../../stack/host.ts';
import type { TcpDefaults } from '../../tcp/options.ts';
import { RFC } from '../../tcp/profiles.ts';
import { HOLD, type Flight } from '../network.ts';
import { World } from '../world.ts';
import type { Ladder, Side } from './ast.ts';
import { beginningOf, reboots, type Beginning } from './infer.ts';
import { Peer } from './peer.ts';
import { otherSide, type MatchContext, type Shift } from './segment-match.ts';
import { delayOf, mtuOf, tcpOf } from './settings.ts';
import { ValueTable } from './value-table.ts';

/** The B of a table with a reboot has a window this wide, as Figure 9 needs it. */
const WINDOW_OF_TABLES = 300; // octets

export interface StageOptions {
  readonly family: 4 | 6;
  /** Moves the sequence numbers: where the first ISS of each side is to lie, or undefined. */
  readonly issAt?: number | undefined;
  /** For all hosts, under what the ladder itself says. */
  readonly tcp?: Partial<TcpDefaults>;
  readonly observe?: (side: Side) => HostObserver | undefined;
}

export class Stage {
  readonly ladder: Ladder;
  readonly family: 4 | 6;
  readonly world: World = new World(() => HOLD);
  readonly values: ValueTable;
  readonly beginning: Beginning;
  readonly shift: Shift;
  readonly delay: number; // ms
  /** Of the ladder whose rows are played now: one to begin with has its own. */
  strict: boolean;
  readonly A: Peer;
  /** Absent when the script plays B. */
  readonly B: Peer | undefined;
  /** Why a side took another ISS than the ladder's. */
  readonly otherIss: { A: string | undefined; B: string | undefined } = {
    A: undefined,
    B: undefined,
  };
  readonly #issUsed = { A: 0, B: 0 };

  constructor(ladder: Ladder, options: StageOptions) {
    this.ladder = ladder;
    this.family = options.family;
    this.strict = ladder.strict;
    this.values = new ValueTable(ladder);
    this.beginning = beginningOf(ladder);
    this.shift = {
      A: this.#shiftOf('A', options.issAt),
      B: this.#shiftOf('B', options.issAt),
    };
    this.delay = delayOf(ladder);
    this.world.onFlight = (flight, what) => {
      if (what === 'departed') this.#departed(flight);
    };
    this.A = this.#peer('A', options);
    this.B = ladder.scripted === undefined ? this.#peer('B', options) : undefined;
  }

  peer(side: Side): Peer | undefined {
    return side === 'A' ? this.A : this.B;
  }

  context(from: Side): MatchContext {
    const { shift, values, strict } = this;
    return { from, shift, values, strict };
  }

  /** MSL of a side, ms. */
  get msl(): number {
    const given = this.ladder.options.filter(({ key }) => key === 'msl').at(-1)?.value;
    return typeof given === 'number' ? given : RFC.msl;
  }

  #peer(side: Side, options: StageOptions): Peer {
    const { ladder, family } = this;
    const small = ladder.markdown && reboots(ladder) ? { receiveBuffer: WINDOW_OF_TABLES } : {};
    return new Peer(this.world, {
      side,
      family,
      mtu: mtuOf(ladder, side, family),
      tcp: { ...options.tcp, ...small, ...tcpOf(ladder, side) },
      nextIss: () => this.#nextIss(side),
      timestampOffset: this.shift[side],
      observer: options.observe?.(side),
    });
  }

  #departed(flight: Flight): void {
    if (flight.from === 'A') this.A.departed(flight);
    else this.B?.departed(flight);
  }

  #shiftOf(side: Side, issAt: number | undefined): number {
    return issAt === undefined ? 0 : (issAt - this.beginning.iss[side][0]!) | 0;
  }

  #nextIss(side: Side): number {
    const list = this.beginning.iss[side];
    const used = this.#issUsed[side]++;
    const last = list[list.length - 1]!;
    const planned = (list[used] ?? last + used * 1000) + this.shift[side];
    const peer = this.peer(otherSide(side));
    if (used === 0 || this.ladder.iss[side].length > 0 || peer === undefined) return planned;
    return this.#outsideOldWindow(side, planned, peer);
  }

  /**
   * §3.4.3: a host that has forgotten its connections must not use sequence numbers again that its
   * old segments may still have. What the peer of the old connection would accept is such a number.
   */
  #outsideOldWindow(side: Side, planned: number, peer: Peer): number {
    const status = peer.status;
    if (status === undefined || status.state === 'LISTEN' || status.state === 'SYN-SENT') {
      return planned;
    }
    const { nxt, wnd } = status.rcv;
    const offset = (planned - nxt) >>> 0;
    if (offset >= wnd) return planned;
    const written = (planned - this.shift[side]) >>> 0;
    this.otherIss[side] =
      `after a reboot ${side} takes an ISS that its old connection cannot have in use; ` +
      `SEQ=${written} is inside the window ${peer.side} still offers, ` +
      `where a SYN is challenged by RFC 5961 §4 and shows something else`;
    return nxt + wnd;
  }
}
