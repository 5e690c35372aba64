/**
 * How segments move in a ladder: which departure a row is about, which one in the network, and what
 * is put there because no TCP of this ladder sent it.
 */
import type { Movement, Row, SegmentPattern, Side } from './ast.ts';
import { explained } from './explain.ts';
import { ecnOf, forgeSegment } from './forge.ts';
import { cellOf } from './infer.ts';
import { routeFrom, type SeenSegment } from './peer.ts';
import type { Findings } from './play-cell.ts';
import { segmentText } from './print.ts';
import type { RowResult } from './result.ts';
import { actualText, bindAll, matches, otherSide } from './segment-match.ts';
import type { Stage } from './stage.ts';

const PATIENCE = 10 * 60 * 1000; // ms a row without a time waits for its segment
const OCTETS_OF_DATA = 10; // what `<DATA>` sends when nobody said how much

/** A segment no row has shown. */
export interface Unshown extends SeenSegment {
  readonly side: Side;
}

export interface Moved {
  readonly segment: string; // as it really was
  readonly departure: number | undefined; // ms
  readonly arrival: number | undefined; //   ms
  readonly flight: number | undefined;
  /** The segment, when it left before its row was reached. */
  readonly early?: SeenSegment | undefined;
}

export class Moves {
  readonly #stage: Stage;
  readonly #known = new Map<SeenSegment, Unshown>();

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** What left and no row has shown, oldest first. */
  unshown(): Unshown[] {
    const all: Unshown[] = [];
    for (const side of ['A', 'B'] as const) {
      for (const seen of this.#stage.peer(side)?.unshown ?? []) all.push(this.#as(side, seen));
    }
    return all.sort((a, b) => a.flight.id - b.flight.id);
  }

  forget(seen: Unshown): void {
    const list = this.#stage.peer(seen.side)?.unshown;
    const index = list?.findIndex(({ flight }) => flight === seen.flight) ?? -1;
    if (index >= 0) list?.splice(index, 1);
  }

  describe(seen: Unshown): string {
    const text = actualText(undefined, seen.seg, this.#stage.context(seen.side));
    return `${seen.side} sends ${text}`;
  }

  extraRow(seen: Unshown, began: number): RowResult {
    const segment = actualText(undefined, seen.seg, this.#stage.context(seen.side));
    const passage = { from: seen.side, departs: true, arrives: false, lost: false };
    const difference = {
      where: 'segment',
      expected: '',
      actual: segment,
      because: `${seen.side} sends this and no row shows it`,
      section: undefined,
    } as const;
    return {
      label: undefined,
      line: undefined,
      ok: false,
      time: seen.flight.sentAt - began,
      arrival: undefined,
      flight: undefined,
      expected: { left: '', passage: undefined, segment: '', right: '' },
      actual: { left: '', passage, segment, right: '' },
      differences: [difference],
      notes: [],
    };
  }

  /** The oldest segment nobody has shown arrives: for handshakes without rows. */
  deliverOldest(): void {
    this.#stage.world.flush();
    const seen = this.unshown()[0];
    if (seen === undefined) return;
    this.forget(seen);
    this.#stage.world.deliver(seen.flight);
  }

  /** What the other side, CLOSED, answers to the SYN of this row. */
  probe(syn: Movement): string {
    const to = otherSide(syn.from);
    this.#inject(syn.segment, syn.from);
    const reply = this.#stage.peer(to)?.unshown.shift();
    if (reply === undefined) return 'nothing';
    this.#stage.world.network.lose(reply.flight);
    return actualText(undefined, reply.seg, this.#stage.context(to));
  }

  /** Carries out the movement of a row. `at`: when it must have departed, if the row says so. */
  move(row: Row, movement: Movement, at: number | undefined, found: Findings): Moved {
    if (movement.scripted || isMadeUp(row, movement)) return this.#forged(movement);
    if (movement.departs) return this.#departure(movement, at, found);
    return this.#inNetwork(row, movement, found);
  }

  // A segment that no TCP of this ladder sent.
  #forged(movement: Movement): Moved {
    const { segment, from, arrives } = movement;
    const now = this.#stage.world.now;
    if (arrives) this.#inject(segment, from);
    return {
      segment: segmentText(segment),
      departure: now,
      arrival: arrives ? now : undefined,
      flight: undefined,
    };
  }

  #departure(movement: Movement, at: number | undefined, found: Findings): Moved {
    const { from, segment } = movement;
    const { world } = this.#stage;
    const seen = this.#awaited(movement, at);
    if (seen === undefined) {
      found.differences.push({
        where: 'segment',
        expected: segmentText(segment),
        actual: 'nothing',
        ...explained(this.#stage.peer(from)?.because ?? ''),
      });
      return { segment: '', departure: undefined, arrival: undefined, flight: undefined };
    }
    const text = this.#compare(seen, segment, from, found);
    const departure = seen.flight.sentAt;
    const early = departure < world.now ? seen : undefined;
    if (at !== undefined && departure !== at) {
      found.differences.push({
        where: 'segment',
        expected: `at ${at} ms`,
        actual: `at ${departure} ms`,
        because: 'it left at another time than the row says',
        section: undefined,
      });
    }
    if (movement.lost) world.network.lose(seen.flight);
    if (!movement.arrives) {
      const flight = movement.lost ? undefined : seen.flight.id;
      return { segment: text, departure, arrival: undefined, flight, early };
    }
    if (this.#stage.delay > 0) world.advance(this.#stage.delay);
    world.deliver(seen.flight);
    const arrival = world.now === departure ? undefined : world.now;
    return { segment: text, departure, arrival, flight: undefined, early };
  }

  // The next segment of a side: it left already, a user call sends it, or a timer does.
  #awaited(movement: Movement, at: number | undefined): SeenSegment | undefined {
    const { world } = this.#stage;
    const peer = this.#stage.peer(movement.from);
    if (peer === undefined) return undefined;
    world.flush();
    if (peer.unshown.length === 0) this.#impliedCall(movement);
    const patience = world.now + PATIENCE;
    while (peer.unshown.length === 0 && at === undefined && world.nextEvent() <= patience) {
      if (!world.step(patience)) break;
    }
    return peer.unshown.shift();
  }

  // A SYN, text or FIN that nobody asked for implies the user's OPEN, SEND or CLOSE.
  #impliedCall({ from, segment }: Movement): void {
    const peer = this.#stage.peer(from);
    const ctl = segment.ctl ?? [];
    if (peer === undefined || ctl.includes('RST')) return;
    const { state } = peer;
    if (ctl.includes('SYN')) {
      if (!ctl.includes('ACK') && (state === 'CLOSED' || state === 'LISTEN')) {
        peer.call({ name: 'open' });
      }
    } else if (segment.len !== undefined) {
      const octets = segment.len === 'some' ? undefined : this.#stage.values.resolve(segment.len);
      if (octets !== 0) {
        const count = octets ?? OCTETS_OF_DATA;
        peer.call({ name: 'send', octets: count, push: true, urgent: false });
      }
    } else if (ctl.includes('FIN')) {
      if (state === 'ESTABLISHED' || state === 'CLOSE-WAIT' || state === 'SYN-RECEIVED') {
        peer.call({ name: 'close' });
      }
    }
    this.#stage.world.flush();
  }

  #compare(seen: SeenSegment, pattern: SegmentPattern, from: Side, found: Findings): string {
    const context = this.#stage.context(from);
    const ecn = ecnOf(seen.flight.bytes);
    const agrees = matches(pattern, seen.seg, context) && (pattern.ecn ?? ecn) === ecn;
    if (agrees) bindAll(pattern, seen.seg, context);
    const marked = pattern.ecn === undefined ? '' : `<ECN=${ecn}>`;
    const text = actualText(pattern, seen.seg, context) + marked;
    if (agrees) return text;
    const otherIss = pattern.ctl?.includes('SYN') === true ? this.#stage.otherIss[from] : undefined;
    found.differences.push({
      where: 'segment',
      expected: segmentText(pattern),
      actual: text,
      ...(otherIss === undefined
        ? explained(seen.because)
        : { because: otherIss, section: 'RFC 9293 §3.4.3, and §3.5 Figure 9' }),
    });
    return text;
  }

  // A segment of an earlier row, still in the network.
  #inNetwork(row: Row, movement: Movement, found: Findings): Moved {
    const { from, segment } = movement;
    const { world } = this.#stage;
    const held = this.#heldFrom(from);
    const context = this.#stage.context(from);
    const exact = held.find(({ seg }) => matches(segment, seg, context));
    const chosen = exact ?? (this.#stage.ladder.markdown ? this.#alike(row, movement) : undefined);
    if (chosen === undefined) {
      if (this.#stage.ladder.markdown || this.#isOlder(movement)) return this.#forged(movement);
      found.differences.push({
        where: 'segment',
        expected: segmentText(segment),
        actual:
          held.length === 0
            ? 'nothing'
            : held.map((h) => actualText(segment, h.seg, context)).join(' '),
        because: `no such segment of ${from} is in the network; one from elsewhere is marked (duplicate) or (forged)`,
        section: undefined,
      });
      return { segment: '', departure: undefined, arrival: undefined, flight: undefined };
    }
    const text = this.#compare(chosen, segment, from, found);
    const { id } = chosen.flight;
    if (movement.lost) world.network.lose(chosen.flight);
    else world.deliver(chosen.flight);
    return {
      segment: text,
      departure: chosen.flight.sentAt,
      arrival: movement.lost ? undefined : world.now,
      flight: id,
    };
  }

  // Figure 11: no row of the ladder sends such a segment, so it is older than the ladder.
  #isOlder({ from, segment }: Movement): boolean {
    const bits = segment.ctl?.join();
    return !this.#stage.ladder.rows.some(
      ({ movement }) =>
        movement?.departs === true &&
        movement.from === from &&
        movement.segment.ctl?.join() === bits,
    );
  }

  /** In the network from this side, shown by a row as having departed. */
  #heldFrom(from: Side): SeenSegment[] {
    const hidden = new Set(this.#stage.peer(from)?.unshown.map(({ flight }) => flight));
    return this.#stage.world.network.flights
      .filter((flight) => flight.from === from && !hidden.has(flight))
      .flatMap((flight) => this.#stage.peer(from)?.seen.get(flight) ?? []);
  }

  /**
   * A table that gives an arrival other numbers than the departure had: the segment with the same
   * control bits is meant, unless a later row delivers exactly that one.
   */
  #alike(row: Row, movement: Movement): SeenSegment | undefined {
    const { from } = movement;
    const context = this.#stage.context(from);
    const { rows } = this.#stage.ladder;
    const later = rows.slice(rows.indexOf(row) + 1);
    return this.#heldFrom(from).find(({ seg }) => {
      const sameBits = matches({ ...NOTHING_NAMED, ctl: movement.segment.ctl }, seg, context);
      const claimed = later.some(
        ({ movement: m }) => m?.from === from && !m.departs && matches(m.segment, seg, context),
      );
      return sameBits && !claimed;
    });
  }

  #inject(pattern: SegmentPattern, from: Side): void {
    const { family, shift, values, world } = this.#stage;
    const bytes = forgeSegment(pattern, from, routeFrom(from, family), shift, values);
    world.inject(otherSide(from), bytes);
  }

  // One object for one segment, so that lists of them can be compared.
  #as(side: Side, seen: SeenSegment): Unshown {
    const known = this.#known.get(seen);
    if (known !== undefined) return known;
    const unshown = { ...seen, side };
    this.#known.set(seen, unshown);
    return unshown;
  }
}

/** `(duplicate)` or `(forged)` at the sending side. */
const isMadeUp = (row: Row, movement: Movement): boolean =>
  !movement.departs &&
  cellOf(row, movement.from).some(
    (item) => item.kind === 'remark' && (item.meaning === 'duplicate' || item.meaning === 'forged'),
  );

const NOTHING_NAMED: Omit<SegmentPattern, 'ctl'> = {
  seq: undefined,
  ack: undefined,
  wnd: undefined,
  up: undefined,
  len: undefined,
  mss: undefined,
  ws: undefined,
  sackOk: undefined,
  sack: undefined,
  tsval: undefined,
  tsecr: undefined,
  opt: undefined,
  fo: undefined,
  uto: undefined,
  ecn: undefined,
  ace: undefined,
  accEcn: undefined,
  text: '',
  place: { line: 0, column: 0 },
};
